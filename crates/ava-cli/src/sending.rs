//! A send that can be interrupted, and that says what became of the message all the same.

use std::future::IntoFuture;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ava_imessage::{Attempt, Client, ClientBuilder, Confirmation, Delivery, Error, SentMessage};

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

/// What became of a send that was cut off.
pub(crate) enum Cut {
    /// Nothing of it had left.
    NotSent,
    /// What the history says of it.
    Looked(Result<SentMessage, Error>),
    /// A signal ended the looking, too.
    Unlooked(Attempt),
}

impl<'a> Sender<'a> {
    pub(crate) fn new(ctx: &'a Context) -> Result<Sender<'a>> {
        Sender::with(ctx, ctx.builder()?)
    }

    pub(crate) fn with(ctx: &'a Context, client: ClientBuilder) -> Result<Sender<'a>> {
        let cancelled = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&cancelled);
        let keep = move |attempt| *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(attempt);
        Ok(Sender { ctx, client: client.on_unknown(keep).build()?, cancelled })
    }

    /// Sends. A signal cancels it; if the message was on its way by then, the history is asked about it.
    pub(crate) async fn send(&self, signals: &mut Signals, phone: &str, text: &str) -> Result<SentMessage> {
        let sending = self.ctx.waiting("Sending", self.client.send(phone, text).into_future());
        let signal = tokio::select! {
            biased;
            sent = sending => return Ok(sent?),
            signal = signals.next() => signal,
        };
        match self.look_after_cut(signals).await {
            Cut::NotSent => {
                let interrupted = Failure::interrupted(signal, "interrupted before anything was sent");
                Err(interrupted.delivery(Delivery::NotSent))
            }
            Cut::Looked(settled) => Ok(settled?),
            Cut::Unlooked(attempt) => Err(Failure::cancelled_in_flight(&attempt)),
        }
    }

    /// Asks what became of the send whose future was dropped just now. That fixes the window, too, without which
    /// nobody could settle it later. A signal ends the asking.
    pub(crate) async fn look_after_cut(&self, signals: &mut Signals) -> Cut {
        let attempt = self.cancelled.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(attempt) = attempt else { return Cut::NotSent };
        self.ctx.printer.aside("Interrupted on its way: asking the history (Ctrl-C stops that too)");
        let looking = self.client.settle(&attempt).timeout(LAST_LOOK).into_future();
        tokio::select! {
            biased;
            looked = self.ctx.waiting("Asking the history", looking) => Cut::Looked(looked),
            _ = signals.next() => Cut::Unlooked(attempt),
        }
    }
}

/// Says that a message was sent. If that can't be written, the failure says it.
pub(crate) fn print_sent(ctx: &Context, phone: &str, sent: &SentMessage) -> Result<()> {
    told(ctx, &sent.message_id, write_sent(ctx, phone, sent))
}

/// What was written of a message that was sent, on its way out.
pub(crate) fn told(ctx: &Context, message_id: &str, written: Result<()>) -> Result<()> {
    written.and_then(|()| ctx.printer.flush()).map_err(|failure| failure.although_sent(message_id))
}

fn write_sent(ctx: &Context, phone: &str, sent: &SentMessage) -> Result<()> {
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
