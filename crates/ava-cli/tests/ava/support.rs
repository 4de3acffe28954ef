//! A sandbox, a home of its own, and the binary.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ava_sandbox::{Builder, Fault, On, Sandbox};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) const PHONE: &str = "+15550001111";
pub(crate) const KEY: &str = "sk_test_0123456789";
/// Nothing takes longer than this unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) home: TempDir,
}

impl World {
    pub(crate) fn new() -> World {
        World::with(Sandbox::builder())
    }

    /// A sandbox whose clock stands still.
    pub(crate) fn frozen() -> World {
        let clock = ava_sandbox::ClockChange {
            now: Some("2026-01-25T12:00:00Z".parse().unwrap()),
            frozen: Some(true),
            ..Default::default()
        };
        World::with(Sandbox::builder().clock(clock))
    }

    pub(crate) fn with(builder: Builder) -> World {
        let sandbox = RUNTIME.block_on(builder.api_key(KEY).start()).unwrap();
        World { sandbox, home: tempfile::tempdir().unwrap() }
    }

    /// What is set for the binary, and nothing else.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("HOME", self.home.path().display().to_string()),
            ("TZ", "UTC".into()),
            ("TERM", "xterm-256color".into()),
            ("AVA_API_KEY", KEY.into()),
            ("AVA_BASE_URL", self.sandbox.base_url().into()),
        ]
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ava"));
        command.args(args).env_clear().envs(self.environment()).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.ran(self.command(args))
    }

    /// Runs a command that was changed first.
    pub(crate) fn ran(&self, mut command: Command) -> Ran {
        Ran::of(command.output().unwrap(), self)
    }

    /// Runs a command whose output goes elsewhere.
    pub(crate) fn ran_into(&self, command: &mut Command) -> Ran {
        let child = command.stderr(Stdio::piped()).spawn().unwrap();
        Ran::of(child.wait_with_output().unwrap(), self)
    }

    pub(crate) fn run_with(&self, args: &[&str], input: &str) -> Ran {
        self.ran_with(self.command(args), input)
    }

    pub(crate) fn ran_with(&self, mut command: Command, input: &str) -> Ran {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // It may have ended before it read anything.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Ran::of(child.wait_with_output().unwrap(), self)
    }

    /// Starts it, to be talked to while it runs.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        let mut command = self.command(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = lines(child.stdout.take().unwrap());
        let err = lines(child.stderr.take().unwrap());
        Running { child, out, err }
    }

    pub(crate) fn fault(&self, fault: Fault) {
        self.sandbox.fault(fault).unwrap();
    }

    /// Texts that the API processed, in order.
    pub(crate) fn sent(&self) -> Vec<String> {
        let state = self.sandbox.state();
        let rows = serde_json::to_value(&state.messages).unwrap();
        let rows = rows.as_array().unwrap();
        let outbound = rows.iter().filter(|row| row["direction"] == "outbound");
        outbound.map(|row| row["message"].as_str().unwrap().to_owned()).collect()
    }

    /// How often something was posted to `/api/send`.
    pub(crate) fn posts(&self) -> usize {
        self.sandbox.requests().iter().filter(|request| request.path == "/api/send").count()
    }

    pub(crate) fn wait_for_posts(&self, posts: usize) {
        until(|| self.posts() >= posts);
    }

    pub(crate) fn wait_for_polls(&self, polls: usize) {
        until(|| self.polls() >= polls);
    }

    /// Until what was yielded has been dealt with, which is when the listener asks again.
    pub(crate) fn wait_for_next_poll(&self) {
        self.wait_for_polls(self.polls() + 1);
    }

    fn polls(&self) -> usize {
        self.sandbox.requests().iter().filter(|request| request.path == "/api/messages/poll").count()
    }
}

pub(crate) fn until(mut done: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < end, "it never came to that");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub(crate) fn on_send() -> Fault {
    Fault::on(On::Send)
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
    base_url: String,
}

impl Ran {
    fn of(output: Output, world: &World) -> Ran {
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            base_url: world.sandbox.base_url().into(),
        }
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Ran {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn out_json(&self) -> Value {
        json(&self.out)
    }

    #[track_caller]
    pub(crate) fn err_json(&self) -> Value {
        json(&self.err)
    }

    /// Everything, for a snapshot.
    pub(crate) fn transcript(&self) -> String {
        let mut all = format!("exit {}\n", self.code);
        for (name, text) in [("stdout", &self.out), ("stderr", &self.err)] {
            if !text.is_empty() {
                all.push_str(&format!("--- {name}\n{text}"));
            }
        }
        all.replace(&self.base_url, "http://SANDBOX")
    }
}

#[track_caller]
pub(crate) fn json(text: &str) -> Value {
    assert_eq!(text.lines().count(), 1, "{text:?} is not one line");
    serde_json::from_str(text).unwrap()
}

/// A run that goes on.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) out: Receiver<String>,
    pub(crate) err: Receiver<String>,
}

fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            if sender.send(line.unwrap()).is_err() {
                return;
            }
        }
    });
    receiver
}

impl Running {
    #[track_caller]
    pub(crate) fn line(&self) -> String {
        self.out.recv_timeout(PATIENCE).expect("a line of output")
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Its exit code, and what it still said on standard error.
    pub(crate) fn end(mut self) -> (i32, String) {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > end {
                let _ = self.child.kill();
                panic!("it did not end; standard error: {:?}", self.err.try_iter().collect::<Vec<_>>());
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let said: Vec<String> = self.err.iter().collect();
        (status.code().unwrap_or(-1), said.join("\n"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
