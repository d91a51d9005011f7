//! The journal of a build folder: what became of each compilation, and what went into its key.
//!
//! ```text
//! <build folder>/toolchainkit/journal/log        one JSON object per line; `log.old` are the lines before
//! <build folder>/toolchainkit/journal/inputs/…   the inputs of the last compilations of an object that ran the compiler
//! <build folder>/toolchainkit/journal/headers    the headers that these inputs name, with the digests of their contents
//! ```
//!
//! The launcher writes the journal (`launch::journal`), and the commands read it. Both use the types of this module. Only `read`
//! does I/O.
//!
//! A compilation has one or two lines. The first one is written before the tool runs, and names the files. The last one has the
//! outcome. If it is missing, the launcher was killed, or still runs. A launcher that is replaced by the compiler writes one line
//! with both.

mod cause;
mod comparison;
mod difference;
mod entry;
mod explain;
pub mod export;
mod groups;
mod headers;
mod inputs;
mod line;
mod log;
mod missing;
mod options;
pub mod places;
mod read;
pub mod summary;

pub use self::cause::{Cause, Change, Kind, Wording};
pub use self::comparison::{Comparison, Unmatched, compare};
pub use self::difference::{Pair, names_key_rule, nearest, time_macro};
pub use self::entry::{Entry, Outcome, Placed, Tier};
pub use self::explain::{Causes, Explaining, Why, causes};
pub use self::groups::{CauseGroup, Explained, group};
pub use self::headers::{Header, HeaderId, Headers, UNKNOWN_CONTENT};
pub use self::inputs::{CompilerInput, HeaderInputs, Inputs, MOST_HEADERS, MOST_RECORDS};
pub use self::line::{Line, LineId};
pub use self::log::{Build, Journal, Mark, MarkKind};
pub use self::missing::{Missing, keep_missing};
pub use self::read::{FOLDER, LARGEST_LOG, inputs_file};

use sha2::{Digest as _, Sha256};

/// The first 64 bits of the SHA-256 of `bytes`, in 16 hexadecimal digits.
#[must_use]
pub fn short_digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes)[..8])
}

/// The first 128 bits of the SHA-256 of `bytes`, in 32 hexadecimal digits: the digest of a file in the journal.
#[must_use]
pub fn content_digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes)[..16])
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |text, byte| text + &format!("{byte:02x}"))
}
