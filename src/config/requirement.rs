//! `toolchainkit.required_version`: the versions of toolchainkit that may generate the files of a project. The syntax is that
//! of Cargo: `>=0.2, <0.4`, `=0.2.1`, `~0.2`; without an operator, as with `^`, compatible versions.

use crate::caching::tool::Version;

/// The range of versions from `low` up to, but without, `high`.
#[derive(Debug, PartialEq, Eq)]
struct Range {
    low: Version,
    high: Option<Version>,
}

/// The versions that fulfil all conditions.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Requirement(Vec<Range>);

impl Requirement {
    /// `None` if the text is not a requirement.
    pub(super) fn parse(text: &str) -> Option<Self> {
        text.split(',').map(|condition| range(condition.trim())).collect::<Option<_>>().map(Self)
    }

    pub(super) fn allows(&self, version: Version) -> bool {
        self.0.iter().all(|range| range.low <= version && range.high.is_none_or(|high| version < high))
    }
}

fn range(condition: &str) -> Option<Range> {
    const OPERATORS: [&str; 7] = [">=", "<=", "==", "=", ">", "<", "~"];
    let zero = Version::new(0, 0, 0);
    if condition == "*" {
        return Some(Range { low: zero, high: None });
    }
    let operator = OPERATORS.into_iter().find(|operator| condition.starts_with(operator)).unwrap_or("^");
    let numbers = condition.strip_prefix(operator).unwrap_or(condition).trim();
    let given = numbers.split('.').count();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let low: Version = numbers.split('.').all(is_number).then(|| numbers.parse().ok())??;
    let (major, minor, patch) = low.parts();
    // The first version with another number at this place.
    let after = |place: usize| match place {
        0 => Some(Version::new(major.checked_add(1)?, 0, 0)),
        1 => Some(Version::new(major, minor.checked_add(1)?, 0)),
        _ => Some(Version::new(major, minor, patch.checked_add(1)?)),
    };
    let last = given - 1;
    Some(match operator {
        ">=" => Range { low, high: None },
        ">" => Range { low: after(last)?, high: None },
        "<" => Range { low: zero, high: Some(low) },
        "<=" => Range { low: zero, high: Some(after(last)?) },
        "~" => Range { low, high: Some(after(last.min(1))?) },
        "=" | "==" => Range { low, high: Some(after(last)?) },
        _ => {
            let first = [major, minor, patch].into_iter().take(given).position(|number| number != 0);
            Range { low, high: Some(after(first.unwrap_or(last))?) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_those_of_cargo() {
        for (requirement, allowed, refused) in [
            ("0.2", &["0.2.0", "0.2.9"][..], &["0.1.9", "0.3.0", "1.0.0"][..]),
            ("^0.2.3", &["0.2.3", "0.2.9"], &["0.2.2", "0.3.0"]),
            ("^1.2", &["1.2.0", "1.9.0"], &["1.1.9", "2.0.0"]),
            ("0.0.3", &["0.0.3"], &["0.0.4", "0.0.2"]),
            ("0", &["0.0.0", "0.9.9"], &["1.0.0"]),
            ("=0.2.1", &["0.2.1"], &["0.2.2", "0.2.0"]),
            ("== 0.2", &["0.2.0", "0.2.7"], &["0.3.0"]),
            ("~0.2.3", &["0.2.3", "0.2.9"], &["0.3.0"]),
            ("~1", &["1.0.0", "1.9.0"], &["2.0.0"]),
            (">=0.1, <0.3", &["0.1.0", "0.2.9"], &["0.0.9", "0.3.0"]),
            (">0.2", &["0.3.0"], &["0.2.9"]),
            ("<=0.2", &["0.2.9"], &["0.3.0"]),
            ("*", &["0.0.0", "9.9.9"], &[]),
        ] {
            let parsed = Requirement::parse(requirement).unwrap_or_else(|| panic!("{requirement}"));
            for (versions, expected) in [(allowed, true), (refused, false)] {
                for version in versions {
                    assert_eq!(parsed.allows(version.parse().unwrap()), expected, "{requirement}: {version}");
                }
            }
        }
        for text in ["", "new", ">=", "0.2,", "0.2.x", "v0.2", "0.2.3.4", ">=0.2 <0.3", "=>0.2", "0.2-rc1"] {
            assert_eq!(Requirement::parse(text), None, "{text}");
        }
    }
}
