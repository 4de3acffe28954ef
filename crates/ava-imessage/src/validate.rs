//! What is refused before any byte leaves: each error names the argument.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::{Error, Result};
use crate::model::Turn;

/// Whether a phone would be taken (*Send Message*): E.164, `^\+[1-9][0-9]{1,14}$` in ASCII. Every call checks its own;
/// this is for who wants to know before the first of many.
///
/// # Errors
/// `invalid_request` if it wouldn't.
pub fn phone(phone: &str) -> Result<()> {
    let valid = match phone.as_bytes() {
        [b'+', b'1'..=b'9', rest @ ..] => {
            (1..=14).contains(&rest.len()) && rest.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    };
    if valid {
        return Ok(());
    }
    Err(Error::invalid(
        "phone: must be E.164, as in +1234567890: a plus sign and 2 to 15 digits, the first not 0",
    ))
}

/// Whether a text would be sent: anything but an empty one. As [`check_phone`](crate::check_phone), for who wants to
/// know before.
///
/// # Errors
/// `invalid_request` if it wouldn't.
pub fn text(text: &str) -> Result<()> {
    if text.is_empty() { Err(Error::invalid("text: must not be empty")) } else { Ok(()) }
}

/// *Get Messages*: at most 100.
pub(crate) fn limit(limit: u64) -> Result<()> {
    if (1..=MAX_LIMIT).contains(&limit) {
        Ok(())
    } else {
        Err(Error::invalid(format!("limit: must be from 1 to {MAX_LIMIT}")))
    }
}

/// The largest page of a history (*Get Messages*).
pub(crate) const MAX_LIMIT: u64 = 100;

pub(crate) fn context(context: &[Turn]) -> Result<()> {
    if context.is_empty() {
        return Err(Error::invalid("context: must hold at least one turn"));
    }
    match context.iter().position(|turn| turn.role.as_str().is_empty()) {
        Some(i) => Err(Error::invalid(format!("context: the role of turn {i} is empty"))),
        None => Ok(()),
    }
}

/// An API key or token: visible ASCII, as an HTTP header can carry it.
pub(crate) fn secret(name: &str, secret: &str) -> Result<()> {
    if secret.is_empty() {
        return Err(Error::configuration(format!("{name}: is empty")));
    }
    if !secret.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Error::configuration(format!(
            "{name}: holds a space, a line break, a control or a non-ASCII character"
        )));
    }
    Ok(())
}

/// A header of the caller's; those that the client answers for are refused.
pub(crate) fn header(headers: &mut HeaderMap, name: &str, value: &str) -> Result<()> {
    const OURS: [&str; 6] =
        ["authorization", "content-length", "content-type", "host", "transfer-encoding", "connection"];
    // Not with the name: where a whole line was given for it, it holds the value.
    let parsed = HeaderName::try_from(name).map_err(|_| {
        let at = name.bytes().take_while(|byte| HeaderName::from_bytes(&[*byte]).is_ok()).count();
        Error::invalid(match name.is_empty() {
            true => "header: the name is empty".to_owned(),
            false => format!("header: the name has a forbidden character, after {at} others"),
        })
    })?;
    if OURS.contains(&parsed.as_str()) {
        return Err(Error::invalid(format!("header: {parsed} is set by the client")));
    }
    let value = HeaderValue::try_from(value)
        .map_err(|_| Error::invalid(format!("header: the value of {parsed} has a forbidden character")))?;
    headers.insert(parsed, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones() {
        for good in ["+12", "+1234567890", "+123456789012345"] {
            assert!(phone(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "+",
            "+1",
            "+0123",
            "1234567890",
            "+1234567890123456",
            "+12 34",
            "+1２3",
            "+12\n",
            " +12",
            "+1a",
        ] {
            let error = phone(bad).unwrap_err();
            assert_eq!(error.code(), "invalid_request");
            assert!(error.message().starts_with("phone:"), "{error}");
        }
    }

    #[test]
    fn secrets() {
        assert!(secret("api_key", "sk_live_1~!").is_ok());
        for bad in ["", "a b", "a\n", "a\u{7f}", "é", "a\0"] {
            assert_eq!(secret("api_key", bad).unwrap_err().code(), "configuration");
        }
    }

    #[test]
    fn headers_of_the_client_are_not_the_callers() {
        let mut map = HeaderMap::new();
        assert!(header(&mut map, "x-trace", "1").is_ok());
        for (name, value) in [("Authorization", "x"), ("Host", "x"), ("a b", "x"), ("x-a", "b\r\nc: d")] {
            assert!(header(&mut map, name, value).is_err(), "{name}");
        }
    }
}
