//! A program that runs, and what it says.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::command::complaint;

/// For a program to open its listener.
const UNTIL_READY: Duration = Duration::from_secs(30);
/// For a program to end once it is told to: a call's deadline, and then some.
const UNTIL_ENDED: Duration = Duration::from_secs(20);

/// It is killed if it is dropped before its end.
pub(super) struct Playing {
    pub(super) name: &'static str,
    /// Whom it writes to, and who writes to it.
    pub(super) phone: String,
    child: Child,
    /// It ends when this does.
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Playing {
    pub(super) fn start(name: &'static str, phone: String, program: &mut Command) -> Result<Playing> {
        program.env("SOAK_NAME", name).env("SOAK_PHONE", &phone);
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().with_context(|| format!("starting {name}"))?;
        let (said, lines) = channel();
        if let Some(output) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    if said.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        let input = child.stdin.take();
        Ok(Playing { name, phone, child, input, lines })
    }

    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn until_ready(&mut self) -> Result<()> {
        match self.lines.recv_timeout(UNTIL_READY).as_deref() {
            Ok("ready") => Ok(()),
            other => {
                let said = format!("{other:?}");
                let complaint = complaint(&mut self.child);
                bail!("{} isn't ready: {said} {complaint}", self.name)
            }
        }
    }

    /// What it has said since.
    pub(super) fn lines(&mut self) -> Vec<String> {
        self.lines.try_iter().collect()
    }

    pub(super) fn tell_to_end(&mut self) {
        self.input = None;
    }

    pub(super) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// What is wrong with how it ended, if anything is.
    pub(super) fn end(&mut self) -> Option<String> {
        let until = Instant::now() + UNTIL_ENDED;
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(20)),
                _ => {
                    let complaint = complaint(&mut self.child);
                    return Some(format!("{}: it didn't end: {complaint}", self.name));
                }
            }
        };
        let said = complaint(&mut self.child);
        (!status.success() || !said.is_empty()).then(|| format!("{}: {status}: {said}", self.name))
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
