//! The shell blocks of docs/cli*.md, run as a reader would run them, against a sandbox in this process.
//!
//! The word after ```` ```sh ```` says what is different: `exit=N`, `until=ctrl-c` (it goes on until then),
//! `fault=lost` (the service loses the messages that it is sent), `no_run`. A block with `file=NAME` is that file.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ava_sandbox::{Cutoff, Fault, On, Sandbox, Seed};
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The guide's own, which stand in its commands.
const KEY: &str = "sk_made_up";
const ADDRESS: &str = "http://127.0.0.1:4010";
const PHONE: &str = "+1234567890";
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn the_guide() {
    assert_eq!(run("cli.md"), 8);
}

#[test]
fn many_messages() {
    assert_eq!(run("cli-bulk.md"), 1);
}

#[test]
fn the_doctor() {
    assert_eq!(run("cli-doctor.md"), 1);
}

struct Block {
    language: String,
    marks: Vec<String>,
    text: String,
}

impl Block {
    fn mark(&self, name: &str) -> Option<&str> {
        self.marks.iter().find_map(|mark| mark.strip_prefix(name)?.strip_prefix('='))
    }
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let mut words = info.split(' ').map(str::to_owned);
        let language = words.next().unwrap();
        let text = lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
        blocks.push(Block { language, marks: words.collect(), text });
    }
    blocks
}

/// Runs the blocks of a document, and says how many.
fn run(document: &str) -> usize {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(document);
    let blocks = blocks(&std::fs::read_to_string(path).unwrap());
    let runtime = Runtime::new().unwrap();
    let sandbox = runtime.block_on(Sandbox::builder().api_key(KEY).start()).unwrap();
    sandbox.seed(Seed::count(PHONE, 3)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for block in &blocks {
        if let Some(name) = block.mark("file") {
            std::fs::write(folder.path().join(name), &block.text).unwrap();
        }
    }
    let shell = |block: &&Block| block.language == "sh" && !block.marks.iter().any(|mark| mark == "no_run");
    blocks.iter().filter(shell).map(|block| run_block(block, &sandbox, &folder)).count()
}

fn run_block(block: &Block, sandbox: &Sandbox, folder: &TempDir) {
    if block.mark("fault") == Some("lost") {
        let fault = Fault { drop: Some(Cutoff::Before), times: None, ..Fault::on(On::Send) };
        sandbox.fault(fault).unwrap();
    }
    if block.mark("until") == Some("ctrl-c") {
        interrupt(block, sandbox, folder);
    } else {
        let ran = bash(block, sandbox, folder).output().unwrap();
        let expected = block.mark("exit").map_or(0, |code| code.parse().unwrap());
        assert_eq!(ran.status.code(), Some(expected), "{}{ran:?}", block.text);
    }
    sandbox.clear_faults();
}

/// Ends it when it has begun its work; a program that answers messages gets one to answer.
fn interrupt(block: &Block, sandbox: &Sandbox, folder: &TempDir) {
    let asked = sandbox.requests().len();
    let mut bash = bash(block, sandbox, folder);
    let output = folder.path().join("output");
    bash.stdout(std::fs::File::create(&output).unwrap()).process_group(0);
    let mut child = bash.spawn().unwrap();
    let said = || !std::fs::read(&output).unwrap().is_empty();
    until(&mut child, || said() || sandbox.requests().len() > asked);
    if block.text.contains("--exec") {
        let sends = || sandbox.requests().iter().filter(|request| request.path == "/api/send").count();
        let sent = sends();
        sandbox.inbound(PHONE, "Hello?");
        until(&mut child, || sends() > sent);
    }
    kill_process_group(Pid::from_child(&child), Signal::INT).unwrap();
    let code = child.wait().unwrap().code();
    assert!(matches!(code, Some(0 | 130)), "{}{code:?}", block.text);
}

fn until(child: &mut Child, done: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        if Instant::now() > end {
            let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
            panic!("it did not begin its work");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn bash(block: &Block, sandbox: &Sandbox, folder: &TempDir) -> Command {
    let ava = Path::new(env!("CARGO_BIN_EXE_ava")).parent().unwrap().display().to_string();
    let path = std::env::var("PATH").unwrap();
    // Its port may be taken on this machine.
    let text = block.text.replace("--port 4010", "--port 0").replace(ADDRESS, sandbox.base_url());
    // As the last command itself, so that a signal's exit code is the command's own.
    let text = if block.mark("until").is_some() { format!("exec {text}") } else { text };
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", &text])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", format!("{ava}:{path}"))
        .env("HOME", folder.path())
        .env("AVA_API_KEY", KEY)
        .env("AVA_BASE_URL", sandbox.base_url())
        .stdin(Stdio::null());
    bash
}
