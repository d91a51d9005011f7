//! Tests the support code itself: a sandbox removes everything, a hanging program is killed, a project builds.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::panic::catch_unwind;
use std::path::Path;
use std::time::Duration;

use crate::support::servers::{Redis, ServerProcess, free_port};
use crate::support::tools::system;
use crate::support::{Project, Run, Sandbox, Tool, Tools};

#[test]
fn a_missing_tool_skips_a_test_locally_and_fails_it_in_ci() {
    let answer = catch_unwind(|| Tools::require(&[Tool::Sccache("0.0.0")]).is_none());
    match std::env::var("CI").as_deref() {
        Ok("true") => assert!(answer.is_err(), "the test passed in CI"),
        _ => assert!(answer.expect("no panic outside CI"), "the missing tool was not noticed"),
    }
}

#[test]
fn a_command_does_not_inherit_the_environment_of_the_caller() {
    let sandbox = Sandbox::new("environment");
    let environment = sandbox.command("/usr/bin/env").run().stdout;
    let mut names: Vec<&str> = environment.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    names.sort_unstable();
    // The sandbox sets TOOLCHAINKIT_LAUNCH to the launcher under test.
    let expected = [
        "HOME",
        "LANG",
        "PATH",
        "TOOLCHAINKIT_LAUNCH",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_RUNTIME_DIR",
    ];
    assert_eq!(names, expected);
}

#[test]
fn the_path_has_the_chosen_tools_first() {
    let Some(tools) = Tools::require(&[Tool::Ninja, Tool::Ccache(Tools::CCACHE)]) else { return };
    let sandbox = Sandbox::new("path").on_path(&tools.ninja()).on_path(&tools.ccache(Tools::CCACHE));
    let found = sandbox
        .command("/bin/sh")
        .args(["-c", "for tool in ninja ccache sh; do command -v $tool; done"])
        .run()
        .stdout;
    let expected =
        format!("{}\n{}\n/usr/bin/sh\n", tools.ninja().display(), tools.ccache(Tools::CCACHE).display());
    assert_eq!(found, expected);
}

#[test]
fn a_sandbox_has_a_short_path_and_is_private() {
    let sandbox = Sandbox::new("a name that is rather long");
    assert!(sandbox.runtime_dir().as_os_str().len() < 40, "{}", sandbox.runtime_dir().display());
    let root = sandbox.root().to_path_buf();
    drop(sandbox);
    assert!(!root.exists(), "{} was not removed", root.display());
}

#[test]
fn a_sandbox_stops_the_daemons_that_were_started_in_it() {
    let Some(tools) = Tools::require(&[Tool::Sccache(Tools::SCCACHE)]) else { return };
    let sandbox = Sandbox::new("daemon");
    let socket = sandbox.runtime_dir().join("sccache.sock");
    sandbox
        .command(tools.sccache(Tools::SCCACHE))
        .env("SCCACHE_SERVER_UDS", &socket)
        .arg("--start-server")
        .run();
    // The daemon may just have started a program.
    let daemons = sandbox.processes();
    assert!(!daemons.is_empty(), "there is no daemon");
    drop(sandbox);
    for pid in daemons {
        // A zombie keeps its entry in /proc until it is reaped, but without an environment.
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        assert!(environment.is_empty(), "the daemon still runs");
    }
}

#[test]
#[should_panic(expected = "killed after 0.2 s")]
fn a_program_that_hangs_is_killed() {
    Sandbox::new("hang").command("/bin/sleep").arg("60").run_within(Duration::from_millis(200));
}

#[test]
fn an_unexpected_exit_code_shows_the_transcript() {
    let panic =
        catch_unwind(|| Sandbox::new("end").command("/bin/sh").args(["-c", "echo words >&2; exit 3"]).run());
    let message = *panic.expect_err("the exit code is 3").downcast::<String>().expect("a text");
    for part in ["expected exit code 0", "words", "exit code 3"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn no_process_listens_on_a_free_port() {
    let refusal = TcpStream::connect(("127.0.0.1", free_port())).expect_err("no process listens");
    assert_eq!(refusal.kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn a_server_whose_port_is_in_use_gets_another_one() {
    let Some(_) = Tools::require(Redis::NEEDS) else { return };
    let other = RefCell::new(None);
    let server = ServerProcess::start(&system("redis-server"), |port, _| {
        let mut other = other.borrow_mut();
        if other.is_none() {
            *other = Some(TcpListener::bind(("127.0.0.1", port)).expect("the port is free"));
        }
        ["--bind", "127.0.0.1", "--save", "", "--port", &port.to_string()].map(str::to_owned).into()
    });
    let taken = other.into_inner().expect("asked at least once").local_addr().expect("an address").port();
    assert_ne!(server.port(), taken);
}

/// Builds `project` in `build`, and returns what its program prints.
fn build(sandbox: &Sandbox, project: &Project, build: &Path, generator: &str) -> String {
    sandbox.command("cmake").arg("-S").arg(project.root()).arg("-B").arg(build).args(["-G", generator]).run();
    sandbox.command("cmake").arg("--build").arg(build).run();
    sandbox.command(build.join("sample")).run().stdout
}

fn a_project_builds_with(cmake: &'static str, generator: &str) {
    let needed = [Tool::CMake(cmake), Tool::Ninja, Tool::System("gcc"), Tool::System("g++")];
    let Some(tools) = Tools::require(&needed) else { return };
    let sandbox = Sandbox::new("project").on_path(&tools.ninja()).on_path(&tools.cmake(cmake));
    let project = Project::write(&sandbox.root().join("src"), 2, 2);
    assert_eq!(project.objects(), 5);
    let folder = sandbox.dir("build");
    assert_eq!(build(&sandbox, &project, &folder, generator), project.output(1));
    project.set_shared_value(7);
    assert_eq!(build(&sandbox, &project, &folder, generator), project.output(7));
}

#[test]
fn a_project_builds() {
    if Tools::full() {
        for cmake in Tools::CMAKES {
            a_project_builds_with(cmake, "Ninja");
            a_project_builds_with(cmake, "Unix Makefiles");
        }
    } else {
        a_project_builds_with(Tools::CMAKES[0], "Unix Makefiles");
        a_project_builds_with(Tools::CMAKE, "Ninja");
    }
}
