//! The statistics of a build folder: the results of its compilations from the journal, and the counters of the cache tool, as
//! text for people, JSON, Markdown and metrics.
//!
//! ```text
//! Journal -> Selection -> Summary --+
//! counters of the tool -------------+-> Statistics -> human, JSON, Markdown, Prometheus
//! ```
//!
//! This module does no I/O. `toolchainkit stats` reads the files, and prints the texts.

mod annotation;
mod counters;
mod human;
mod live;
mod look;
mod markdown;
mod prometheus;
mod selection;
mod shape;
mod times;
mod verdict;

pub use self::annotation::{Level, annotation};
pub use self::counters::{CacheOfBuild, Tier, ToolCounters};
pub use self::human::human;
pub use self::live::{Running, live, live_line};
pub use self::look::Look;
pub use self::markdown::markdown;
pub use self::prometheus::prometheus;
pub use self::selection::{ParseSinceError, Selection, Since, running_build};
pub use self::shape::{
    BuildNumbers, Bypass, Compilations, KeepsMissing, MissCause, Named, Numbers, Origin, Scope,
    SlowCompilation, Statistics, Tiers, TimeSaved, Without, json_schema,
};
pub use self::verdict::Verdict;
