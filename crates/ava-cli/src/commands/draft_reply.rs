//! `ava draft-reply`: an answer that AVA writes from the history, to be read first and sent then.

use std::future::IntoFuture;

use ava_imessage::{DEFAULT_HISTORY, Delivery, GeneratedMessage, SentMessage};
use clap::Args;
use serde::Serialize;

use crate::commands::generate;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::interrupt::{self, Signals};
use crate::sending::{self, Sender};

const EXAMPLES: &str = "\
Examples:
  ava draft-reply +1234567890               only shows it
  ava draft-reply +1234567890 --instructions 'Decline politely'
  ava draft-reply +1234567890 --send        sends it, as `ava send` would

JSON: {text, message_id, sent, timestamp}; with --send also `confirmation`, and
id and time are those of the message sent. If that fails the draft is printed
all the same, with \"sent\": false.";

/// Have AVA write a reply to the newest messages of a conversation
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DraftReplyArgs {
    /// To whom: E.164, as in +1234567890
    phone: String,
    /// Tone, style or content to keep to
    #[arg(long, value_name = "TEXT")]
    instructions: Option<String>,
    /// How many of the newest messages to reply to, 1 to 100
    #[arg(long, value_name = "N", default_value_t = DEFAULT_HISTORY)]
    history: u64,
    /// Send it at once
    #[arg(long)]
    send: bool,
}

/// Prints the draft, and with `--send` what became of it.
pub(crate) fn run(ctx: &Context, args: &DraftReplyArgs) -> Result<()> {
    let sender = Sender::new(ctx)?;
    interrupt::run(|mut signals| {
        let sender = &sender;
        async move {
            let draft = draft(ctx, sender, args, &mut signals).await?;
            if !ctx.printer.json() {
                let written = generate::print_text(ctx, &draft.text).and_then(|()| ctx.printer.flush());
                written.map_err(
                    |failure| if args.send { failure.delivery(Delivery::NotSent) } else { failure },
                )?;
            }
            if args.send { send(ctx, sender, args, &draft, &mut signals).await } else { keep(ctx, &draft) }
        }
    })
}

async fn draft(
    ctx: &Context,
    sender: &Sender<'_>,
    args: &DraftReplyArgs,
    signals: &mut Signals,
) -> Result<GeneratedMessage> {
    let mut request = sender.client.draft_reply(&args.phone).history(args.history);
    if let Some(instructions) = &args.instructions {
        request = request.instructions(instructions);
    }
    tokio::select! {
        draft = ctx.waiting("AVA is writing", request.into_future()) => Ok(draft?),
        signal = signals.next() => Err(Failure::interrupted(signal, "interrupted: nothing was sent")),
    }
}

fn keep(ctx: &Context, draft: &GeneratedMessage) -> Result<()> {
    if ctx.printer.json() {
        return ctx.printer.object(draft);
    }
    ctx.printer.aside("A draft: nothing was sent.");
    Ok(())
}

async fn send(
    ctx: &Context,
    sender: &Sender<'_>,
    args: &DraftReplyArgs,
    draft: &GeneratedMessage,
    signals: &mut Signals,
) -> Result<()> {
    match sender.send(signals, &args.phone, &draft.text).await {
        Ok(sent) if ctx.printer.json() => {
            let written = ctx.printer.object(&Reply::new(draft, &sent));
            sending::told(ctx, &sent.message_id, written)
        }
        Ok(sent) => sending::print_sent(ctx, &args.phone, &sent),
        Err(failure) if ctx.printer.json() => {
            // How the send went matters more than that nobody could be told of the draft.
            let _ = ctx.printer.object(draft);
            Err(failure)
        }
        Err(failure) => Err(failure),
    }
}

/// A reply that was sent.
#[derive(Serialize)]
struct Reply<'a> {
    text: &'a str,
    message_id: &'a str,
    sent: bool,
    timestamp: ava_imessage::Timestamp,
    confirmation: ava_imessage::Confirmation,
}

impl<'a> Reply<'a> {
    fn new(draft: &'a GeneratedMessage, sent: &'a SentMessage) -> Reply<'a> {
        let SentMessage { message_id, timestamp, confirmation, .. } = sent;
        Reply {
            text: &draft.text,
            message_id,
            sent: true,
            timestamp: *timestamp,
            confirmation: *confirmation,
        }
    }
}
