//! The program that `ava listen --exec` runs for each message.
//!
//! The message is a stranger's, so it stands where no shell and no option parser reads it: as one JSON line on the
//! program's standard input, never among its arguments or in its environment.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use ava_imessage::Message;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

use crate::failure::{Failure, Result};
use crate::interrupt::{Signal, Signals};
use crate::json;
use crate::printer::Printer;

/// The waits between tries double up to this.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How long a program may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(5);

/// What to run, and how often.
pub(crate) struct Program {
    command: String,
    args: Vec<String>,
    tries: u32,
    first_wait: Duration,
}

/// How it went with a message.
pub(crate) enum Handled {
    /// The program exited 0.
    Done,
    /// It exited 0 after we were asked to end.
    DoneThen(Signal),
    /// We were asked to end before it did.
    Interrupted(Signal),
}

enum Ended {
    By(ExitStatus),
    Interrupted(Signal, Option<ExitStatus>),
}

impl Program {
    /// Splits the command into words as a shell would, and leaves all else that a shell does undone.
    pub(crate) fn parse(command: &str, tries: u32, first_wait: Duration) -> Result<Program> {
        let split = shell_words::split(command);
        let mut words = split.map_err(|_| Failure::usage("--exec: a quote is not closed"))?.into_iter();
        let command = words.next().ok_or_else(|| Failure::usage("--exec: names no program"))?;
        Ok(Program { command, args: words.collect(), tries, first_wait })
    }

    /// Runs it until it exits 0, at most so many times.
    pub(crate) async fn handle(
        &self,
        printer: &Printer,
        message: &Message,
        signals: &mut Signals,
    ) -> Result<Handled> {
        let line = json::line(message) + "\n";
        let mut wait = self.first_wait;
        let mut tried = 0;
        loop {
            let status = match self.run(&line, signals).await? {
                Ended::By(status) => status,
                Ended::Interrupted(signal, Some(status)) if status.success() => {
                    return Ok(Handled::DoneThen(signal));
                }
                Ended::Interrupted(signal, _) => return Ok(Handled::Interrupted(signal)),
            };
            if status.success() {
                return Ok(Handled::Done);
            }
            tried += 1;
            if tried >= self.tries {
                return Err(self.given_up(message, status));
            }
            let how = words(status);
            let seconds = wait.as_secs_f64();
            printer.note(
                "retry",
                &format!("{} {how} on try {tried} of {}; again in {seconds:.1} s", self.command, self.tries),
            );
            tokio::select! {
                biased;
                signal = signals.next() => return Ok(Handled::Interrupted(signal)),
                () = tokio::time::sleep(wait) => {}
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    async fn run(&self, line: &str, signals: &mut Signals) -> Result<Ended> {
        let mut child = self.spawn()?;
        let mut stdin = child.stdin.take();
        // A program may end without reading it all; its exit status is what counts.
        let feed = async {
            if let Some(stdin) = &mut stdin {
                let _ = stdin.write_all(line.as_bytes()).await;
            }
            drop(stdin);
        };
        let both = async { tokio::join!(feed, child.wait()).1 };
        let signal = tokio::select! {
            biased;
            signal = signals.next() => signal,
            status = both => return status.map(Ended::By).map_err(|error| self.failed(&error)),
        };
        let status = end(&mut child, signals).await.map_err(|error| self.failed(&error))?;
        Ok(Ended::Interrupted(signal, status))
    }

    fn spawn(&self) -> Result<Child> {
        let mut command = Command::new(&self.command);
        command.args(&self.args).stdin(Stdio::piped()).kill_on_drop(true);
        command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                Failure::usage(format!("--exec: there is no program {}", self.command))
            }
            io::ErrorKind::PermissionDenied => {
                Failure::usage(format!("--exec: {} can't be run: {error}", self.command))
            }
            _ => self.failed(&error),
        })
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::local(format!("{} could not be run", self.command), error)
    }

    fn given_up(&self, message: &Message, status: ExitStatus) -> Failure {
        let times = if self.tries == 1 { "once".into() } else { format!("{} times", self.tries) };
        let how = words(status);
        Failure::program(code(status), format!("{} {how}, {times}, for message {}", self.command, message.id))
            .next("The message is not acknowledged: with the same --checkpoint it comes again.")
    }
}

/// Asks it to end, and after a while or at the next signal ends it.
async fn end(child: &mut Child, signals: &mut Signals) -> io::Result<Option<ExitStatus>> {
    ask_to_end(child);
    tokio::select! {
        status = child.wait() => return status.map(Some),
        () = tokio::time::sleep(GRACE) => {}
        _ = signals.next() => {}
    }
    child.kill().await.map(|()| None)
}

#[cfg(unix)]
fn ask_to_end(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended by itself: Ctrl-C on a terminal reaches it too.
        let _ = kill_process(pid, Signal::TERM);
    }
}

#[cfg(not(unix))]
fn ask_to_end(_child: &Child) {}

/// As a shell gives it: 128 and the signal's number where one ended it.
fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(u8::MAX);
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

fn words(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("was ended by signal {signal}");
    }
    format!("ended with {}", code(status))
}
