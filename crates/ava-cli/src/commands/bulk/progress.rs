//! What is seen of a bulk send: a line a row on standard output, and a bar where a person watches.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde::Serialize;

use super::results::{Record, State};
use crate::context::Context;
use crate::failure::Result;
use crate::style::{DIM, GREEN, RED, YELLOW};
use crate::text::{self, neutral};

/// Prints rows below a bar, or without one.
pub(super) struct Progress<'a> {
    ctx: &'a Context,
    bar: Option<ProgressBar>,
    digits: usize,
}

/// A row's end, as an object.
#[derive(Serialize)]
struct Ended<'a> {
    row: u64,
    phone: &'a str,
    outcome: State,
    message_id: Option<&'a str>,
    confirmation: Option<&'a str>,
    code: Option<&'a str>,
    message: Option<&'a str>,
    status: Option<u16>,
    request_id: Option<&'a str>,
    attempt: Option<&'a str>,
}

impl<'a> Progress<'a> {
    pub(super) fn new(ctx: &'a Context, rows: usize, highest: u64) -> Progress<'a> {
        let bar = ctx.printer.err.lively.then(|| {
            let bar = ProgressBar::with_draw_target(Some(rows as u64), ProgressDrawTarget::stderr());
            let template = "{bar:24.cyan} {pos}/{len}  {rate:.dim}  {eta} left  {msg:.yellow}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                    // A bar that can't be drawn is no reason to stop.
                    let _ = write!(out, "{:.1}/s", state.per_sec());
                };
                bar.set_style(style.with_key("rate", rate).progress_chars("━╸ "));
            }
            bar.tick();
            bar
        });
        Progress { ctx, bar, digits: highest.to_string().len() }
    }

    /// A row has ended. `why` is the error's words, for people and `--json`; the result file has none.
    pub(super) fn row(&self, record: &Record, why: Option<&str>) -> Result<()> {
        let printer = &self.ctx.printer;
        let print = || {
            if printer.json() {
                printer.object(&Ended {
                    row: record.row,
                    phone: &record.phone,
                    outcome: record.state,
                    message_id: record.message_id.as_deref(),
                    confirmation: record.confirmation.as_deref(),
                    code: record.code.as_deref(),
                    message: why,
                    status: record.status,
                    request_id: record.request_id.as_deref(),
                    attempt: record.attempt.as_deref(),
                })?;
            } else {
                printer.line(&self.words(record, why))?;
            }
            printer.flush()
        };
        match &self.bar {
            None => print(),
            Some(bar) => {
                let printed = bar.suspend(print);
                bar.inc(1);
                printed
            }
        }
    }

    fn words(&self, record: &Record, why: Option<&str>) -> String {
        let (style, mark, outcome) = match record.state {
            State::Sent => (GREEN, "✓", "sent"),
            State::NotSent => (RED, "✗", "not sent"),
            State::Rejected => (RED, "✗", "rejected"),
            State::Unknown | State::Attempting => (YELLOW, "?", "unknown"),
        };
        let printer = &self.ctx.printer;
        let id = record.message_id.as_deref().map(|id| format!(" ({})", neutral(id))).unwrap_or_default();
        let why = why.map(|why| format!(": {}", neutral(why))).unwrap_or_default();
        format!(
            "{} {}  {}  {outcome}{}{why}",
            printer.paint(style, mark),
            text::pad_left(&record.row.to_string(), self.digits),
            text::pad(&record.phone, 13),
            printer.paint(DIM, &id),
        )
    }

    /// Says something while the bar stands.
    pub(super) fn note(&self, name: &'static str, words: &str) {
        match &self.bar {
            None => self.ctx.printer.note(name, words),
            Some(bar) => bar.suspend(|| self.ctx.printer.note(name, words)),
        }
    }

    /// Takes the bar away for good.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// What went wrong so far, beside the bar.
    pub(super) fn troubles(&self, words: String) {
        if let Some(bar) = &self.bar {
            bar.set_message(words);
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.clear();
    }
}
