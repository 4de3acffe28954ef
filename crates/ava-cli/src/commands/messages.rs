//! `ava messages`: a conversation.

use std::collections::HashSet;

use ava_imessage::{Client, DEFAULT_LIMIT, MessagePage};
use clap::Args;
use futures_util::StreamExt;

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
                Some(offset) => Ok(client.messages_page(&args.phone, args.limit, offset).await?),
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

/// The newest messages stand on the first page or on the last: the document leaves the order open.
async fn newest(client: &Client, phone: &str, limit: u64) -> Result<MessagePage> {
    let mut page = client.messages_page(phone, limit, 0).await?;
    let held = (page.messages.len() + page.skipped.len()) as u64;
    if page.total > held && held > 0 {
        // A server may give fewer rows a page than it was asked for.
        let offset = page.total.saturating_sub(held.min(limit));
        let last = client.messages_page(phone, limit, offset).await?;
        page.messages.extend(last.messages);
        page.skipped.extend(last.skipped);
    }
    if page.messages.first().map(|m| m.timestamp) > page.messages.last().map(|m| m.timestamp) {
        // So that rows of one timestamp come out in the order they were written.
        page.messages.reverse();
    }
    let mut seen = HashSet::new();
    page.messages.retain(|message| seen.insert(message.id.clone()));
    page.messages.sort_by_key(|message| message.timestamp);
    let surplus = page.messages.len().saturating_sub(usize::try_from(limit).unwrap_or(usize::MAX));
    page.messages.drain(..surplus);
    Ok(page)
}

async fn all(ctx: &Context, client: &Client, phone: &str) -> Result<()> {
    let rows = Rows::new(&ctx.printer);
    let mut messages = client.messages(phone);
    let mut first = ctx.waiting("Reading", messages.next()).await;
    if first.is_none() {
        ctx.printer.aside(&format!("No messages with {phone} yet."));
    }
    while let Some(message) = first {
        rows.of_history(&message?)?;
        first = messages.next().await;
    }
    Ok(())
}
