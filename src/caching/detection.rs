//! Finds the cache tool of this machine, or installs it.
//!
//! ```
//! use toolchainkit::caching::detection::{BuildCacheManager, detect_cache_tool};
//! use toolchainkit::caching::tool::Tool;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Auto-detect
//! let cache_tool = detect_cache_tool(Some(Tool::Sccache)).expect("sccache is installed");
//! println!("{} {} at {}", cache_tool.tool, cache_tool.version, cache_tool.path);
//!
//! // Get the cache tool, with the defaults for everything else
//! let cache_config = BuildCacheManager::new().get_or_install()?;
//! assert_eq!(cache_config.max_size_gb, 10);
//! # Ok(())
//! # }
//! ```

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

pub use super::cache_tool::{BuildCacheConfig, CacheTool};
pub use super::tool::limits::DEFAULT_SIZE_GB;
use super::tool::{Tool, Version};
use crate::install::{self, InstallError, InstallOptions, Installed, Progress, Silent, Store, Way};
use crate::probe::{environment, program};
use crate::trust;

/// The environment variable with the name or the executable of the tool to use. The CMake module reads it, too.
const TOOL_VARIABLE: &str = "TOOLCHAINKIT_CACHE_TOOL";

/// The timeout for a tool to print its version.
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);

/// No usable cache tool is available.
#[derive(Debug, thiserror::Error)]
pub enum DetectionError {
    /// No usable tool was found, and none may be installed.
    #[error("no usable {wanted} was found on PATH or in {}{}", crate::probe::path::shown(managed), .objections.iter().map(String::as_str).collect::<String>())]
    NotFound {
        /// The names of the accepted tools.
        wanted: String,
        /// The folder of tools that toolchainkit manages.
        managed: Utf8PathBuf,
        /// One line for each tool that was found: its path, and the reason why it is not usable.
        objections: Vec<String>,
    },
    /// The tool in `TOOLCHAINKIT_CACHE_TOOL` is not usable.
    #[error("{path} (from TOOLCHAINKIT_CACHE_TOOL) cannot be used: {objection}")]
    Named {
        /// The executable.
        path: Utf8PathBuf,
        /// The reason.
        objection: String,
    },
    /// The installed tool does not meet the requirements.
    #[error("{path} was installed, but cannot be used: {objection}")]
    Insufficient {
        /// The executable.
        path: Utf8PathBuf,
        /// The reason.
        objection: String,
    },
    /// No usable tool was found, and the installation failed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The user has no folder for caches.
    #[error("there is no folder for the local cache: neither HOME nor XDG_CACHE_HOME is set")]
    NoHome,
}

/// The cache tool of this machine: the preferred one if it is installed, otherwise the other one. Searches PATH, then
/// the folder of tools that toolchainkit manages. Ignores a program that does not print a version, and one that is
/// older than [`Tool::oldest`].
#[must_use]
pub fn detect_cache_tool(prefer: Option<Tool>) -> Option<CacheTool> {
    let manager = BuildCacheManager { prefer, ..BuildCacheManager::new() };
    manager.find().ok().flatten().map(|candidate| candidate.tool)
}

/// The tool in any version: from PATH, otherwise the newest one in the managed folder.
#[must_use]
pub fn detect(tool: Tool) -> Option<CacheTool> {
    let managed = Store::of_user().map(|store| store.executables(tool)).unwrap_or_default();
    on_path(tool).into_iter().chain(managed).find_map(|path| identify(tool, &path))
}

/// Runs the program at `path` to get its version. Returns `None` if it is not this tool.
#[must_use]
pub fn identify(tool: Tool, path: &Utf8Path) -> Option<CacheTool> {
    let no_environment: [(&str, &str); 0] = [];
    let printed = program::run(path, &["--version"], no_environment, VERSION_TIMEOUT).ok()?.stdout;
    Some(CacheTool { tool, path: path.to_owned(), version: tool.read_version(&printed)? })
}

impl From<&Installed> for CacheTool {
    fn from(installed: &Installed) -> Self {
        Self { tool: installed.tool, path: installed.path.clone(), version: installed.version }
    }
}

/// The place in which a tool was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundAt {
    /// The path in `TOOLCHAINKIT_CACHE_TOOL`, or a path from the caller.
    Named,
    /// A folder on PATH.
    Path,
    /// The store of [`crate::install`].
    Managed,
}

/// A tool that was found; it may not be usable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The tool.
    pub tool: CacheTool,
    /// The place in which it was found.
    pub found_at: FoundAt,
    /// The reason why it is not usable; `None` if it is usable.
    pub objection: Option<String>,
}

/// Finds the cache tool for a build, and installs one if none is usable.
#[derive(Debug, Clone)]
pub struct BuildCacheManager {
    prefer: Option<Tool>,
    tools: Vec<Tool>,
    min_version: Option<Version>,
    version: Option<Version>,
    backends: Vec<String>,
    cache_dir: Option<Utf8PathBuf>,
    store: Option<Store>,
    search_path: bool,
    install: Option<InstallOptions>,
}

impl Default for BuildCacheManager {
    fn default() -> Self {
        Self {
            prefer: None,
            tools: Tool::ALL.to_vec(),
            min_version: None,
            version: None,
            backends: Vec::new(),
            cache_dir: None,
            store: Store::of_user(),
            search_path: true,
            install: Some(InstallOptions::default()),
        }
    }
}

impl BuildCacheManager {
    /// A manager that accepts both tools, and prefers sccache.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Prefers this tool, and uses the other one only if this one is not found.
    #[must_use]
    pub fn prefer(self, tool: Tool) -> Self {
        Self { prefer: Some(tool), ..self }
    }

    /// Accepts only these tools, preferred first.
    #[must_use]
    pub fn tools(self, tools: impl IntoIterator<Item = Tool>) -> Self {
        Self { tools: tools.into_iter().collect(), ..self }
    }

    /// Accepts this version and newer ones. Default: [`Tool::oldest`].
    #[must_use]
    pub fn min_version(self, version: Version) -> Self {
        Self { min_version: Some(version), ..self }
    }

    /// Accepts only this version.
    #[must_use]
    pub fn version(self, version: Version) -> Self {
        Self { version: Some(version), ..self }
    }

    /// Accepts a tool only if it was built with support for these remote caches.
    #[must_use]
    pub fn backends(self, backends: impl IntoIterator<Item = String>) -> Self {
        Self { backends: backends.into_iter().collect(), ..self }
    }

    /// Uses this folder for the local cache instead of the user's cache folder.
    #[must_use]
    pub fn cache_dir(self, folder: impl Into<Utf8PathBuf>) -> Self {
        Self { cache_dir: Some(folder.into()), ..self }
    }

    /// Manages tools in this store instead of the user's. The CMake module searches only the user's store.
    #[must_use]
    pub fn store(self, store: Store) -> Self {
        Self { store: Some(store), ..self }
    }

    /// Whether to search PATH. Default: yes.
    #[must_use]
    pub fn search_path(self, search: bool) -> Self {
        Self { search_path: search, ..self }
    }

    /// How to install a missing tool; `None` never installs.
    #[must_use]
    pub fn install(self, options: impl Into<Option<InstallOptions>>) -> Self {
        Self { install: options.into(), ..self }
    }

    /// Finds or installs the tool; returns it with its local cache folder and [`DEFAULT_SIZE_GB`]. Uses the first
    /// usable one: the tool in `TOOLCHAINKIT_CACHE_TOOL`, a tool on PATH, or a tool that was installed before. If there
    /// is none, installs one.
    ///
    /// # Errors
    /// [`DetectionError`]
    pub fn get_or_install(&self) -> Result<BuildCacheConfig, DetectionError> {
        let tool = self.find_or_install(&Silent)?.tool;
        let folder = match (&self.cache_dir, environment::user_cache_folder()) {
            (Some(folder), _) => folder.clone(),
            (None, Some(folder)) => folder.join("cache"),
            (None, None) => return Err(DetectionError::NoHome),
        };
        Ok(BuildCacheConfig { cache_dir: folder.join(tool.tool.name()), tool, max_size_gb: DEFAULT_SIZE_GB })
    }

    /// Finds or installs the tool, and reports the steps to `progress`.
    ///
    /// # Errors
    /// [`DetectionError`]
    pub fn find_or_install(&self, progress: &dyn Progress) -> Result<Candidate, DetectionError> {
        let force = self.install.as_ref().is_some_and(|options| options.force);
        if !force && let Some(found) = self.find()? {
            // A killed installation may have left files; remove them.
            self.store.iter().for_each(Store::clear_unless_in_use);
            return Ok(found);
        }
        let store = self.store.as_ref().ok_or(DetectionError::NoHome)?;
        let (Some(options), Some((tool, version))) = (&self.install, self.would_install()) else {
            return Err(self.not_found());
        };
        let options = InstallOptions { version, ..options.clone() };
        let installed = install::install(tool, &options, store, progress)?;
        let tool = CacheTool::from(&installed);
        match self.objection(&tool) {
            None => Ok(Candidate { tool, found_at: FoundAt::Managed, objection: None }),
            Some(objection) => Err(DetectionError::Insufficient { path: tool.path, objection }),
        }
    }

    /// The tool that would be installed if no usable one is found, and its version if that is known.
    #[must_use]
    pub fn would_install(&self) -> Option<(Tool, Option<Version>)> {
        let options = self.install.as_ref()?;
        let &tool = self.order().first()?;
        let newest = install::newest_known(tool);
        let too_old = |min: &Version| newest.is_none_or(|newest| !newest.at_least(*min));
        let version = self.version.or(options.version);
        // A version newer than the known ones can still be verified by its signature.
        let version =
            version.or_else(|| self.min_version.filter(|min| options.way == Way::Release && too_old(min)));
        Some((tool, version.or(newest.filter(|_| options.way == Way::Release))))
    }

    /// The first usable tool.
    ///
    /// # Errors
    /// [`DetectionError::Named`] if the tool in `TOOLCHAINKIT_CACHE_TOOL` is not usable.
    pub fn find(&self) -> Result<Option<Candidate>, DetectionError> {
        if let Some(path) = named_executable() {
            return self.named(path).map(Some);
        }
        let mut all = self.order().into_iter().flat_map(|tool| self.candidates_of(tool));
        Ok(all.find(|candidate| candidate.objection.is_none()))
    }

    /// Every tool that was found, in order of preference.
    #[must_use]
    pub fn candidates(&self) -> Vec<Candidate> {
        match named_executable() {
            Some(path) => self.named(path).ok().into_iter().collect(),
            None => self.order().into_iter().flat_map(|tool| self.candidates_of(tool)).collect(),
        }
    }

    fn named(&self, path: Utf8PathBuf) -> Result<Candidate, DetectionError> {
        if let Err(doubt) = trust::check_program(path.as_std_path()) {
            return Err(DetectionError::Named { path, objection: doubt.to_string() });
        }
        let tool = Tool::ALL.into_iter().find_map(|tool| identify(tool, &path));
        let objection = match &tool {
            None => Some("it is neither sccache nor ccache".to_owned()),
            Some(tool) => self.objection(tool),
        };
        match (tool, objection) {
            (Some(tool), None) => Ok(Candidate { tool, found_at: FoundAt::Named, objection: None }),
            (_, objection) => Err(DetectionError::Named { path, objection: objection.unwrap_or_default() }),
        }
    }

    fn candidates_of(&self, tool: Tool) -> impl Iterator<Item = Candidate> {
        let on_path = if self.search_path { on_path(tool) } else { None };
        let managed = self.store.as_ref().map(|store| store.executables(tool)).unwrap_or_default();
        let places = on_path.into_iter().map(|path| (FoundAt::Path, path));
        let places = places.chain(managed.into_iter().map(|path| (FoundAt::Managed, path)));
        places.filter_map(move |(found_at, path)| {
            let tool = identify(tool, &path)?;
            Some(Candidate { objection: self.objection(&tool), tool, found_at })
        })
    }

    /// The reason why the tool is not usable; `None` if it is usable.
    fn objection(&self, found: &CacheTool) -> Option<String> {
        let CacheTool { tool, version, .. } = found;
        let oldest = self.min_version.unwrap_or_else(|| tool.oldest());
        if !self.tools.contains(tool) {
            return Some(format!("it is {tool}, which the configuration does not allow"));
        }
        if let Some(wanted) = self.version.filter(|wanted| wanted != version) {
            return Some(format!("it is version {version}, but version {wanted} is required"));
        }
        if !version.at_least(oldest) {
            return Some(format!("it is version {version}, but version {oldest} or newer is required"));
        }
        if self.backends.is_empty() {
            return None;
        }
        let able = found.backends()?;
        let missing = self.backends.iter().filter(|backend| !able.contains(&backend.as_str()));
        let missing = missing.map(String::as_str).collect::<Vec<_>>();
        (!missing.is_empty()).then(|| format!("it was built without support for {}", missing.join(" and ")))
    }

    /// The tools, preferred first.
    fn order(&self) -> Vec<Tool> {
        let named = environment::variable(TOOL_VARIABLE).and_then(|name| Tool::from_name(&name));
        let prefer = named.or(self.prefer);
        let (mut first, rest): (Vec<Tool>, Vec<Tool>) =
            self.tools.iter().partition(|&&tool| Some(tool) == prefer);
        if named.is_none() || first.is_empty() {
            first.extend(rest);
        }
        first
    }

    fn not_found(&self) -> DetectionError {
        let objections = self.candidates().into_iter().filter_map(|candidate| {
            let CacheTool { path, .. } = candidate.tool;
            Some(format!("\n  {path}: {}", candidate.objection?))
        });
        DetectionError::NotFound {
            wanted: self.tools.iter().map(|tool| tool.name()).collect::<Vec<_>>().join(" or "),
            managed: self.store.as_ref().map(|store| store.folder().to_owned()).unwrap_or_default(),
            objections: objections.chain(self.doubts()).collect(),
        }
    }

    /// The tools that are not even asked for their version, because other users could have put them there or changed them.
    fn doubts(&self) -> Vec<String> {
        let of_tool = |tool: Tool| {
            let path = program::find(tool.name()).filter(|_| self.search_path);
            let on_path = path.and_then(|path| Some((trust::check_program(path.as_std_path()).err()?, path)));
            let on_path = on_path.into_iter().map(|(doubt, path)| (path, doubt));
            on_path.chain(self.store.as_ref().map(|store| store.doubtful(tool)).unwrap_or_default())
        };
        let line = |(path, doubt): (Utf8PathBuf, trust::Doubt)| format!("\n  {path} is not used: {doubt}");
        self.order().into_iter().flat_map(of_tool).map(line).collect()
    }
}

/// The tool on PATH, unless other users could have put it there.
fn on_path(tool: Tool) -> Option<Utf8PathBuf> {
    program::find(tool.name()).filter(|path| trust::check_program(path.as_std_path()).is_ok())
}

/// The path of an executable in `TOOLCHAINKIT_CACHE_TOOL`.
fn named_executable() -> Option<Utf8PathBuf> {
    environment::variable(TOOL_VARIABLE).map(Utf8PathBuf::from).filter(|path| path.is_absolute())
}
