//! `distribute:`

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::model::OnDistributionFailure;

/// Compilation on other machines. The cache is asked first; only misses are compiled there.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "engine": "distcc", "hosts": [{ "host": "10.0.0.5", "slots": 8 }] }]))]
pub(in crate::config) struct Distribute {
    /// The program that distributes. It must be installed on each machine; without it, a machine compiles locally.
    pub(in crate::config) engine: Option<EngineChoice>,
    /// The workers of distcc, the fastest first. With the other engines, the scheduler knows them.
    #[schemars(length(max = 100), extend("examples" = [[{ "host": "10.0.0.5", "slots": 8 }]]))]
    pub(in crate::config) hosts: Option<Vec<DistributeHost>>,
    /// The URL of the scheduler of sccache-dist, which needs it. Plain http is refused, except for this machine. With icecream, the daemon of
    /// each machine knows its scheduler (`iceccd -s`), so it cannot be set here.
    #[schemars(extend(
        "pattern" = "^https?://[^/@]+",
        "patternErrorMessage" = "Write a URL that begins with https://.",
        "examples" = ["https://sccache.example"]
    ))]
    pub(in crate::config) scheduler: Option<String>,
    /// The credentials for the scheduler. Only for sccache-dist.
    pub(in crate::config) credentials: Option<DistributeCredentials>,
    /// The number of compilations of this build that all workers run at the same time. The build presets get as many jobs, and those of
    /// `local.slots`. For icecream and sccache-dist; distcc has this number for each host. Default: jobs are not set.
    #[schemars(range(min = 1, max = 10000), extend("examples" = [32]))]
    pub(in crate::config) slots: Option<u32>,
    /// The limits of this machine.
    pub(in crate::config) local: Option<DistributeLocal>,
    /// The longest time of one remote compilation in seconds. Later, it is ended and compiled here. Default 120.
    #[schemars(range(min = 1, max = 3600), extend("x-unit" = "seconds", "examples" = [300]))]
    pub(in crate::config) timeout_s: Option<u32>,
    /// The reaction if no worker can be used at configure time. fallback: compile here. fail: stop with an error. At build time, a
    /// compilation that fails on a worker is always repeated here. Default fallback.
    pub(in crate::config) on_failure: Option<OnDistributionFailure>,
}

/// A program that compiles on other machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Engine")]
pub(in crate::config) enum EngineChoice {
    /// distcc: compiles with the compilers of the workers, which must be the same as here. Needs ccache.
    Distcc,
    /// icecream: a scheduler chooses the machines, and the compilers travel there. Needs its daemon on this machine, and ccache.
    Icecream,
    /// sccache-dist, the one of sccache: sends the compiler to its servers. Needs sccache.
    SccacheDist,
}

/// The credentials for a scheduler.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "token": "${DIST_TOKEN}" }]))]
pub(in crate::config) struct DistributeCredentials {
    /// The token of clients: the name of an environment variable, as "${NAME}".
    #[schemars(extend(
        "pattern" = r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$",
        "patternErrorMessage" = "Write the name of an environment variable, as ${NAME}.",
        "examples" = ["${DIST_TOKEN}"]
    ))]
    pub(in crate::config) token: Option<String>,
}

/// A worker.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "host": "10.0.0.5", "slots": 8, "compress": true }]))]
pub(in crate::config) struct DistributeHost {
    /// Name or address, perhaps with a port: "10.0.0.5", "worker.lan:3632", "[fd00::5]". With a user in front ("build@worker"),
    /// distcc connects by SSH, which encrypts; without one, it uses plain TCP.
    #[schemars(extend("examples" = ["10.0.0.5", "build@worker.example"]))]
    pub(in crate::config) host: Option<String>,
    /// The number of compilations that run there at the same time for this build. Default 4.
    #[schemars(range(min = 1, max = 1024), extend("examples" = [8]))]
    pub(in crate::config) slots: Option<u32>,
    /// Whether sources and objects are compressed for the network (LZO). Default false.
    pub(in crate::config) compress: Option<bool>,
}

/// The limits of this machine.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "slots": 4, "links": 2 }]))]
pub(in crate::config) struct DistributeLocal {
    /// The number of compilers that run here at the same time, for compilations that are not distributed or are repeated here.
    /// Default: the number of processors. With sccache-dist, it is only a part of the jobs: sccache has its own limit, the number of
    /// processors.
    #[schemars(range(min = 1, max = 1024), extend("examples" = [4]))]
    pub(in crate::config) slots: Option<u32>,
    /// The number of preprocessors that distcc runs here at the same time. Only for distcc. Default 8.
    #[schemars(range(min = 1, max = 1024), extend("examples" = [8]))]
    pub(in crate::config) preprocess: Option<u32>,
    /// The number of links at the same time, with Ninja. Default: no limit but that of the build.
    #[schemars(range(min = 1, max = 1024), extend("examples" = [2]))]
    pub(in crate::config) links: Option<u32>,
}
