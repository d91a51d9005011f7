//! Numbers, times and days as a person reads them. A space that belongs to a number does not break a line.

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
    // Tenths of a per cent, rounded to the nearest one.
    let tenths = (u128::from(part) * 2000 + u128::from(whole)) / (u128::from(whole) * 2);
    match tenths {
        0..5 => format!("<{SPACE}1{SPACE}%"),
        995.. => format!("{}.{}{SPACE}%", tenths.min(999) / 10, tenths.min(999) % 10),
        _ => format!("{}{SPACE}%", (tenths + 5) / 10),
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

/// A point in time, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    year: u64,
    month: usize,
    day: u64,
    hour: u64,
    minute: u64,
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Moment {
    /// From milliseconds since 1970.
    pub(super) const fn new(milliseconds: u64) -> Self {
        let minutes = milliseconds / 60_000;
        // Days since 1 March of the year 0, so that a leap day is the last day of a year. An era has 400 years.
        let days = minutes / 1440 + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let is_next_year = month_from_march >= 10;
        Self {
            year: era * 400 + year_of_era + is_next_year as u64,
            month: (month_from_march as usize + 2) % 12,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            hour: minutes / 60 % 24,
            minute: minutes % 60,
        }
    }

    /// `27 Nov 2026`
    pub(super) fn date(self) -> String {
        format!("{} {}", self.day(), self.year)
    }

    /// `27 Nov`
    pub(super) fn day(self) -> String {
        format!("{}{SPACE}{}", self.day, MONTHS[self.month])
    }

    /// `14:05`
    pub(super) fn time(self) -> String {
        format!("{:02}:{:02}", self.hour, self.minute)
    }

    /// `27 Nov 2026, 14:05 UTC`
    pub(super) fn full(self) -> String {
        format!("{}, {}{SPACE}UTC", self.date(), self.time())
    }

    /// `2026-11-27T14:05Z`, for programs.
    pub(super) fn iso(self) -> String {
        format!("{:04}-{:02}-{:02}T{}Z", self.year, self.month + 1, self.day, self.time())
    }

    /// Whether both are on the same day.
    pub(super) const fn is_same_day(self, other: Self) -> bool {
        self.year == other.year && self.month == other.month && self.day == other.day
    }

    /// Whether both are in the same year.
    pub(super) const fn is_same_year(self, other: Self) -> bool {
        self.year == other.year
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
    fn days_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00Z"),
            (951_782_399, "2000-02-28T23:59Z"),
            (951_782_400, "2000-02-29T00:00Z"),
            (951_868_800, "2000-03-01T00:00Z"),
            (1_795_846_141, "2026-11-28T07:29Z"),
            (4_107_542_399, "2100-02-28T23:59Z"),
            (4_107_542_400, "2100-03-01T00:00Z"),
            (1_798_761_599, "2026-12-31T23:59Z"),
        ] {
            assert_eq!(Moment::new(seconds * 1000).iso(), text);
        }
        // The first day of each year and the last day of the one before, compared with counting.
        let is_leap =
            |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let mut days = 0;
        for year in 1970..2400 {
            let first = Moment::new(days * 86_400_000);
            assert_eq!((first.year, first.month, first.day), (year, 0, 1));
            days += 365 + u64::from(is_leap(year));
            let last = Moment::new(days * 86_400_000 - 1);
            assert_eq!((last.year, last.month, last.day), (year, 11, 31));
        }
        assert_eq!(plain(&Moment::new(1_795_846_141_000).full()), "28 Nov 2026, 07:29 UTC");
    }
}
