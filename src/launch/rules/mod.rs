//! The mistakes of the cache tools, and what the launcher does about each: one table. `decide()`, the rules of the fallback
//! script, the reasons of `doctor --why` and the documentation are derived from it.

mod compilers;
mod configuration;
mod decide;
mod documentation;
mod fallback;
mod machine;
mod rule;

mod table;
mod texts;
mod two_words;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use self::decide::{Compiler, Decision, Facts, Question, decide};
pub use self::documentation::markdown;
pub use self::fallback::fallback_section;
pub use self::machine::Machine;
pub use self::rule::{Action, Affected, CompilerKind, Condition, Family, KeyPart, Pattern, Rule};
pub(super) use self::table::SCCACHE_FILES;
pub use self::table::TABLE;
pub use self::two_words::as_one_program;

/// The version of the rules. Increase it when they change. The CMake module requires at least the version of the
/// toolchainkit that generated it.
pub const VERSION: u32 = 2;

/// The folders of the checkout, and the folders that the tool removes from its hash input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkout {
    /// The source folder.
    pub source: PathBuf,
    /// The build folder.
    pub build: PathBuf,
    /// Folders that the tool removes from its hash input.
    pub base_dirs: Vec<PathBuf>,
    /// Whether checkouts share objects.
    pub relocatable: bool,
}

impl Checkout {
    /// Whether the tool removes the path of the checkout from its hash input.
    #[must_use]
    pub const fn removes_checkout_path(&self) -> bool {
        self.relocatable && !self.base_dirs.is_empty()
    }
}

/// The rule of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rule> {
    TABLE.iter().find(|rule| rule.name == name)
}

/// A digest of the behaviour of the rules, in 32 hexadecimal digits. It does not include their names and texts.
#[must_use]
pub fn digest() -> String {
    let text: String = TABLE.iter().map(Rule::behaviour).collect();
    format!("{:016x}{:016x}", hash(text.bytes()), hash(text.bytes().rev()))
}

/// FNV-1a.
pub(crate) fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
