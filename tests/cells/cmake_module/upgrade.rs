//! The upgrade of a build folder of the old module, whose launcher was a script that started its own daemon.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use super::{CACHES, Checkout, tools_for};
use crate::list::tests;
use crate::support::run::eventually;
use crate::support::{Sandbox, write_script};

tests![an_upgrade_removes_all_files_of_the_old_module in ["program", "script"]];

/// Files of the old launcher: beside it, and in the run folder of its daemon.
const BESIDE: [&str; 2] = ["launcher-functions", "known-compilers"];
const OF_DAEMON: [&str; 8] =
    ["pid", "settings", "basedirs", "server.json", "lock", "log", "clients", "socket"];

fn an_upgrade_removes_all_files_of_the_old_module(launcher: &'static str) {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("upgrade").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache(PROJECT shared)");
    let checkout = if launcher == "script" { checkout.with_fallback() } else { checkout };
    checkout.rebuild_from_scratch();
    checkout.ask(&["--stop-server"]);

    // Write the files of the old module. The command in build.ninja was the same.
    let folder = checkout.build_folder().join("toolchainkit");
    fs::remove_file(folder.join("launcher")).expect("the launcher");
    write_script(
        &folder.join("launcher"),
        "# Written by ToolchainKit.cmake at configure time; changes get lost.\nexec \"$@\"",
    );
    for name in BESIDE {
        fs::write(folder.join(name), ":/usr/bin/cc:").expect("a file");
    }
    let run = sandbox.cache_home().join("toolchainkit/run").join(checkout.status_field("id"));
    fs::create_dir_all(&run).expect("a folder");
    let program = tools.path(CACHES[0]);
    let socket = run.join("socket");
    let mut daemon = checkout
        .command(&program)
        .env("SCCACHE_SERVER_UDS", &socket)
        .env("SCCACHE_START_SERVER", "1")
        .env("SCCACHE_NO_DAEMON", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the daemon starts");
    assert!(eventually(Duration::from_secs(10), || socket.exists()));
    for name in OF_DAEMON.into_iter().filter(|name| *name != "socket") {
        fs::write(run.join(name), "").expect("a file");
    }
    fs::write(run.join("pid"), format!("{}\n", daemon.id())).expect("a file");
    let settings = format!(
        "version=0.15.0\nsize=10G\naddress=SCCACHE_SERVER_UDS={}\nprogram={}\n",
        socket.display(),
        program.display()
    );
    fs::write(run.join("settings"), settings).expect("a file");

    // This test is the parent of the daemon, so it must reap the daemon while CMake waits for its end.
    let configured = std::thread::scope(|scope| {
        let ends = scope.spawn(|| {
            eventually(Duration::from_secs(30), || {
                daemon.try_wait().expect("a child of this process").is_some()
            })
        });
        let configured = checkout.configure();
        assert!(
            ends.join().expect("the thread ends"),
            "the old daemon still runs
{configured}"
        );
        configured
    });
    let left: Vec<PathBuf> = OF_DAEMON
        .iter()
        .map(|name| run.join(name))
        .chain(BESIDE.iter().map(|name| folder.join(name)))
        .filter(|path| path.exists())
        .collect();
    assert!(left.is_empty(), "{left:?}\n{configured}");
    let built = checkout.build();
    assert!(built.text().contains("no work to do"), "{built}");
    assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (checkout.objects, 0));
}
