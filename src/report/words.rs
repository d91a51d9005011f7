//! Numbers and times of the page. A space that belongs to a number does not break a line.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use crate::words;
pub(super) use crate::words::count;

/// A space at which no line is broken.
const SPACE: char = '\u{a0}';

/// [`words::counted`]
pub(super) fn counted(number: u64, one: &str, several: &str) -> String {
    unbroken(&words::counted(number, one, several))
}

/// [`words::percent`]
pub(super) fn percent(part: u64, whole: u64) -> String {
    unbroken(&words::percent(part, whole))
}

/// [`words::duration_of_micros`]
pub(super) fn duration(micros: u64) -> String {
    unbroken(&words::duration_of_micros(micros))
}

/// The text with spaces that break no line after numbers.
fn unbroken(text: &str) -> String {
    let mut before = ' ';
    let space = |letter: char| {
        let is_of_number = letter == ' ' && (before.is_ascii_digit() || before == '<');
        before = letter;
        if is_of_number { SPACE } else { letter }
    };
    text.chars().map(space).collect()
}

/// A point in time, in the time zone of the reader.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(ZonedDateTime);

impl Moment {
    /// From milliseconds since 1970. A time that no calendar contains becomes 1970.
    pub(super) fn new(milliseconds: u64, zone: &TimeZone) -> Self {
        let time = i64::try_from(milliseconds).ok().and_then(|time| Timestamp::from_millisecond(time).ok());
        Self(time.unwrap_or(Timestamp::UNIX_EPOCH).to_zoned_datetime(zone.clone()))
    }

    fn shown(&self, format: &str) -> String {
        self.0.strftime(format).to_string().replace('~', "\u{a0}")
    }

    /// `27 Nov 2026`
    pub(super) fn date(&self) -> String {
        self.shown("%-d~%b %Y")
    }

    /// `27 Nov`
    pub(super) fn day(&self) -> String {
        self.shown("%-d~%b")
    }

    /// `14:05`
    pub(super) fn time(&self) -> String {
        self.shown("%H:%M")
    }

    /// `27 Nov 2026, 14:05`
    pub(super) fn minute(&self) -> String {
        self.shown("%-d~%b %Y, %H:%M")
    }

    /// The zone, such as `CET` and `UTC`.
    pub(super) fn zone(&self) -> String {
        self.shown("%Z")
    }

    /// `2026-11-27T14:05+01:00`, for programs.
    pub(super) fn iso(&self) -> String {
        self.shown("%Y-%m-%dT%H:%M%:z")
    }

    /// Whether both are on the same day.
    pub(super) fn is_same_day(&self, other: &Self) -> bool {
        self.0.date() == other.0.date()
    }

    /// Whether both are in the same year.
    pub(super) fn is_same_year(&self, other: &Self) -> bool {
        self.0.year() == other.0.year()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        text.replace(SPACE, " ")
    }

    #[test]
    fn a_number_and_its_unit_stay_on_one_line() {
        assert_eq!(duration(7_500_000_000), "2\u{a0}h 5\u{a0}min");
        assert_eq!(percent(1, 1000), "<\u{a0}1\u{a0}%");
        assert_eq!(counted(2, "build is", "builds are"), "2\u{a0}builds are");
    }

    #[test]
    fn a_time_is_that_of_the_zone() {
        let zone = TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC);
        let offset = TimeZone::fixed(jiff::tz::offset(1));
        for (milliseconds, zone, iso, minute) in [
            (0, &TimeZone::UTC, "1970-01-01T00:00+00:00", "1 Jan 1970, 00:00"),
            (951_782_399_999, &TimeZone::UTC, "2000-02-28T23:59+00:00", "28 Feb 2000, 23:59"),
            (1_798_761_600_000, &offset, "2027-01-01T01:00+01:00", "1 Jan 2027, 01:00"),
            (u64::MAX, &TimeZone::UTC, "1970-01-01T00:00+00:00", "1 Jan 1970, 00:00"),
        ] {
            let moment = Moment::new(milliseconds, zone);
            assert_eq!((moment.iso().as_str(), plain(&moment.minute()).as_str()), (iso, minute));
        }
        assert!(["CET", "UTC"].contains(&Moment::new(0, &zone).zone().as_str()));
        let day = |milliseconds| Moment::new(milliseconds, &offset);
        assert!(day(0).is_same_day(&day(82_799_999)) && !day(0).is_same_day(&day(82_800_000)));
        assert!(day(0).is_same_year(&day(31_532_399_999)) && !day(0).is_same_year(&day(31_532_400_000)));
    }
}
