//! `ava settle`: what became of an unknown send.

use std::future::IntoFuture;

use clap::Args;

use crate::context::Context;
use crate::failure::Result;
use crate::{input, interrupt, sending, token};

const EXAMPLES: &str = "\
Examples:
  ava settle eyJvcmlnaW4iOiJodHRwcz…    the word that an unknown send ends with
  ava send +1234567890 'Hi' --json 2>error.json
  jq -r .attempt error.json | ava settle -

Nothing is posted, so ask as often as you like: 0 is sent, 4 is failed, 5 is
still unknown. That the history does not show a message proves nothing: the
service may still be at it. The word holds the phone and the text: keep it as
you would keep those.";

/// Ask the history what became of a send whose delivery is unknown
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SettleArgs {
    /// The word from the error, or the attempt as JSON; `-` reads standard input
    attempt: String,
}

/// Asks, and says it as a send would.
pub(crate) fn run(ctx: &Context, args: &SettleArgs) -> Result<()> {
    let written = if args.attempt == "-" { &input::piped()? } else { &args.attempt };
    let attempt = token::decode(written)?;
    let client = ctx.client()?;
    let settling = client.settle(&attempt).into_future();
    let sent =
        interrupt::run_until_interrupted(async { Ok(ctx.waiting("Asking the history", settling).await?) })?;
    sending::print_sent(ctx, attempt.phone(), &sent)
}
