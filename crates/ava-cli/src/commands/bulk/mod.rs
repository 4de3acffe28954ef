//! `ava send --csv`: many messages, each at most once, resumed where the last run ended.

#[cfg(feature = "fuzzing")]
mod fuzzing;
mod plan;
mod progress;
mod results;
mod run;
mod template;

#[cfg(feature = "fuzzing")]
pub use self::fuzzing::Message;
#[cfg(feature = "fuzzing")]
pub(crate) use self::fuzzing::messages;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use self::plan::{Plan, Row};
use self::results::{Past, Results, State};
use crate::context::Context;
use crate::credentials;
use crate::failure::{Failure, Result};
use crate::input;
use crate::interrupt::{self, Signal};
use crate::rows::PHONE_COLUMNS;
use crate::text::{self, neutral};

/// The options of a bulk send.
#[derive(Args)]
#[command(next_help_heading = "Many messages")]
pub(crate) struct BulkArgs {
    /// Send a row each of this CSV file, whose first line names its columns: phone, text
    #[arg(long, value_name = "FILE", conflicts_with_all = ["phone", "text"])]
    csv: Option<PathBuf>,
    /// The text, in place of the column: 'Hi {name}!' takes the column `name`
    #[arg(long, value_name = "TEXT")]
    template: Option<String>,
    /// At most so many a second [default: 1]
    #[arg(long, value_name = "N", value_parser = rate)]
    rate: Option<f64>,
    /// Where the results are kept, by which the same command resumes [default: FILE.results.jsonl]
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
    /// Don't ask before sending; without a terminal to ask on, nothing is asked anyhow
    #[arg(long, short)]
    yes: bool,
}

fn rate(written: &str) -> Result<f64, String> {
    let rate: f64 = written.parse().map_err(|_| "not a number".to_owned())?;
    if (0.001..=1e6).contains(&rate) { Ok(rate) } else { Err("must be from 0.001 to 1000000".into()) }
}

impl BulkArgs {
    /// The file, where this is a bulk send.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.csv.as_deref()
    }

    /// clap's `requires` is silent where a phone is given: what it would require conflicts with that.
    pub(crate) fn refuse_without_csv(&self) -> Result<()> {
        let given = [
            ("--template", self.template.is_some()),
            ("--rate", self.rate.is_some()),
            ("--results", self.results.is_some()),
            ("--yes", self.yes),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((option, _)) => {
                Err(Failure::usage(format!("{option} needs --csv FILE: it is for many messages"))
                    .next("Nothing was sent."))
            }
            None => Ok(()),
        }
    }

    fn results(&self, csv: &Path) -> PathBuf {
        self.results.clone().unwrap_or_else(|| {
            let mut name = csv.as_os_str().to_owned();
            name.push(".results.jsonl");
            name.into()
        })
    }
}

/// Checks all rows, asks, and sends those that are left.
pub(crate) fn run(ctx: &Context, args: &BulkArgs, csv: &Path, dry_run: bool) -> Result<()> {
    let plan = plan::read(csv, args.template.as_deref())?;
    let results = args.results(csv);
    if plan.repeated > 0 {
        let verb = if plan.repeated == 1 { "repeats" } else { "repeat" };
        let rows = text::count(plan.repeated, "row");
        let words = format!("{rows} {verb} an earlier row's phone and text.");
        ctx.printer.note("repeated_rows", &words);
    }
    if dry_run {
        let base_url = ctx.credentials().ok().map(|credentials| credentials.base_url);
        let past = Results::look(&results, base_url.as_deref(), &plan.rows)?;
        return show(ctx, &plan, &past, base_url.as_deref());
    }
    let credentials = ctx.credentials()?;
    let mut run = run::Run::new(ctx, &credentials, args.rate.unwrap_or(1.0))?;
    let (results, past) = Results::open(&results, &credentials.base_url, &plan.rows)?;
    let left = left(&plan, &past);
    tell_past(ctx, &plan, &past, left.len());
    if let Some(first) = left.first()
        && !args.yes
        && input::can_ask()
    {
        confirm(ctx, &credentials.base_url, first, left.len())?;
    }
    interrupt::run(|signals| async move { run.all(signals, results, past, &left).await })
}

fn left<'a>(plan: &'a Plan, past: &Past) -> Vec<&'a Row> {
    plan.rows.iter().filter(|row| past.may_send(row)).collect()
}

/// Says what earlier runs did.
fn tell_past(ctx: &Context, plan: &Plan, past: &Past, left: usize) {
    let done = plan.rows.len() - left;
    if done > 0 {
        let words =
            format!("Of {}, {done} done by earlier runs, {left} left.", text::count(plan.rows.len(), "row"));
        ctx.printer.note("resumed", &words);
    }
    let lost = past.in_state(State::Attempting).count();
    if lost > 0 {
        let words = format!(
            "{lost} of them may have gone out when a run was killed: they are unknown, and not sent again."
        );
        ctx.printer.note("killed_in_flight", &words);
    }
}

#[derive(Serialize)]
struct Planned<'a> {
    row: u64,
    line: u64,
    phone: &'a str,
    text: &'a str,
}

fn show(ctx: &Context, plan: &Plan, past: &Past, base_url: Option<&str>) -> Result<()> {
    let left = left(plan, past);
    tell_past(ctx, plan, past, left.len());
    let digits = plan.rows.len().to_string().len();
    for row in &left {
        let Row { number, line, phone, text, .. } = row;
        if ctx.printer.json() {
            ctx.printer.object(&Planned { row: *number, line: *line, phone, text })?;
        } else {
            let number = text::pad_left(&number.to_string(), digits);
            let start = format!("{number}  {}  ", text::pad(phone, PHONE_COLUMNS));
            match ctx.printer.width() {
                width @ Some(_) => {
                    text::row(width, &start, text).iter().try_for_each(|line| ctx.printer.line(line))?;
                }
                // One line a row, for who counts or searches them.
                None => ctx.printer.line(&format!("{start}{}", neutral(text)))?,
            }
        }
    }
    ctx.printer.flush()?;
    let messages = text::count(left.len(), "message");
    let by = base_url.map(|url| format!(" by way of {}", credentials::origin(url))).unwrap_or_default();
    ctx.printer.note("dry_run", &format!("{messages} would be sent{by}; nothing was."));
    Ok(())
}

/// Asks a person, who sees where it would go and how the first would read.
fn confirm(ctx: &Context, base_url: &str, first: &Row, messages: usize) -> Result<()> {
    let printer = &ctx.printer;
    let columns = printer.err.columns.unwrap_or(text::COLUMNS);
    let mut err = io::stderr().lock();
    for line in [
        format!("By way of {}; row {} would read:", credentials::origin(base_url), first.number),
        format!("  {}  {}", first.phone, neutral(&first.text)),
    ] {
        let _ = writeln!(err, "{}", text::fitting(&line, columns));
    }
    drop(err);
    const NOTHING: &str = "nothing was sent";
    if input::agreed(&format!("Send {}? [y/N] ", text::count(messages, "message")), NOTHING)? {
        return Ok(());
    }
    let _ = io::stderr().flush();
    Err(Failure::interrupted(Signal::Interrupt, NOTHING))
}
