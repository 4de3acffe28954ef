//! A send that can be interrupted, and that says what became of the message all the same.

use std::future::IntoFuture;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ava_imessage::{Attempt, Client, Confirmation, SentMessage};

use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::interrupt::Signals;
use crate::style::{DIM, GREEN};
use crate::text::neutral;

/// For how long the history is asked about a send that was interrupted.
const LAST_LOOK: Duration = Duration::from_secs(5);

/// A client whose cancelled sends leave their attempts here.
pub(crate) struct Sender<'a> {
    ctx: &'a Context,
    pub(crate) client: Client,
    cancelled: Arc<Mutex<Option<Attempt>>>,
}

impl<'a> Sender<'a> {
    pub(crate) fn new(ctx: &'a Context) -> Result<Sender<'a>> {
        let cancelled = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&cancelled);
        let keep = move |attempt| *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(attempt);
        let client = ctx.builder()?.on_unknown(keep).build()?;
        Ok(Sender { ctx, client, cancelled })
    }

    /// Sends. A signal cancels it; if the message was on its way by then, the history is asked about it.
    pub(crate) async fn send(&self, signals: &mut Signals, phone: &str, text: &str) -> Result<SentMessage> {
        let sending = self.ctx.waiting("Sending", self.client.send(phone, text).into_future());
        let signal = tokio::select! {
            biased;
            sent = sending => return Ok(sent?),
            signal = signals.next() => signal,
        };
        let attempt = self.cancelled.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(attempt) = attempt else {
            let interrupted = Failure::interrupted(signal, "interrupted before anything was sent");
            return Err(interrupted.delivery(ava_imessage::Delivery::NotSent));
        };
        self.ctx.printer.aside("Interrupted on its way: asking the history (Ctrl-C stops that too)");
        let looking = self.client.settle(&attempt).timeout(LAST_LOOK).into_future();
        tokio::select! {
            biased;
            settled = self.ctx.waiting("Asking the history", looking) => Ok(settled?),
            _ = signals.next() => Err(Failure::cancelled_in_flight(&attempt)),
        }
    }
}

/// Says that a message was sent.
pub(crate) fn print_sent(ctx: &Context, phone: &str, sent: &SentMessage) -> Result<()> {
    let printer = &ctx.printer;
    if printer.json() {
        return printer.object(sent);
    }
    let tick = printer.paint(GREEN, "✓");
    let id = printer.paint(DIM, &format!("({})", neutral(&sent.message_id)));
    let how = match sent.confirmation {
        Confirmation::History => "; the answer was lost, but the history shows it",
        _ => "",
    };
    printer.line(&format!("{tick} Sent to {} {id}{how}", neutral(phone)))
}
