//! What is measured, in which order, and how it is configured.

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
    /// toolchainkit.
    Toolchainkit,
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

    /// All lanes, in the order in which they are configured.
    pub(crate) fn all(with_remote: bool) -> Vec<Self> {
        let mut lanes = cells(with_remote)
            .into_iter()
            .map(|(scenario, variant)| Self::of(variant, scenario))
            .collect::<Vec<_>>();
        let mut seen = Vec::new();
        lanes.retain(|lane| {
            !seen.contains(lane) && {
                seen.push(*lane);
                true
            }
        });
        lanes
    }

    /// The name of its copy of the sources. Paths of different lengths show whether objects contain them.
    pub(crate) const fn checkout(self) -> &'static str {
        match (self.is_second, self.has_remote) {
            (true, _) => "second-checkout",
            (_, true) => "remote",
            _ => "first",
        }
    }

    /// The name of its cache, which the second checkout shares with the first.
    pub(crate) const fn cache(self) -> &'static str {
        match (self.variant, self.has_remote) {
            (Variant::None, _) => "none",
            (Variant::Tool, false) => "tool",
            (Variant::Tool, true) => "tool-remote",
            (Variant::Toolchainkit, false) => "ours",
            (Variant::Toolchainkit, true) => "ours-remote",
        }
    }
}

/// All cells, in the order in which people read them.
pub(crate) fn cells(with_remote: bool) -> Vec<(Scenario, Variant)> {
    let mut cells = vec![(Scenario::Uncached, Variant::None)];
    let mut scenarios = vec![Scenario::Cold, Scenario::Warm, Scenario::SecondCheckout];
    if with_remote {
        scenarios.push(Scenario::Remote);
    }
    cells.extend(
        scenarios
            .into_iter()
            .flat_map(|scenario| [(scenario, Variant::Tool), (scenario, Variant::Toolchainkit)]),
    );
    cells
}

/// The cells in the order in which a round measures them. A slow phase of the machine affects all of them, and who is first
/// alternates. A cold build fills the cache for the scenarios after it.
pub(crate) fn order(round: usize, with_remote: bool) -> Vec<(Scenario, Variant)> {
    let mut cells = cells(with_remote);
    if round % 2 == 1 {
        cells[1..].chunks_mut(2).for_each(<[_]>::reverse);
    }
    cells
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
    /// `toolchainkit-launch`
    pub(crate) launch: Option<Utf8PathBuf>,
    /// The names of CMake's languages that are cached.
    pub(crate) languages: Vec<String>,
}

impl Configuration {
    /// The arguments of CMake for a lane. All lanes get the same flags, so they build the same objects. `root` is the copy of the
    /// sources, and `source` the folder of the project in it.
    pub(crate) fn arguments(
        &self,
        variant: Variant,
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
            let toolchain = |file| format!("-DCMAKE_TOOLCHAIN_FILE={}", root.join(file));
            arguments.extend(self.toolchain.as_ref().map(toolchain));
        }
        arguments.extend(["-B".to_owned(), build.to_string()]);
        match variant {
            Variant::None => arguments.push("-DTOOLCHAINKIT_CACHE=OFF".to_owned()),
            Variant::Tool => {
                arguments.push("-DTOOLCHAINKIT_CACHE=OFF".to_owned());
                let launcher =
                    |language: &String| format!("-DCMAKE_{language}_COMPILER_LAUNCHER={}", self.tool);
                arguments.extend(self.languages.iter().map(launcher));
            }
            Variant::Toolchainkit => {
                arguments.push(format!("-DTOOLCHAINKIT_CACHE_TOOL={}", self.tool));
                arguments.extend(self.launch.iter().map(|launch| format!("-DTOOLCHAINKIT_LAUNCH={launch}")));
                arguments.extend(
                    self.include
                        .iter()
                        .map(|file| format!("-DCMAKE_PROJECT_INCLUDE_BEFORE={}", root.join(file))),
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

    #[test]
    fn each_round_has_all_cells_and_a_cold_build_comes_first() {
        for with_remote in [false, true] {
            for round in 0..4 {
                let mut order = order(round, with_remote);
                let at = |wanted: (Scenario, Variant)| order.iter().position(|cell| *cell == wanted).unwrap();
                for variant in [Variant::Tool, Variant::Toolchainkit] {
                    assert!(at((Scenario::Cold, variant)) < at((Scenario::Warm, variant)));
                    assert!(at((Scenario::Cold, variant)) < at((Scenario::SecondCheckout, variant)));
                }
                assert_eq!(
                    at((Scenario::Warm, Variant::Tool)) < at((Scenario::Warm, Variant::Toolchainkit)),
                    round % 2 == 0
                );
                order.sort_unstable();
                let mut all = cells(with_remote);
                all.sort_unstable();
                assert_eq!(order, all);
            }
        }
    }

    #[test]
    fn a_lane_has_one_build_folder_and_checkouts_share_a_cache() {
        let lanes = Lane::all(true);
        assert_eq!(lanes.len(), 7, "{lanes:?}");
        let lane = |scenario| Lane::of(Variant::Tool, scenario);
        assert_eq!(lane(Scenario::Cold), lane(Scenario::Warm));
        assert_eq!(lane(Scenario::Cold).cache(), lane(Scenario::SecondCheckout).cache());
        assert_ne!(lane(Scenario::Cold).checkout(), lane(Scenario::SecondCheckout).checkout());
        assert_ne!(lane(Scenario::Cold).cache(), lane(Scenario::Remote).cache());
    }

    #[test]
    fn all_lanes_get_the_same_flags_and_only_one_gets_the_launcher() {
        let configuration = Configuration {
            toolchain: Some("cmake/toolchain.cmake".into()),
            generator: Some("Ninja".to_owned()),
            build_type: "Release".to_owned(),
            arguments: vec!["-DX=1".to_owned()],
            tool: "/t/sccache".into(),
            launch: Some("/t/launch".into()),
            languages: vec!["C".to_owned(), "CXX".to_owned()],
            ..Configuration::default()
        };
        let arguments =
            |variant| configuration.arguments(variant, "/r".into(), "/r/s".into(), "/b".into()).join(" ");
        let start = "-S /r/s -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_TOOLCHAIN_FILE=/r/cmake/toolchain.cmake -B /b";
        assert_eq!(arguments(Variant::None), format!("{start} -DTOOLCHAINKIT_CACHE=OFF -DX=1"));
        let launchers = "-DCMAKE_C_COMPILER_LAUNCHER=/t/sccache -DCMAKE_CXX_COMPILER_LAUNCHER=/t/sccache";
        assert_eq!(arguments(Variant::Tool), format!("{start} -DTOOLCHAINKIT_CACHE=OFF {launchers} -DX=1"));
        let ours = "-DTOOLCHAINKIT_CACHE_TOOL=/t/sccache -DTOOLCHAINKIT_LAUNCH=/t/launch";
        assert_eq!(arguments(Variant::Toolchainkit), format!("{start} {ours} -DX=1"));
        let preset = Configuration { preset: Some("release".to_owned()), ..configuration.clone() };
        let with_preset = preset.arguments(Variant::None, "/r".into(), "/r/s".into(), "/b".into()).join(" ");
        assert_eq!(with_preset, "--preset release -B /b -DTOOLCHAINKIT_CACHE=OFF -DX=1");
    }
}
