//! The README's blocks, as programs of a project that depends on the package by its path.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::toolchain::Toolchain;
use super::{consumer, folder, scratch};
use crate::command::run as done;
use crate::report::Counts;

/// Builds all of them, and runs each.
pub(super) fn run(swift: &Toolchain, ava: &Path) -> Result<Counts> {
    let readme = folder().join("README.md");
    let readme = std::fs::read_to_string(&readme).with_context(|| readme.display().to_string())?;
    let blocks = blocks(&readme);
    ensure!(blocks.len() >= 4, "the README has {} blocks of Swift", blocks.len());
    let sources = consumer().join("Sources");
    if sources.is_dir() {
        std::fs::remove_dir_all(&sources)?;
    }
    for (index, block) in blocks.iter().enumerate() {
        // Package.swift makes a program of each folder.
        let into = sources.join(format!("Block{index}"));
        std::fs::create_dir_all(&into)?;
        std::fs::write(into.join("main.swift"), block)?;
    }
    let scratch = scratch("consumer")?;
    done(swift.build(&consumer(), &scratch).arg("--quiet"))?;
    let mut counts = Counts::default();
    for index in 0..blocks.len() {
        let mut program = swift.run(scratch.join(format!("debug/Block{index}")), &scratch);
        match done(program.env("PATH", swift.path_with(ava)?)) {
            Ok(()) => counts.passed += 1,
            Err(error) => {
                println!("block {index} of the README: {error:#}");
                counts.failed += 1;
            }
        }
    }
    Ok(counts)
}

/// What stands between the fences of Swift. Those that say more (`swift no-run`) are only shown.
fn blocks(readme: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = readme.lines();
    while lines.any(|line| line == "```swift") {
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        blocks.push(block.join("\n") + "\n");
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found() {
        let readme =
            "a\n```swift\nlet a = 1\n```\n```sh\nb\n```\n```swift no-run\nc\n```\n```swift\nd\n```\n";
        assert_eq!(blocks(readme), ["let a = 1\n", "d\n"]);
    }
}
