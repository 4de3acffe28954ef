//! Times for people: how long ago, or the day.

use jiff::Timestamp;
use jiff::tz::TimeZone;

const JUST_NOW: i64 = 5;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// `12 s ago`, `5 min ago`, `3 h ago`, `2 days ago`; from a week on, and for what is yet to come, the day.
pub(crate) fn relative(time: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let day = |format| time.to_zoned_datetime(zone.clone()).strftime(format).to_string();
    match now.as_second() - time.as_second() {
        // Two clocks never quite agree.
        ahead if (-MINUTE..JUST_NOW).contains(&ahead) => "just now".into(),
        ahead if ahead < 0 => day("%Y-%m-%d %H:%M"),
        s if s < MINUTE => format!("{s} s ago"),
        s if s < HOUR => format!("{} min ago", s / MINUTE),
        s if s < DAY => format!("{} h ago", s / HOUR),
        s if s < 2 * DAY => "yesterday".into(),
        s if s < 7 * DAY => format!("{} days ago", s / DAY),
        _ => day("%Y-%m-%d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_ago() {
        let now: Timestamp = "2026-01-25T12:00:00Z".parse().unwrap();
        for (time, words) in [
            ("2026-01-25T12:00:59Z", "just now"),
            ("2026-01-25T11:59:56Z", "just now"),
            ("2026-01-25T11:59:55Z", "5 s ago"),
            ("2026-01-25T11:59:01Z", "59 s ago"),
            ("2026-01-25T11:59:00Z", "1 min ago"),
            ("2026-01-25T11:00:01Z", "59 min ago"),
            ("2026-01-25T11:00:00Z", "1 h ago"),
            ("2026-01-24T12:00:01Z", "23 h ago"),
            ("2026-01-24T12:00:00Z", "yesterday"),
            ("2026-01-23T12:00:00Z", "2 days ago"),
            ("2026-01-18T12:00:01Z", "6 days ago"),
            ("2026-01-18T12:00:00Z", "2026-01-18"),
            ("2026-01-25T13:30:00Z", "2026-01-25 13:30"),
        ] {
            assert_eq!(relative(time.parse().unwrap(), now, &TimeZone::UTC), words, "{time}");
        }
    }
}
