//! The costs of the commands, in the release build.

use std::fs;
use std::time::Duration;

use toolchainkit::journal::{FOLDER, Line, LineId, Outcome};

use super::{costs, generating_costs};
use crate::install::Bench;
use crate::support::checkout::{CACHES, Checkout, tools_for};
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

/// A journal of 10,000 compilations, each with two lines, as the launcher writes them.
fn long_journal() -> String {
    let mut text = String::new();
    for index in 0..10_000_u32 {
        let at = 1_795_849_200_000 + u64::from(index) * 20;
        let id = Some(LineId(index, at));
        let first = Line {
            id,
            at,
            build: format!("{}-7", index / 1000),
            source: format!("src/part_{}/file_{}.cpp", index % 50, index % 1000),
            object: format!("CMakeFiles/part_{}.dir/src/file_{}.cpp.o", index % 50, index % 1000),
            language: "CXX".to_owned(),
            ..Line::default()
        };
        let outcome = if index < 1000 { Outcome::Miss } else { Outcome::DirectHit };
        let last = Line { id, at: at + 9, outcome: Some(outcome), micros: Some(9000), ..Line::default() };
        text += &(first.text() + &last.text());
    }
    text
}

#[test]
fn stats_takes_less_than_50_ms_for_10_000_compilations() {
    for cache in CACHES {
        let Some(tools) = tools_for(&[cache, Tool::Released]) else { return };
        let sandbox = Sandbox::new("stats").on_path(&tools.ninja()).on_path(&tools.path(cache));
        let launcher = tools.released_launcher();
        let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache(PROJECT p)")
            .env("TOOLCHAINKIT_LAUNCH", launcher.to_str().expect("UTF-8"));
        checkout.rebuild_from_scratch();
        fs::write(checkout.build_folder().join(FOLDER).join("log"), long_journal()).expect("a journal");
        let command = |arguments: &[&str]| {
            let mut command = checkout.command(tools.path(Tool::Released));
            command.args(["stats", "--build"]).arg(checkout.build_folder()).args(arguments);
            command
        };
        let shown = command(&["--all"]).run();
        assert!(shown.stdout.contains("9,000 of 10,000 cacheable"), "{shown}");
        let formats = ["human", "json", "prometheus"];
        let mut commands = formats.map(|format| command(&["--all", "--format", format]));
        for (cost, format) in costs(ROUNDS, commands.each_mut()).iter().zip(formats) {
            println!("stats of {cache}, {format}: {cost:?}");
            assert!(cost.best < Duration::from_millis(50), "{format}: {cost:?}");
        }
    }
}
