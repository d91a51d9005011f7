//! An sccache version whose daemon listens on a port.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use crate::bench::{Bench, WITH_PORT, assert_correct_object, eventually, installed, kill, write_program};

const LONG: Duration = Duration::from_secs(15);

/// Starts the daemon, and returns the port that `--start-server` prints.
fn start(bench: &Bench) -> u16 {
    let started = bench.option(&["--start-server"]);
    assert!(started.status.success(), "{started:?}");
    let printed: serde_json::Value = serde_json::from_slice(&started.stdout).expect("one line of JSON");
    let address = printed["address"].as_str().expect("an address");
    address.strip_prefix("127.0.0.1:").unwrap_or_else(|| panic!("{address}")).parse().expect("a number")
}

fn answers(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn has_no_process(bench: &Bench) -> bool {
    eventually(LONG, || bench.processes().is_empty())
}

#[test]
fn the_first_compilation_misses_and_the_second_hits() {
    for tool in installed(&[WITH_PORT]) {
        let bench = Bench::new(tool);
        assert_eq!(bench.compile("a.o"), "");
        assert!(bench.counts(0, 1), "{:?}", bench.counted());
        assert_correct_object(&bench, "a.o");
        fs::remove_file(bench.object("a.o")).unwrap();
        assert_eq!(bench.compile("a.o"), "");
        assert!(bench.counts(1, 1), "{:?}", bench.counted());
        assert_correct_object(&bench, "a.o");
        assert_eq!((bench.daemons().len(), bench.supervisors().len()), (1, 1));
    }
}

#[test]
fn after_a_stop_the_daemon_is_gone_and_its_port_is_not_used() {
    for tool in installed(&[WITH_PORT]) {
        let bench = Bench::new(tool);
        let port = start(&bench);
        assert!(answers(port));
        assert_eq!(bench.compile("a.o"), "");
        assert!(bench.counts(0, 1), "{:?}", bench.counted());
        assert_eq!(bench.option(&["--stop-server"]).status.code(), Some(0));
        assert!(has_no_process(&bench), "{:?}", bench.processes());
        assert!(!answers(port));
        let stats = bench.option(&["--show-stats"]);
        assert_eq!(stats.status.code(), Some(2), "{stats:?}");
        assert_eq!(String::from_utf8_lossy(&stats.stderr), "toolchainkit: no daemon is running\n");
        assert!(bench.processes().is_empty());
        assert_eq!(bench.option(&["--stop-server"]).status.code(), Some(2));
        // The next daemon uses the objects of the stopped one.
        assert_eq!(bench.compile("a.o"), "");
        assert!(bench.counts(1, 0), "{:?}", bench.counted());
    }
}

#[test]
fn a_killed_supervisor_or_daemon_does_not_break_the_build() {
    for tool in installed(&[WITH_PORT]) {
        let bench = Bench::new(tool);
        let delay = bench.delay_option(2);
        let mut child = bench.begin(&delay, "a.o");
        kill(bench.supervisors()[0]);
        assert!(child.wait().unwrap().success());
        assert_correct_object(&bench, "a.o");
        assert!(has_no_process(&bench), "{:?}", bench.processes());
        let mut child = bench.begin(&delay, "b.o");
        let (supervisors, daemons) = (bench.supervisors(), bench.daemons());
        kill(daemons[0]);
        assert!(child.wait().unwrap().success());
        assert_correct_object(&bench, "b.o");
        assert_eq!(bench.compile("c.o"), "");
        assert_eq!(bench.supervisors(), supervisors);
        assert_ne!(bench.daemons(), daemons);
        assert!(bench.counts(0, 1), "{:?}", bench.counted());
    }
}

#[test]
fn a_daemon_whose_port_is_in_use_gets_another_one() {
    for tool in installed(&[WITH_PORT]) {
        let mut bench = Bench::new(tool);
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = other.local_addr().unwrap().port();
        let (program, mark) = (bench.root().join("sccache"), bench.root().join("tried"));
        let script = format!(
            "#!/bin/sh\n\
             if [ \"$SCCACHE_START_SERVER\" = 1 ] && ! [ -e {mark} ]; then\n\
               : >{mark}\n  export SCCACHE_SERVER_PORT={taken}\nfi\nexec {real} \"$@\"\n",
            mark = mark.display(),
            real = tool.program().unwrap().display(),
        );
        write_program(&program, &script);
        bench.settings["program"] = program.to_str().unwrap().into();
        bench.configure();
        let port = start(&bench);
        assert!(mark.exists());
        assert_ne!(port, taken);
        assert!(answers(port));
        assert_eq!(bench.compile("a.o"), "");
        assert!(bench.counts(0, 1), "{:?}", bench.counted());
        other.set_nonblocking(true).unwrap();
        assert!(other.accept().is_err(), "the other process that listens on the port received a connection");
    }
}

#[test]
fn records_contain_the_port() {
    use toolchainkit::launch::supervisor;
    for tool in installed(&[WITH_PORT]) {
        let bench = Bench::new(tool);
        let port = start(&bench);
        let records = supervisor::list(&[bench.root().join("home/cache/run")]);
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].socket, format!("127.0.0.1:{port}"));
        assert_eq!([records[0].daemon], bench.daemons()[..]);
        assert!(supervisor::is_running(&records[0]));
        supervisor::stop(&records[0]).unwrap();
        assert!(bench.daemons().is_empty());
    }
}
