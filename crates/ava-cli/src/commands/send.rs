//! `ava send`: one message to one phone.

use ava_imessage::{check_phone, check_text};
use clap::Args;
use serde::Serialize;

use crate::commands::bulk::{self, BulkArgs};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::input;
use crate::interrupt;
use crate::sending::{self, Sender};
use crate::text;

const EXAMPLES: &str = "\
Examples:
  ava send +1234567890 'Hello from AVA!'
  date | ava send +1234567890 -                 the text from a pipe
  ava send +1234567890                          asks for the text
  ava send +1234567890 -- '-5 degrees'          a text that begins with a dash
  ava send +1234567890 'Hi' --json | jq -r .message_id
  ava send +1234567890 'Hi' --dry-run           checks it all; sends nothing
  ava send --csv people.csv --dry-run           a row each of phone, text
  ava send --csv people.csv --template 'Hi {name}, see you at noon!'

It ends as sent (0), not sent (3, 4, 6, 7) or unknown (5). Nothing is ever sent
again by guess: where the answer was lost, the history is asked. An unknown
comes with what `ava settle` needs.
With --csv the same command, run again, goes on where it ended; its result file
says what was sent. Then 0 is all sent, 5 any unknown, 4 any not sent.
JSON: {message_id, timestamp, confirmation}; with --dry-run {phone, text,
base_url}; with --csv a row a line.";

/// Send a message
#[derive(Args)]
#[command(
    after_help = EXAMPLES,
    override_usage = "ava send [OPTIONS] <PHONE> [TEXT]\n       ava send [OPTIONS] --csv <FILE>",
)]
pub(crate) struct SendArgs {
    /// To whom: E.164, as in +1234567890
    #[arg(required_unless_present = "csv")]
    phone: Option<String>,
    /// What to say; `-` reads it from standard input
    text: Option<String>,
    /// Check everything and show what would be sent; send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    bulk: BulkArgs,
}

/// Sends it, and says how that ended.
pub(crate) fn run(ctx: &Context, args: SendArgs) -> Result<()> {
    if let Some(csv) = args.bulk.file() {
        return bulk::run(ctx, &args.bulk, csv, args.dry_run);
    }
    args.bulk.refuse_without_csv()?;
    let phone = args.phone.unwrap_or_default();
    let text = wording(args.text)?;
    if args.dry_run {
        return show(ctx, &phone, &text);
    }
    let sender = Sender::new(ctx)?;
    let sent = interrupt::run(|mut signals| {
        let (sender, phone, text) = (&sender, &phone, &text);
        async move { sender.send(&mut signals, phone, text).await }
    })?;
    sending::print_sent(ctx, &phone, &sent)
}

/// Standard input is read only on demand: a script's loop may be reading it.
fn wording(given: Option<String>) -> Result<String> {
    match given.as_deref() {
        Some("-") => input::piped(),
        Some(_) => Ok(given.unwrap_or_default()),
        None if input::can_ask() => input::asked("Message: ", "interrupted: nothing was sent"),
        None => Err(Failure::usage("there is no text to send")
            .next("Give it after the phone, or `-` to read it from standard input.")),
    }
}

/// Checks what a send would, as far as this machine can tell, and shows it.
fn show(ctx: &Context, phone: &str, words: &str) -> Result<()> {
    #[derive(Serialize)]
    struct Planned<'a> {
        phone: &'a str,
        text: &'a str,
        base_url: &'a str,
    }
    check_phone(phone)?;
    check_text(words)?;
    let credentials = ctx.credentials()?;
    ctx.builder_for(&credentials).build()?;
    let printer = &ctx.printer;
    if printer.json() {
        printer.object(&Planned { phone, text: words, base_url: &credentials.base_url })?;
    } else {
        text::row(printer.width(), &format!("{phone}  "), words)
            .iter()
            .try_for_each(|line| printer.line(line))?;
    }
    printer.flush()?;
    let by = ctx.address().unwrap_or_default();
    printer.note("dry_run", &format!("This would be sent by way of {by}; nothing was."));
    Ok(())
}
