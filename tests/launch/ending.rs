//! The end of the launcher, the supervisor and the daemon.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::bench::{ALL, Bench, SCCACHES, assert_correct_object, eventually, installed, kill};

const LONG: Duration = Duration::from_secs(15);

#[test]
fn a_killed_supervisor_does_not_break_the_build_and_leaves_no_process() {
    for tool in installed(&SCCACHES) {
        let bench = Bench::new(tool);
        let delay = bench.delay_option(2);
        let mut child = bench.begin(&delay, "a.o");
        let (supervisors, daemons) = (bench.supervisors(), bench.daemons());
        kill(supervisors[0]);
        assert!(child.wait().unwrap().success(), "{tool:?}");
        assert_correct_object(&bench, "a.o");
        assert!(eventually(LONG, || bench.processes().is_empty()), "{tool:?}: {:?}", bench.processes());
        assert_eq!(bench.compile("b.o"), "", "{tool:?}");
        assert_eq!(bench.daemons().len(), 1);
        assert_ne!(bench.daemons(), daemons);
        assert_ne!(bench.supervisors(), supervisors);
    }
}

#[test]
fn a_killed_daemon_is_replaced_and_does_not_break_the_build() {
    for tool in installed(&SCCACHES) {
        let bench = Bench::new(tool);
        let delay = bench.delay_option(2);
        let mut child = bench.begin(&delay, "a.o");
        let (supervisors, daemons) = (bench.supervisors(), bench.daemons());
        kill(daemons[0]);
        assert!(child.wait().unwrap().success(), "{tool:?}");
        assert_correct_object(&bench, "a.o");
        assert_eq!(bench.compile("b.o"), "", "{tool:?}");
        // The new daemon has compiled both.
        assert!(bench.counts(0, 2), "{tool:?}: {:?}", bench.counted());
        assert_eq!(bench.supervisors(), supervisors);
        assert_ne!(bench.daemons(), daemons);
    }
}

#[test]
fn the_compiler_of_a_killed_launcher_is_killed() {
    for tool in installed(&ALL) {
        let bench = Bench::new(tool);
        let delay = bench.delay_option(4);
        let mut child = bench.begin(&delay, "a.o");
        let begun = Instant::now();
        child.kill().unwrap();
        child.wait().unwrap();
        // The user starts the build again immediately.
        assert_eq!(bench.compile("a.o"), "", "{tool:?}");
        assert!(begun.elapsed() < Duration::from_secs(4), "{tool:?}: {:?}", begun.elapsed());
        fs::remove_file(bench.object("a.o")).unwrap();
        thread::sleep(Duration::from_secs(5).saturating_sub(begun.elapsed()));
        assert!(!bench.object("a.o").exists(), "{tool:?}: written by the compiler of the killed launcher");
        let is_gone = || bench.compilers().is_empty();
        assert!(eventually(LONG, is_gone), "{tool:?}: {:?}", bench.processes());
    }
}

#[test]
fn an_idle_daemon_and_its_supervisor_stop_but_not_during_a_compilation() {
    for tool in installed(&SCCACHES) {
        let mut bench = Bench::new(tool);
        bench.settings["idle_seconds"] = 2.into();
        bench.configure();
        let delay = bench.delay_option(5);
        let mut child = bench.begin(&delay, "a.o");
        let daemons = bench.daemons();
        thread::sleep(Duration::from_secs(4));
        assert_eq!(bench.daemons(), daemons, "{tool:?}");
        assert!(child.wait().unwrap().success());
        assert!(eventually(LONG, || bench.processes().is_empty()), "{tool:?}: {:?}", bench.processes());
        assert_eq!(bench.compile("b.o"), "", "{tool:?}");
    }
}

#[test]
fn stop_server_waits_for_running_compilations() {
    for tool in installed(&SCCACHES) {
        let bench = Bench::new(tool);
        let delay = bench.delay_option(2);
        let mut child = bench.begin(&delay, "a.o");
        assert_eq!(bench.option(&["--stop-server"]).status.code(), Some(0), "{tool:?}");
        assert!(child.wait().unwrap().success(), "{tool:?}");
        assert_correct_object(&bench, "a.o");
        assert!(eventually(LONG, || bench.processes().is_empty()), "{tool:?}: {:?}", bench.processes());
        assert_eq!(bench.option(&["--stop-server"]).status.code(), Some(2), "{tool:?}");
    }
}

#[test]
fn supervisor_and_daemon_stop_after_their_folder_is_removed() {
    for tool in installed(&SCCACHES) {
        let bench = Bench::new(tool);
        let delay = bench.delay_option(3);
        let mut child = bench.begin(&delay, "slow.o");
        let former = bench.supervisors();
        fs::remove_dir_all(bench.root().join("home/cache")).unwrap();
        assert_eq!(bench.compile("a.o"), "", "{tool:?}");
        assert!(child.wait().unwrap().success(), "{tool:?}");
        assert_correct_object(&bench, "slow.o");
        let is_gone = || !bench.supervisors().contains(&former[0]) && bench.daemons().len() == 1;
        assert!(eventually(LONG, is_gone), "{tool:?}: {:?}", bench.processes());
        assert!(bench.root().join("home/cache/store").is_dir());
        assert!(Path::new(&bench.root().join("home/cache/run")).is_dir());
    }
}

#[test]
fn running_supervisors_are_listed_and_can_be_stopped() {
    use toolchainkit::launch::supervisor;
    for tool in installed(&SCCACHES) {
        let bench = Bench::new(tool);
        let roots = [bench.root().join("home/cache/run")];
        assert!(supervisor::list(&roots).is_empty());
        bench.compile("a.o");
        let records = supervisor::list(&roots);
        assert_eq!(records.len(), 1);
        assert_eq!([records[0].daemon], bench.daemons()[..]);
        assert_eq!(records[0].project, "project");
        assert!(supervisor::is_running(&records[0]));
        supervisor::stop(&records[0]).unwrap();
        assert!(!supervisor::is_running(&records[0]));
        assert!(supervisor::stop(&records[0]).is_err());
        assert!(supervisor::list(&roots).is_empty());
        assert!(bench.daemons().is_empty());
    }
}
