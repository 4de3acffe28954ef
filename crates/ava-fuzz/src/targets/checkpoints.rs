//! Listening from a checkpoint that anybody may have written, to a service that says anything. The input is the
//! checkpoint's JSON and the bodies of answers, parted by NULs; an answer may begin with the value of its `Date` and a
//! line break.
//!
//! A checkpoint that is taken is written as it was read; listening neither panics nor spins, and yields inbound rows
//! alone.

use std::time::Duration;

use ava_imessage::{Checkpoint, CheckpointState, Direction, MemoryCheckpoint};
use serde_json::Value;

use crate::canned::{self, Answer, BASE_URL, Canned};

/// A listener that finds nothing asks again and again: so long, by a clock that need not be waited for.
const LISTEN_FOR: Duration = Duration::from_secs(120);
const MOST_MESSAGES: usize = 50;

pub(crate) fn run(input: &[u8]) {
    let mut parts = input.split(|byte| *byte == 0);
    let state = parts.next().and_then(|json| state(&String::from_utf8_lossy(json)));
    let answers = parts.map(answer);
    canned::run(listen(state, Canned::new(answers.collect::<Vec<_>>())));
}

/// The checkpoint, as one of this client's: another origin's would be refused.
fn state(json: &str) -> Option<CheckpointState> {
    let state = CheckpointState::from_json(json).ok()?;
    let written = state.to_json().expect("what was read can be written");
    assert_eq!(CheckpointState::from_json(&written).expect("and read again"), state);
    let mut object: Value = serde_json::from_str(&written).expect("it is JSON");
    object["origin"] = BASE_URL.into();
    object["phone"] = Value::Null;
    Some(CheckpointState::from_json(&object.to_string()).expect("it has other values only"))
}

fn answer(part: &[u8]) -> Answer {
    let (date, body) = match part.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&part[..end], &part[end + 1..]),
        None => (&b"Sun, 25 Jan 2026 12:00:00 GMT"[..], part),
    };
    Answer::new(200, body).header("date", date)
}

async fn listen(state: Option<CheckpointState>, service: Canned) {
    let checkpoint = MemoryCheckpoint::new();
    if let Some(state) = &state {
        checkpoint.save(state).await.expect("memory can be written");
    }
    let client = canned::client(service);
    let Ok(mut listener) = client.listen().checkpoint(checkpoint.clone()).await else { return };
    let listening = async {
        let mut messages = 0;
        while let Some(Ok(message)) = listener.next().await {
            assert_eq!(message.direction, Direction::Inbound);
            messages += 1;
            if messages == MOST_MESSAGES {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(LISTEN_FOR, listening).await;
    let kept = checkpoint.load().await.expect("memory can be read");
    if let Some(kept) = kept {
        let written = kept.to_json().expect("a state can be written");
        assert_eq!(CheckpointState::from_json(&written).expect("and read"), kept);
    }
}
