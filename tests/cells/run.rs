//! `toolchainkit run` with real builds: the daemon, and the line at the end.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use crate::cmake_module::{CACHES, Checkout, tools_for};
use crate::list::tests;
use crate::support::run::eventually;
use crate::support::{Finished, Run, Sandbox, Tool, Tools};

tests![
    the_last_line_counts_the_compilations_of_the_command in CACHES,
    another_build_at_the_same_time_is_not_counted in CACHES,
    without_a_journal_the_line_has_the_counters_of_the_tool,
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

fn another_build_at_the_same_time_is_not_counted(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("run").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let sandbox = sandbox.on_path(&tools.cmake(Tools::CMAKE));
    let [first, second] = ["first", "second"].map(|name| Checkout::sample(&sandbox, &tools, name, CALL));
    first.configure();
    second.configure();
    let (ready, done) = (sandbox.root().join("ready"), sandbox.root().join("done"));
    let script = "cmake --build build; touch ../ready; while [ ! -e ../done ]; do sleep 0.05; done";
    let mut command = first.command(env!("CARGO_BIN_EXE_toolchainkit"));
    command.args(["run", "--", "sh", "-ec", script]).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    assert!(eventually(Duration::from_mins(1), || ready.exists()));
    second.build();
    fs::write(done, "").unwrap();
    let output = child.wait_with_output().unwrap();
    let shown = String::from_utf8(output.stderr).unwrap();
    let number = first.objects;
    let expected = format!("toolchainkit: 0 of {number} compilations were cache hits (");
    assert!(
        output.status.success() && shown.lines().last().unwrap_or_default().starts_with(&expected),
        "{shown}"
    );

    // Several build folders of one command, and a run in a run.
    let both = "cmake --build build --clean-first && \"$0\" run cmake --build ../second/build --clean-first";
    let built = run(&first, &["--", "sh", "-ec", both, env!("CARGO_BIN_EXE_toolchainkit")]);
    let lines = built.stderr.lines().filter(|line| line.contains("compilations were")).collect::<Vec<_>>();
    let all = format!(": {} of {} compilations were cache hits (", 2 * number, 2 * number);
    assert!(lines[0].contains(&format!(": {number} of {number} compilations were cache hits (")), "{built}");
    let folders = [&first, &second].map(|checkout| checkout.build_folder().to_str().unwrap().to_owned());
    assert!(lines[1].contains(&all) && lines[1].contains(&folders.join(" and ")), "{built}");
}

fn without_a_journal_the_line_has_the_counters_of_the_tool() {
    let cache = CACHES[1];
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("run").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout = Checkout::sample(&sandbox, &tools, "project", CALL).with_fallback();
    checkout.configure();
    let folder = checkout.build_folder();
    let built = run(&checkout, &["ninja", "-C", folder.to_str().unwrap()]);
    let number = checkout.objects;
    let line = last_line(&built);
    assert!(line.contains(&format!(": 0 of {number} compilations were cache hits (")), "{built}");
    assert!(
        line.ends_with("; these are the counters of ccache, which also count other builds at this time"),
        "{built}"
    );
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
