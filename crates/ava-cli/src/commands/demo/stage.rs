//! What the scenes play with: a sandbox, a client of it, and somebody who watches.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use ava_imessage::{Client, SentMessage};
use ava_sandbox::{Cutoff, Direction, Fault, On, Sandbox, Settings};

use super::Narrator;
use super::cast::PHONE;
use super::event::{Cut, Event};
use super::stop::Stop;
use crate::failure::Result;

/// How long the client asks the history, and the first gap: a hundredth of a real client's patience.
const SETTLING: (Duration, Duration) = (Duration::from_millis(600), Duration::from_millis(100));
/// From accepted to delivered, in the sandbox.
const DELIVERED_AFTER_MS: u64 = 300;

pub(super) struct Stage<'a> {
    pub(super) sandbox: Sandbox,
    pub(super) client: Client,
    narrator: &'a mut dyn Narrator,
    began: Instant,
    claims: u32,
}

impl<'a> Stage<'a> {
    pub(super) async fn set(narrator: &'a mut dyn Narrator, began: Instant) -> Result<Stage<'a>, Stop> {
        let settings = Settings { deliver_after_ms: DELIVERED_AFTER_MS, ..Settings::default() };
        let started = Sandbox::builder().settings(settings).start().await;
        let sandbox = started.map_err(|error| Stop::because(format!("starting the sandbox: {error}")))?;
        let (within, first_gap) = SETTLING;
        let client = Client::builder()
            .base_url(sandbox.base_url())
            .api_key(sandbox.api_key())
            .settling(within, first_gap)
            .build()?;
        let mut stage = Stage { sandbox, client, narrator, began, claims: 0 };
        let base_url = stage.sandbox.base_url().to_owned();
        stage.tell(Event::Started { base_url, phone: PHONE })?;
        Ok(stage)
    }

    /// Ends what was started, and says that everything held.
    pub(super) async fn strike(mut self) -> Result<(), Stop> {
        self.client.close().await;
        let claims = self.claims;
        self.tell(Event::Finished { claims })?;
        self.sandbox.shutdown().await;
        Ok(())
    }

    pub(super) fn tell(&mut self, event: Event) -> Result<(), Stop> {
        Ok(self.narrator.tell(self.began.elapsed(), &event)?)
    }

    /// Fails unless `found` is what was claimed.
    pub(super) fn claim<T: PartialEq + Debug>(
        &mut self,
        what: &str,
        found: T,
        claimed: T,
    ) -> Result<(), Stop> {
        if found != claimed {
            return Err(Stop::because(format!("{what}: expected {claimed:?}, found {found:?}")));
        }
        self.claims += 1;
        Ok(())
    }

    pub(super) fn cut_next_send(&mut self, cut: Cut) -> Result<(), Stop> {
        let cutoff = match cut {
            Cut::Before => Cutoff::Before,
            Cut::After => Cutoff::After,
        };
        self.sandbox.fault(Fault { drop: Some(cutoff), ..Fault::on(On::Send) }).map_err(Stop::because)?;
        self.tell(Event::Fault { drop: cut })
    }

    pub(super) fn sending(&mut self, text: &str) -> Result<(), Stop> {
        self.tell(Event::Sending { phone: PHONE, text: text.to_owned() })
    }

    pub(super) fn sent(&mut self, sent: &SentMessage) -> Result<(), Stop> {
        let (message_id, confirmation) = (sent.message_id.clone(), sent.confirmation.as_str());
        self.tell(Event::Sent { message_id, confirmation })
    }

    /// How often `text` was posted, by the sandbox's records.
    pub(super) fn posts(&self, text: &str) -> usize {
        let carries = |body: &Option<serde_json::Value>| {
            body.as_ref().and_then(|body| body.get("message")).is_some_and(|message| message == text)
        };
        let requests = self.sandbox.requests();
        requests.iter().filter(|r| r.method == "POST" && r.path == "/api/send" && carries(&r.json)).count()
    }

    /// How many outbound rows of the sandbox say `text`.
    pub(super) fn rows(&self, text: &str) -> usize {
        let rows = self.sandbox.state().messages;
        rows.iter().filter(|row| row.direction == Direction::Outbound && row.message == text).count()
    }

    /// Shows what the sandbox recorded of a message, and claims that it was posted once and is there so often.
    pub(super) fn posted_once(&mut self, text: &str, rows_claimed: usize) -> Result<(), Stop> {
        let (posts, rows) = (self.posts(text), self.rows(text));
        self.tell(Event::Records { posts, rows })?;
        self.claim("POSTs of the message", posts, 1)?;
        self.claim("rows of the message", rows, rows_claimed)
    }
}
