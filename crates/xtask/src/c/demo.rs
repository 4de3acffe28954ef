//! The demo in C: the examples, as they are compiled against the installed library, talk to Maya, whom this plays on a
//! sandbox of this machine. What they say is checked against the sandbox's records. No message leaves the machine.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use ava_sandbox::{Cutoff, Fault, On, Settings};

use super::consumers;
use super::install::{self, Installed, install_afresh};
use super::stage::{MAYA, Stage};
use crate::tools;

/// Builds what it needs, and plays it on stdout.
pub(crate) fn run() -> Result<()> {
    install::setup()?;
    let demo = Demo { installed: install_afresh()?, stage: Stage::set(Settings::default())? };
    let send = demo.program("send")?;
    let listen = demo.program("listen_callback")?;
    let history = demo.program("history")?;

    println!("1. A conversation");
    let text = "Hi Maya, lunch at noon?";
    demo.sends(&send, text, 0, "sent: ")?;
    demo.records(text, 1, 1)?;
    let mut listening = demo.stage.start(demo.installed.run(&listen).arg("1"))?;
    ensure!(listening.line()? == "listening", "listen_callback doesn't listen");
    demo.says("Maya", "Lovely! Shall I book a table?");
    demo.stage.sandbox().inbound(MAYA, "Lovely! Shall I book a table?");
    for line in listening.end(0)?.lines().skip(1) {
        demo.says("program", line);
    }
    ensure!(demo.stage.posts().len() == 2, "the answer wasn't posted once");

    println!("\n2. The answer is lost on its way back");
    demo.stage.fault(Fault { drop: Some(Cutoff::After), ..Fault::on(On::Send) })?;
    let text = "Yes please. I'll be five minutes late.";
    demo.sends(&send, text, 0, "confirmed by the history")?;
    demo.records(text, 1, 1)?;

    println!("\n3. Nobody can know: the connection broke before the service had it (this takes 20 seconds)");
    demo.stage.fault(Fault { drop: Some(Cutoff::Before), ..Fault::on(On::Send) })?;
    let text = "Ordering for both of us. Coffee?";
    // The program says so on standard error, and by its exit code.
    demo.sends(&send, text, 3, "")?;
    demo.says("program", "exit code 3: it may or may not have been sent, and it was not sent again");
    demo.records(text, 1, 0)?;

    println!("\nThe conversation, as history.c reads it");
    for line in demo.stage.run(demo.installed.run(&history).arg(MAYA), 0)?.lines() {
        println!("  {line}");
    }
    demo.stage.strike();
    Ok(())
}

struct Demo {
    installed: Installed,
    stage: Stage,
}

impl Demo {
    fn program(&self, example: &str) -> Result<PathBuf> {
        let folder = tools::target()?.join("c/demo");
        std::fs::create_dir_all(&folder)?;
        let program = folder.join(example);
        self.installed.compile(&consumers::C, &consumers::example(example), &program)?;
        Ok(program)
    }

    fn says(&self, who: &str, words: &str) {
        println!("{who:>8}   {words}");
    }

    fn sends(&self, send: &std::path::Path, text: &str, code: i32, expected: &str) -> Result<()> {
        self.says("us", text);
        let said = self.stage.run(self.installed.run(send).args([MAYA, text]), code)?;
        for line in said.lines() {
            self.says("program", line);
        }
        ensure!(said.contains(expected), "send.c doesn't say {expected:?}, but {said:?}");
        Ok(())
    }

    fn records(&self, text: &str, posts: usize, rows: usize) -> Result<()> {
        self.stage.expect(text, posts, rows)?;
        self.says("records", &format!("{posts} POST of this message, {rows} in the history"));
        Ok(())
    }
}
