//! The place where a block runs: a sandbox of its own, whose other side echoes every message, so that a listener has
//! something to yield; and a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use ava_sandbox::{Cutoff, Fault, IdleReply, On, Sandbox, Settings};
use tokio::runtime::Runtime;

use super::blocks::Block;

/// The one that stands in the documents' commands and programs.
const KEY: &str = "sk_sandbox";
const ECHO_AFTER_MS: u64 = 300;
/// Of a program that should end by itself, or begin its work.
const PATIENCE: Duration = Duration::from_secs(60);
/// Once it has sent so many messages, a program that answers what it hears has done so.
const ENOUGH: usize = 3;

pub(crate) struct Stage {
    runtime: Runtime,
    sandbox: Sandbox,
    folder: PathBuf,
}

impl Stage {
    /// In this folder, which is emptied.
    pub(crate) fn set(folder: PathBuf) -> Result<Stage> {
        if folder.is_dir() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let settings =
            Settings { idle_reply: Some(IdleReply::Echo { after_ms: ECHO_AFTER_MS }), ..Settings::default() };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let sandbox = runtime.block_on(Sandbox::builder().settings(settings).api_key(KEY).start())?;
        Ok(Stage { runtime, sandbox, folder })
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Tells a program where the sandbox is.
    pub(crate) fn prepare(&self, program: &mut Command) {
        program.env("AVA_BASE_URL", self.sandbox.base_url()).env("AVA_API_KEY", self.sandbox.api_key());
    }

    /// Runs a block's program, as its marks say.
    pub(crate) fn play(&self, block: &Block, program: &mut Command) -> Result<()> {
        self.misbehave(block)?;
        self.prepare(program);
        let sent = self.sends();
        let (began, asked) = (self.folder.join("output.txt"), self.sandbox.requests().len());
        let mut running = Running::start(program, &self.folder, &began)?;
        let ended = match block.mark("until") {
            None => running.end()?,
            Some("ctrl-c") => {
                if block.text.contains("--exec") {
                    running.until(|| self.sandbox.requests().len() > asked)?;
                    self.sandbox.inbound("+1234567890", "Hello?");
                    running.until(|| self.sends() > sent)?;
                } else if block.language != "sh" {
                    running.until(|| self.sends() >= ENOUGH)?;
                } else {
                    let said = || std::fs::metadata(&began).is_ok_and(|file| file.len() > 0);
                    running.until(|| said() || self.sandbox.requests().len() > asked)?;
                }
                running.interrupt()?
            }
            // It only listens. Once it asks for more, it has been through what was said.
            Some("heard") => {
                running.until(|| self.sandbox.requests().len() > asked)?;
                self.sandbox.inbound("+1234567890", "Hello?");
                let asked = self.sandbox.requests().len();
                running.until(|| self.sandbox.requests().len() > asked + 1)?;
                running.interrupt()?
            }
            Some(other) => bail!("{}: nobody knows when {other:?} is", block.place()),
        };
        self.sandbox.clear_faults();
        running.judge(block, ended)
    }

    fn misbehave(&self, block: &Block) -> Result<()> {
        let fault = match block.mark("fault") {
            None => return Ok(()),
            // The service loses the messages that it is sent.
            Some("lost") => Fault { drop: Some(Cutoff::Before), times: None, ..Fault::on(On::Send) },
            // It takes the next message, and its answer is lost.
            Some("answer") => Fault { drop: Some(Cutoff::After), ..Fault::on(On::Send) },
            Some("limit") => Fault { status: Some(429), times: None, ..Fault::on(On::Send) },
            Some(other) => bail!("{}: there is no fault {other:?}", block.place()),
        };
        self.sandbox.fault(fault)?;
        Ok(())
    }

    fn sends(&self) -> usize {
        self.sandbox.requests().iter().filter(|request| request.path == "/api/send").count()
    }

    pub(crate) fn strike(self) {
        self.runtime.block_on(self.sandbox.shutdown());
    }
}

struct Running {
    child: Child,
    errors: PathBuf,
}

impl Running {
    fn start(program: &mut Command, folder: &Path, output: &Path) -> Result<Running> {
        let errors = folder.join("errors.txt");
        program.stdin(Stdio::null()).stdout(std::fs::File::create(output)?);
        program.stderr(std::fs::File::create(&errors)?);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(program, 0);
        let child = program
            .spawn()
            .with_context(|| format!("starting {}", program.get_program().to_string_lossy()))?;
        Ok(Running { child, errors })
    }

    fn until(&mut self, done: impl Fn() -> bool) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        while !done() {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended by itself, with {status}: {}", self.complaint());
            }
            ensure!(Instant::now() < end, "it did not do its work: {}", self.complaint());
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn end(&mut self) -> Result<ExitStatus> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            ensure!(Instant::now() < end, "it didn't end: {}", self.complaint());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[cfg(unix)]
    fn interrupt(&mut self) -> Result<ExitStatus> {
        use rustix::process::{Pid, Signal, kill_process_group};
        kill_process_group(Pid::from_child(&self.child), Signal::INT)?;
        self.end()
    }

    #[cfg(not(unix))]
    fn interrupt(&mut self) -> Result<ExitStatus> {
        bail!("programs that run until Ctrl-C are run on Unix only")
    }

    /// It must have ended as its marks say. One that Ctrl-C ended may say so, in its language's way, and nothing else.
    fn judge(&mut self, block: &Block, ended: ExitStatus) -> Result<()> {
        let said = self.complaint();
        let expected = block.mark("exit").map_or(Ok(0), str::parse)?;
        let well = if block.mark("until").is_some() {
            let quiet = said.is_empty() || block.language == "sh" || said.ends_with("KeyboardInterrupt");
            quiet && (matches!(ended.code(), Some(0 | 130)) || interrupted(ended))
        } else {
            ended.code() == Some(expected)
        };
        ensure!(well, "it ended with {ended}: {said}");
        Ok(())
    }

    fn complaint(&self) -> String {
        std::fs::read_to_string(&self.errors).unwrap_or_default().trim().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        #[cfg(unix)]
        if matches!(self.child.try_wait(), Ok(None)) {
            use rustix::process::{Pid, Signal, kill_process_group};
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
fn interrupted(ended: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    ended.signal() == Some(rustix::process::Signal::INT.as_raw())
}

#[cfg(not(unix))]
fn interrupted(_: ExitStatus) -> bool {
    false
}
