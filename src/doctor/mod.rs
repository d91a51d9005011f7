//! Why a source file was compiled instead of taken from the cache: its command is found in the build folder, run again
//! through the cache as the build runs it, and what the tool says about that is put into a sentence with a way out.

mod build_tree;
mod command;
mod decided;
mod reasons;
mod replay;

pub use self::build_tree::{BuildTree, BuildTreeError, Unit};
pub use self::command::split_words;
pub use self::reasons::{Explanation, explain_ccache, explain_sccache};
pub use self::replay::{CacheOfBuild, Findings, Outcome, ReplayError, replay};
