//! The compiler runs in every state of the launcher's files and folders.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::bench::{
    ALL, Bench, SCCACHES, SOME_SECONDS, Tool, assert_correct_object, eventually, installed, output_of,
};

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// Creates something at a path.
type Make<'a> = &'a dyn Fn(&Path);

/// Compiles three times, with at most one line of output.
fn compiles_three_times(bench: &Bench, what: &str) -> String {
    let mut text = String::new();
    for index in 0..3 {
        text += &bench.compile(&format!("{index}.o"));
        assert_correct_object(bench, &format!("{index}.o"));
    }
    assert!(text.lines().count() <= 1, "{:?}, {what}: {text}", bench.tool);
    text
}

#[test]
fn an_unusable_run_folder_is_replaced_by_another_one() {
    for tool in installed(&SCCACHES) {
        let states: [(&str, Make<'_>); 4] = [
            ("a file", &|run| drop(File::create(run).unwrap())),
            ("a link", &|run| symlink("/tmp", run).unwrap()),
            ("open to all", &|run| {
                fs::create_dir(run).unwrap();
                fs::set_permissions(run, fs::Permissions::from_mode(0o777)).unwrap();
            }),
            ("of another user", &|run| {
                fs::create_dir(run).unwrap();
                if is_root() {
                    std::os::unix::fs::chown(run, Some(12345), None).unwrap();
                }
            }),
        ];
        for (what, make) in states {
            let bench = Bench::new(tool);
            let run = bench.root().join("home/cache/run");
            fs::create_dir_all(run.parent().unwrap()).unwrap();
            make(&run);
            assert_eq!(compiles_three_times(&bench, what), "", "{tool:?}, {what}");
            // Another run folder was used.
            assert!(bench.counts(2, 1), "{tool:?}, {what}: {:?}", bench.counted());
        }
    }
}

#[test]
fn without_a_home_folder_the_supervisor_is_in_tmp() {
    for tool in installed(&SCCACHES) {
        let mut bench = Bench::new(tool);
        // A folder cannot be created below a file.
        bench.settings["run_root"] = bench.source().join("a.c/run").to_str().into();
        bench.configure();
        let run = |arguments: &[&str]| {
            let mut command = bench.launcher();
            command.args(arguments).env("XDG_RUNTIME_DIR", "");
            output_of(command)
        };
        assert_eq!(run(&["/usr/bin/cc", "-c", "a.c", "-o", "a.o"]), "");
        assert_correct_object(&bench, "a.o");
        assert_eq!(bench.daemons().len(), 1);
        run(&["--stop-server"]);
        let user = std::os::unix::fs::MetadataExt::uid(&fs::metadata(bench.root()).unwrap());
        let storage = bench.settings["storages"][0]["id"].as_str().unwrap();
        fs::remove_dir_all(format!("/tmp/toolchainkit-{user}/{storage}")).unwrap();
    }
}

#[test]
fn missing_or_damaged_settings_give_one_notice_and_the_compiler_runs() {
    for tool in installed(&ALL) {
        let bench = Bench::new(tool);
        let path = bench.folder().join("launcher.json");
        let whole = fs::read_to_string(&path).unwrap();
        for damaged in [None, Some(""), Some("{}"), Some(&whole[..whole.len() / 2]), Some("\0\0")] {
            match damaged {
                Some(text) => fs::write(&path, text).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            let _ = fs::remove_file(bench.folder().join("warned"));
            let text = compiles_three_times(&bench, "damaged");
            assert!(text.contains("launcher.json cannot be read"), "{damaged:?}: {text}");
        }
    }
}

#[test]
fn a_missing_tool_gives_one_notice_and_the_compiler_runs() {
    for tool in installed(&ALL) {
        for is_there in [false, true] {
            let mut bench = Bench::new(tool);
            let program = bench.root().join("gone");
            if is_there {
                fs::write(&program, "").unwrap();
            }
            bench.settings["program"] = program.to_str().into();
            bench.configure();
            let text = compiles_three_times(&bench, "gone");
            assert!(text.contains("is missing: compiling without a cache"), "{tool:?}: {text}");
        }
    }
}

#[test]
fn an_unwritable_cache_folder_gives_one_notice_and_the_compiler_runs() {
    for tool in installed(&ALL) {
        let bench = Bench::new(tool);
        fs::create_dir_all(bench.root().join("home/cache")).unwrap();
        // Not even root can write below a file.
        drop(File::create(bench.root().join("home/cache/store")).unwrap());
        let text = compiles_three_times(&bench, "a file");
        assert!(!text.contains("cache: error"), "{tool:?}: {text}");
        if matches!(tool, Tool::Ccache(_)) {
            assert!(text.contains("toolchainkit: ccache cannot write to "), "{text}");
        }
    }
}

#[test]
fn a_removed_cache_folder_is_created_again() {
    for tool in installed(&ALL) {
        let bench = Bench::new(tool);
        bench.compile("a.o");
        bench.option(&["--stop-server"]);
        fs::remove_dir_all(bench.root().join("home")).unwrap();
        assert_eq!(compiles_three_times(&bench, "removed"), "", "{tool:?}");
        assert!(bench.root().join("home/cache/store").is_dir(), "{tool:?}");
    }
}

#[test]
fn the_compiler_runs_with_few_descriptors() {
    for tool in installed(&ALL) {
        // The compiler itself needs some descriptors.
        for limit in [6, 8, 12, 20] {
            let bench = Bench::new(tool);
            let plain = format!("ulimit -n {limit}; exec /usr/bin/cc -c a.c -o plain.o");
            if !bench.command("sh").args(["-c", &plain]).status().unwrap().success() {
                continue;
            }
            let launcher = bench.folder().join("launcher");
            let script =
                format!("ulimit -n {limit}; exec '{}' /usr/bin/cc -c a.c -o a.o", launcher.display());
            let output = bench.command("sh").args(["-c", &script]).output().unwrap();
            assert!(
                output.status.success(),
                "{tool:?}, {limit}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            assert_correct_object(&bench, "a.o");
        }
    }
}

#[test]
fn the_daemon_inherits_no_descriptor_of_the_build() {
    for tool in installed(&SCCACHES) {
        let bench = Bench::new(tool);
        let launcher = bench.folder().join("launcher");
        let lock = bench.root().join("build-lock");
        let script = format!(
            "(flock -n 200 && umask 0 && exec '{}' /usr/bin/cc -c a.c -o a.o) 200>'{}'",
            launcher.display(),
            lock.display()
        );
        // The output ends when no process has the pipes open.
        let output = bench.command("bash").args(["-c", &script]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(bench.daemons().len(), 1);
        File::open(&lock).unwrap().try_lock().expect("no process has the lock");
        for id in bench.daemons().into_iter().chain(bench.supervisors()) {
            let folder = fs::read_link(format!("/proc/{id}/cwd")).unwrap();
            assert!(!folder.starts_with(bench.source()), "{folder:?}");
        }
    }
}

#[test]
fn another_mount_namespace_has_its_own_daemon() {
    let alone = |bench: &Bench| {
        let mut command = bench.command("unshare");
        command.args(["--mount", "--"]).arg(bench.folder().join("launcher"));
        command
    };
    let can = Command::new("unshare").args(["--mount", "true"]).stderr(Stdio::null()).status();
    if !can.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: a mount namespace cannot be created");
        return;
    }
    for tool in installed(&SCCACHES) {
        let bench = Bench::new(tool);
        assert_eq!(bench.compile("a.o"), "");
        let mut command = alone(&bench);
        command.args(["/usr/bin/cc", "-c", "a.c", "-o", "b.o"]);
        assert_eq!(output_of(command), "", "{tool:?}");
        assert_correct_object(&bench, "b.o");
        let two = || bench.daemons().len() == 2 && bench.supervisors().len() == 2;
        assert!(eventually(SOME_SECONDS, two), "{tool:?}: {:?}", bench.processes());
        let beside = fs::read_dir(bench.root().join("home/cache")).unwrap();
        let stores =
            beside.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("store"));
        assert_eq!(stores.count(), 2, "{tool:?}: one folder has one daemon");
    }
}

/// The server accepts connections, and never answers.
#[test]
fn a_hanging_remote_costs_seconds_once_and_is_not_used_for_a_minute() {
    for tool in installed(&ALL) {
        let mut bench = Bench::new(tool);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (name, value, line) = match tool {
            Tool::Sccache(_) => (
                "SCCACHE_REDIS_ENDPOINT",
                format!("tcp://127.0.0.1:{port}"),
                "toolchainkit: sccache does not start: compiling without it for a minute\n",
            ),
            Tool::Ccache(_) => (
                "CCACHE_REMOTE_STORAGE",
                format!("redis://127.0.0.1:{port}|operation-timeout=60000"),
                "toolchainkit: the remote cache does not answer: using the local cache for a minute\n",
            ),
        };
        bench.settings["storages"][0]["environment"][name] = value.into();
        bench.configure();
        let begun = Instant::now();
        assert_eq!(bench.compile("a.o"), line, "{tool:?}");
        assert!(begun.elapsed() < Duration::from_secs(15), "{tool:?}: {:?}", begun.elapsed());
        assert_correct_object(&bench, "a.o");
        let begun = Instant::now();
        assert_eq!(bench.compile("b.o"), "", "{tool:?}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{tool:?}: {:?}", begun.elapsed());
        assert_correct_object(&bench, "b.o");
    }
}
