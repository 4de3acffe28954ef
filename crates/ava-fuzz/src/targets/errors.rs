//! Bodies of answers that are no success. The input is the status less 200, the text that was sent, NUL, the body.
//!
//! Whatever it is, the error's message is one line, short, no HTML, and shows neither the sent text nor a long run of
//! digits nor the key.

use ava_imessage::{Delivery, Error};

use crate::canned::{self, Answer, Canned, KEY};

const PHONE: &str = "+15550100142";
/// What `ava_imessage` promises of its messages.
const LONGEST_MESSAGE: usize = 301;
const LONGEST_DIGITS: usize = 5;
const SHORTEST_MASKED_TEXT: usize = 4;
const LONGEST_BODY: usize = 8 << 10;

pub(crate) fn run(input: &[u8]) {
    let Some((status, rest)) = input.split_first() else { return };
    let Some(nul) = rest.iter().position(|byte| *byte == 0) else { return };
    let Ok(text) = std::str::from_utf8(&rest[..nul]) else { return };
    if text.is_empty() {
        return;
    }
    let status = 200 + u16::from(*status);
    let body = &rest[nul + 1..];
    let Err(error) = send(status, body, text) else {
        assert!((200..300).contains(&status));
        return;
    };
    // What is said of a status where the service says nothing, to tell our words from the service's.
    let ours = send(status, b"", "no such words").err();
    look(&error, text, ours.as_ref());
    let mut cause = error.cause();
    while let Some(error) = cause {
        look(error, text, ours.as_ref().and_then(Error::cause));
        cause = error.cause();
    }
    if (200..300).contains(&status) {
        return;
    }
    let expected = match status {
        408 | 300..=399 => Some(Delivery::Unknown),
        400..=499 => Some(Delivery::NotSent),
        _ => None,
    };
    assert!(expected.is_none() || error.delivery() == expected, "{status}: {:?}", error.delivery());
}

fn send(status: u16, body: &[u8], text: &str) -> Result<(), Error> {
    let client = canned::client(Canned::new([Answer::new(status, body)]));
    canned::run(async move { client.send(PHONE, text).await.map(drop) })
}

fn look(error: &Error, text: &str, ours: Option<&Error>) {
    let message = error.message();
    assert!(error.body().is_none_or(|body| body.len() <= LONGEST_BODY + 3));
    for words in [message, &error.to_string()] {
        assert!(!words.contains(char::is_control), "{words:?}");
        assert!(!words.contains(KEY), "{words:?}");
    }
    assert!(!format!("{error:?}").contains('\n'));
    if ours.is_some_and(|ours| ours.message() == message) {
        return;
    }
    assert!(!message.trim().is_empty());
    assert!(message.chars().count() <= LONGEST_MESSAGE, "{message:?}");
    let digits = message.split(|c: char| !c.is_numeric()).map(|run| run.chars().count()).max();
    assert!(digits.unwrap_or(0) <= LONGEST_DIGITS, "{message:?}");
    if error.code() == "unexpected_response" || error.code() == "delivery_unknown" {
        // Words of ours, about where the answer is wrong.
        return;
    }
    let start = message.to_ascii_lowercase();
    assert!(!start.starts_with('<') && !start.contains("<html") && !start.contains("<body"), "{message:?}");
    // A text of the mask's own characters may come of masking another.
    if text.chars().count() >= SHORTEST_MASKED_TEXT && !text.contains(['[', '…', ']']) {
        assert!(!message.contains(text), "{message:?} shows {text:?}");
    }
}
