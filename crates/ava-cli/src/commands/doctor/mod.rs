//! `ava doctor`: what the configured endpoint does where the API document leaves it open, and what that means.

mod finding;
mod probes;
mod wire;

use ava_imessage::{ErrorKind, check_phone};
use clap::Args;

use self::finding::{Finding, Verdict};
use self::probes::Probes;
use self::wire::Wire;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::interrupt;
use crate::style::{BOLD, DIM, GREEN, RED, YELLOW};
use crate::text::{self, neutral};

const EXAMPLES: &str = "\
Examples:
  ava doctor                        the address, the key, the clock, the inbox
  ava doctor --phone +1234567890    and the history of a conversation
  ava doctor --json | jq -r 'select(.verdict == \"problem\")'

It only reads (GET), ten requests at the most; it never sends a message.
JSON, one finding a line: {check, verdict, finding, meaning}; verdict is ok,
note or problem. 0 is no problem, 1 a problem, 3 the key, 6 a limit, 7 the
network.";

/// Look at the configured endpoint, and say what that means for sending and listening
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DoctorArgs {
    /// A phone with a conversation of a few messages: E.164
    #[arg(long)]
    phone: Option<String>,
}

/// Looks, and prints a table.
pub(crate) fn run(ctx: &Context, args: &DoctorArgs) -> Result<()> {
    args.phone.as_deref().map_or(Ok(()), check_phone)?;
    let credentials = ctx.credentials()?;
    // The client's own rules on keys and addresses come first.
    ctx.builder_for(&credentials).build()?;
    let wire = Wire::new(&credentials, ctx.timeout())?;
    let findings = interrupt::run_until_interrupted(async {
        Ok(ctx.waiting("Looking", Probes::new(&wire).all(args.phone.as_deref())).await)
    })?;
    for finding in &findings {
        print(ctx, finding)?;
    }
    ctx.printer.flush()?;
    conclude(&findings)
}

const CHECK_COLUMNS: usize = 10;

fn print(ctx: &Context, finding: &Finding) -> Result<()> {
    let printer = &ctx.printer;
    if printer.json() {
        return printer.object(finding);
    }
    let style = match finding.verdict {
        Verdict::Ok => GREEN,
        Verdict::Note => YELLOW,
        Verdict::Problem => RED,
    };
    let verdict = text::pad(finding.verdict.as_str(), 7);
    let start = format!(
        "{}  {}",
        printer.paint(style, &verdict),
        printer.paint(BOLD, &text::pad(finding.check, CHECK_COLUMNS))
    );
    let indent = 7 + 2 + CHECK_COLUMNS + 2;
    let width = printer.look.columns.map(|columns| columns.saturating_sub(indent));
    for (at, line) in text::lines(&neutral(&finding.finding), width).iter().enumerate() {
        let margin = if at == 0 { start.clone() + "  " } else { " ".repeat(indent) };
        printer.line(&format!("{margin}{line}"))?;
    }
    for line in text::lines(&finding.meaning, width) {
        printer.line(&format!("{}{}", " ".repeat(indent), printer.paint(DIM, &line)))?;
    }
    Ok(())
}

fn conclude(findings: &[Finding]) -> Result<()> {
    let problems: Vec<&Finding> =
        findings.iter().filter(|finding| finding.verdict == Verdict::Problem).collect();
    let Some(first) = problems.first() else { return Ok(()) };
    let kind = problems.iter().find_map(|problem| problem.kind).unwrap_or(ErrorKind::UnexpectedResponse);
    let words = match problems.len() {
        1 => first.finding.clone(),
        n => format!("{n} problems, the first: {}", first.finding),
    };
    Err(Failure::of_kind(kind, words).next("The table says what each finding means."))
}
