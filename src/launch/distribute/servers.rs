//! The servers of sccache-dist. sccache itself distributes the misses: its daemon knows the scheduler, and sends the compiler to
//! the servers. So their objects have the same keys as those of this machine, and no worker can have another compiler.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{Distribution, Language, breaker, folder};
use crate::caching::tool::{Engine, Tool};
use crate::launch::process;
use crate::launch::settings::{Secret, Settings, Storage};
use crate::launch::stamp::{self, Stamp};

/// The variable with the token in the environment of the supervisor. Neither clients nor the daemon have it.
pub const TOKEN: &str = "TOOLCHAINKIT_DIST_TOKEN";

/// The name of the breaker.
const BREAKER: &str = "sccache-dist";
/// The number of failures in a row that opens the breaker.
const FAILURES: u64 = 3;
/// The limit of packed compilers on this machine, in bytes. Each path of a compiler has about 31 MB.
const TOOLCHAINS: u64 = 1 << 30;

/// The servers, as set in `launcher.json`.
#[derive(Debug, Clone, Copy)]
pub struct Servers<'a> {
    settings: &'a Settings,
    distribution: &'a Distribution,
}

impl<'a> Servers<'a> {
    /// The servers of a build that distributes by sccache-dist.
    #[must_use]
    pub fn of(settings: &'a Settings) -> Option<Self> {
        let distribution = settings.distribution.as_ref()?;
        let is_ours = distribution.engine == Engine::SccacheDist && settings.tool == Tool::Sccache;
        is_ours.then_some(Self { settings, distribution })
    }

    /// The storage of the daemon that distributes, with the same objects.
    #[must_use]
    pub fn distributing(&self, storage: &Storage) -> Storage {
        let mut storage = storage.clone();
        // Another scheduler or another variable for the token has another daemon.
        storage.id = process::digest(format!("{} {:?}", storage.id, self.distribution).as_bytes());
        storage.secrets.push(Secret { name: TOKEN.to_owned(), template: self.distribution.token.clone() });
        storage.distributes = true;
        storage
    }

    /// The variables of the token that are not set.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        let mut missing = Vec::new();
        let mut rest = self.distribution.token.as_str();
        while let Some((_, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            if process::variable(name).is_none_or(|value| value.is_empty()) {
                missing.push(name.to_owned());
            }
            rest = after;
        }
        missing
    }

    /// The URL of the scheduler.
    #[must_use]
    pub fn scheduler(&self) -> &'a str {
        &self.distribution.scheduler
    }

    /// The longest time of a remote compilation in seconds.
    #[must_use]
    pub fn timeout_seconds(&self) -> u64 {
        self.distribution.timeout_seconds
    }

    /// The configuration of a daemon, which has the token. sccache reads these settings from a file only. `None` if the token has
    /// a character that cannot be written.
    #[must_use]
    pub fn configuration(&self, storage: &Storage, token: &OsStr) -> Option<String> {
        let token = text(token.to_str()?)?;
        let user_folder = self.settings.run_root.parent()?;
        let packed = text(user_folder.join("sccache-dist").join(&storage.id).to_str()?)?;
        let scheduler = text(&self.distribution.scheduler)?;
        Some(format!(
            "[dist]\nscheduler_url = {scheduler}\ncache_dir = {packed}\ntoolchain_cache_size = {TOOLCHAINS}\n\n\
             [dist.auth]\ntype = \"token\"\ntoken = {token}\n"
        ))
    }

    /// The file that shows that a server has compiled with this compiler. Another compiler or another scheduler has another file.
    fn trial(&self, compiler: &Path, language: Language) -> Option<PathBuf> {
        let stamp = Stamp::of(compiler)?;
        let Distribution { scheduler, token, program, .. } = self.distribution;
        let text = format!(
            "{} {stamp} {language:?} {scheduler} {token} {} {}",
            compiler.display(),
            program.display(),
            self.settings.tool_version_text()
        );
        Some(folder(self.settings).join(format!("tried.{}", process::digest(text.as_bytes()))))
    }

    /// Whether a server has compiled with this compiler when the build was configured. Without it, the first compilation would wait
    /// until the compiler was packed and sent, which takes 15 s and more.
    #[must_use]
    pub fn were_tried(&self, compiler: &Path, language: Language) -> bool {
        self.trial(compiler, language).is_some_and(|file| file.exists())
    }

    /// Remembers that a server has compiled with this compiler.
    pub fn remember(&self, compiler: &Path, language: Language) {
        if let Some(file) = self.trial(compiler, language)
            && process::create_folder(&folder(self.settings)).is_ok()
        {
            stamp::replace(&file, format!("{}={}", language.name(), compiler.display()).as_bytes());
        }
    }

    /// The compilers that were tried.
    #[must_use]
    pub fn tried(&self) -> Vec<(Language, PathBuf)> {
        const LARGEST: u64 = 1 << 16;
        let entries = std::fs::read_dir(folder(self.settings)).into_iter().flatten().filter_map(Result::ok);
        let files = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("tried."));
        let read = |path: PathBuf| {
            let text = String::from_utf8(crate::launch::reading::read(&path, LARGEST).ok()?).ok()?;
            let (name, compiler) = text.split_once('=')?;
            let language = Language::ALL.into_iter().find(|language| language.name() == name)?;
            Some((language, PathBuf::from(compiler)))
        };
        let mut tried: Vec<_> = files.filter_map(|entry| read(entry.path())).collect();
        tried.sort();
        tried
    }

    /// Whether compilations may be distributed now. After an outage of a minute, `answers` asks.
    pub fn may_be_used(&self, answers: impl FnOnce() -> bool) -> bool {
        breaker::may_use(&folder(self.settings), BREAKER, answers)
    }

    /// The servers do not answer: nothing is distributed for a minute.
    pub fn leave_out(&self) {
        let _ = process::create_folder(&folder(self.settings));
        breaker::open(&folder(self.settings), BREAKER);
        let _ = std::fs::remove_file(self.failures());
    }

    fn failures(&self) -> PathBuf {
        folder(self.settings).join("failures")
    }

    /// A compilation was repeated here. Several in a row open the breaker.
    pub fn has_failed(&self) {
        use std::io::Write as _;
        let _ = process::create_folder(&folder(self.settings));
        let Ok(mut file) = process::new_file().append(true).open(self.failures()) else { return };
        if file.write_all(b".").is_ok() && file.metadata().is_ok_and(|found| found.len() >= FAILURES) {
            self.leave_out();
        }
    }

    /// A server has compiled.
    pub fn has_compiled(&self) {
        let _ = std::fs::remove_file(self.failures());
    }
}

/// Parts of messages of sccache, and words for them.
const CAUSES: [(&str, &str); 8] = [
    ("Error 401", "the scheduler refuses the token"),
    ("across 0 available servers", "the scheduler has no servers"),
    ("Failed to allocate job", "no server takes the compilation"),
    ("UnsupportedSignatureAlgorithm", "a server is of another version than sccache"),
    ("certificate", "a server is of another version than sccache"),
    ("could not run distributed compilation", "a server does not answer"),
    ("error sending request", "the scheduler or a server cannot be reached"),
    ("Connection refused", "the scheduler or a server cannot be reached"),
];

/// The reason in a message of sccache. Texts of other programs are not shown.
pub(in crate::launch) fn words(message: &str) -> &'static str {
    let known = CAUSES.iter().find(|(part, _)| message.contains(part));
    known.map_or("a server has not compiled", |(_, words)| words)
}

/// A string of TOML. Those of JSON are the same, except for one character.
fn text(text: &str) -> Option<String> {
    let is_allowed = !text.contains('\u{7f}');
    is_allowed.then(|| serde_json::to_string(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_quoted_for_toml() {
        assert_eq!(text("a\"b\\c\n\u{1}").as_deref(), Some(r#""a\"b\\c\n\u0001""#));
        assert_eq!(text("\u{7f}"), None);
    }
}
