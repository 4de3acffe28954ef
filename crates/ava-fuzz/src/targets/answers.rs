//! Bodies of successful answers: pages, polls, sends, drafts. The input is the body.
//!
//! Whatever it is, nothing panics, and what is decoded says what generic JSON says: each row of the wire is a message
//! or a skipped row, in its place, with its members.

use ava_imessage::{Client, Extra, Message, SkippedRow};
use serde_json::Value;

use crate::canned::{self, Answer, Canned};

const PHONE: &str = "+15550100142";

pub(crate) fn run(input: &[u8]) {
    canned::run(async {
        let client = canned::client(Canned::new([Answer::new(200, input)]));
        let wire = serde_json::from_str(&String::from_utf8_lossy(input)).ok();
        page(&client, wire.as_ref()).await;
        poll(&client, wire.as_ref()).await;
        send(&client, wire.as_ref()).await;
        generate(&client, wire.as_ref()).await;
    });
}

async fn page(client: &Client, wire: Option<&Value>) {
    let Ok(page) = client.messages_page(PHONE, 50, 0).await else { return };
    walk(&page.extra);
    reads_back(&page);
    rows(&page.messages, &page.skipped, wire);
}

async fn poll(client: &Client, wire: Option<&Value>) {
    let Ok(page) = client.poll().await else { return };
    walk(&page.extra);
    reads_back(&page);
    rows(&page.messages, &page.skipped, wire);
}

async fn send(client: &Client, wire: Option<&Value>) {
    let Ok(sent) = client.send(PHONE, "Hello from AVA!").await else { return };
    walk(&sent.extra);
    reads_back(&sent);
    assert!(!sent.message_id.is_empty());
    if let Some(wire) = wire {
        assert_eq!(wire["message_id"], sent.message_id);
        assert_ne!(wire["success"], false);
    }
}

async fn generate(client: &Client, wire: Option<&Value>) {
    let turn = ava_imessage::Turn::user("What are your business hours?");
    let Ok(generated) = client.generate(PHONE, [turn]).await else { return };
    walk(&generated.extra);
    reads_back(&generated);
    if let Some(wire) = wire {
        assert_eq!(wire["generated_message"], generated.text);
        assert_eq!(wire["message_id"], generated.message_id);
        assert_eq!(wire["sent"], generated.sent);
    }
}

/// Every row of the wire is in one of the two lists, in order, and nothing else is.
fn rows(messages: &[Message], skipped: &[SkippedRow], wire: Option<&Value>) {
    for message in messages {
        walk(&message.extra);
        assert!(!message.id.is_empty());
        assert!(!format!("{message:?}").contains('\n'));
    }
    let Some(wire) = wire else { return };
    let wire = wire["messages"].as_array().expect("a page was made of it");
    assert_eq!(messages.len() + skipped.len(), wire.len(), "rows were lost, or made up");
    let (mut messages, mut skipped) = (messages.iter(), skipped.iter().peekable());
    for (index, row) in wire.iter().enumerate() {
        if let Some(skipped) = skipped.next_if(|skipped| skipped.index == index) {
            let raw: Value =
                serde_json::from_str(&skipped.raw).expect("the row was read as part of the page");
            assert_eq!(&raw, row);
            continue;
        }
        let message = messages.next().expect("as many as rows");
        assert_eq!(row["id"], message.id);
        assert_eq!(row["phone"], message.phone);
        assert_eq!(row["message"], message.text);
        assert_eq!(row["direction"], message.direction.as_str());
        assert_eq!(row["status"], message.status.as_str());
        for (name, raw) in message.extra.iter() {
            assert!(row.get(name).is_some(), "made up, with the value {raw}");
        }
    }
}

/// What is read lazily: names and raw JSON, and values on demand.
fn walk(extra: &Extra) {
    assert_eq!(extra.iter().count(), extra.len());
    for (name, raw) in extra.iter() {
        // The last of a name counts, as everywhere in JSON.
        let last = extra.iter().filter(|(other, _)| *other == name).last().map(|(_, raw)| raw);
        assert_eq!(extra.get(name), last.and_then(|raw| serde_json::from_str(raw).ok()));
        assert!(!raw.is_empty());
    }
}

/// What every language gives as JSON is JSON.
fn reads_back(value: &impl serde::Serialize) {
    let text = serde_json::to_string(value).expect("what was decoded can be written");
    let raw: Box<serde_json::value::RawValue> = serde_json::from_str(&text).expect("and read again");
    drop(raw);
}
