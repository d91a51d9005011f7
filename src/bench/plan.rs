//! What is measured, in which order, and how it is configured.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::Serialize;

/// What compiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Variant {
    /// The compilers alone.
    None,
    /// The cache tool with its defaults, as a compiler launcher.
    Tool,
    /// The cache tool with the settings of an expert: for ccache the checkout as base directory, no directories in the keys, and
    /// a sloppiness; for sccache the checkouts as base directories.
    Tuned,
    /// The cache tool with its defaults, started by `cmake -E env` with its settings.
    Env,
    /// toolchainkit with the shell script as launcher, which is used if there is no toolchainkit-launch.
    Script,
    /// toolchainkit.
    Toolchainkit,
}

impl Variant {
    /// Those with a cache, with their names for people who select some of them.
    pub(crate) const NAMES: [(&'static str, Self); 5] = [
        ("tool", Self::Tool),
        ("tuned", Self::Tuned),
        ("env", Self::Env),
        ("script", Self::Script),
        ("toolchainkit", Self::Toolchainkit),
    ];

    /// Whether the generated files select the cache.
    pub(crate) const fn is_ours(self) -> bool {
        matches!(self, Self::Script | Self::Toolchainkit)
    }
}

/// The state of the cache before a build of all objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scenario {
    /// No cache.
    Uncached,
    /// The cache is empty.
    Cold,
    /// All objects are in the local cache.
    Warm,
    /// All objects are in the local cache, from a checkout in another folder.
    SecondCheckout,
    /// All objects are in the remote cache, and the local one is empty.
    Remote,
}

impl Scenario {
    /// All of them, with their names for people who select some of them.
    pub(crate) const NAMES: [(&'static str, Self); 5] = [
        ("uncached", Self::Uncached),
        ("cold", Self::Cold),
        ("warm", Self::Warm),
        ("second-checkout", Self::SecondCheckout),
        ("remote", Self::Remote),
    ];
}

/// A build folder with its cache: all scenarios of a lane use it, except the second checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Lane {
    pub(crate) variant: Variant,
    /// Whether it uses the remote cache.
    pub(crate) has_remote: bool,
    /// Whether it is the second checkout.
    pub(crate) is_second: bool,
}

impl Lane {
    /// The lane of a scenario.
    pub(crate) fn of(variant: Variant, scenario: Scenario) -> Self {
        let (has_remote, is_second) = (scenario == Scenario::Remote, scenario == Scenario::SecondCheckout);
        Self { variant, has_remote, is_second }
    }

    /// The lane that fills the cache of this one.
    pub(crate) const fn first(self) -> Self {
        Self { is_second: false, ..self }
    }

    /// The name of its copy of the sources. Paths of different lengths show whether objects contain them. The generated files name
    /// the cache, so the script has its own copies.
    pub(crate) const fn checkout(self) -> &'static str {
        match (self.is_second, self.has_remote, matches!(self.variant, Variant::Script)) {
            (false, false, false) => "first",
            (true, _, false) => "second-checkout",
            (false, true, false) => "remote",
            (false, false, true) => "script",
            (true, _, true) => "second-of-script",
            (false, true, true) => "remote-of-script",
        }
    }

    /// The name of its cache, which the second checkout shares with the first.
    pub(crate) const fn cache(self) -> &'static str {
        match (self.variant, self.has_remote) {
            (Variant::None, _) => "none",
            (Variant::Tool, false) => "tool",
            (Variant::Tool, true) => "tool-remote",
            (Variant::Tuned, false) => "tuned",
            (Variant::Tuned, true) => "tuned-remote",
            (Variant::Env, false) => "env",
            (Variant::Env, true) => "env-remote",
            (Variant::Script, false) => "script",
            (Variant::Script, true) => "script-remote",
            (Variant::Toolchainkit, false) => "ours",
            (Variant::Toolchainkit, true) => "ours-remote",
        }
    }
}

/// What is measured, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    /// The states of the cache.
    pub(crate) scenarios: BTreeSet<Scenario>,
    /// Those with a cache.
    pub(crate) variants: BTreeSet<Variant>,
    /// How often all builds are measured.
    pub(crate) rounds: usize,
    /// How often the warm builds are measured in each round.
    pub(crate) warm: usize,
}

impl Selection {
    /// All cells, in the order in which people read them.
    pub(crate) fn cells(&self) -> Vec<(Scenario, Variant)> {
        let cells = self.scenarios.iter().flat_map(|scenario| match scenario {
            Scenario::Uncached => vec![(*scenario, Variant::None)],
            _ => self.variants.iter().map(|variant| (*scenario, *variant)).collect(),
        });
        cells.collect()
    }

    /// The cells in the order in which a round measures them. A slow phase of the machine affects all of them, and who is first
    /// alternates. A cold build fills the cache for the scenarios after it.
    pub(crate) fn order(&self, round: usize) -> Vec<(Scenario, Variant)> {
        let mut order = Vec::new();
        let mut is_reversed = round % 2 == 1;
        for scenario in &self.scenarios {
            let number = if *scenario == Scenario::Warm { self.warm } else { 1 };
            for _ in 0..number {
                let mut cells = self.cells();
                cells.retain(|cell| cell.0 == *scenario);
                if is_reversed {
                    cells.reverse();
                }
                is_reversed ^= number > 1;
                order.extend(cells);
            }
        }
        order
    }

    /// All lanes, in the order in which they are configured. The first one has no cache.
    pub(crate) fn lanes(&self) -> Vec<Lane> {
        let mut lanes = vec![Lane::of(Variant::None, Scenario::Uncached)];
        for (scenario, variant) in self.cells() {
            let lane = Lane::of(variant, scenario);
            for lane in [lane.first(), lane] {
                if !lanes.contains(&lane) {
                    lanes.push(lane);
                }
            }
        }
        lanes
    }

    /// A lane of each copy of the sources, whose cache the generated files name. All copies get them, so that they are equal.
    pub(crate) fn generated(&self) -> BTreeSet<Lane> {
        let lanes = self.lanes().into_iter().map(|lane| match lane.variant {
            Variant::Script => lane,
            _ => Lane { variant: Variant::Toolchainkit, ..lane },
        });
        lanes.collect()
    }

    /// The names of all copies of the sources.
    pub(crate) fn checkouts(&self) -> Vec<&'static str> {
        let names = self.lanes().into_iter().map(Lane::checkout).collect::<BTreeSet<_>>();
        names.into_iter().collect()
    }
}

/// How the project is configured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Configuration {
    /// The configure preset.
    pub(crate) preset: Option<String>,
    /// Without a preset: the toolchain file, below the copy of the sources.
    pub(crate) toolchain: Option<Utf8PathBuf>,
    /// The file that enables the cache in a project whose preset does not, below the copy of the sources.
    pub(crate) include: Option<Utf8PathBuf>,
    /// Without a preset: the generator.
    pub(crate) generator: Option<String>,
    /// Without a preset: the build type.
    pub(crate) build_type: String,
    /// Further arguments of the user.
    pub(crate) arguments: Vec<String>,
    /// The cache tool.
    pub(crate) tool: Utf8PathBuf,
    /// CMake.
    pub(crate) cmake: Utf8PathBuf,
    /// `toolchainkit-launch`
    pub(crate) launch: Option<Utf8PathBuf>,
    /// The names of CMake's languages that are cached.
    pub(crate) languages: Vec<String>,
}

impl Configuration {
    /// The arguments of CMake for a lane. All lanes get the same flags, so they build the same objects. `root` is the copy of the
    /// sources, and `source` the folder of the project in it. `settings` are those of the tool for `cmake -E env`.
    pub(crate) fn arguments(
        &self,
        variant: Variant,
        settings: &[(String, String)],
        root: &Utf8Path,
        source: &Utf8Path,
        build: &Utf8Path,
    ) -> Vec<String> {
        let mut arguments = Vec::new();
        if let Some(preset) = &self.preset {
            arguments.extend(["--preset".to_owned(), preset.clone()]);
        } else {
            arguments.extend(["-S".to_owned(), source.to_string()]);
            if let Some(generator) = &self.generator {
                arguments.extend(["-G".to_owned(), generator.clone()]);
            }
            arguments.push(format!("-DCMAKE_BUILD_TYPE={}", self.build_type));
            let toolchain = |file| format!("-DCMAKE_TOOLCHAIN_FILE={root}/{file}");
            arguments.extend(self.toolchain.as_ref().map(toolchain));
        }
        arguments.extend(["-B".to_owned(), build.to_string()]);
        match variant {
            Variant::None => arguments.push("-DTOOLCHAINKIT_CACHE=OFF".to_owned()),
            Variant::Tool | Variant::Tuned | Variant::Env => {
                arguments.push("-DTOOLCHAINKIT_CACHE=OFF".to_owned());
                let mut words = Vec::new();
                if variant == Variant::Env {
                    words.extend([self.cmake.to_string(), "-E".to_owned(), "env".to_owned()]);
                    words.extend(settings.iter().map(|(name, value)| format!("{name}={value}")));
                }
                words.push(self.tool.to_string());
                let launcher =
                    |language: &String| format!("-DCMAKE_{language}_COMPILER_LAUNCHER={}", words.join(";"));
                arguments.extend(self.languages.iter().map(launcher));
            }
            Variant::Script | Variant::Toolchainkit => {
                arguments.push(format!("-DTOOLCHAINKIT_CACHE_TOOL={}", self.tool));
                let launch = match variant {
                    Variant::Script => Some("OFF"),
                    _ => self.launch.as_ref().map(|launch| launch.as_str()),
                };
                arguments.extend(launch.map(|launch| format!("-DTOOLCHAINKIT_LAUNCH={launch}")));
                arguments.extend(
                    self.include.iter().map(|file| format!("-DCMAKE_PROJECT_INCLUDE_BEFORE={root}/{file}")),
                );
            }
        }
        arguments.extend(self.arguments.iter().cloned());
        arguments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Variant; 2] = [Variant::Tool, Variant::Toolchainkit];

    fn selection(with_remote: bool, warm: usize) -> Selection {
        let mut scenarios =
            BTreeSet::from([Scenario::Uncached, Scenario::Cold, Scenario::Warm, Scenario::SecondCheckout]);
        if with_remote {
            scenarios.insert(Scenario::Remote);
        }
        Selection { scenarios, variants: BTreeSet::from(BOTH), rounds: 3, warm }
    }

    #[test]
    fn each_round_has_all_cells_and_a_cold_build_comes_first() {
        for with_remote in [false, true] {
            let selection = selection(with_remote, 1);
            for round in 0..4 {
                let mut order = selection.order(round);
                let at = |wanted: (Scenario, Variant)| order.iter().position(|cell| *cell == wanted).unwrap();
                for variant in BOTH {
                    assert!(at((Scenario::Cold, variant)) < at((Scenario::Warm, variant)));
                    assert!(at((Scenario::Cold, variant)) < at((Scenario::SecondCheckout, variant)));
                }
                assert_eq!(
                    at((Scenario::Warm, Variant::Tool)) < at((Scenario::Warm, Variant::Toolchainkit)),
                    round % 2 == 0
                );
                order.sort_unstable();
                let mut all = selection.cells();
                all.sort_unstable();
                assert_eq!(order, all);
            }
        }
    }

    #[test]
    fn warm_builds_can_be_repeated_and_who_is_first_alternates() {
        let order = selection(false, 3).order(0);
        let warm = order.into_iter().filter(|cell| cell.0 == Scenario::Warm).map(|cell| cell.1);
        let [tool, ours] = BOTH;
        assert_eq!(warm.collect::<Vec<_>>(), [tool, ours, ours, tool, tool, ours]);
    }

    #[test]
    fn a_lane_has_one_build_folder_and_checkouts_share_a_cache() {
        let lanes = selection(true, 1).lanes();
        assert_eq!(lanes.len(), 7, "{lanes:?}");
        let lane = |scenario| Lane::of(Variant::Tool, scenario);
        assert_eq!(lane(Scenario::Cold), lane(Scenario::Warm));
        assert_eq!(lane(Scenario::Cold).cache(), lane(Scenario::SecondCheckout).cache());
        assert_ne!(lane(Scenario::Cold).checkout(), lane(Scenario::SecondCheckout).checkout());
        assert_ne!(lane(Scenario::Cold).cache(), lane(Scenario::Remote).cache());
    }

    #[test]
    fn a_second_checkout_needs_the_first_one_to_fill_the_cache() {
        let scenarios = BTreeSet::from([Scenario::SecondCheckout]);
        let variants = BTreeSet::from([Variant::Script]);
        let selection = Selection { scenarios, variants, rounds: 1, warm: 1 };
        assert_eq!(selection.checkouts(), ["first", "script", "second-of-script"]);
    }

    #[test]
    fn all_lanes_get_the_same_flags_and_only_one_gets_the_launcher() {
        let configuration = Configuration {
            toolchain: Some("cmake/toolchain.cmake".into()),
            generator: Some("Ninja".to_owned()),
            build_type: "Release".to_owned(),
            arguments: vec!["-DX=1".to_owned()],
            tool: "/t/sccache".into(),
            cmake: "/c/cmake".into(),
            launch: Some("/t/launch".into()),
            languages: vec!["C".to_owned(), "CXX".to_owned()],
            ..Configuration::default()
        };
        let settings = [("A".to_owned(), "1".to_owned())];
        let arguments = |variant| {
            configuration.arguments(variant, &settings, "/r".into(), "/r/s".into(), "/b".into()).join(" ")
        };
        let start = "-S /r/s -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_TOOLCHAIN_FILE=/r/cmake/toolchain.cmake -B /b";
        assert_eq!(arguments(Variant::None), format!("{start} -DTOOLCHAINKIT_CACHE=OFF -DX=1"));
        for (variant, words) in [
            (Variant::Tool, "/t/sccache"),
            (Variant::Tuned, "/t/sccache"),
            (Variant::Env, "/c/cmake;-E;env;A=1;/t/sccache"),
        ] {
            let launchers =
                format!("-DCMAKE_C_COMPILER_LAUNCHER={words} -DCMAKE_CXX_COMPILER_LAUNCHER={words}");
            assert_eq!(arguments(variant), format!("{start} -DTOOLCHAINKIT_CACHE=OFF {launchers} -DX=1"));
        }
        for (variant, launch) in [(Variant::Toolchainkit, "/t/launch"), (Variant::Script, "OFF")] {
            let ours = format!("-DTOOLCHAINKIT_CACHE_TOOL=/t/sccache -DTOOLCHAINKIT_LAUNCH={launch}");
            assert_eq!(arguments(variant), format!("{start} {ours} -DX=1"));
        }
        let preset = Configuration { preset: Some("release".to_owned()), ..configuration.clone() };
        let with_preset =
            preset.arguments(Variant::None, &[], "/r".into(), "/r/s".into(), "/b".into()).join(" ");
        assert_eq!(with_preset, "--preset release -B /b -DTOOLCHAINKIT_CACHE=OFF -DX=1");
    }
}
