//! `launcher.json`, which the CMake module writes at configure time.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::distribute::{Distribution, Servers};
use super::process;
use super::rules::Checkout;
use crate::caching::tool::{Tool, Version};
use crate::trust;

/// The supported version of the file.
const FORMAT: u32 = 1;
/// The largest number of folders whose paths are replaced.
const MOST_PLACES: usize = 36;
/// The largest file. A larger one is damaged.
const LARGEST: u64 = 16 << 20;

/// The settings of a build folder. They contain no secret.
#[derive(Debug, Clone, Deserialize)]
pub struct Settings {
    version: u32,
    /// The cache tool.
    pub tool: Tool,
    tool_version: String,
    /// The path of the cache tool.
    pub program: PathBuf,
    /// The name of the project.
    #[serde(default)]
    pub project: String,
    /// The top folder of the checkout. The source folder, if the file does not name it.
    #[serde(default)]
    pub root: PathBuf,
    /// The top source folder.
    pub source: PathBuf,
    /// The build folder.
    pub build: PathBuf,
    /// Base directories: folders that the tool removes from its hash input.
    #[serde(default)]
    pub base_dirs: Vec<String>,
    /// Further folders with their numbers, see [`Checkout::places`].
    #[serde(default)]
    pub places: Vec<(usize, PathBuf)>,
    /// Whether checkouts share objects.
    #[serde(default)]
    pub relocatable: bool,
    /// Whether the settings of the tool or the guard control direct mode.
    #[serde(default)]
    pub direct_mode: Direct,
    /// The parent folder of the run folders of supervisors.
    #[serde(default)]
    pub run_root: PathBuf,
    /// Variables to remove from the environment of the tool.
    #[serde(default)]
    pub clear: Vec<String>,
    /// Variables of the environment that the daemon inherits; a `*` at the end matches any suffix.
    #[serde(default)]
    pub keep: Vec<String>,
    /// Whether there is a cache. Without one, the launcher only distributes, and uses no member about the tool.
    #[serde(default = "yes")]
    pub is_cached: bool,
    /// The storage in use, and the local one that replaces it if a secret is missing. Empty without a cache.
    pub storages: Vec<Storage>,
    /// Compilation of misses on other machines.
    #[serde(default)]
    pub distribution: Option<Distribution>,
    /// Whether the cache is used although a tracer has to see the compilers.
    #[serde(default)]
    pub caches_under_tracers: bool,
    /// The time in seconds for which the tool is not used after a failure.
    #[serde(default = "minute")]
    pub breaker_seconds: u64,
    /// The time in seconds after which an unused daemon ends; 0 is never.
    #[serde(default = "ten_minutes")]
    pub idle_seconds: u64,
}

/// Whether the settings of the tool or the guard control direct mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direct {
    /// The settings of the tool.
    #[default]
    Set,
    /// The guard, for each compilation.
    Auto,
}

const fn yes() -> bool {
    true
}

const fn minute() -> u64 {
    60
}

const fn ten_minutes() -> u64 {
    600
}

/// A storage for objects.
#[derive(Debug, Clone, Deserialize)]
pub struct Storage {
    /// `remote` or `local`.
    pub name: String,
    /// Identifies the storage and its settings.
    pub id: String,
    /// A description of the storage.
    #[serde(default)]
    pub location: String,
    /// The folder of objects on this machine.
    #[serde(default)]
    pub directory: PathBuf,
    /// Variables for the tool, which override those of the environment.
    #[serde(default)]
    pub environment: std::collections::BTreeMap<String, String>,
    /// The names of the variables that sccache's client needs, too.
    #[serde(default)]
    pub client: Vec<String>,
    /// Further variables to remove.
    #[serde(default)]
    pub unset: Vec<String>,
    /// Variables whose values contain secrets from the environment.
    #[serde(default)]
    pub secrets: Vec<Secret>,
    /// Whether the daemon of this storage distributes compilations by sccache-dist.
    #[serde(skip)]
    pub distributes: bool,
}

/// A variable of the tool with a value from the environment.
#[derive(Debug, Clone, Deserialize)]
pub struct Secret {
    /// The variable.
    pub name: String,
    /// The value: `{VARIABLE}` stands for a value of the environment, `%{VARIABLE}` for the percent-encoded value.
    pub template: String,
}

impl Settings {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is not trusted, or is invalid.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut text = Vec::with_capacity(16 * 1024);
        let file = File::open(path)?;
        trust::check_open(&file, path, &path.with_file_name("launcher"))?;
        // `take` also avoids the system call that `read_to_end` of a file makes to find its size.
        file.take(LARGEST).read_to_end(&mut text)?;
        Self::parse(&text)
    }

    fn parse(text: &[u8]) -> io::Result<Self> {
        let mut settings: Self = serde_json::from_slice(text)?;
        let invalid = |reason| Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        if settings.version != FORMAT {
            return invalid("launcher.json has another version");
        }
        let is_name = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if (settings.is_cached && settings.storages.is_empty())
            || !settings.storages.iter().all(|storage| is_name(&storage.id))
        {
            return invalid("launcher.json contains no valid storage");
        }
        if !settings.program.is_absolute() || !settings.build.is_absolute() {
            return invalid("launcher.json has a relative path");
        }
        if settings.root.as_os_str().is_empty() {
            settings.root.clone_from(&settings.source);
        }
        let is_valid = |(number, path): &(usize, PathBuf)| *number < MOST_PLACES && path.is_absolute();
        if !settings.places.iter().all(is_valid) {
            return invalid("launcher.json contains an invalid folder");
        }
        settings.add_distributing_storages();
        Ok(settings)
    }

    /// Puts one that distributes by sccache-dist before each storage: it has the same objects, but another daemon, which builds
    /// without distribution never use.
    fn add_distributing_storages(&mut self) {
        let Some(servers) = Servers::of(self) else { return };
        let distributing: Vec<Storage> =
            self.storages.iter().map(|storage| servers.distributing(storage)).collect();
        self.storages = distributing
            .into_iter()
            .zip(std::mem::take(&mut self.storages))
            .flat_map(<[_; 2]>::from)
            .collect();
    }

    /// Removes the storages that distribute. Then all compilations run on this machine.
    pub fn stop_distributing(&mut self) {
        self.storages.retain(|storage| !storage.distributes);
    }

    /// The base directories with the further folders.
    #[must_use]
    pub fn all_base_dirs(&self) -> Vec<String> {
        let mut folders = self.base_dirs.clone();
        if self.relocatable {
            // Both tools separate them by colons.
            let places = self.places.iter().filter_map(|(_, place)| place.to_str());
            for place in places.filter(|place| !place.contains(':')) {
                if !folders.iter().any(|known| known == place) {
                    folders.push(place.to_owned());
                }
            }
        }
        folders
    }

    /// The folders of the checkout.
    #[must_use]
    pub fn checkout(&self) -> Checkout {
        Checkout {
            root: self.root.clone(),
            source: self.source.clone(),
            build: self.build.clone(),
            base_dirs: self.all_base_dirs().iter().map(PathBuf::from).collect(),
            places: if self.relocatable { self.places.clone() } else { Vec::new() },
            relocatable: self.relocatable,
        }
    }

    /// The version of the tool; the oldest supported one if it cannot be parsed.
    #[must_use]
    pub fn tool_version(&self) -> Version {
        self.tool_version.parse().unwrap_or_else(|_| self.tool.oldest())
    }

    /// The version as text.
    #[must_use]
    pub fn tool_version_text(&self) -> &str {
        &self.tool_version
    }

    /// Whether the daemon of this tool listens on a port, because it does not support sockets.
    #[must_use]
    pub fn needs_port(&self) -> bool {
        const FIRST_WITH_SOCKETS: Version = Version::new(0, 9, 0);
        self.tool == Tool::Sccache && (process::NEEDS_PORT || self.tool_version() < FIRST_WITH_SOCKETS)
    }

    /// The folder of the launcher in the build folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.build.join("toolchainkit")
    }

    /// Identifies the settings of the daemon of `storage`, without the values of secrets and the base directories.
    #[must_use]
    pub fn digest(&self, storage: &Storage) -> String {
        let mut text = format!("{}\n{}\n", self.program.display(), self.tool_version);
        for (name, value) in &storage.environment {
            text.push_str(&format!("{name}={value}\n"));
        }
        for secret in &storage.secrets {
            text.push_str(&format!("{}<-{}\n", secret.name, secret.template));
        }
        process::digest(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(windows)]
    pub(super) const SMALL: &str = r#"{"version": 1, "tool": "sccache", "tool_version": "0.16.0", "program": "C:/s",
        "source": "C:/a", "build": "C:/a/b", "storages": [{"name": "local", "id": "0123456789abcdef"}], "later": {}}"#;
    #[cfg(unix)]
    pub(super) const SMALL: &str = r#"{"version": 1, "tool": "sccache", "tool_version": "0.16.0", "program": "/s",
        "source": "/a", "build": "/a/b", "storages": [{"name": "local", "id": "0123456789abcdef"}], "later": {}}"#;

    #[test]
    fn unknown_members_are_ignored_and_missing_ones_have_defaults() {
        let settings = Settings::parse(SMALL.as_bytes()).unwrap();
        assert_eq!((settings.breaker_seconds, settings.idle_seconds), (60, 600));
        assert_eq!(settings.tool_version(), Version::new(0, 16, 0));
        assert_eq!(
            settings.folder(),
            Path::new(if cfg!(windows) { "C:/a/b/toolchainkit" } else { "/a/b/toolchainkit" })
        );
    }

    #[test]
    fn an_old_sccache_needs_a_port() {
        for (version, needs_port) in [("0.4.0", true), ("0.8.2", true), ("0.9.0", false), ("0.16.0", false)] {
            let settings = Settings::parse(SMALL.replace("0.16.0", version).as_bytes()).unwrap();
            assert_eq!(settings.needs_port(), needs_port || cfg!(windows), "{version}");
        }
    }

    #[test]
    fn a_damaged_file_is_refused() {
        for (from, to) in [
            ("\"version\": 1", "\"version\": 2"),
            ("0123456789abcdef", "../../home"),
            ("0123456789abcdef", ""),
            (if cfg!(windows) { "\"C:/s\"" } else { "\"/s\"" }, "\"s\""),
            ("\"storages\": [", "\"storages\": [], \"x\": ["),
        ] {
            let damaged = SMALL.replace(from, to);
            assert_ne!(damaged, SMALL);
            assert!(Settings::parse(damaged.as_bytes()).is_err(), "{damaged}");
        }
        for length in 0..SMALL.len() {
            assert!(Settings::parse(&SMALL.as_bytes()[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_storage_that_distributes_is_in_front_of_each_storage() {
        let distribution = r#""distribution": {"engine": "sccache-dist", "program": "/s",
            "scheduler": "https://a", "token": "{T}"}, "storages": ["#;
        let text = SMALL.replace("\"storages\": [", distribution);
        let mut settings = Settings::parse(text.as_bytes()).unwrap();
        let ids: Vec<String> = settings.storages.iter().map(|storage| storage.id.clone()).collect();
        assert_eq!((settings.storages.len(), settings.storages[0].distributes), (2, true));
        assert_eq!(ids[1], "0123456789abcdef");
        assert_ne!(ids[0], ids[1]);
        assert_eq!(settings.storages[0].secrets[0].template, "{T}");
        assert!(settings.storages[1].secrets.is_empty());
        let of_other = Settings::parse(text.replace("https://a", "https://b").as_bytes()).unwrap();
        assert_ne!(of_other.storages[0].id, ids[0]);
        settings.stop_distributing();
        assert_eq!(settings.storages.iter().map(|storage| &storage.id).collect::<Vec<_>>(), [&ids[1]]);
    }

    #[test]
    fn another_size_has_another_digest() {
        let mut settings = Settings::parse(SMALL.as_bytes()).unwrap();
        let first = settings.digest(&settings.storages[0]);
        settings.storages[0].environment.insert("SCCACHE_CACHE_SIZE".into(), "1G".into());
        assert_ne!(settings.digest(&settings.storages[0]), first);
    }
}
