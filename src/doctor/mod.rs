//! Finds out why a source file was compiled instead of taken from the cache: gets its command from the build folder, runs
//! it again through the cache, and explains the result of the tool, and what the user can do. [`chain`] checks everything that
//! is between the configuration and a hit.

mod build_tree;
pub mod chain;
mod command;
mod decided;
pub mod formats;
mod launchers;
mod reasons;
mod replay;

pub use self::build_tree::{BuildTree, BuildTreeError, Unit};
pub use self::command::split_words;
pub(crate) use self::launchers::sets_launcher;
pub use self::launchers::{Bypassing, Launchers, Way};
pub use self::reasons::{Explanation, explain_ccache, explain_sccache};
pub use self::replay::{CacheOfBuild, Findings, Outcome, ReplayError, replay};
