//! What the scenes play with: a sandbox, a client of it, and somebody who watches.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use ava_imessage::{Client, SentMessage};
use ava_sandbox::{Cutoff, Direction, Fault, On, Sandbox, Settings};

use super::Printer;
use super::cast::PHONE;
use super::event::{Cut, Event};

/// How long the client asks the history, and the first gap: a hundredth of a real client's patience.
const SETTLING: (Duration, Duration) = (Duration::from_millis(600), Duration::from_millis(100));
/// From accepted to delivered, in the sandbox.
const DELIVERED_AFTER_MS: u64 = 300;

pub(crate) struct Stage<'a> {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
    printer: &'a mut dyn Printer,
    began: Instant,
    claims: u32,
}

impl<'a> Stage<'a> {
    pub(crate) async fn set(printer: &'a mut dyn Printer, began: Instant) -> Result<Stage<'a>> {
        let settings = Settings { deliver_after_ms: DELIVERED_AFTER_MS, ..Settings::default() };
        let sandbox = Sandbox::builder().settings(settings).start().await.context("starting the sandbox")?;
        let (within, first_gap) = SETTLING;
        let client = Client::builder()
            .base_url(sandbox.base_url())
            .api_key(sandbox.api_key())
            .settling(within, first_gap)
            .build()?;
        let mut stage = Stage { sandbox, client, printer, began, claims: 0 };
        let base_url = stage.sandbox.base_url().to_owned();
        stage.tell(Event::Started { base_url, phone: PHONE })?;
        Ok(stage)
    }

    /// Ends what was started, and says that everything held.
    pub(crate) async fn strike(mut self) -> Result<()> {
        self.client.close().await;
        let claims = self.claims;
        self.tell(Event::Finished { claims })?;
        self.sandbox.shutdown().await;
        Ok(())
    }

    pub(crate) fn tell(&mut self, event: Event) -> Result<()> {
        Ok(self.printer.print(self.began.elapsed(), &event)?)
    }

    /// Fails unless `found` is what was claimed.
    pub(crate) fn claim<T: PartialEq + Debug>(&mut self, what: &str, found: T, claimed: T) -> Result<()> {
        if found != claimed {
            bail!("{what}: expected {claimed:?}, found {found:?}");
        }
        self.claims += 1;
        Ok(())
    }

    pub(crate) fn cut_next_send(&mut self, cut: Cut) -> Result<()> {
        let cutoff = match cut {
            Cut::Before => Cutoff::Before,
            Cut::After => Cutoff::After,
        };
        self.sandbox.fault(Fault { drop: Some(cutoff), ..Fault::on(On::Send) })?;
        self.tell(Event::Fault { drop: cut })
    }

    pub(crate) fn sending(&mut self, text: &str) -> Result<()> {
        self.tell(Event::Sending { phone: PHONE, text: text.to_owned() })
    }

    pub(crate) fn sent(&mut self, sent: &SentMessage) -> Result<()> {
        let (message_id, confirmation) = (sent.message_id.clone(), sent.confirmation.as_str());
        self.tell(Event::Sent { message_id, confirmation })
    }

    /// How often `text` was posted, by the sandbox's records.
    pub(crate) fn posts(&self, text: &str) -> usize {
        let carries = |body: &Option<serde_json::Value>| {
            body.as_ref().and_then(|body| body.get("message")).is_some_and(|message| message == text)
        };
        let requests = self.sandbox.requests();
        requests.iter().filter(|r| r.method == "POST" && r.path == "/api/send" && carries(&r.json)).count()
    }

    /// How many outbound rows of the sandbox say `text`.
    pub(crate) fn rows(&self, text: &str) -> usize {
        let rows = self.sandbox.state().messages;
        rows.iter().filter(|row| row.direction == Direction::Outbound && row.message == text).count()
    }

    /// Shows what the sandbox recorded of a message, and claims that it was posted once and is there so often.
    pub(crate) fn posted_once(&mut self, text: &str, rows_claimed: usize) -> Result<()> {
        let (posts, rows) = (self.posts(text), self.rows(text));
        self.tell(Event::Records { posts, rows })?;
        self.claim("POSTs of the message", posts, 1)?;
        self.claim("rows of the message", rows, rows_claimed)
    }
}
