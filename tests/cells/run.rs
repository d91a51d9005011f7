//! `toolchainkit run` with real builds: the daemon, and the line at the end.

use std::fs;

use crate::cmake_module::{CACHES, Checkout, tools_for};
use crate::list::tests;
use crate::support::{Finished, Run, Sandbox, Tool, Tools};

tests![
    the_last_line_counts_the_compilations_of_the_command in CACHES,
    a_command_that_configures_first_is_counted,
    the_daemon_runs_before_the_command,
];

const CALL: &str = "toolchainkit_enable_cache(PROJECT project_of_run)";

fn run(checkout: &Checkout, words: &[&str]) -> Finished {
    let mut command = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
    command.arg("run").args(words).run()
}

fn last_line(finished: &Finished) -> &str {
    finished.stderr.lines().last().unwrap_or_default()
}

fn the_last_line_counts_the_compilations_of_the_command(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("run").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let sandbox = sandbox.on_path(&tools.cmake(Tools::CMAKE));
    let checkout = Checkout::sample(&sandbox, &tools, "project", CALL);
    checkout.configure();
    let number = checkout.objects;
    let build = checkout.build_folder();
    let build = build.to_str().unwrap();
    let cold = run(&checkout, &["--", "cmake", "--build", build]);
    assert!(last_line(&cold).contains(&format!(": 0 of {number} compilations were cache hits (")), "{cold}");
    let warm = run(&checkout, &["--build", build, "--", "ninja", "-C", build, "-t", "clean"]);
    assert!(last_line(&warm).contains("no compilation used the cache ("), "{warm}");
    let warm = run(&checkout, &["ninja", "-C", build]);
    assert!(
        last_line(&warm).contains(&format!(": {number} of {number} compilations were cache hits (")),
        "{warm}"
    );
    fs::write(checkout.source.join("main.c"), "wrong").unwrap();
    let mut command = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
    let failed = command.args(["run", "--", "ninja", "-C", build]).run_expecting(1);
    assert!(last_line(&failed).starts_with("toolchainkit: "), "{failed}");
}

fn a_command_that_configures_first_is_counted() {
    let cache = CACHES[0];
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("run").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let sandbox = sandbox.on_path(&tools.cmake(Tools::CMAKE));
    let checkout = Checkout::sample(&sandbox, &tools, "project", CALL);
    fs::write(checkout.source.join("toolchainkit.yaml"), "cache: { tool: sccache }\n").unwrap();
    let script = "mkdir build && cd build && \
                  cmake -G Ninja -DCMAKE_TOOLCHAIN_FILE=../cmake/toolchain.cmake .. && cmake --build .";
    let built = run(&checkout, &["--", "sh", "-ec", script]);
    let number = checkout.objects;
    assert!(
        last_line(&built).contains(&format!(": 0 of {number} compilations were cache hits (")),
        "{built}"
    );
}

fn the_daemon_runs_before_the_command() {
    let cache = CACHES[0];
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("run").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout = Checkout::sample(&sandbox, &tools, "project", CALL);
    checkout.configure();
    checkout.ask(&["--stop-server"]);
    let build = checkout.build_folder();
    let build = build.to_str().unwrap();
    let program = env!("CARGO_BIN_EXE_toolchainkit");
    let status = format!("{program} server status");
    let stopped = checkout.command("sh").args(["-c", &status]).run();
    assert!(!stopped.stdout.contains("running  project_of_run"), "{stopped}");
    let running = run(&checkout, &["--build", build, "--", "sh", "-c", &status]);
    assert!(running.stdout.contains("running  project_of_run"), "{running}");
}
