//! `cmake/parts/fallback.sh` with settings of these tests, and a program that stands for the tool. This needs only a shell. The real
//! tools run it in `tests/cells/cmake_module/shells.rs`, and CMake writes its settings in `tests/cmake/cases/launcher`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Finished, Run as _, write_script};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cmake/parts/fallback.sh");
/// Rust needs it, too.
const COMPILER: &str = "/usr/bin/cc";

/// A credential in the environment of the build, under the name that the configuration names.
const SECRET: (&str, &str) = ("CI_SECRET", "taint-of-ci");
/// A credential in the environment of the build that the tool would use, and must not get.
const PLANTED: (&str, &str) = ("AWS_SESSION_TOKEN", "planted-token");

/// The settings, as the module writes them.
const SETTINGS: &str = r#"tk_kind='KIND'
tk_program='FOLDER/tool'
tk_folder='FOLDER/build'
tk_run_root='FOLDER/run'
tk_gcc_options=''
tk_clang_options=''
tk_traced=""
tk_clear() {
  unset AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN SCCACHE_BUCKET SCCACHE_DIR CCACHE_DIR CCACHE_REMOTE_STORAGE
}
tk_use_remote() {
  tk_id=0123456789abcdef tk_limit='timeout -s KILL 30' tk_missing= tk_run=
  tk_1=
  [ -n "${CI_SECRET-}" ] || tk_missing="$tk_missing CI_SECRET"
  tk_1=$tk_1${CI_SECRET-}
  tk_clear
  SCCACHE_BUCKET='remote'
  CCACHE_DIR='FOLDER/store'
  AWS_SECRET_ACCESS_KEY=$tk_1
  CCACHE_REMOTE_STORAGE=$tk_1
  export SCCACHE_BUCKET CCACHE_DIR AWS_SECRET_ACCESS_KEY CCACHE_REMOTE_STORAGE
}
tk_use_local() {
  tk_id=fedcba9876543210 tk_limit='' tk_missing= tk_run=
  tk_clear
  SCCACHE_DIR='FOLDER/store'
  CCACHE_DIR='FOLDER/store'
  export SCCACHE_DIR CCACHE_DIR
}
tk_use_remote
"#;

/// Stands for the tool: it knows whether a daemon runs, writes down its calls, and runs the compiler unless there is a file with
/// an exit code.
const TOOL: &str = r#"case $1 in
--dist-status) [ -e daemon ] ;;
--start-server) env >environment-of-daemon; : >daemon ;;
--stop-server) rm daemon ;;
-show) env ;;
*)
  echo "$*" >>calls
  echo "KIND: planted-in-a-message" >&2
  [ ! -e fails ] || exit "$(cat fails)"
  exec "$@" ;;
esac"#;

/// A build folder with the script.
struct Build {
    folder: TempDir,
    variables: Vec<(&'static str, &'static str)>,
    /// The tests are the daemon, which has the socket.
    socket: Option<UnixListener>,
}

impl Build {
    fn new(kind: &str) -> Self {
        // The path of the socket must be short.
        let folder = tempfile::Builder::new().prefix("tks-").tempdir_in("/tmp").expect("a folder");
        let filled = |text: &str| {
            text.replace("FOLDER", folder.path().to_str().expect("a plain path")).replace("KIND", kind)
        };
        for name in ["build", "runtime"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        let script = fs::read_to_string(SCRIPT).expect("the script");
        let text = script.replace("# <settings>\n", &filled(SETTINGS));
        let launcher = folder.path().join("launcher");
        write_script(&launcher, &text);
        write_script(&folder.path().join("tool"), &filled(TOOL));
        for (name, text) in
            [("good.c", "int good;\n"), ("wrong.c", "#error wrong\n"), ("data.c", "/* incbin */\n")]
        {
            fs::write(folder.path().join(name), text).expect("a source");
        }
        Self { folder, variables: vec![SECRET, PLANTED], socket: None }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path("launcher"));
        command.args(arguments).current_dir(self.folder.path());
        command.env_clear().env("PATH", "/usr/bin:/bin").env("XDG_RUNTIME_DIR", self.path("runtime"));
        command.envs(self.variables.iter().copied());
        command
    }

    fn ask(&self, arguments: &[&str]) -> Finished {
        self.command(arguments).run()
    }

    /// Compiles a source.
    fn compile(&self, source: &str, code: i32) -> Finished {
        let _ = fs::remove_file(self.path("object.o"));
        let finished = self.command(&[COMPILER, "-c", source, "-o", "object.o"]).run_expecting(code);
        assert_eq!(self.path("object.o").exists(), code == 0, "{finished}");
        finished
    }

    /// Starts the daemon, if the tool has one.
    fn start_of(&mut self, kind: &str) {
        if kind == "sccache" {
            self.start();
        }
    }

    /// Starts the daemon. Returns the folder of its socket.
    fn start(&mut self) -> PathBuf {
        let answer: Value = serde_json::from_str(&self.ask(&["--start-server"]).stdout).expect("JSON");
        let socket = PathBuf::from(answer["address"].as_str().expect("an address"));
        let folder = socket.parent().expect("a folder").to_path_buf();
        self.socket = Some(UnixListener::bind(socket).expect("a socket"));
        folder
    }

    fn calls(&self) -> usize {
        fs::read_to_string(self.path("calls")).map_or(0, |calls| calls.lines().count())
    }

    fn is_broken(&self) -> bool {
        self.path("build/broken").exists()
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

/// The variables of an environment, except for those of the build.
fn variables(environment: &str) -> Vec<&str> {
    let lines = environment.lines().filter(|line| !line.starts_with("CI_SECRET="));
    lines.filter(|line| ["AWS_", "SCCACHE_", "CCACHE_"].iter().any(|start| line.starts_with(start))).collect()
}

#[test]
fn the_daemon_gets_the_secret_and_the_client_gets_none() {
    let mut build = Build::new("sccache");
    let run = build.start();
    let daemon = fs::read_to_string(build.path("environment-of-daemon")).expect("an environment");
    let endpoint = format!("SCCACHE_SERVER_UDS={}/socket", run.display());
    let mut found = variables(&daemon);
    found.sort_unstable();
    let store = format!("CCACHE_DIR={}", build.path("store").display());
    assert_eq!(
        found,
        [
            "AWS_SECRET_ACCESS_KEY=taint-of-ci",
            &store,
            "CCACHE_REMOTE_STORAGE=taint-of-ci",
            "SCCACHE_BUCKET=remote",
            &endpoint
        ]
    );
    assert_eq!((mode(&run), mode(&run.join("log"))), (0o700, 0o600));
    let client = build.ask(&["-show"]).stdout;
    let mut found = variables(&client);
    found.sort_unstable();
    let no_daemon = "SCCACHE_MEMCACHED_ENDPOINT=tcp://no-daemon";
    assert_eq!(found, ["SCCACHE_CONF=/dev/null", no_daemon, &endpoint]);
    assert!(!client.contains("planted"), "{client}");
}

#[test]
fn ccache_gets_the_settings_and_no_other_credential() {
    let build = Build::new("ccache");
    let shown = build.ask(&["-show"]).stdout;
    assert!(shown.contains("CCACHE_REMOTE_STORAGE=taint-of-ci") && !shown.contains("planted"), "{shown}");
}

#[test]
fn a_missing_secret_is_named_once_and_the_local_cache_is_used() {
    for kind in ["sccache", "ccache"] {
        let mut build = Build::new(kind);
        build.variables = vec![PLANTED];
        let refused = build.command(&["--start-server"]).run_expecting(3);
        assert!(refused.stderr.contains("CI_SECRET is not set"), "{refused}");
        let words = "toolchainkit: CI_SECRET is not set: using the local cache\n";
        assert_eq!(build.compile("good.c", 0).text(), words, "{kind}");
        assert_eq!(build.compile("good.c", 0).text(), "", "{kind}: within a minute");
        let shown = build.ask(&["-show"]).stdout;
        assert!(!shown.contains("remote") && !shown.contains("planted"), "{kind}: {shown}");
    }
}

#[test]
fn only_the_messages_of_the_compiler_are_printed() {
    for kind in ["sccache", "ccache"] {
        let mut build = Build::new(kind);
        build.start_of(kind);
        let failed = build.compile("wrong.c", 1).text();
        assert_eq!(failed.matches("error: ").count(), 1, "{kind}: {failed}");
        assert!(!failed.contains("planted"), "{kind}: {failed}");
        assert_eq!((build.calls(), build.is_broken()), (1, false), "{kind}");
    }
}

#[test]
fn after_a_failure_of_the_tool_the_compiler_runs_without_it() {
    for (kind, code) in [("sccache", "2"), ("sccache", "101"), ("sccache", "137"), ("ccache", "124")] {
        let mut build = Build::new(kind);
        build.start_of(kind);
        fs::write(build.path("fails"), code).expect("a file");
        let warning = build.compile("good.c", 0).text();
        let ours = format!("compiling without {kind} for a minute\n");
        let is_one_line = warning.lines().count() == 1 && warning.starts_with("toolchainkit: ");
        assert!(is_one_line && warning.ends_with(&ours), "{kind} {code}: {warning}");
        // These are the exit codes of `timeout`. The daemon could still write the object.
        let is_late = ["124", "137"].contains(&code);
        assert_eq!(warning.contains("took more than 30 s"), is_late, "{kind} {code}: {warning}");
        assert_eq!(build.path("daemon").exists(), kind == "sccache" && !is_late, "{kind} {code}");
        assert_eq!((build.calls(), build.is_broken()), (1, true), "{kind} {code}");
        // The tool would fail again, and the message is printed once a minute.
        assert_eq!(build.compile("good.c", 0).text(), "", "{kind} {code}");
        assert_eq!(build.calls(), 1, "{kind} {code}");
        // After a minute, one compilation tries the tool again.
        fs::remove_file(build.path("fails")).expect("a file");
        for file in ["broken", "warned"] {
            let path = build.path("build").join(file);
            let past = SystemTime::now() - Duration::from_mins(2);
            fs::File::options()
                .write(true)
                .open(path)
                .and_then(|file| file.set_modified(past))
                .expect("a time");
        }
        if kind == "sccache" && !build.path("daemon").exists() {
            build.start_of(kind);
        }
        build.compile("good.c", 0);
        assert_eq!((build.calls(), build.is_broken()), (2, false), "{kind} {code}");
    }
}

#[test]
fn the_tool_does_not_see_what_it_cannot_cache() {
    let mut build = Build::new("sccache");
    build.start_of("sccache");
    build.compile("data.c", 0);
    fs::write(build.path("options"), "-c good.c").expect("a file");
    for arguments in [&["-march=native", "-c", "good.c"][..], &["@options"]] {
        build.command(&[&[COMPILER], arguments].concat()).run();
    }
    // GCC does not know the option.
    build.command(&[COMPILER, "-arch", "x86_64", "-arch", "arm64", "-c", "good.c"]).run_expecting(1);
    build.command(&[COMPILER, "-c", "good.c"]).env("TOOLCHAINKIT_BYPASS", "1").run();
    build.command(&["/bin/echo", "an unknown compiler"]).run();
    write_script(&build.path("gcc"), "exec /usr/bin/cc \"$@\"");
    build.command(&["./gcc", "-c", "good.c"]).run();
    assert_eq!(build.calls(), 0);
    build.compile("good.c", 0);
    assert_eq!(build.calls(), 1);
}

#[test]
fn a_run_folder_behind_a_link_is_not_used() {
    let mut build = Build::new("sccache");
    fs::create_dir(build.path("elsewhere")).expect("a folder");
    symlink(build.path("elsewhere"), build.path("run")).expect("a link");
    let run = build.start();
    assert!(run.starts_with(build.path("runtime")), "{}", run.display());
}
