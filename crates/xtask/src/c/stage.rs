//! Programs and the sandbox that they talk to.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use ava_sandbox::{Fault, RecordedRequest, Sandbox, Settings};
use tokio::runtime::Runtime;

use crate::command::complaint;

pub(crate) const MAYA: &str = "+15550100142";
/// Of a program that should end by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// A sandbox for one program after the other.
pub(crate) struct Stage {
    runtime: Runtime,
    sandbox: Sandbox,
}

impl Stage {
    pub(crate) fn set(settings: Settings) -> Result<Stage> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let sandbox = runtime.block_on(Sandbox::builder().settings(settings).start())?;
        Ok(Stage { runtime, sandbox })
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    pub(crate) fn fault(&self, fault: Fault) -> Result<()> {
        self.sandbox.fault(fault)?;
        Ok(())
    }

    /// The environment in which a program finds the sandbox, and nothing else.
    pub(crate) fn prepare(&self, program: &mut Command) {
        program.env("AVA_BASE_URL", self.sandbox.base_url()).env("AVA_API_KEY", self.sandbox.api_key());
    }

    pub(crate) fn start(&self, program: &mut Command) -> Result<Playing> {
        self.prepare(program);
        Playing::start(program)
    }

    /// Runs a program to its end, and gives what it printed.
    pub(crate) fn run(&self, program: &mut Command, code: i32) -> Result<String> {
        self.start(program)?.end(code)
    }

    /// What was posted to /api/send.
    pub(crate) fn posts(&self) -> Vec<RecordedRequest> {
        self.sandbox.requests().into_iter().filter(|request| request.path == "/api/send").collect()
    }

    /// That so many requests brought a text, and so many messages came of them.
    pub(crate) fn expect(&self, text: &str, posts: usize, rows: usize) -> Result<()> {
        let is_it = |request: &RecordedRequest| {
            request.json.as_ref().is_some_and(|json| json["message"].as_str() == Some(text))
        };
        let posted = self.posts().iter().filter(|request| is_it(request)).count();
        let kept = self.sandbox.state().messages.iter().filter(|row| row.message == text).count();
        ensure!(
            (posted, kept) == (posts, rows),
            "{text:?}: {posted} posted and {kept} in the history, not {posts} and {rows}"
        );
        Ok(())
    }

    pub(crate) fn strike(self) {
        self.runtime.block_on(self.sandbox.shutdown());
    }
}

/// A program that runs. It is killed if it is dropped before its end.
pub(crate) struct Playing {
    child: Child,
    output: BufReader<ChildStdout>,
    printed: String,
}

impl Playing {
    fn start(program: &mut Command) -> Result<Playing> {
        let name = program.get_program().to_string_lossy().into_owned();
        let started = program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = started.with_context(|| format!("starting {name}"))?;
        let output = child.stdout.take().context("no output")?;
        Ok(Playing { child, output: BufReader::new(output), printed: String::new() })
    }

    /// The next line that it prints.
    pub(crate) fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            bail!("it printed no more: {}", complaint(&mut self.child));
        }
        self.printed += &line;
        Ok(line.trim_end().to_owned())
    }

    /// Its end, which must be this, and all that it printed.
    pub(crate) fn end(mut self, code: i32) -> Result<String> {
        let until = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            ensure!(Instant::now() < until, "it didn't end");
            std::thread::sleep(Duration::from_millis(10));
        };
        self.output.read_to_string(&mut self.printed)?;
        if status.code() != Some(code) {
            bail!("it ended with {status}, not {code}: {}\n{}", complaint(&mut self.child), self.printed);
        }
        Ok(std::mem::take(&mut self.printed))
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
