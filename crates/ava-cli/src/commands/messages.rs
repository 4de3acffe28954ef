//! `ava messages`: a conversation.

use std::collections::HashSet;

use ava_imessage::{Client, DEFAULT_LIMIT, MessagePage, Timestamp};
use clap::Args;

use crate::context::Context;
use crate::failure::Result;
use crate::interrupt;
use crate::rows::Rows;

const EXAMPLES: &str = "\
Examples:
  ava messages +1234567890              the newest 50, the newest last
  ava messages +1234567890 --limit 5
  ava messages +1234567890 --all        the whole conversation
  ava messages +1234567890 --limit 100 --offset 200
  ava messages +1234567890 --json |
      jq -r 'select(.direction == \"inbound\") | .text'

→ went out, ← came in. JSON, one message a line: {id, phone, text, direction,
timestamp, status}, and `extra` where the service says more.";

/// The most that the service gives a page.
const MAX_LIMIT: u64 = 100;

/// Show a conversation
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct MessagesArgs {
    /// With whom: E.164, as in +1234567890
    phone: String,
    /// All of it, in the service's order
    #[arg(long, conflicts_with_all = ["limit", "offset"])]
    all: bool,
    /// How many, 1 to 100
    #[arg(long, value_name = "N", default_value_t = DEFAULT_LIMIT)]
    limit: u64,
    /// A page of the service's own order, after so many messages, instead of the newest
    #[arg(long, value_name = "N")]
    offset: Option<u64>,
}

/// Prints it.
pub(crate) fn run(ctx: &Context, args: &MessagesArgs) -> Result<()> {
    let client = ctx.client()?;
    interrupt::run_until_interrupted(async {
        if args.all {
            return all(ctx, &client, &args.phone).await;
        }
        let reading = async {
            match args.offset {
                Some(offset) => page(&client, &args.phone, args.limit, offset).await,
                None => newest(&client, &args.phone, args.limit).await,
            }
        };
        let page = ctx.waiting("Reading", reading).await?;
        print(ctx, &args.phone, &page)
    })
}

fn print(ctx: &Context, phone: &str, page: &MessagePage) -> Result<()> {
    let rows = Rows::new(&ctx.printer);
    rows.skipped(&page.skipped);
    for message in &page.messages {
        rows.of_history(message)?;
    }
    ctx.printer.flush()?;
    let shown = page.messages.len() as u64;
    if page.total == 0 && shown == 0 {
        ctx.printer.aside(&format!("No messages with {phone} yet."));
    } else if shown < page.total {
        ctx.printer
            .aside(&format!("{shown} of {} messages; --all shows the whole conversation.", page.total));
    }
    Ok(())
}

/// A page. Its unreadable rows are numbered by their places in the conversation.
async fn page(client: &Client, phone: &str, limit: u64, offset: u64) -> Result<MessagePage> {
    let mut page = client.messages_page(phone, limit, offset).await?;
    let before = usize::try_from(offset).unwrap_or(usize::MAX);
    page.skipped.iter_mut().for_each(|row| row.index = row.index.saturating_add(before));
    Ok(page)
}

/// How many rows the service gave, readable or not.
fn held(page: &MessagePage) -> u64 {
    (page.messages.len() + page.skipped.len()) as u64
}

/// The newest messages stand on the first page or on the last: the document leaves the order open.
async fn newest(client: &Client, phone: &str, limit: u64) -> Result<MessagePage> {
    let mut newest = page(client, phone, limit, 0).await?;
    // A server may give fewer rows a page than it was asked for.
    let first = held(&newest);
    if newest.total > first && first > 0 {
        let offset = newest.total.saturating_sub(first.min(limit));
        let last = page(client, phone, limit, offset).await?;
        if offset <= first {
            newest.messages.extend(last.messages);
            newest.skipped.extend(last.skipped);
        } else if newest_time(&last) > newest_time(&newest) {
            // Rows are missing between the two: those of the other page are the oldest.
            newest = last;
        }
    }
    if newest.messages.first().map(|m| m.timestamp) > newest.messages.last().map(|m| m.timestamp) {
        // So that rows of one timestamp come out in the order they were written.
        newest.messages.reverse();
    }
    let mut seen = HashSet::new();
    newest.messages.retain(|message| seen.insert(message.id.clone()));
    newest.messages.sort_by_key(|message| message.timestamp);
    let surplus = newest.messages.len().saturating_sub(usize::try_from(limit).unwrap_or(usize::MAX));
    newest.messages.drain(..surplus);
    Ok(newest)
}

fn newest_time(page: &MessagePage) -> Option<Timestamp> {
    page.messages.iter().map(|message| message.timestamp).max()
}

/// Page by page, as the client's own stream reads it; but that one says nothing of rows that it can't read. New messages
/// may shift rows towards later pages, so that some come again, and never out of reach.
async fn all(ctx: &Context, client: &Client, phone: &str) -> Result<()> {
    let rows = Rows::new(&ctx.printer);
    let mut seen = HashSet::new();
    let mut offset = 0;
    loop {
        let reading = page(client, phone, MAX_LIMIT, offset);
        let page = if offset == 0 { ctx.waiting("Reading", reading).await? } else { reading.await? };
        if offset == 0 && held(&page) == 0 {
            ctx.printer.aside(&format!("No messages with {phone} yet."));
        }
        rows.skipped(&page.skipped);
        for message in &page.messages {
            if seen.insert(message.id.clone()) {
                rows.of_history(message)?;
            }
        }
        offset = offset.saturating_add(held(&page));
        if held(&page) == 0 || offset >= page.total {
            return Ok(());
        }
    }
}
