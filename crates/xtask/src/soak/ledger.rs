//! What the programs said, compared with what the sandbox has.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::{Result, bail};
use ava_sandbox::{Direction, Exchange, Message, On};

/// What became of a send, as its caller was told.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Sent(String),
    NotSent,
    Unknown,
}

#[derive(Default)]
struct Conversation {
    sends: HashMap<String, Told>,
    /// Of messages that were written to it.
    written: Vec<String>,
    heard: HashMap<String, u32>,
    read: u64,
    failed: u64,
    settled: u64,
}

/// What was said, by name of the program.
#[derive(Default)]
pub(super) struct Ledger(BTreeMap<&'static str, Conversation>);

/// What was posted: of each text the statuses that answered its posts; none where the answer was lost.
#[derive(Default)]
pub(super) struct Posts(BTreeMap<u64, (String, Option<u16>)>);

impl Posts {
    pub(super) fn read(&mut self, exchanges: &[Exchange]) {
        for exchange in exchanges.iter().filter(|exchange| exchange.call == Some(On::Send)) {
            let Ok(body) = serde_json::from_str::<serde_json::Value>(&exchange.body.text) else { continue };
            let Some(text) = body["message"].as_str() else { continue };
            let answer = exchange.answer.as_ref().filter(|_| !exchange.lost).map(|answer| answer.status);
            self.0.insert(exchange.seq, (text.to_owned(), answer));
        }
    }

    /// Texts that were posted again although an earlier post may have had an effect.
    fn guessed(&self) -> Vec<&str> {
        let mut last = HashMap::new();
        let mut guessed = Vec::new();
        for (text, answer) in self.0.values() {
            if let Some(before) = last.insert(text.as_str(), *answer)
                && !matches!(before, Some(401 | 429))
            {
                guessed.push(text.as_str());
            }
        }
        guessed
    }
}

impl Ledger {
    pub(super) fn written(&mut self, name: &'static str, id: String) {
        self.0.entry(name).or_default().written.push(id);
    }

    pub(super) fn read(&mut self, name: &'static str, line: &str) -> Result<()> {
        let conversation = self.0.entry(name).or_default();
        let words: Vec<&str> = line.split('\t').collect();
        let told = match words[..] {
            ["sent", text, id] => (text, Told::Sent(id.to_owned())),
            ["settled", text, id] => {
                conversation.settled += 1;
                (text, Told::Sent(id.to_owned()))
            }
            ["not_sent", text, _] => (text, Told::NotSent),
            ["unknown", text, _] => (text, Told::Unknown),
            ["heard", id] => {
                *conversation.heard.entry(id.to_owned()).or_default() += 1;
                return Ok(());
            }
            ["read", count] => {
                conversation.read += count.parse::<u64>()?;
                return Ok(());
            }
            ["failed", _] => {
                conversation.failed += 1;
                return Ok(());
            }
            ["ended"] => return Ok(()),
            _ => bail!("{name} says {line:?}"),
        };
        conversation.sends.insert(told.0.to_owned(), told.1);
        Ok(())
    }

    pub(super) fn all_is_heard(&self) -> bool {
        self.0
            .values()
            .all(|conversation| conversation.written.iter().all(|id| conversation.heard.contains_key(id)))
    }

    pub(super) fn sum(&self) -> String {
        let count = |of: &dyn Fn(&Conversation) -> u64| self.0.values().map(of).sum::<u64>();
        let sends = |wanted: fn(&Told) -> bool| {
            count(&|conversation| conversation.sends.values().filter(|told| wanted(told)).count() as u64)
        };
        format!(
            "{} sent ({} of them settled later), {} not sent, {} unknown; {} of {} heard; {} read, {} readings failed",
            sends(|told| matches!(told, Told::Sent(_))),
            count(&|conversation| conversation.settled),
            sends(|told| *told == Told::NotSent),
            sends(|told| *told == Told::Unknown),
            count(&|conversation| conversation.heard.len() as u64),
            count(&|conversation| conversation.written.len() as u64),
            count(&|conversation| conversation.read),
            count(&|conversation| conversation.failed),
        )
    }

    /// Every promise that was broken.
    pub(super) fn judge(&self, rows: &[Message], posts: &Posts) -> Vec<String> {
        let outbound = || rows.iter().filter(|row| row.direction == Direction::Outbound);
        let mut by_text: HashMap<&str, Vec<&str>> = HashMap::new();
        for row in outbound() {
            by_text.entry(&row.message).or_default().push(&row.id);
        }
        let mut broken: Vec<String> = Vec::new();
        for (text, ids) in by_text.iter().filter(|(_, ids)| ids.len() > 1) {
            broken.push(format!("{text:?} went out {} times", ids.len()));
        }
        broken.extend(posts.guessed().into_iter().map(|text| format!("{text:?} was posted again by guess")));
        for (name, conversation) in &self.0 {
            conversation.judge(name, &by_text, &mut broken);
        }
        broken
    }
}

impl Conversation {
    fn judge(&self, name: &str, by_text: &HashMap<&str, Vec<&str>>, broken: &mut Vec<String>) {
        let mut claimed = HashSet::new();
        for (text, told) in &self.sends {
            let ids = by_text.get(text.as_str()).map_or(&[][..], Vec::as_slice);
            match told {
                Told::Sent(id) if !ids.contains(&id.as_str()) => {
                    broken.push(format!("{text:?} is called sent as {id}, which is no row of it"));
                }
                Told::Sent(id) if !claimed.insert(id) => broken.push(format!("{id} is two sends' row")),
                Told::NotSent if !ids.is_empty() => {
                    broken.push(format!("{text:?} is called not sent, and was"))
                }
                _ => {}
            }
        }
        for id in self.written.iter().filter(|id| !self.heard.contains_key(*id)) {
            broken.push(format!("{name} was never given {id}"));
        }
        for (id, times) in self.heard.iter().filter(|(_, times)| **times > 1) {
            broken.push(format!("{name} was given {id} {times} times"));
        }
        if self.sends.is_empty() || self.read == 0 {
            broken.push(format!("{name} did nothing"));
        }
    }
}

/// That the judge isn't blind: a row twice, a post by guess, a message never heard.
pub(super) fn would_see_a_doubled_message() -> bool {
    let row = |id: &str| Message {
        id: id.to_owned(),
        phone: "+15550100000".to_owned(),
        message: "twice".to_owned(),
        direction: Direction::Outbound,
        timestamp: "2026-01-25T12:00:00Z".to_owned(),
        status: "delivered".to_owned(),
    };
    let mut ledger = Ledger::default();
    ledger.written("face", "m9".to_owned());
    let said = ["sent\ttwice\tm1", "read\t1"].map(|line| ledger.read("face", line).is_ok());
    let posts =
        Posts(BTreeMap::from([(1, ("twice".to_owned(), None)), (2, ("twice".to_owned(), Some(200)))]));
    said == [true, true] && ledger.judge(&[row("m1"), row("m2")], &posts).len() == 3
}
