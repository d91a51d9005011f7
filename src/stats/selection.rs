//! Which compilations of a journal are counted.

use jiff::civil::{Date, DateTime};
use jiff::{Span, Timestamp, ZonedDateTime};

use super::shape::Scope;
use crate::journal::{Entry, Journal, MarkKind};

/// The value of `--since`.
#[derive(Debug, Clone, PartialEq)]
pub enum Since {
    /// Since CMake has last configured the build folder.
    Configure,
    /// Since a time in milliseconds since 1970.
    Time(u64),
}

/// A text is not a valid value of `--since`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is neither `configure`, nor a duration such as 90min, 2h or 3days, nor a date such as 2026-11-28 or \
     \"2026-11-28 14:30\""
)]
pub struct ParseSinceError(String);

impl Since {
    /// Reads `configure`, a duration before `now`, or a date in the time zone of `now`.
    ///
    /// # Errors
    /// If it is none of them, or in the future.
    pub fn parse(text: &str, now: &ZonedDateTime) -> Result<Self, ParseSinceError> {
        if text == "configure" {
            return Ok(Self::Configure);
        }
        let time = || -> Option<Timestamp> {
            if let Ok(span) = text.parse::<Span>() {
                return Some(now.checked_sub(span.abs()).ok()?.timestamp());
            }
            if let Ok(time) = text.parse::<Timestamp>() {
                return Some(time);
            }
            let zone = now.time_zone();
            let civil = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(DateTime::from));
            Some(civil.ok()?.to_zoned_datetime(zone.clone()).ok()?.timestamp())
        };
        let time = time().filter(|time| *time <= now.timestamp());
        let milliseconds = time.and_then(|time| u64::try_from(time.as_millisecond()).ok());
        milliseconds.map(Self::Time).ok_or_else(|| ParseSinceError(text.to_owned()))
    }
}

/// A part of a journal.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// The last builds.
    LastBuilds(usize),
    /// Since an event or a time.
    Since(Since),
    /// Everything, also before the last `--zero`.
    All,
}

impl Selection {
    /// The selected compilations. Except with [`Self::All`], compilations before the last `--zero` are never selected.
    #[must_use]
    pub fn of<'a>(&self, journal: &'a Journal) -> Vec<&'a Entry> {
        if *self == Self::All {
            return journal.entries.iter().collect();
        }
        let zero =
            journal.marks.iter().rev().find(|mark| mark.kind == MarkKind::Zero).map_or(0, |mark| mark.at);
        let is_later = |entry: &&'a Entry| entry.at >= zero;
        match self {
            Self::LastBuilds(number) => {
                let mut builds = journal.builds();
                builds.retain(|build| build.ended >= zero);
                builds.drain(..builds.len().saturating_sub(*number));
                let mut entries: Vec<_> =
                    builds.into_iter().flat_map(|build| build.entries).filter(is_later).collect();
                entries.sort_by_key(|entry| entry.at);
                entries
            }
            Self::Since(Since::Configure) => journal.since_configure().iter().filter(is_later).collect(),
            Self::Since(Since::Time(time)) => journal.since(*time).iter().filter(is_later).collect(),
            Self::All => journal.entries.iter().collect(),
        }
    }

    /// The selection for the output.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self {
            Self::LastBuilds(number) => Scope::LastBuilds { number: *number },
            Self::Since(Since::Configure) => Scope::SinceConfigure,
            Self::Since(Since::Time(time)) => {
                let time = i64::try_from(*time).ok().and_then(|time| Timestamp::from_millisecond(time).ok());
                Scope::Since { time: time.unwrap_or(Timestamp::MAX).to_string() }
            }
            Self::All => Scope::All,
        }
    }
}

/// The compilations of the build that runs; of the last one, if none runs.
#[must_use]
pub fn running_build(journal: &Journal) -> Vec<&Entry> {
    let Some(last) = journal.running.last().or_else(|| journal.entries.last()) else { return Vec::new() };
    journal.entries.iter().filter(|entry| entry.build == last.build).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;

    fn since(text: &str) -> Option<u64> {
        let now: ZonedDateTime = "2026-11-28T14:00:00+01:00[Europe/Berlin]".parse().unwrap();
        match Since::parse(text, &now) {
            Ok(Since::Time(time)) => Some(time),
            Ok(Since::Configure) => Some(0),
            Err(_) => None,
        }
    }

    #[test]
    fn reads_durations_and_dates() {
        let now =
            u64::try_from("2026-11-28T13:00:00Z".parse::<Timestamp>().unwrap().as_millisecond()).unwrap();
        for (text, hours) in [
            ("0s", 0),
            ("2h", 2),
            ("120min", 2),
            ("90m", 1),
            ("1h 30m", 1),
            ("3 days", 72),
            ("3d", 72),
            ("1w", 168),
            ("PT2H", 2),
            ("2026-11-28", 14),
            ("2026-11-28 13:00", 1),
            ("2026-11-28T13:00:00", 1),
            ("2026-11-28T13:00:00Z", 0),
            ("2026-11-28T12:00:00+01:00", 2),
        ] {
            let time = since(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((now - time) / HOUR, hours, "{text}");
        }
        assert_eq!(since("configure"), Some(0));
        for text in
            ["", "yesterday", "5", "2026-13-01", "2026-11-29", "2026-11-28T13:00:01Z", "h", "99999999y"]
        {
            assert_eq!(since(text), None, "{text}");
        }
    }
}
