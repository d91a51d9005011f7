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

/// The table below the help text.
pub(super) const HELP: &str = "\
Exit codes:
  0  success                         5  a tool is missing or too old
  1  internal or I/O error           6  a file not written by toolchainkit exists
  2  invalid command line            7  a secret is not set
  3  invalid configuration           8  the cache does not work
  4  generated files out of date     9  hit rate below `stats --fail-under`";
