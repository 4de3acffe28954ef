//! The shell blocks, as a reader would run them: those of a document one after the other, in one folder that is also the
//! home, with the `ava` command on PATH.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use ava_sandbox::Seed;

use super::blocks::{Block, Blocks, Runner};
use super::played::{self, Played};
use super::stage::Stage;
use crate::command::{command, path_with};
use crate::tools;

/// The documents' own, whose history has something to show.
const PHONE: &str = "+1234567890";
const HISTORY: usize = 3;
/// Where the documents have the sandbox. The port may be taken on this machine.
const ADDRESS: &str = "http://127.0.0.1:4010";
const PORT: &str = "--port 4010";

/// Installs what they are run with.
pub(crate) fn tools() -> Result<()> {
    tools::debian(&[("bash", "bash"), ("curl", "curl"), ("jq", "jq")])
}

pub(crate) fn run(blocks: &Blocks, ava: &Path) -> Result<Played> {
    let mut played = Played::new(Runner::Shell, blocks);
    let all = blocks.of(Runner::Shell);
    let (of_xtask, all): (Vec<_>, Vec<_>) = all.into_iter().partition(|block| xtask(block).is_some());
    for block in of_xtask {
        // To run them would take an hour, or be a check within itself.
        match xtask(block).unwrap_or_default().iter().try_for_each(|command| crate::understands(command)) {
            Ok(()) => played.read += 1,
            failed => played.note(block, failed),
        }
    }
    for document in all.chunk_by(|one, other| one.document == other.document) {
        let Some(first) = document.first() else { continue };
        let stage = Stage::set(played::folder("shell")?.join(first.document.replace('/', "_")))?;
        stage.sandbox().seed(Seed::count(PHONE, HISTORY))?;
        for (name, file) in blocks.files(&first.document) {
            std::fs::write(stage.folder().join(name), &file.text)?;
            played.note(file, is_used(name, document));
        }
        if document.iter().any(|block| block.text.contains("npx ava")) {
            install_for_npm(stage.folder(), ava)?;
        }
        for block in document {
            played.note(block, stage.play(block, &mut bash(block, &stage, ava)?));
        }
        stage.strike();
    }
    Ok(played)
}

/// The arguments of each `cargo xtask`, if there is nothing else in the block.
fn xtask(block: &Block) -> Option<Vec<Vec<&str>>> {
    let lines = block.text.lines().map(|line| line.split(" #").next().unwrap_or_default());
    lines.map(|line| Some(line.strip_prefix("cargo xtask ")?.split_whitespace().collect())).collect()
}

/// A file that no command is given runs nowhere.
fn is_used(name: &str, blocks: &[&Block]) -> Result<()> {
    ensure!(blocks.iter().any(|block| block.text.contains(name)), "no block of its document uses {name}");
    Ok(())
}

/// Makes a project of the folder, in which npm's packages were installed.
fn install_for_npm(project: &Path, ava: &Path) -> Result<()> {
    let programs = project.join("node_modules/.bin");
    std::fs::create_dir_all(&programs)?;
    std::fs::write(project.join("package.json"), "{}")?;
    let name = ava.file_name().context("a program without a name")?;
    std::fs::copy(ava, programs.join(name))?;
    Ok(())
}

fn bash(block: &Block, stage: &Stage, ava: &Path) -> Result<Command> {
    let text = block.text.replace(PORT, "--port 0").replace(ADDRESS, stage.sandbox().base_url());
    // As the last command itself, so that a signal's exit code is the command's own.
    let text = if block.mark("until").is_some() { format!("exec {text}") } else { text };
    let mut bash = command("bash");
    bash.args(["-euo", "pipefail", "-c", &text]).current_dir(stage.folder()).env_clear();
    bash.env("PATH", path_with(ava)?).env("HOME", stage.folder());
    Ok(bash)
}
