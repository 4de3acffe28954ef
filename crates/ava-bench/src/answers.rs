//! The answers: the same bytes for the same question, but for the id of a send.

use std::io::Write as _;

/// An accepted send. Each has an id of its own: a client may keep the ids.
pub fn sent(number: u64) -> String {
    format!(r#"{{"success":true,"message_id":"msg_{number:08}","timestamp":"2026-01-25T12:00:00Z"}}"#)
}

/// A poll that brought nothing.
pub const NOTHING_NEW: &str = r#"{"success":true,"messages":[],"count":0,"has_more":false}"#;

/// A page of a conversation, as *Get Messages* answers: `limit` rows from `offset` on, or as many as there are of
/// `total`. A row has 16 to 111 characters of text, as texts have; one in eight needs unescaping.
pub fn page(phone: &str, total: u64, limit: u64, offset: u64) -> Vec<u8> {
    let mut body = Vec::with_capacity(24 * 1024);
    body.extend_from_slice(br#"{"success":true,"messages":["#);
    for number in offset..total.min(offset.saturating_add(limit)) {
        if number > offset {
            body.push(b',');
        }
        let text = TEXTS[(number % 8) as usize];
        let (direction, status) =
            if number % 2 == 0 { ("outbound", "delivered") } else { ("inbound", "received") };
        let (minute, second) = (number / 60 % 60, number % 60);
        // Writing to a Vec can't fail.
        let _ = write!(
            body,
            r#"{{"id":"msg_{number:08}","phone":"{phone}","message":"{text}","direction":"{direction}","timestamp":"2026-01-25T12:{minute:02}:{second:02}Z","status":"{status}"}}"#
        );
    }
    let _ = write!(body, r#"],"total":{total},"limit":{limit},"offset":{offset}}}"#);
    body
}

/// How many messages the conversation with a phone has: its last seven digits.
pub fn total_of(phone: &str) -> u64 {
    phone.len().checked_sub(7).and_then(|at| phone.get(at..)?.parse().ok()).unwrap_or(0)
}

/// The phone whose conversation has so many messages, up to ten million.
pub fn phone_with(total: u64) -> String {
    format!("+1555{total:07}")
}

const TEXTS: [&str; 8] = [
    "Hello from AVA!!",
    "Your table is ready. Reply C to confirm.",
    "Hi! Are you still open on Sunday, and do you take groups of eight people without a reservation?",
    "On my way, ten minutes 🚗 see you there",
    "Grüße aus Köln, bis später",
    r#"She said \"yes\" to the offer,\nplease send the papers to the address below:\n12 Example Street"#,
    "Thanks, that works for me. I will bring the documents and the two keys that you asked for on Tuesday morning.",
    "Can we move it to 3 pm instead?",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_json_with_as_many_rows_as_there_are() {
        let phone = phone_with(250);
        assert_eq!((phone.as_str(), total_of(&phone)), ("+15550000250", 250));
        for (offset, rows) in [(0, 100), (200, 50), (300, 0)] {
            let page: serde_json::Value = serde_json::from_slice(&page(&phone, 250, 100, offset)).unwrap();
            assert_eq!(page["messages"].as_array().unwrap().len(), rows);
            assert_eq!(page["total"], 250);
        }
    }
}
