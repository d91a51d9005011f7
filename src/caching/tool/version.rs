//! Versions of cache tools, read leniently: `4.8`, `0.4.0-pre.6` and `4.7.5` are all out there.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::Tool;

/// A version as the cache tools print it: up to three numbers; what follows a `-`, `+` or `_` is ignored.
///
/// ```
/// use toolchainkit::caching::tool::Version;
/// assert_eq!("0.4.0-pre.6".parse::<Version>().unwrap(), Version::new(0, 4, 0));
/// assert!("4.8".parse::<Version>().unwrap() < Version::new(4, 8, 1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Version {
    /// A version from its three numbers.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// Its three numbers.
    pub(crate) const fn parts(self) -> (u32, u32, u32) {
        (self.major, self.minor, self.patch)
    }

    /// `self >= other`, for constants.
    pub(crate) const fn at_least(self, other: Self) -> bool {
        const fn key(version: Version) -> u128 {
            ((version.major as u128) << 64) | ((version.minor as u128) << 32) | version.patch as u128
        }
        key(self) >= key(other)
    }
}

/// The text is not a version such as `4.8` or `0.16.0`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version such as 4.8 or 0.16.0")]
pub struct ParseVersionError(String);

impl FromStr for Version {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseVersionError(text.to_owned());
        let core = text.split(['-', '+', '_']).next().unwrap_or_default();
        let mut numbers = [0_u32; 3];
        for (index, part) in core.split('.').enumerate() {
            let slot = numbers.get_mut(index).ok_or_else(error)?;
            *slot = part.parse().map_err(|_| error())?;
        }
        Ok(Self::new(numbers[0], numbers[1], numbers[2]))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Tool {
    /// The version in the first line of what `--version` prints: `sccache 0.16.0`, `ccache version 4.14.2`. `None` if
    /// another program printed it.
    pub(crate) fn read_version(self, output: &str) -> Option<Version> {
        let mut words = output.lines().next()?.split_whitespace();
        let is_tool = words.next()? == self.name();
        let version = words.find_map(|word| word.parse().ok())?;
        is_tool.then_some(version)
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_by_number_not_by_letter() {
        let of = |text: &str| text.parse::<Version>().unwrap();
        assert!(of("0.9.0") < of("0.16.0"));
        assert!(of("4.8") < of("4.14.2"));
        assert_eq!(of("4"), Version::new(4, 0, 0));
    }

    #[test]
    fn refuses_what_is_no_version() {
        for text in ["", "latest", "1.2.3.4", "1..2", "v1.2", "-1"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}
