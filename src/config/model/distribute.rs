//! `distribute:`

use schemars::JsonSchema;
use serde::Deserialize;

use crate::caching::secret::Credential;
pub use crate::caching::tool::Engine;

/// `distribute:`: compilation of misses on other machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribute {
    /// The program that distributes.
    pub engine: Engine,
    /// The workers of distcc, the fastest first; empty with other engines.
    pub hosts: Vec<DistributeHost>,
    /// The URL of the scheduler of sccache-dist. `None` for other engines.
    pub scheduler: Option<String>,
    /// The token for the scheduler. `None` for other engines.
    pub token: Option<Credential>,
    /// `slots`: how many compilations of this build all workers run at the same time, for engines that find the workers themselves;
    /// `None` if that is not known.
    pub slots: Option<u32>,
    /// `local.slots`: how many compilers run here at the same time; `None` is the number of processors.
    pub local_slots: Option<u32>,
    /// `local.preprocess`: how many preprocessors distcc runs here at the same time. Default 8.
    pub preprocess: u32,
    /// `local.links`: how many links run at the same time; `None` is no limit.
    pub links: Option<u32>,
    /// The longest time of a remote compilation in seconds. Default 120.
    pub timeout_s: u32,
    /// The reaction if no worker can be used at configure time.
    pub on_failure: OnDistributionFailure,
}

impl Distribute {
    /// The default of `timeout_s`. distcc counts the compilation, too, so it must be above that of the slowest file.
    pub const TIMEOUT_S: u32 = 120;
    /// The default of `local.preprocess`.
    pub const PREPROCESS: u32 = 8;

    /// These workers of distcc, with the defaults.
    #[must_use]
    pub fn distcc(hosts: Vec<DistributeHost>) -> Self {
        Self { hosts, ..Self::with(Engine::Distcc) }
    }

    /// This engine with the defaults.
    #[must_use]
    pub fn with(engine: Engine) -> Self {
        Self {
            engine,
            hosts: Vec::new(),
            scheduler: None,
            token: None,
            slots: None,
            local_slots: None,
            preprocess: Self::PREPROCESS,
            links: None,
            timeout_s: Self::TIMEOUT_S,
            on_failure: OnDistributionFailure::Fallback,
        }
    }

    /// The servers of sccache-dist behind this scheduler, with the defaults.
    #[must_use]
    pub fn sccache_dist(scheduler: &str, token: Credential) -> Self {
        let (scheduler, token) = (Some(scheduler.to_owned()), Some(token));
        Self { scheduler, token, ..Self::with(Engine::SccacheDist) }
    }

    /// The slots of all workers, if they are known.
    #[must_use]
    pub fn remote_slots(&self) -> Option<u32> {
        match self.engine {
            Engine::Distcc => {
                Some(self.hosts.iter().fold(0, |sum: u32, host| sum.saturating_add(host.slots)))
            }
            Engine::Icecream | Engine::SccacheDist => self.slots,
        }
    }
}

/// A worker of distcc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistributeHost {
    /// Name or address, with the user for SSH and the port, as distcc reads it.
    pub host: String,
    /// The compilations at the same time. Default 4, as for distcc.
    pub slots: u32,
    /// Whether the network traffic is compressed. Default `false`.
    pub compress: bool,
}

impl DistributeHost {
    /// The default of `slots`, which is distcc's own.
    pub const SLOTS: u32 = 4;

    /// A worker with the defaults.
    #[must_use]
    pub fn new(host: &str) -> Self {
        Self { host: host.to_owned(), slots: Self::SLOTS, compress: false }
    }

    /// The entry in `DISTCC_HOSTS`.
    #[must_use]
    pub fn entry(&self) -> String {
        format!("{}/{}{}", self.host, self.slots, if self.compress { ",lzo" } else { "" })
    }
}

/// The reaction to workers of which none can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnDistributionFailure {
    /// Compile here.
    #[default]
    Fallback,
    /// Stop configuring with an error.
    Fail,
}

impl OnDistributionFailure {
    /// The value of the CMake function's argument, which is also the name in YAML.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fallback => "fallback",
            Self::Fail => "fail",
        }
    }
}
