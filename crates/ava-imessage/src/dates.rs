//! Times as HTTP and the API write them.

use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};

/// The `Date` of an answer: the only clock of the service that is documented, by HTTP itself.
pub(crate) fn of(headers: &HeaderMap) -> Option<Timestamp> {
    parse_http(headers.get(http::header::DATE)?.to_str().ok()?)
}

/// An HTTP date: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn parse_http(raw: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(raw.trim()).ok()
}

/// `time` + `offset`, at the ends of time if it would run over them.
pub(crate) fn shift(time: Timestamp, offset: SignedDuration) -> Timestamp {
    time.checked_add(offset).unwrap_or(if offset.is_negative() { Timestamp::MIN } else { Timestamp::MAX })
}

/// The whole second at or before `time`.
pub(crate) fn floor(time: Timestamp) -> Timestamp {
    let below = i64::from(time.subsec_nanosecond() < 0);
    Timestamp::from_second(time.as_second() - below).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_dates() {
        let date = parse_http("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(date.to_string(), "1994-11-06T08:49:37Z");
        assert!(parse_http("yesterday").is_none());
    }

    #[test]
    fn floors_and_shifts() {
        let at = |raw: &str| raw.parse::<Timestamp>().unwrap();
        assert_eq!(floor(at("2026-01-25T12:00:00.9Z")), at("2026-01-25T12:00:00Z"));
        assert_eq!(floor(at("1969-12-31T23:59:59.5Z")), at("1969-12-31T23:59:59Z"));
        assert_eq!(shift(Timestamp::MAX, SignedDuration::from_secs(1)), Timestamp::MAX);
        assert_eq!(shift(Timestamp::MIN, SignedDuration::from_secs(-1)), Timestamp::MIN);
    }
}
