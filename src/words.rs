//! Numbers, durations, sizes and rates as a person reads them, in ASCII.

use std::time::Duration;

/// A number with separators: `1384` becomes `1,384`.
pub(crate) fn count(number: u64) -> String {
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

/// A number with a noun, such as `1 build` and `12 builds`.
pub(crate) fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { several })
}

/// A time in two units at most: `43 ms`, `12.3 s`, `2 min 3 s`, `1 h 2 min`. A negative time has a minus sign.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that is too large becomes the largest number"
)]
pub(crate) fn duration(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let length = seconds.abs();
    let two = |number: u64, unit: &str, rest: u64, smaller: &str| match rest {
        0 => format!("{} {unit}", count(number)),
        _ => format!("{} {unit} {rest} {smaller}", count(number)),
    };
    let text = if length == 0.0 {
        return "0 s".to_owned();
    } else if length < 0.001 {
        "< 1 ms".to_owned()
    } else if length < 0.9995 {
        format!("{:.0} ms", length * 1000.0)
    } else if length < 59.95 {
        format!("{length:.1} s")
    } else if length < 3599.5 {
        let seconds = length.round() as u64;
        two(seconds / 60, "min", seconds % 60, "s")
    } else {
        let minutes = (length / 60.0).round() as u64;
        two(minutes / 60, "h", minutes % 60, "min")
    };
    format!("{sign}{text}")
}

/// The same for microseconds.
#[expect(clippy::cast_precision_loss, reason = "285 years of microseconds are exact")]
pub(crate) fn duration_of_micros(micros: u64) -> String {
    duration(micros as f64 / 1_000_000.0)
}

/// A time span in one unit, such as `5 minutes`.
pub(crate) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (number, unit) = match seconds {
        0..=119 => (seconds, "second"),
        120..=7199 => (seconds / 60, "minute"),
        7200..=172_799 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    counted(number, unit, &format!("{unit}s"))
}

/// A size: `512 KiB`, `1.5 GiB`.
#[expect(clippy::cast_precision_loss, reason = "only one decimal is shown")]
pub(crate) fn size(bytes: u64) -> String {
    let mut number = bytes as f64 / 1024.0;
    for unit in ["KiB", "MiB", "GiB"] {
        if number < 1023.95 {
            return format!("{} {unit}", format!("{number:.1}").trim_end_matches(".0"));
        }
        number /= 1024.0;
    }
    format!("{number:.1} TiB")
}

/// A part of a whole in per cent. Only nothing is `0 %`, and only the whole is `100 %`.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if part == 0 || part >= whole {
        return format!("{} %", if part == 0 { 0 } else { 100 });
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    let rounded = (part * 200 + whole) / (whole * 2);
    match rounded {
        0 => "< 1 %".to_owned(),
        100 => {
            let tenths = part * 1000 / whole;
            format!("{}.{} %", tenths / 10, tenths % 10)
        }
        _ => format!("{rounded} %"),
    }
}

/// A rate in per cent with one decimal, or a dash. Only nothing is `0.0 %`, and only the whole is `100.0 %`.
pub(crate) fn rate(rate: Option<f64>) -> String {
    match rate {
        None => "-".to_owned(),
        Some(rate) if rate > 0.0 && rate < 0.05 => "< 0.1 %".to_owned(),
        Some(rate) if (99.95..100.0).contains(&rate) => "99.9 %".to_owned(),
        Some(rate) => format!("{rate:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(counted(1, "build", "builds"), "1 build");
        assert_eq!(counted(0, "build", "builds"), "0 builds");
    }

    #[test]
    fn a_time_has_two_units_at_most() {
        for (seconds, text) in [
            (0.0, "0 s"),
            (0.000_4, "< 1 ms"),
            (0.001, "1 ms"),
            (0.043, "43 ms"),
            (0.999_4, "999 ms"),
            (0.999_6, "1.0 s"),
            (-0.25, "-250 ms"),
            (12.34, "12.3 s"),
            (59.94, "59.9 s"),
            (59.96, "1 min"),
            (123.0, "2 min 3 s"),
            (3599.4, "59 min 59 s"),
            (3599.6, "1 h"),
            (7320.0, "2 h 2 min"),
            (36_000_000.0, "10,000 h"),
        ] {
            assert_eq!(duration(seconds), text, "{seconds}");
        }
        assert_eq!(duration_of_micros(1_499), "1 ms");
    }

    #[test]
    fn a_time_span_has_one_unit() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (130, "2 minutes"),
            (3 * 3600, "3 hours"),
            (5 * 86_400, "5 days"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn sizes_have_readable_units() {
        for (bytes, text) in [
            (0, "0 KiB"),
            (1536, "1.5 KiB"),
            (1 << 20, "1 MiB"),
            (1_048_575, "1 MiB"),
            (10 << 30, "10 GiB"),
            (3 << 39, "1.5 TiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
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
            assert_eq!(percent(part, whole), text, "{part} of {whole}");
        }
        for (number, text) in [
            (None, "-"),
            (Some(0.0), "0.0 %"),
            (Some(0.01), "< 0.1 %"),
            (Some(66.66), "66.7 %"),
            (Some(99.99), "99.9 %"),
            (Some(100.0), "100.0 %"),
        ] {
            assert_eq!(rate(number), text);
        }
    }
}
