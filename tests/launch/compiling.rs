//! Compilations with the launcher.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::bench::{
    ALL, Bench, SCCACHES, Tool, assert_correct_object, eventually, installed, output_of, shared_output,
    write_program,
};

const CC: &str = "/usr/bin/cc";

#[test]
fn the_first_compilation_misses_and_the_second_hits() {
    for tool in installed(&ALL) {
        let bench = Bench::new(tool);
        assert_eq!(bench.compile("a.o"), "");
        assert!(bench.counts(0, 1), "{tool:?}: {:?}", bench.counted());
        assert_correct_object(&bench, "a.o");
        fs::remove_file(bench.object("a.o")).unwrap();
        assert_eq!(bench.compile("a.o"), "");
        assert!(bench.counts(1, 1), "{tool:?}: {:?}", bench.counted());
        assert_correct_object(&bench, "a.o");
        let mode = fs::metadata(bench.object("a.o")).unwrap().permissions().mode();
        assert_eq!(mode, fs::metadata(bench.object("plain.o")).unwrap().permissions().mode(), "{tool:?}");
    }
}

#[test]
fn a_compile_error_is_printed_once_with_its_exit_code() {
    for tool in installed(&ALL) {
        let bench = Bench::new(tool);
        fs::write(bench.source().join("a.c"), "int x(\n").unwrap();
        let output = bench.compiling(Path::new(CC), "a.o").output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{tool:?}: {text}");
        assert_eq!(text.matches("a.c:1:1: error:").count(), 1, "{tool:?}: {text}");
        assert!(!text.contains("toolchainkit:"), "{tool:?}: {text}");
        // sccache uses this exit code for its own failures.
        let odd = bench.root().join("odd");
        write_program(&odd, "#!/bin/sh\ncase \" $* \" in *\" -c \"*) exit 101 ;; esac\nexec cc \"$@\"\n");
        fs::write(bench.source().join("a.c"), "int y;\n").unwrap();
        let output = bench.compiling(&odd, "a.o").output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(101), "{tool:?}: {text}");
        assert!(!text.contains("toolchainkit:"), "{tool:?}: {text}");
    }
}

#[test]
fn sixty_four_parallel_compilations_start_one_daemon() {
    for tool in installed(&SCCACHES) {
        let bench = Bench::new(tool);
        let (path, output) = shared_output(&bench);
        let another = || output.try_clone().unwrap();
        let start = |index: usize| {
            let mut command = bench.compiling(Path::new(CC), &format!("{index}.o"));
            command.stdout(another()).stderr(another()).spawn().unwrap()
        };
        let children: Vec<Child> = (0..64).map(start).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        assert_eq!(fs::read_to_string(path).unwrap(), "", "{tool:?}");
        assert_eq!((bench.daemons().len(), bench.supervisors().len()), (1, 1), "{tool:?}");
        let all = || bench.counted().0 + bench.counted().1 == 64;
        assert!(eventually(Duration::from_secs(10), all), "{tool:?}: {:?}", bench.counted());
    }
}

#[test]
fn a_daemon_is_replaced_during_a_build_without_a_failure() {
    for tool in installed(&SCCACHES) {
        let building = Bench::new(tool);
        let delay = building.delay_option(3);
        let mut begun = building.begin(&delay, "slow.o");
        let former = building.daemons();
        let another = building.another("second");
        let started = another.option(&["--start-server"]);
        assert!(started.status.success(), "{tool:?}: {started:?}");
        let address: serde_json::Value = serde_json::from_slice(&started.stdout).unwrap();
        assert!(Path::new(address["address"].as_str().unwrap()).exists(), "{address}");
        assert!(begun.wait().unwrap().success(), "{tool:?}");
        assert_eq!(building.daemons().len(), 1, "{tool:?}");
        assert_ne!(building.daemons(), former, "{tool:?}");
        // The second checkout gets hits from the first one.
        for bench in [&building, &another] {
            let mut command = bench.compiling(Path::new(CC), "again.o");
            command.arg(&delay);
            assert_eq!(output_of(command), "", "{tool:?}");
        }
        assert!(another.counts(2, 0), "{tool:?}: {:?}", another.counted());
    }
}

#[test]
fn a_missing_secret_switches_to_the_local_cache_with_one_notice() {
    for tool in installed(&ALL) {
        let mut bench = Bench::new(tool);
        let mut remote = bench.settings["storages"][0].clone();
        remote["name"] = "remote".into();
        remote["id"] = "fedcba9876543210".into();
        remote["secrets"] =
            serde_json::json!([{"name": "SCCACHE_REDIS_PASSWORD", "template": "{CI_PASSWORD}"}]);
        bench.settings["storages"].as_array_mut().unwrap().insert(0, remote);
        bench.configure();
        let line = "toolchainkit: CI_PASSWORD is not set: using the local cache\n";
        assert_eq!(bench.compile("a.o"), line, "{tool:?}");
        assert_eq!(bench.compile("a.o"), "", "{tool:?}");
        assert!(bench.counts(1, 1), "{tool:?}: {:?}", bench.counted());
        let refused = bench.option(&["--start-server"]);
        assert_eq!(refused.status.code(), Some(3), "{tool:?}");
        assert_eq!(String::from_utf8_lossy(&refused.stderr), "toolchainkit: CI_PASSWORD is not set\n");
        if matches!(tool, Tool::Sccache(_)) {
            let mut with = bench.launcher();
            with.arg("--start-server").env("CI_PASSWORD", "s3cret");
            output_of(with);
            // The daemon now runs, and a client without the secret uses it.
            assert_eq!(bench.compile("b.o"), "", "{tool:?}");
        }
    }
}

#[test]
fn a_daemon_that_cannot_start_gives_one_notice_and_the_compiler_runs() {
    for tool in installed(&SCCACHES) {
        let mut bench = Bench::new(tool);
        let environment = &mut bench.settings["storages"][0]["environment"];
        environment["SCCACHE_REDIS_ENDPOINT"] = "tcp://127.0.0.1:1".into();
        bench.configure();
        let refused = bench.option(&["--start-server"]);
        assert_eq!(refused.status.code(), Some(2), "{tool:?}");
        let text = String::from_utf8_lossy(&refused.stderr);
        assert!(!text.trim().is_empty(), "{tool:?}");
        let mut notices = 0;
        for index in 0..3 {
            notices += bench.compile(&format!("{index}.o")).matches("toolchainkit:").count();
        }
        assert!(notices <= 1, "{tool:?}");
        assert_correct_object(&bench, "2.o");
    }
}

#[test]
fn toolchainkit_bypass_runs_the_compiler_without_the_tool() {
    for tool in installed(&ALL) {
        let bench = Bench::new(tool);
        let mut command = bench.compiling(Path::new(CC), "a.o");
        command.env("TOOLCHAINKIT_BYPASS", "1").stdin(Stdio::null());
        assert_eq!(output_of(command), "");
        assert_correct_object(&bench, "a.o");
        assert!(bench.daemons().is_empty());
        assert_eq!(bench.counted(), (0, 0), "{tool:?}");
    }
}
