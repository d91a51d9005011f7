//! The exit codes. They are part of the stable interface.

/// Success.
pub const FINE: u8 = 0;
/// An internal error or an I/O error.
pub const FAILURE: u8 = 1;
/// The command line is invalid.
pub const USAGE: u8 = 2;
/// The configuration is invalid or cannot be read.
pub const CONFIG_INVALID: u8 = 3;
/// The generated files differ from what would be generated.
pub const OUT_OF_DATE: u8 = 4;
/// A tool is missing or too old.
pub const TOOL_MISSING: u8 = 5;
/// A file exists that toolchainkit did not write.
pub const NOT_OURS: u8 = 6;
/// A secret is not set.
pub const SECRET_MISSING: u8 = 7;
/// The cache does not work.
pub const CACHE_BROKEN: u8 = 8;
/// The hit rate is below the limit of `stats --fail-under`.
pub const BELOW_LIMIT: u8 = 9;

/// The codes with their meanings.
pub(super) const MEANINGS: [(u8, &str); 10] = [
    (FINE, "success"),
    (FAILURE, "internal or I/O error"),
    (USAGE, "invalid command line"),
    (CONFIG_INVALID, "invalid configuration"),
    (OUT_OF_DATE, "generated files out of date"),
    (TOOL_MISSING, "a tool is missing or too old"),
    (NOT_OURS, "a file not written by toolchainkit exists"),
    (SECRET_MISSING, "a secret is not set"),
    (CACHE_BROKEN, "the cache does not work"),
    (BELOW_LIMIT, "hit rate below `stats --fail-under`"),
];

/// The table below the help text: the codes in two columns.
pub(super) fn help() -> String {
    let (left, right) = MEANINGS.split_at(MEANINGS.len() / 2);
    let lines = left
        .iter()
        .zip(right)
        .map(|((code, meaning), (second, other))| format!("\n  {code}  {meaning:32}{second}  {other}"));
    std::iter::once("Exit codes:".to_owned()).chain(lines).collect()
}
