//! `ava poll`: one look for inbound messages.

use std::future::IntoFuture;

use ava_imessage::{PollPage, Timestamp};
use clap::Args;

use crate::cli;
use crate::context::Context;
use crate::failure::Result;
use crate::interrupt;
use crate::rows::Rows;

const EXAMPLES: &str = "\
Examples:
  ava poll                              what the service shows by itself
  ava poll --since 2026-01-25T12:00:00Z
  ava poll --phone +1234567890 --json

A second poll shows the same messages again. For an inbox that loses nothing:
`ava listen --checkpoint FILE`. JSON, one message a line: {id, phone, text,
direction, timestamp, status}.";

/// Look once for messages that arrived
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PollArgs {
    /// Only what arrived after this time, by the service's clock
    #[arg(long, value_name = "TIME", value_parser = cli::time)]
    since: Option<Timestamp>,
    /// Only from this phone
    #[arg(long)]
    phone: Option<String>,
}

/// Prints what there is.
pub(crate) fn run(ctx: &Context, args: &PollArgs) -> Result<()> {
    let client = ctx.client()?;
    let mut request = client.poll();
    if let Some(since) = args.since {
        request = request.since(since);
    }
    if let Some(phone) = &args.phone {
        request = request.phone(phone);
    }
    interrupt::run_until_interrupted(async {
        let page = ctx.waiting("Asking", request.into_future()).await?;
        print(ctx, &page)
    })
}

fn print(ctx: &Context, page: &PollPage) -> Result<()> {
    let rows = Rows::new(&ctx.printer);
    rows.skipped(&page.skipped);
    for message in &page.messages {
        rows.of_inbox(message)?;
    }
    ctx.printer.flush()?;
    if page.messages.is_empty() && page.skipped.is_empty() {
        ctx.printer.aside("No messages.");
    }
    if page.has_more {
        ctx.printer
            .note("has_more", "The service has more messages than it gave: `ava listen` reads them all.");
    }
    Ok(())
}
