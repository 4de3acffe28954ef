//! Panics end at the border, as the error `internal`.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ava_imessage::{Error, ErrorKind, Result};

/// Runs what an exported function does; a panic in it becomes `internal`. For whatever isn't a call: making a
/// client, reading a field. Calls are guarded by themselves.
///
/// # Errors
/// What `body` fails with, or `internal`.
pub fn guard<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    caught(|| {
        #[cfg(any(test, feature = "test-hooks"))]
        crate::hooks::strike_guard();
        body()
    })
}

pub(crate) fn caught<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => result,
        Err(payload) => Err(internal(payload)),
    }
}

pub(crate) fn internal(payload: Box<dyn Any + Send>) -> Error {
    let what = words(&*payload);
    // The payload's own drop may panic; it is foreign code as any other.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
    tracing::error!(target: "ava_imessage", panic = what, "a panic was caught");
    Error::new(ErrorKind::Internal, format!("a bug in this library: it panicked ({what})"))
}

const LONGEST: usize = 120;

/// What can be told of a panic without telling anybody's data. A literal text is whole; a formatted one may
/// quote what it choked on, which comes after the first colon or quotation mark.
fn words(payload: &(dyn Any + Send)) -> String {
    let told = if let Some(literal) = payload.downcast_ref::<&'static str>() {
        literal
    } else if let Some(formatted) = payload.downcast_ref::<String>() {
        // "called `Result::unwrap()` on an `Err` value: …" is quoted by the standard library itself.
        let quotes: &[char] =
            if formatted.starts_with("called `") { &[':', '"', '\''] } else { &[':', '"', '\'', '`'] };
        let after = if formatted.starts_with("called `") { formatted.find(" value").unwrap_or(0) } else { 0 };
        let end = formatted[after..].find(quotes).map_or(formatted.len(), |at| after + at);
        &formatted[..end]
    } else {
        "without words"
    };
    let mut line = String::new();
    for word in told.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if line.len() + word.len() > LONGEST {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        let digits = word.chars().filter(char::is_ascii_digit).count();
        line.push_str(if digits > 5 { "[…]" } else { word });
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: impl FnOnce()) -> String {
        let payload = catch_unwind(AssertUnwindSafe(body)).unwrap_err();
        internal(payload).to_string()
    }

    fn failing(with: &str) -> std::result::Result<(), &str> {
        Err(with)
    }

    #[test]
    fn a_panic_is_one_line_without_data() {
        let secret = "Hello +15550001111";
        for line in [
            told(|| panic!("a literal\nof two lines")),
            told(|| panic!("no place for {secret:?}")),
            told(|| panic!("number 15550001111 given")),
            told(|| failing(secret).unwrap()),
            told(|| assert!(secret.split_at(100).0.is_empty())),
            told(|| std::panic::panic_any(7)),
        ] {
            assert!(!line.contains("Hello") && !line.contains("1555") && !line.contains('\n'), "{line}");
            assert!(line.starts_with("a bug in this library: it panicked ("), "{line}");
        }
        assert_eq!(told(|| panic!("a literal")), "a bug in this library: it panicked (a literal)");
        assert_eq!(
            told(|| failing("x").unwrap()),
            "a bug in this library: it panicked (called `Result::unwrap()` on an `Err` value)"
        );
    }
}
