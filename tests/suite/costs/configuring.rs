//! What configuring costs more with a generated toolchain file than with a bare compiler launcher, the two by turns.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{costs, millis};
use crate::cmake_module::{CACHES, tools_for};
use crate::support::{Project, Run as _, Sandbox, Tool, Tools};

/// Pairs of runs; the median of their differences counts.
const PAIRS: usize = 9;

/// Milliseconds that one run took.
#[derive(Clone, Copy)]
struct Run {
    wall: f64,
    processor: f64,
}

fn measure(command: &mut Command) -> Run {
    let [cost] = costs(1, [command]);
    Run { wall: millis(cost.median), processor: millis(cost.processor) }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn configuring(sandbox: &Sandbox, cmake: &Path, source: &Path, build: &Path, options: &[String]) -> Command {
    let mut command = sandbox.command(cmake);
    command.current_dir(build).args(["-G", "Ninja"]).args(options).arg(source);
    command
}

#[test]
fn configuring_costs_no_more_than_two_percent_or_fifty_milliseconds() {
    for (cache, version) in
        [(CACHES[0], Tools::CMAKE), (CACHES[1], Tools::CMAKE), (CACHES[0], Tools::CMAKES[0])]
    {
        let Some(tools) = tools_for(&[cache, Tool::CMake(version)]) else { return };
        let sandbox = Sandbox::new("configure").on_path(&tools.ninja()).on_path(&tools.path(cache));
        let source = sandbox.root().join("project");
        Project::write(&source, 2, 3);
        let tool = if cache == CACHES[0] { "sccache" } else { "ccache" };
        fs::write(source.join("toolchainkit.yaml"), format!("cache: {{ tool: {tool} }}\n"))
            .expect("a configuration");
        sandbox.command(env!("CARGO_BIN_EXE_toolchainkit")).arg("generate").current_dir(&source).run();
        let launcher =
            |language: &str| format!("-DCMAKE_{language}_COMPILER_LAUNCHER={}", tools.path(cache).display());
        let bare_options = vec![launcher("C"), launcher("CXX")];
        let our_options =
            vec![format!("-DCMAKE_TOOLCHAIN_FILE={}", source.join("cmake/toolchain.cmake").display())];
        let sides = [("bare", bare_options), ("ours", our_options)];
        for fresh in [true, false] {
            let run = |(name, options): &(&str, Vec<String>)| {
                let build = sandbox.root().join(name);
                if fresh && build.exists() {
                    fs::remove_dir_all(&build).expect("the build folder goes");
                }
                fs::create_dir_all(&build).expect("a build folder");
                measure(&mut configuring(&sandbox, &tools.cmake(version), &source, &build, options))
            };
            // The first time starts the daemon.
            for side in &sides {
                run(side);
            }
            let pairs: Vec<[Run; 2]> = (0..PAIRS).map(|_| [run(&sides[0]), run(&sides[1])]).collect();
            let medians = |of: fn(&Run) -> f64| {
                let bare = median(pairs.iter().map(|[bare, _]| of(bare)).collect());
                (bare, median(pairs.iter().map(|[bare, ours]| of(ours) - of(bare)).collect()))
            };
            let (wall, more_wall) = medians(|run| run.wall);
            let (processor, more_processor) = medians(|run| run.processor);
            // On a busy machine programs wait for each other, which is not what they cost.
            let is_busy = wall > 1.3 * processor;
            let (all, more) = if is_busy { (processor, more_processor) } else { (wall, more_wall) };
            let limit = f64::max(50.0, 0.02 * all);
            let figures = format!(
                "{cache}, CMake {version}, {}: {wall:.0} ms, {more_wall:+.0} ms; of the processor {processor:.0} ms, {more_processor:+.0} ms",
                if fresh { "first" } else { "again" }
            );
            println!("{figures}");
            assert!(more <= limit, "{figures}");
        }
    }
}
