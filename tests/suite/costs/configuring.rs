//! The additional cost of configuring with a generated toolchain file, compared with a bare compiler launcher. The two
//! are measured alternately.
//!
//! The aim is 50 ms, for any number of targets. The module starts some ten short processes (`cp`, `sh`, the tool and the launcher),
//! because CMake cannot read owners or copy a file of another user itself, and CMake reads its 4700 lines. Both depend on the speed
//! of the machine, so the limits are parts of the time of the bare configuration. Only the processor time is compared: the wall time
//! of so many processes depends on what else runs, and differed by 40 ms between two runs on the same machine.

use std::fs;
use std::ops::RangeInclusive;
use std::process::Command;

use super::{costs, millis};
use crate::support::checkout::{CACHES, tools_for};
use crate::support::{Project, Run as _, Sandbox, Tool, Tools};

/// The number of pairs of runs. The median of the differences is compared with the limit. More pairs are measured until the
/// result is clear.
const PAIRS: RangeInclusive<usize> = 7..=41;

/// The limits, as parts of the processor time of the first bare configuration. It was 345 ms when the first configuration took 39 to
/// 49 ms more (with CMake 3.15, up to 78 ms), and another one 29 ms more.
const FIRST: f64 = 0.25;
const AGAIN: f64 = 0.15;
/// The limits on a machine that is fast.
const LEAST: f64 = 50.0;

/// The targets of a large project.
const TARGETS: usize = 1000;
/// The limit for the additional cost of a target, as a part of its cost without the module. It was 0.46: CMake evaluates the
/// options that map paths for each target, and the module compares its launcher.
const OF_TARGET: f64 = 0.8;

/// The processor time of a run in milliseconds.
fn measure(command: &mut Command) -> f64 {
    let [cost] = costs(1, [command]);
    millis(cost.processor)
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
    fn new(pairs: &[[f64; 2]]) -> Self {
        let differences = || pairs.iter().map(|[bare, ours]| ours - bare);
        let more = median(differences());
        let count = f64::from(u32::try_from(pairs.len()).expect("few pairs"));
        let deviation = 1.48 * median(differences().map(|difference| (difference - more).abs()));
        Costs {
            bare: median(pairs.iter().map(|[bare, _]| *bare)),
            more,
            uncertainty: 2.0 * 1.25 * deviation / count.sqrt(),
        }
    }

    /// Measures pairs until the result is clearly below the limit. Another program may disturb some pairs in a row, so a large cost
    /// does not end the measurement early.
    fn of(mut run: impl FnMut() -> [f64; 2], limit: impl Fn(&Self) -> f64) -> (Self, usize) {
        let mut pairs = Vec::new();
        loop {
            pairs.push(run());
            let costs = Self::new(&pairs);
            let is_clear = costs.more + costs.uncertainty <= limit(&costs);
            if (pairs.len() >= *PAIRS.start() && is_clear) || pairs.len() == *PAIRS.end() {
                return (costs, pairs.len());
            }
        }
    }
}

/// A project with a toolchain file, and the options of both sides.
struct Scene {
    sandbox: Sandbox,
    tools: Tools,
    version: &'static str,
    sides: [(&'static str, Vec<String>); 2],
}

impl Scene {
    fn new(cache: Tool, version: &'static str) -> Option<Self> {
        let tools = tools_for(&[cache, Tool::CMake(version), Tool::Released])?;
        let sandbox = Sandbox::new("configure").on_path(&tools.ninja()).on_path(&tools.path(cache));
        let source = sandbox.root().join("project");
        Project::write(&source, 2, 3);
        let tool = if cache == CACHES[0] { "sccache" } else { "ccache" };
        fs::write(source.join("toolchainkit.yaml"), format!("cache: {{ tool: {tool} }}\n"))
            .expect("a configuration");
        sandbox.command(env!("CARGO_BIN_EXE_toolchainkit")).arg("generate").current_dir(&source).run();
        let launcher =
            |language: &str| format!("-DCMAKE_{language}_COMPILER_LAUNCHER={}", tools.path(cache).display());
        let ours = format!("-DCMAKE_TOOLCHAIN_FILE={}", source.join("cmake/toolchain.cmake").display());
        let sides = [("bare", vec![launcher("C"), launcher("CXX")]), ("ours", vec![ours])];
        Some(Self { sandbox, tools, version, sides })
    }

    /// Configures both sides.
    fn run(&self, is_fresh: bool) -> [f64; 2] {
        [0, 1].map(|side| {
            let (name, options) = &self.sides[side];
            let build = self.sandbox.root().join(name);
            if is_fresh && build.exists() {
                fs::remove_dir_all(&build).expect("the build folder can be removed");
            }
            fs::create_dir_all(&build).expect("a build folder");
            let mut command = self.sandbox.command(self.tools.cmake(self.version));
            // Each configured build folder gets a copy of the launcher. That of the debug build is ten times as large.
            command.env("TOOLCHAINKIT_LAUNCH", self.tools.released_launcher());
            // The bare sccache would use a daemon at the default port, which other tests may use, too.
            command.env("SCCACHE_SERVER_UDS", self.sandbox.root().join("sccache.sock"));
            command.args(["-G", "Ninja"]).args(options).current_dir(&build);
            measure(command.arg(self.sandbox.root().join("project")))
        })
    }
}

#[test]
fn configuring_costs_no_more_than_a_quarter_the_first_time_and_less_again() {
    for (cache, version) in
        [(CACHES[0], Tools::CMAKE), (CACHES[1], Tools::CMAKE), (CACHES[0], Tools::CMAKES[0])]
    {
        let Some(scene) = Scene::new(cache, version) else { return };
        // The first run starts the daemon, so it is not counted.
        scene.run(true);
        let mut first = 0.0;
        for (is_fresh, part) in [(true, FIRST), (false, AGAIN)] {
            let limit = |costs: &Costs| {
                let first = if is_fresh { costs.bare } else { first };
                LEAST.max(part * first)
            };
            let (costs, pairs) = Costs::of(|| scene.run(is_fresh), limit);
            let figures = format!(
                "{cache}, CMake {version}, {}: {:.0} ms, {:+.0} ms of {:.0} ms; {pairs} pairs",
                if is_fresh { "first" } else { "again" },
                costs.bare,
                costs.more,
                limit(&costs),
            );
            println!("{figures}");
            assert!(costs.more <= limit(&costs), "{figures}");
            first = costs.bare;
        }
    }
}

#[test]
fn a_target_costs_little_more() {
    let Some(scene) = Scene::new(CACHES[1], Tools::CMAKE) else { return };
    let lists = scene.sandbox.root().join("project/CMakeLists.txt");
    let text = fs::read_to_string(&lists).expect("the project");
    scene.run(true);
    let (few, _) = Costs::of(|| scene.run(false), |_| f64::INFINITY);
    fs::write(
        &lists,
        format!("{text}foreach(n RANGE 1 {TARGETS})\n  add_library(l${{n}} OBJECT c_0.c)\nendforeach()\n"),
    )
    .expect("a project");
    scene.run(false);
    let limit = |many: &Costs| few.more + OF_TARGET * (many.bare - few.bare);
    let (many, pairs) = Costs::of(|| scene.run(false), limit);
    let figures = format!(
        "with {TARGETS} more targets: {:.0} ms and {:+.0} ms, not {:.0} ms and {:+.0} ms; {pairs} pairs",
        many.bare, many.more, few.bare, few.more
    );
    println!("{figures}");
    assert!(many.more <= limit(&many), "{figures}");
}
