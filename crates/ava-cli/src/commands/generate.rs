//! `ava generate`: a message that AVA writes, from a conversation that is given.

use std::future::IntoFuture;

use ava_imessage::{Delivery, GeneratedMessage, Turn};
use clap::{ArgGroup, ArgMatches, Args};

use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::style::GREEN;
use crate::text::{self, neutral};
use crate::{input, interrupt, sending};

const EXAMPLES: &str = "\
Examples:
  ava generate +1234567890 --user 'What are your business hours?'
  ava generate +1234567890 --user 'Are you open?' --assistant 'We are.' \\
      --user 'Until when?' --instructions 'One sentence; we close at five'
  ava generate +1234567890 --context turns.json --json | jq -r .text
  echo '[{\"role\": \"user\", \"content\": \"Hi\"}]' |
      ava generate +1234567890 --context -

Nothing is sent without --auto-send. `ava draft-reply` takes the conversation
from the history instead.
JSON: {text, message_id, sent, timestamp}.";

/// Have AVA write a message
#[derive(Args)]
#[command(
    after_help = EXAMPLES,
    group = ArgGroup::new("turns").required(true).multiple(true),
    override_usage = "ava generate [OPTIONS] <PHONE> --user <TEXT>…\n       \
                      ava generate [OPTIONS] <PHONE> --context <FILE>",
)]
pub(crate) struct GenerateArgs {
    /// For whom: E.164, as in +1234567890
    phone: String,
    /// The conversation so far: a JSON list of {role, content}; `-` reads standard input
    #[arg(long, value_name = "FILE", group = "turns", conflicts_with_all = ["user", "assistant"])]
    context: Option<String>,
    /// What they said; --user and --assistant count in the order given
    #[arg(long, value_name = "TEXT", group = "turns")]
    user: Vec<String>,
    /// What we said
    #[arg(long, value_name = "TEXT", group = "turns")]
    assistant: Vec<String>,
    /// Tone, style or content to keep to
    #[arg(long, value_name = "TEXT")]
    instructions: Option<String>,
    /// Send it at once, unseen; an answer that is lost then can't be looked up
    #[arg(long)]
    auto_send: bool,
}

/// Prints what AVA wrote, and whether it was sent.
pub(crate) fn run(ctx: &Context, args: GenerateArgs, matches: &ArgMatches) -> Result<()> {
    let turns = match &args.context {
        Some(name) => from_file(name)?,
        None => in_order(&args, matches),
    };
    let client = ctx.client()?;
    let mut request = client.generate(&args.phone, turns).auto_send(args.auto_send);
    if let Some(instructions) = args.instructions {
        request = request.instructions(instructions);
    }
    let generated = interrupt::run(|mut signals| async move {
        tokio::select! {
            generated = ctx.waiting("AVA is writing", request.into_future()) => Ok(generated?),
            signal = signals.next() => {
                let interrupted = Failure::interrupted(signal, "interrupted");
                // Its text isn't known, so nobody can look it up.
                Err(if args.auto_send { interrupted.delivery(Delivery::Unknown) } else { interrupted })
            }
        }
    })?;
    let written = print(ctx, &args.phone, &generated);
    if generated.sent {
        return sending::told(ctx, &generated.message_id, written);
    }
    if args.auto_send {
        // That it was not sent matters more than that nobody could be shown the text.
        return Err(Failure::unsent("the service wrote it, and did not send it"));
    }
    written
}

fn from_file(name: &str) -> Result<Vec<Turn>> {
    serde_json::from_str(&input::file_or_piped(name)?).map_err(|error| {
        Failure::usage(format!("{name}: {error}"))
            .next("Expected a JSON list: [{\"role\": \"user\", \"content\": \"…\"}, …]")
    })
}

/// The turns as they stand on the command line, whoever speaks.
fn in_order(args: &GenerateArgs, matches: &ArgMatches) -> Vec<Turn> {
    let places = |name: &str| matches.indices_of(name).into_iter().flatten();
    let user = places("user").zip(&args.user).map(|(at, text)| (at, Turn::user(text)));
    let assistant = places("assistant").zip(&args.assistant).map(|(at, text)| (at, Turn::assistant(text)));
    let mut turns: Vec<(usize, Turn)> = user.chain(assistant).collect();
    turns.sort_by_key(|(at, _)| *at);
    turns.into_iter().map(|(_, turn)| turn).collect()
}

fn print(ctx: &Context, phone: &str, generated: &GeneratedMessage) -> Result<()> {
    let printer = &ctx.printer;
    if printer.json() {
        return printer.object(generated);
    }
    print_text(ctx, &generated.text)?;
    if generated.sent {
        let tick = printer.paint(GREEN, "✓");
        return printer.line(&format!("{tick} Sent to {phone} ({})", neutral(&generated.message_id)));
    }
    printer.flush()?;
    printer.aside("A draft: nothing was sent.");
    Ok(())
}

/// What AVA wrote, as it would be sent, but for what a terminal would obey, and where a terminal ends.
pub(crate) fn print_text(ctx: &Context, words: &str) -> Result<()> {
    text::lines(words, ctx.printer.width()).iter().try_for_each(|line| ctx.printer.line(line))
}
