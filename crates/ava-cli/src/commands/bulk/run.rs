//! The sending itself: one row after the other, each noted before and after.

use std::future::IntoFuture;
use std::time::Duration;

use ava_imessage::{
    Attempt, Client, Confirmation, DEFAULT_SETTLE_WITHIN, Delivery, Error, ErrorKind, SentMessage, Timestamp,
};
use tokio::time::Instant;

use super::plan::Row;
use super::progress::Progress;
use super::results::{Past, Record, Results, State};
use crate::context::Context;
use crate::credentials::Credentials;
use crate::failure::{Failure, Result};
use crate::interrupt::{Signal, Signals};
use crate::sending::{Cut, Sender};
use crate::{text, token};

/// So many rows in a row that failed for no reason of their own end the run: the service or the network is down, and
/// every further row might become an unknown.
const PATIENCE: u32 = 3;

/// A gap between two readings of the history that no settling lasts.
const ASKED_ONCE: Duration = Duration::from_secs(3600);

/// A bulk send.
pub(super) struct Run<'a> {
    ctx: &'a Context,
    sender: Sender<'a>,
    /// Asks about earlier runs' rows: each once, or many that stay unknown would hold up the rest.
    asker: Client,
    gap: Duration,
}

/// How a row ended.
enum Outcome {
    Sent(SentMessage),
    Failed(Error),
    /// Cut off: before anything was on its way, or after.
    Cut(Option<Attempt>),
}

/// What the rows came to.
#[derive(Default)]
struct Tally {
    sent: usize,
    not_sent: usize,
    rejected: usize,
    unknown: usize,
    /// Failures in a row that a next row is likely to share.
    streak: u32,
}

impl<'a> Run<'a> {
    pub(super) fn new(ctx: &'a Context, credentials: &Credentials, rate: f64) -> Result<Run<'a>> {
        let sender = Sender::with(ctx, ctx.builder_for(credentials))?;
        let asker = ctx.builder_for(credentials).settling(DEFAULT_SETTLE_WITHIN, ASKED_ONCE).build()?;
        Ok(Run { ctx, sender, asker, gap: Duration::from_secs_f64(1.0 / rate) })
    }

    /// Sends these rows, and says how it went.
    pub(super) async fn all(
        &mut self,
        mut signals: Signals,
        mut results: Results,
        mut past: Past,
        rows: &[&Row],
    ) -> Result<()> {
        let mut tally = Tally::default();
        let mut stopped = self.ask_again(&mut signals, &mut results, &mut past).await?;
        let due_rows = if stopped.is_none() { rows } else { &[] };
        let highest = due_rows.last().map_or(0, |row| row.number);
        let progress = Progress::new(self.ctx, due_rows.len(), highest, self.gap);
        let mut due = Instant::now();
        for row in due_rows {
            let waited = tokio::select! {
                biased;
                signal = signals.next() => Err(interrupted(signal)),
                () = tokio::time::sleep_until(due) => Ok(()),
            };
            if let Err(failure) = waited {
                stopped = Some(failure);
                break;
            }
            due = Instant::now() + self.gap;
            stopped = self.row(&mut signals, row, &mut results, &mut past, &mut tally, &progress).await?;
            progress.troubles(tally.troubles());
            if stopped.is_some() {
                break;
            }
        }
        drop(progress);
        self.end(&past, &tally, rows.len(), stopped)
    }

    /// Asks the history what became of the rows that earlier runs left unknown. Nothing is posted. One client asks about
    /// all of them, so that of two rows of the same words only one gets the message that is there.
    async fn ask_again(
        &self,
        signals: &mut Signals,
        results: &mut Results,
        past: &mut Past,
    ) -> Result<Option<Failure>> {
        let unknown = past.askable();
        let Some((last, _)) = unknown.last() else { return Ok(None) };
        let lines = Progress::of_lines(self.ctx, last.row);
        let mut found = 0;
        for (record, attempt) in &unknown {
            let settling = self.asker.settle(attempt).into_future();
            let settled = tokio::select! {
                biased;
                signal = signals.next() => return Ok(Some(interrupted(signal))),
                settled = self.ctx.waiting("Asking the history", settling) => settled,
            };
            // Whatever keeps the history from being read keeps it for the next row, too.
            let unread = settled.as_ref().is_err_and(|error| error.cause().is_some());
            if let Some((record, why)) = told_by_history(record, settled, past) {
                results.write(&record)?;
                let printed = lines.row(&record, why.as_deref());
                past.add(record);
                found += 1;
                if let Err(failure) = printed {
                    return Ok(Some(failure.next(RESUME)));
                }
            }
            if unread {
                break;
            }
        }
        let words = format!(
            "Asked the history about {} of unknown delivery: it tells of {found}.",
            text::count(unknown.len(), "row")
        );
        self.ctx.printer.note("asked_again", &words);
        Ok(None)
    }

    /// Sends a row; the answer is why no other may follow.
    async fn row(
        &self,
        signals: &mut Signals,
        row: &Row,
        results: &mut Results,
        past: &mut Past,
        tally: &mut Tally,
        progress: &Progress<'_>,
    ) -> Result<Option<Failure>> {
        // From here on a crash leaves a row that is never sent again: it may have gone out.
        results.write(&Record::new(row, State::Attempting))?;
        let (outcome, signal) = self.send(signals, row, progress).await;
        let (record, why) = record(row, &outcome, past);
        // The row is told even if it can't be written, or it would be lost with the file.
        let written = results.write(&record);
        let printed = progress.row(&record, why.as_deref());
        tally.count(&record, &outcome);
        past.add(record);
        written?;
        // Nobody watches any more: no further texts go out then.
        let unseen = printed.err().map(|failure| failure.next(RESUME));
        Ok(signal.map(interrupted).or_else(|| tally.why_stop(outcome)).or(unseen))
    }

    /// Sends a row. A signal lets it come to its end, so that nothing is unknown only because somebody stopped; a
    /// second one cuts it off.
    async fn send(
        &self,
        signals: &mut Signals,
        row: &Row,
        progress: &Progress<'_>,
    ) -> (Outcome, Option<Signal>) {
        let mut sending = Box::pin(self.sender.client.send(&row.phone, &row.text).into_future());
        let ended = |sent: Result<_, _>| sent.map_or_else(Outcome::Failed, Outcome::Sent);
        let signal = tokio::select! {
            biased;
            sent = &mut sending => return (ended(sent), None),
            signal = signals.next() => signal,
        };
        let words = format!("Stopping after row {}, which is on its way; once more cuts it off.", row.number);
        progress.note("stopping", &words);
        tokio::select! {
            biased;
            sent = &mut sending => return (ended(sent), Some(signal)),
            _ = signals.next() => drop(sending),
        }
        progress.clear();
        let outcome = match self.sender.look_after_cut(signals).await {
            Cut::NotSent => Outcome::Cut(None),
            Cut::Looked(settled) => ended(settled),
            Cut::Unlooked(attempt) => Outcome::Cut(Some(attempt)),
        };
        (outcome, Some(signal))
    }

    fn end(&self, past: &Past, tally: &Tally, rows: usize, stopped: Option<Failure>) -> Result<()> {
        let printer = &self.ctx.printer;
        let stopped = stopped.or(printer.flush().err());
        for record in past.in_state(State::Unknown).chain(past.in_state(State::Attempting)) {
            printer.note("unknown", &look_again(record));
        }
        let done = tally.sent + tally.not_sent + tally.rejected + tally.unknown;
        let left = rows - done;
        let unknown = past.in_state(State::Unknown).count() + past.in_state(State::Attempting).count();
        let summary = tally.words(left);
        printer.note("summary", &summary);
        match stopped {
            // After the last row nothing is left undone, and the rows themselves tell how it ended.
            Some(failure) if failure.is_closed_pipe() && left == 0 => {}
            Some(failure) => {
                return Err(failure.unfinished(&format!("{} left to send", text::count(left, "row"))));
            }
            None => {}
        }
        if unknown > 0 {
            let words = format!("the delivery of {} is unknown", text::count(unknown, "row"));
            let failure = Failure::from(Error::new(ErrorKind::DeliveryUnknown, words));
            return Err(failure.delivery(Delivery::Unknown).next("The lines above say how to find out."));
        }
        let rejected = past.in_state(State::Rejected).count();
        if tally.not_sent > 0 || rejected > 0 {
            let words = format!("{} not sent, {rejected} rejected", text::count(tally.not_sent, "row"));
            return Err(Failure::unsent(words).next(
                "The same command sends again what was not sent; what the service rejected stays rejected.",
            ));
        }
        Ok(())
    }
}

fn look_again(record: &Record) -> String {
    let Record { row, phone, .. } = record;
    let portable =
        record.attempt.as_deref().filter(|word| token::decode(word).is_ok_and(|a| a.is_portable()));
    match portable {
        Some(word) => format!("row {row}, {phone}: unknown. Ask the history: ava settle {word}"),
        None if record.state == State::Attempting => format!(
            "row {row}, {phone}: a run was killed while it was on its way, which `ava settle` can't look up. \
             Look for it with: ava messages {phone}"
        ),
        None => format!("row {row}, {phone}: unknown. Look for it with: ava messages {phone}"),
    }
}

/// What the history tells of a row that was unknown, if it does.
fn told_by_history(
    record: &Record,
    settled: Result<SentMessage, Error>,
    past: &Past,
) -> Option<(Record, Option<String>)> {
    let mut record = Record { at: Timestamp::now(), attempt: None, ..record.clone() };
    let (state, message_id, why) = match settled {
        Ok(sent) => {
            record.confirmation = Some(sent.confirmation.as_str().to_owned());
            (State::Sent, sent.message_id, None)
        }
        Err(error) if error.kind() == ErrorKind::Rejected => {
            (State::Rejected, error.message_id()?.to_owned(), Some(error.message().to_owned()))
        }
        Err(_) => return None,
    };
    // An earlier row's message of the same words: an earlier process knew that it was taken, this client can't.
    if past.knows(&message_id) {
        return None;
    }
    record.code = why.as_ref().map(|_| ErrorKind::Rejected.code().to_owned());
    (record.status, record.request_id) = (None, None);
    (record.state, record.message_id) = (state, Some(message_id));
    Some((record, why))
}

fn interrupted(signal: Signal) -> Failure {
    Failure::interrupted(signal, "interrupted").next(RESUME)
}

const RESUME: &str = "The same command goes on from there.";

/// What the result file says of it, and the words for people.
fn record(row: &Row, outcome: &Outcome, past: &Past) -> (Record, Option<String>) {
    let mut record = Record::new(row, State::Unknown);
    match outcome {
        Outcome::Sent(sent) if sent.confirmation == Confirmation::History && past.knows(&sent.message_id) => {
            // An earlier process's row of the same words: this client could not know that it was taken.
            (record, Some("the history shows only the message of an earlier row".into()))
        }
        Outcome::Sent(sent) => {
            record.state = State::Sent;
            record.message_id = Some(sent.message_id.clone());
            record.confirmation = Some(sent.confirmation.as_str().to_owned());
            (record, None)
        }
        Outcome::Failed(error) => {
            record.state = match (error.kind(), error.delivery()) {
                (ErrorKind::Rejected, _) => State::Rejected,
                (_, Some(Delivery::NotSent)) => State::NotSent,
                _ => State::Unknown,
            };
            record.code = Some(error.code().to_owned());
            record.status = error.status();
            record.request_id = error.request_id().map(str::to_owned);
            record.message_id = error.message_id().map(str::to_owned);
            record.attempt = error.attempt().map(token::encode);
            (record, Some(error.message().to_owned()))
        }
        Outcome::Cut(attempt) => {
            record.code = Some(ErrorKind::Cancelled.code().to_owned());
            record.attempt = attempt.as_ref().map(token::encode);
            if attempt.is_none() {
                record.state = State::NotSent;
            }
            (record, Some("interrupted".into()))
        }
    }
}

impl Tally {
    fn count(&mut self, record: &Record, outcome: &Outcome) {
        *match record.state {
            State::Sent => &mut self.sent,
            State::NotSent => &mut self.not_sent,
            State::Rejected => &mut self.rejected,
            State::Unknown | State::Attempting => &mut self.unknown,
        } += 1;
        match outcome {
            Outcome::Failed(error) => match error.kind() {
                // The row's own fault.
                ErrorKind::InvalidRequest | ErrorKind::Rejected => self.streak = 0,
                _ => self.streak += 1,
            },
            _ => self.streak = 0,
        }
    }

    fn why_stop(&self, outcome: Outcome) -> Option<Failure> {
        match outcome {
            Outcome::Sent(_) | Outcome::Cut(_) => None,
            Outcome::Failed(error) => {
                let advice = match error.kind() {
                    ErrorKind::RateLimited => match error.retry_after() {
                        Some(wait) => format!("Wait {} s. {RESUME}", wait.as_millis().div_ceil(1000)),
                        None => format!("Wait a while. {RESUME} A lower --rate may help."),
                    },
                    ErrorKind::Authentication | ErrorKind::PermissionDenied => {
                        format!("Mend the key (AVA_API_KEY, or `ava login`). {RESUME}")
                    }
                    _ if self.streak >= PATIENCE => {
                        format!("{PATIENCE} rows in a row ended so, and no more were tried. {RESUME}")
                    }
                    _ => return None,
                };
                Some(Failure::from(error).next(advice))
            }
        }
    }

    fn words(&self, left: usize) -> String {
        let counts = [
            (self.sent, "sent"),
            (self.not_sent, "not sent"),
            (self.rejected, "rejected"),
            (self.unknown, "unknown"),
            (left, "not tried"),
        ];
        let words = counts.iter().enumerate().filter(|(at, (count, _))| *at == 0 || *count > 0);
        words.map(|(_, (count, what))| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
    }

    fn troubles(&self) -> String {
        let troubles = Tally { sent: 0, ..*self }.words(0);
        troubles.strip_prefix("0 sent").unwrap_or_default().trim_start_matches(", ").to_owned()
    }
}
