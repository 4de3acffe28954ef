//! `ava listen`: a live tail of what arrives, or a program run for each of it.

use std::future::IntoFuture;
use std::path::PathBuf;
use std::time::Duration;

use ava_imessage::{DEFAULT_INTERVAL, Error, FileCheckpoint, Listener, Message, Timestamp};
use clap::Args;
use jiff::civil::Date;

use crate::cli;
use crate::commands::checkpoint;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::interrupt::{self, Signal, Signals};
use crate::program::{Handled, Program};
use crate::rows::Rows;
use crate::{log, reader};

const EXAMPLES: &str = "\
Examples:
  ava listen                            what arrives from now on, until Ctrl-C
  ava listen --phone +1234567890 --since 2026-01-25T12:00:00Z
  ava listen --checkpoint inbox.json    goes on where it stopped
  ava listen --checkpoint inbox.json --exec 'python3 answer.py --polite'

A message is acknowledged once it was printed, or once the program exited 0.
With --checkpoint, what was not acknowledged comes again after a restart, and
what was does not; --since counts for its first run alone. A file is for one
listener at a time; the next is refused, by a lock in FILE.lock.

--exec runs the program without a shell, for a message at a time. It gets one
JSON line on its standard input: {id, phone, text, direction, timestamp,
status}. Its output goes where this one's does. If it keeps failing, the listen
ends with its exit code, and the message comes again.
With --json each message is printed as the same line.";

/// Watch messages arrive
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ListenArgs {
    /// From this time on, by the service's clock, instead of from now on
    #[arg(long, value_name = "TIME", value_parser = cli::time)]
    since: Option<Timestamp>,
    /// Only from this phone
    #[arg(long)]
    phone: Option<String>,
    #[arg(long, value_name = "SECONDS", value_parser = cli::seconds, help = interval_help())]
    interval: Option<Duration>,
    /// Keep what was acknowledged in this file
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Run this program for each message
    #[arg(long, value_name = "CMD")]
    exec: Option<String>,
    /// How often to run it for a message before giving up
    #[arg(long, value_name = "N", default_value_t = 5, requires = "exec",
          value_parser = clap::value_parser!(u32).range(1..))]
    exec_tries: u32,
    /// How long to wait before the second run; doubles from there, up to 60 [default: 1]
    #[arg(long, value_name = "SECONDS", requires = "exec", value_parser = cli::seconds)]
    exec_wait: Option<Duration>,
}

fn interval_help() -> String {
    let default = DEFAULT_INTERVAL.as_secs_f64();
    format!("How long to wait between polls, twice that while nothing comes [default: {default}]")
}

/// Listens until Ctrl-C, or until something ends it that no waiting cures.
pub(crate) fn run(ctx: &Context, args: &ListenArgs) -> Result<()> {
    let first_wait = args.exec_wait.unwrap_or(Duration::from_secs(1));
    let program = args.exec.as_deref().map(|command| Program::parse(command, args.exec_tries, first_wait));
    let program = program.transpose()?;
    log::tell_warnings(ctx.printer.err);
    let client = ctx.client()?;
    let _held = args.checkpoint.as_deref().map(checkpoint::hold).transpose()?;
    interrupt::run(|signals| async move {
        let mut request = client.listen().auto_ack(false).interval(args.interval.unwrap_or(DEFAULT_INTERVAL));
        if let Some(since) = args.since {
            request = request.since(since);
        }
        if let Some(phone) = &args.phone {
            request = request.phone(phone);
        }
        if let Some(path) = &args.checkpoint {
            request = request.checkpoint(FileCheckpoint::new(path));
        }
        if log::tells_warnings() {
            let (look, address) = (ctx.printer.err, ctx.address().unwrap_or_default());
            request = request.on_retry(move |error| log::tell_retry(look, error, &address));
        }
        let mut tail = Tail { ctx, args, program, signals, acknowledged: 0, last: None, day: None };
        let listening = ctx.waiting("Connecting", request.into_future());
        let listener = tokio::select! {
            listener = listening => listener.map_err(|error| tail.failed(error))?,
            signal = tail.signals.next() => return Err(tail.stopped(signal, None)),
        };
        tail.follow(listener).await
    })
}

struct Tail<'a> {
    ctx: &'a Context,
    args: &'a ListenArgs,
    program: Option<Program>,
    signals: Signals,
    acknowledged: u64,
    /// The id acknowledged last.
    last: Option<String>,
    /// The day of the row that was printed last.
    day: Option<Date>,
}

impl Tail<'_> {
    async fn follow(&mut self, mut listener: Listener) -> Result<()> {
        self.ctx.printer.aside("Listening for messages. Ctrl-C ends it.");
        loop {
            let message = tokio::select! {
                biased;
                signal = self.signals.next() => return Err(self.stopped(signal, None)),
                () = reader::gone(), if self.program.is_none() => return Err(Failure::closed_pipe()),
                message = listener.next() => message,
            };
            let message = message.transpose().map_err(|error| self.failed(error))?;
            let Some(message) = message else { return Ok(()) };
            if let Some(signal) = self.handle(&listener, &message).await? {
                return Err(self.stopped(signal, None));
            }
        }
    }

    /// Prints it or runs the program, and acknowledges it after that.
    async fn handle(&mut self, listener: &Listener, message: &Message) -> Result<Option<Signal>> {
        let printer = &self.ctx.printer;
        let handled = match &self.program {
            Some(program) => program.handle(printer, message, &mut self.signals).await?,
            None => {
                Rows::new(printer).of_tail(message, &mut self.day)?;
                // A message that nobody could read isn't dealt with.
                printer.flush()?;
                Handled::Done
            }
        };
        let signal = match handled {
            Handled::Done => None,
            Handled::DoneThen(signal) => Some(signal),
            Handled::Interrupted(signal) => return Err(self.stopped(signal, Some(message))),
        };
        listener.ack(message).await.map_err(|error| self.failed(error))?;
        self.acknowledged += 1;
        self.last = Some(message.id.clone());
        Ok(signal)
    }

    fn failed(&self, error: Error) -> Failure {
        checkpoint::failure(error, self.args.checkpoint.as_deref())
    }

    /// What was acknowledged, what was not, and what the next listen does about it.
    fn stopped(&self, signal: Signal, unfinished: Option<&Message>) -> Failure {
        let mut words = match (&self.last, self.acknowledged) {
            (Some(last), 1) => format!("stopped: 1 message was acknowledged, {last}"),
            (Some(last), n) => format!("stopped: {n} messages were acknowledged, the last {last}"),
            (None, _) => "stopped: no message was acknowledged".into(),
        };
        if let Some(message) = unfinished {
            words.push_str(&format!("; {} was not, its program was interrupted", message.id));
        }
        let next = match &self.args.checkpoint {
            Some(path) => format!("The same --checkpoint {} goes on from there.", path.display()),
            None => "Without --checkpoint the next listen begins anew.".into(),
        };
        Failure::interrupted(signal, words).acknowledged(self.acknowledged).next(next)
    }
}
