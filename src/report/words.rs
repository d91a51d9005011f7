//! Numbers, times and days as a person reads them. A space that belongs to a number does not break a line.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

/// A space at which no line is broken.
const SPACE: char = '\u{a0}';

/// `1384` → `1,384`
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The number with a noun, such as `1 build` and `12 builds`.
pub(super) fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{}{SPACE}{}", count(number), if number == 1 { one } else { several })
}

/// A part of a whole in per cent. Only nothing is `0 %`, and only the whole is `100 %`.
pub(super) fn percent(part: u64, whole: u64) -> String {
    if part == 0 || part >= whole {
        return format!("{}{SPACE}%", if part == 0 { 0 } else { 100 });
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    let rounded = (part * 200 + whole) / (whole * 2);
    match rounded {
        0 => format!("<{SPACE}1{SPACE}%"),
        100 => {
            let tenths = part * 1000 / whole;
            format!("{}.{}{SPACE}%", tenths / 10, tenths % 10)
        }
        _ => format!("{rounded}{SPACE}%"),
    }
}

/// A time in two units at most, such as `840 ms`, `3.2 s`, `41 min` and `2 h 5 min`.
pub(super) fn duration(micros: u64) -> String {
    let seconds = (micros + 500_000) / 1_000_000;
    let minutes = (seconds + 30) / 60;
    match micros {
        0..1_000 => format!("{micros}{SPACE}µs"),
        1_000..999_500 => format!("{}{SPACE}ms", (micros + 500) / 1000),
        999_500..9_950_000 => {
            let tenths = (micros + 50_000) / 100_000;
            format!("{}.{}{SPACE}s", tenths / 10, tenths % 10)
        }
        _ if seconds < 120 => format!("{seconds}{SPACE}s"),
        _ if minutes < 120 => format!("{minutes}{SPACE}min"),
        _ if minutes.is_multiple_of(60) => format!("{}{SPACE}h", count(minutes / 60)),
        _ => format!("{}{SPACE}h {}{SPACE}min", count(minutes / 60), minutes % 60),
    }
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
    fn numbers_have_separators() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(plain(&counted(1, "build", "builds")), "1 build");
        assert_eq!(plain(&counted(0, "build", "builds")), "0 builds");
    }

    #[test]
    fn a_rounded_rate_is_never_all_or_nothing() {
        for (part, whole, text) in [
            (0, 0, "0 %"),
            (0, 7, "0 %"),
            (7, 7, "100 %"),
            (1, 1000, "< 1 %"),
            (1, 200, "1 %"),
            (1, 3, "33 %"),
            (2, 3, "67 %"),
            (199, 200, "99.5 %"),
            (99_999, 100_000, "99.9 %"),
            (994, 1000, "99 %"),
            (u64::MAX - 1, u64::MAX, "99.9 %"),
        ] {
            assert_eq!(plain(&percent(part, whole)), text, "{part} of {whole}");
        }
    }

    #[test]
    fn a_time_has_two_units_at_most() {
        for (micros, text) in [
            (0, "0 µs"),
            (999, "999 µs"),
            (1_499, "1 ms"),
            (999_499, "999 ms"),
            (999_500, "1.0 s"),
            (9_949_999, "9.9 s"),
            (9_950_000, "10 s"),
            (119_499_999, "119 s"),
            (119_500_000, "2 min"),
            (7_199_000_000, "2 h"),
            (7_500_000_000, "2 h 5 min"),
            (36_000_000_000_000, "10,000 h"),
        ] {
            assert_eq!(plain(&duration(micros)), text, "{micros}");
        }
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
