//! Points in time as words.

use jiff::Timestamp;
use jiff::tz::TimeZone;

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
