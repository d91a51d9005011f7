//! What the tools get wrong, and what is done about it: one table, from which all else is derived.

mod compilers;
mod decide;
mod documentation;
mod fallback;
mod machine;
mod rule;
mod stamp;
mod table;
mod texts;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use self::decide::{Compiler, Decision, Facts, Question, decide};
pub use self::documentation::markdown;
pub use self::fallback::{fallback_section, line_options};
pub use self::machine::Machine;
pub use self::rule::{Action, Affected, Family, KeyPart, Look, Pattern, Rule, Sort};
pub use self::table::TABLE;

/// Counts the changes of the table that make other objects hit, or more of them miss.
pub const VERSION: u32 = 1;

/// Where the checkout lies that is built, and what the tool leaves out of what it compares.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkout {
    /// The source folder.
    pub source: PathBuf,
    /// The build folder.
    pub build: PathBuf,
    /// What the tool takes for the same in every checkout.
    pub base_dirs: Vec<PathBuf>,
    /// Whether objects are to be shared between checkouts.
    pub relocatable: bool,
}

impl Checkout {
    /// Whether the tool leaves the place of the checkout out of what it compares.
    #[must_use]
    pub const fn leaves_out_places(&self) -> bool {
        self.relocatable && !self.base_dirs.is_empty()
    }
}

/// The rule of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rule> {
    TABLE.iter().find(|rule| rule.name == name)
}

/// Two numbers of the whole table in 32 hexadecimal digits: other rules, other digits.
#[must_use]
pub fn digest() -> String {
    let text = format!("{VERSION} {TABLE:?}");
    format!("{:016x}{:016x}", hash(text.bytes()), hash(text.bytes().rev()))
}

/// FNV-1a.
pub(crate) fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
