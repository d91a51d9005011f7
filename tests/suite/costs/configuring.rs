//! The additional cost of configuring with a generated toolchain file, compared with a bare compiler launcher. The two
//! are measured alternately.

use std::fs;
use std::ops::RangeInclusive;
use std::process::Command;

use super::{costs, millis};
use crate::support::checkout::{CACHES, tools_for};
use crate::support::{Project, Run as _, Sandbox, Tool, Tools};

/// The number of pairs of runs. The median of the differences is compared with the limit. Single differences are
/// sometimes wrong by 30 to 40 ms, so more pairs are measured until the result is clear.
const PAIRS: RangeInclusive<usize> = 9..=61;

/// The times of one run in milliseconds.
#[derive(Clone, Copy)]
struct Run {
    wall: f64,
    processor: f64,
}

fn measure(command: &mut Command) -> Run {
    let [cost] = costs(1, [command]);
    Run { wall: millis(cost.median), processor: millis(cost.processor) }
}

fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// The cost of the bare launcher, and the additional cost of the toolchain file, in milliseconds.
#[derive(Clone, Copy)]
struct Costs {
    bare: f64,
    more: f64,
    /// Twice the standard error of `more`.
    uncertainty: f64,
}

impl Costs {
    fn new(pairs: &[[Run; 2]], of: fn(&Run) -> f64) -> Self {
        let differences = || pairs.iter().map(|[bare, ours]| of(ours) - of(bare));
        let more = median(differences());
        let count = f64::from(u32::try_from(pairs.len()).expect("few pairs"));
        let deviation = 1.48 * median(differences().map(|difference| (difference - more).abs()));
        Costs {
            bare: median(pairs.iter().map(|[bare, _]| of(bare))),
            more,
            uncertainty: 2.0 * 1.25 * deviation / count.sqrt(),
        }
    }

    fn limit(&self) -> f64 {
        // The checks of owners read all folders above each file: 40 ms on a machine that configures the project in 370 ms, and
        // more on a slower one.
        f64::max(50.0, 0.15 * self.bare)
    }

    fn is_clear(&self) -> bool {
        (self.more - self.limit()).abs() > self.uncertainty
    }
}

fn configuring(sandbox: &Sandbox, tools: &Tools, version: &'static str, options: &[String]) -> Command {
    let mut command = sandbox.command(tools.cmake(version));
    // Each configured build folder gets a copy of the launcher. That of the debug build is ten times as large.
    command.env("TOOLCHAINKIT_LAUNCH", tools.released_launcher());
    // The bare sccache would use a daemon at the default port, which other tests may use, too.
    command.env("SCCACHE_SERVER_UDS", sandbox.root().join("sccache.sock"));
    command.args(["-G", "Ninja"]).args(options);
    command
}

#[test]
fn configuring_costs_no_more_than_fifteen_percent_or_fifty_milliseconds() {
    for (cache, version) in
        [(CACHES[0], Tools::CMAKE), (CACHES[1], Tools::CMAKE), (CACHES[0], Tools::CMAKES[0])]
    {
        let Some(tools) = tools_for(&[cache, Tool::CMake(version), Tool::Released]) else { return };
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
                    fs::remove_dir_all(&build).expect("the build folder can be removed");
                }
                fs::create_dir_all(&build).expect("a build folder");
                measure(configuring(&sandbox, &tools, version, options).current_dir(&build).arg(&source))
            };
            // The first run starts the daemon, so it is not counted.
            for side in &sides {
                run(side);
            }
            let mut pairs = Vec::new();
            let [wall, processor, costs] = loop {
                pairs.push([run(&sides[0]), run(&sides[1])]);
                let wall = Costs::new(&pairs, |run| run.wall);
                let processor = Costs::new(&pairs, |run| run.processor);
                // On a busy machine, the wall time includes waiting for other programs.
                let costs = if wall.bare > 1.3 * processor.bare { processor } else { wall };
                // Another program may disturb some pairs in a row, so only a small cost ends the measurement early.
                let is_small = costs.is_clear() && costs.more <= costs.limit();
                if (pairs.len() >= *PAIRS.start() && is_small) || pairs.len() == *PAIRS.end() {
                    break [wall, processor, costs];
                }
            };
            let figures = format!(
                "{cache}, CMake {version}, {}: {:.0} ms, {:+.0} ms; of the processor {:.0} ms, {:+.0} ms; {} pairs",
                if fresh { "first" } else { "again" },
                wall.bare,
                wall.more,
                processor.bare,
                processor.more,
                pairs.len(),
            );
            println!("{figures}");
            assert!(costs.more <= costs.limit(), "{figures}");
        }
    }
}
