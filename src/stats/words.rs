//! Numbers, times and names as words.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A duration: `43 ms`, `0.6 s`, `12.3 s`, `2 min 3 s`, `1 h 2 min`, also with a minus sign.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that is too large becomes the largest number"
)]
pub(super) fn duration(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let length = seconds.abs();
    let text = if length < 0.0005 {
        return "0 s".to_owned();
    } else if length < 0.0995 {
        format!("{:.0} ms", length * 1000.0)
    } else if length < 59.95 {
        format!("{length:.1} s")
    } else {
        let whole = length.round() as u64;
        if whole < 3600 {
            format!("{} min {} s", whole / 60, whole % 60)
        } else {
            let minutes = (length / 60.0).round() as u64;
            format!("{} h {} min", minutes / 60, minutes % 60)
        }
    };
    format!("{sign}{text}")
}

/// A size: `512 KiB`, `1.5 GiB`.
#[expect(clippy::cast_precision_loss, reason = "only one decimal is shown")]
pub(super) fn size(bytes: u64) -> String {
    let mut number = bytes as f64 / 1024.0;
    for unit in ["KiB", "MiB", "GiB"] {
        if number < 1023.95 {
            return format!("{} {unit}", format!("{number:.1}").trim_end_matches(".0"));
        }
        number /= 1024.0;
    }
    format!("{number:.1} TiB")
}

/// A number of things.
pub(super) fn count(number: u64, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

/// A rate in per cent, or a dash.
pub(super) fn rate(rate: Option<f64>) -> String {
    rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1} %"))
}

/// A time of RFC 3339 in a time zone, to the minute.
pub(super) fn minute(time: &str, zone: &TimeZone) -> String {
    in_zone(time, zone, "%Y-%m-%d %H:%M")
}

/// A time of RFC 3339 in a time zone, without the date.
pub(super) fn clock(time: &str, zone: &TimeZone) -> String {
    in_zone(time, zone, "%H:%M:%S")
}

fn in_zone(time: &str, zone: &TimeZone, format: &str) -> String {
    let time: Option<Timestamp> = time.parse().ok();
    time.map(|time| time.to_zoned_datetime(zone.clone()).strftime(format).to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_readable_units() {
        for (seconds, text) in [
            (0.0, "0 s"),
            (0.0001, "0 s"),
            (0.043, "43 ms"),
            (0.0994, "99 ms"),
            (0.0996, "0.1 s"),
            (-0.25, "-0.2 s"),
            (12.34, "12.3 s"),
            (59.94, "59.9 s"),
            (59.96, "1 min 0 s"),
            (123.0, "2 min 3 s"),
            (3599.4, "59 min 59 s"),
            (3599.6, "1 h 0 min"),
            (7320.0, "2 h 2 min"),
        ] {
            assert_eq!(duration(seconds), text);
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
}
