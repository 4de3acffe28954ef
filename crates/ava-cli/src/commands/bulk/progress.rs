//! What is seen of a bulk send: a line a row on standard output, and a bar where a person watches.

use std::fmt::Write;
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde::Serialize;

use super::results::{Record, State};
use crate::context::Context;
use crate::failure::Result;
use crate::rows::PHONE_COLUMNS;
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
    /// `gap` is what lies between two rows at the least: the first rows alone would promise too much.
    pub(super) fn new(ctx: &'a Context, rows: usize, highest: u64, gap: Duration) -> Progress<'a> {
        let bar = ctx.printer.err.lively.then(|| {
            let bar = ProgressBar::with_draw_target(Some(rows as u64), ProgressDrawTarget::stderr());
            let template = "{bar:24.cyan} {pos}/{len}  {rate:.dim}  {left} left  {msg:.yellow}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                // A bar that can't be drawn is no reason to stop.
                let rate = move |state: &ProgressState, out: &mut dyn Write| {
                    let _ = write!(out, "{:.1}/s", 1.0 / a_row(state, gap).as_secs_f64());
                };
                let left = move |state: &ProgressState, out: &mut dyn Write| {
                    let rows = state.len().unwrap_or_default().saturating_sub(state.pos());
                    let seconds = a_row(state, gap).as_secs_f64() * rows as f64;
                    let _ = write!(out, "{}", HumanDuration(Duration::from_secs_f64(seconds.min(1e9))));
                };
                let style = style.with_key("rate", rate).with_key("left", left);
                bar.set_style(style.progress_chars("━╸ "));
            }
            bar.tick();
            bar
        });
        Progress { ctx, bar, digits: highest.to_string().len() }
    }

    /// Rows without a bar.
    pub(super) fn of_lines(ctx: &'a Context, highest: u64) -> Progress<'a> {
        Progress { ctx, bar: None, digits: highest.to_string().len() }
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
            text::pad(&record.phone, PHONE_COLUMNS),
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

/// How long a row takes, by those that are done.
fn a_row(state: &ProgressState, gap: Duration) -> Duration {
    let rows = u32::try_from(state.pos()).unwrap_or(u32::MAX);
    state.elapsed().checked_div(rows).unwrap_or_default().max(gap)
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.clear();
    }
}
