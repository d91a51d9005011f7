//! The exit codes. They are part of the stable interface.

/// All is well.
pub const FINE: u8 = 0;
/// A bug of toolchainkit, or the file system refused.
pub const FAILURE: u8 = 1;
/// The command line is wrong.
pub const USAGE: u8 = 2;
/// The configuration is invalid or cannot be read.
pub const CONFIG_INVALID: u8 = 3;
/// The generated files differ from what would be generated.
pub const OUT_OF_DATE: u8 = 4;
/// A tool is missing or too old.
pub const TOOL_MISSING: u8 = 5;
/// A file in the way was not written by toolchainkit.
pub const NOT_OURS: u8 = 6;
/// A secret is not available.
pub const SECRET_MISSING: u8 = 7;
/// The cache does not work.
pub const CACHE_BROKEN: u8 = 8;

/// The table below the help text.
pub(super) const HELP: &str = "\
Exit codes:
  0  all is well                     5  a tool is missing or too old
  1  a bug, or the file system       6  a file in the way is not ours
  2  wrong command line              7  a secret is not available
  3  invalid configuration           8  the cache does not work
  4  generated files out of date";
