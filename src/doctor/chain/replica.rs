//! A throw-away copy of the cache of a build, in a temporary folder: with the tool, the launcher and the settings of the build, and
//! with its own daemon and local folder. So an experiment does not disturb the daemon of the build, or change its counters.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use crate::caching::remote::variables;
use crate::caching::tool::{Tool, Version};
use crate::doctor::build_tree::Unit;
use crate::doctor::replay::CacheOfBuild;
use crate::launch::process;
use crate::probe::program::{self, Finished, RunError};

/// The time after which an unused daemon ends, if this process is killed and cannot end it.
const IDLE_SECONDS: u32 = 15;
/// The longest time for the daemon to end.
const STOP: Duration = Duration::from_millis(1500);
/// The longest path of a temporary folder: the sockets are below it.
const LONGEST: usize = 40;

/// The parts of a replica.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub(super) tool: Tool,
    pub(super) version: Version,
    /// The executable of the tool.
    pub(super) program: Utf8PathBuf,
    /// `toolchainkit-launch`, or a copy of it.
    pub(super) launcher: Utf8PathBuf,
    /// The settings of the tool.
    pub(super) environment: BTreeMap<String, String>,
    /// The settings with secrets: the variable, and the template of its value.
    pub(super) secrets: BTreeMap<String, String>,
    /// The variables that must not be set.
    pub(super) unset: Vec<String>,
    /// Whether checkouts share objects.
    pub(super) is_relocatable: bool,
    /// Whether the guard controls direct mode.
    pub(super) has_guard: bool,
}

/// The copy. Its daemon ends, and its folder is removed, when it is dropped.
#[derive(Debug)]
pub(super) struct Replica {
    folder: tempfile::TempDir,
    parts: Parts,
    id: String,
    started: Vec<Utf8PathBuf>,
}

/// A checkout of a replica with one source file.
#[derive(Debug)]
pub(super) struct Checkout {
    /// The launcher in its build folder.
    pub(super) launcher: Utf8PathBuf,
    /// The compilation of its source.
    pub(super) unit: Unit,
}

impl Replica {
    pub(super) fn new(parts: Parts) -> io::Result<Self> {
        let usual = std::env::temp_dir();
        let is_long = usual.as_os_str().len() > LONGEST;
        let mut folder = tempfile::Builder::new();
        folder.prefix("tk-trial-");
        // Where sockets have no names, the path may be long.
        let folder =
            if is_long && !process::NEEDS_PORT { folder.tempdir_in("/tmp") } else { folder.tempdir() }?;
        let moment = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let id = process::digest(format!("{} {:?}", folder.path().display(), moment).as_bytes());
        Ok(Self { folder, parts, id, started: Vec::new() })
    }

    fn root(&self) -> Utf8PathBuf {
        Utf8PathBuf::from(self.folder.path().to_string_lossy().into_owned())
    }

    /// Adds a checkout with a source, which `compiler` compiles with `flags`. `more` overrides settings of the tool.
    pub(super) fn checkout(
        &mut self,
        name: &str,
        (compiler, extension): (&Utf8Path, &str),
        flags: &[String],
        more: &[(&str, String)],
    ) -> io::Result<Checkout> {
        let root = self.root().join(name);
        let build = root.join("build");
        let own = build.join("toolchainkit");
        fs_err::create_dir_all(&own)?;
        let launcher = own.join(format!("launcher{}", std::env::consts::EXE_SUFFIX));
        fs_err::copy(&self.parts.launcher, &launcher)?;
        process::make_executable(launcher.as_std_path())?;
        let settings = self.settings(&root, &build, more);
        fs_err::write(own.join("launcher.json"), format!("{settings:#}\n"))?;
        let source = root.join(format!("trial.{extension}"));
        fs_err::write(root.join("trial.h"), "#define TOOLCHAINKIT_TRIAL 1\n")?;
        fs_err::write(&source, "#include \"trial.h\"\nint toolchainkit_trial = TOOLCHAINKIT_TRIAL;\n")?;
        let mut words = vec![launcher.to_string(), compiler.to_string()];
        words.extend(flags.iter().cloned());
        words.extend(["-o", "trial.o", "-c", source.as_str()].map(str::to_owned));
        self.started.push(launcher.clone());
        let unit = Unit { source, object: "trial.o".to_owned(), directory: build, words };
        Ok(Checkout { launcher, unit })
    }

    /// The content of `launcher.json`.
    fn settings(&self, root: &Utf8Path, build: &Utf8Path, more: &[(&str, String)]) -> Value {
        let Parts { tool, version, program, environment, secrets, unset, is_relocatable, has_guard, .. } =
            &self.parts;
        let mut environment = environment.clone();
        let local = self.root().join("local");
        match tool {
            Tool::Sccache => {
                environment.insert("SCCACHE_CONF".to_owned(), process::DISCARD.to_owned());
                environment.insert("SCCACHE_DIR".to_owned(), local.to_string());
            }
            Tool::Ccache => {
                environment.insert("CCACHE_CONFIGPATH".to_owned(), process::DISCARD.to_owned());
                environment.insert("CCACHE_DIR".to_owned(), local.to_string());
                if *is_relocatable {
                    let has_several = version.at_least(Version::new(4, 12, 0));
                    let folders = if has_several {
                        format!("{root}{}{build}", process::LIST_SEPARATOR)
                    } else {
                        root.to_string()
                    };
                    environment.insert("CCACHE_BASEDIR".to_owned(), folders);
                }
            }
        }
        environment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let directory =
            environment.get(if *tool == Tool::Sccache { "SCCACHE_DIR" } else { "CCACHE_DIR" }).cloned();
        let client = environment.keys().filter(|name| *name == "SCCACHE_DIRECT").collect::<Vec<_>>();
        let secrets = secrets.iter().map(|(name, template)| json!({ "name": name, "template": template }));
        json!({
            "version": 1,
            "tool": tool,
            "tool_version": version.to_string(),
            "program": program,
            "project": "toolchainkit doctor",
            "root": root,
            "source": root,
            "build": build,
            "run_root": self.root().join("run"),
            "base_dirs": if *is_relocatable { vec![root, build] } else { Vec::new() },
            "relocatable": is_relocatable,
            "direct_mode": if *has_guard { "auto" } else { "set" },
            "clear": variables::cleared(*tool),
            "keep": variables::kept(),
            "storages": [{
                "name": "trial",
                "id": self.id,
                "directory": directory.unwrap_or_default(),
                "environment": environment,
                "client": client,
                "unset": unset,
                "secrets": secrets.collect::<Vec<_>>(),
            }],
            "caches_under_tracers": true,
            "idle_seconds": IDLE_SECONDS,
        })
    }

    /// Starts the daemon, or checks ccache.
    pub(super) fn start(checkout: &Checkout, limit: Duration) -> Result<Finished, RunError> {
        let no_environment: [(&str, &str); 0] = [];
        program::run(&checkout.launcher, &["--start-server"], no_environment, limit)
    }

    /// The cache of a checkout.
    pub(super) fn cache<'a>(&self, checkout: &'a Checkout) -> CacheOfBuild<'a> {
        CacheOfBuild { tool: self.parts.tool, version: self.parts.version, launcher: &checkout.launcher }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let no_environment: [(&str, &str); 0] = [];
        // If it does not answer, the supervisor ends because its folder is removed.
        if self.parts.tool == Tool::Sccache
            && let Some(launcher) = self.started.first()
        {
            let _ = program::run(launcher, &["--stop-server"], no_environment, STOP);
        }
        // Where the temporary folder is too long for sockets, the run folder is elsewhere.
        for root in process::user_folders(std::path::Path::new("")) {
            // Usually, it is not there.
            let _ = fs_err::remove_dir_all(root.join(&self.id));
        }
    }
}
