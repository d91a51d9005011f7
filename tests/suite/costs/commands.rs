//! The costs of the commands, in the release build.

use std::fs;
use std::time::Duration;

use super::{costs, generating_costs};
use crate::install::Bench;
use crate::support::{Run, Sandbox, Tool, Tools};

/// The number of runs of each command.
const ROUNDS: usize = 25;

#[test]
fn generate_takes_less_than_10_ms_and_20_mb() {
    let Some(tools) = Tools::require(&[Tool::Released, Tool::System("python3")]) else { return };
    let released = tools.path(Tool::Released);
    let sandbox = Sandbox::new("generate");
    fs::write(sandbox.root().join("toolchainkit.yaml"), &crate::golden::cases()["sample"]).expect("a file");
    let [whole, without] = generating_costs(&sandbox, sandbox.root(), &released);
    let time = whole.median.saturating_sub(without.median);
    // The maximum of all ended child processes, in kilobytes.
    let peak = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); \
                print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
    let output = sandbox.command("python3").args(["-c", peak]).arg(&released).arg("generate").run().stdout;
    let peak: u64 = output.lines().last().and_then(|line| line.parse().ok()).expect("a number");
    println!("generate: {time:?}, {peak} KB");
    assert!(time < Duration::from_millis(10), "{time:?}");
    assert!(peak < 20_000, "{peak} KB");
    assert!(sandbox.root().join("CMakePresets.json").is_file());
}

#[test]
fn install_takes_less_than_20_ms_if_the_tool_is_installed() {
    let Some(tools) = Tools::require(&[Tool::Released]) else { return };
    let Some(bench) = Bench::start() else { return };
    bench.install("plain").run();
    let [cost] = costs(ROUNDS, [&mut bench.install_by(&tools.path(Tool::Released), "forbidden")]);
    println!("install: {cost:?}");
    assert!(cost.median < Duration::from_millis(20), "{cost:?}");
    assert_eq!(bench.releases.requests().len(), 1);
}
