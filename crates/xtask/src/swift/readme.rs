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
    let (programs, tests) = (blocks(&readme, "swift"), blocks(&readme, "swift test"));
    ensure!(programs.len() >= 4 && !tests.is_empty(), "the README has {} blocks of Swift", programs.len());
    let sources = consumer().join("Sources");
    if sources.is_dir() {
        std::fs::remove_dir_all(&sources)?;
    }
    // Package.swift makes a program or a test of each folder.
    for (index, block) in programs.iter().enumerate() {
        write(&sources.join(format!("Block{index}")).join("main.swift"), block)?;
    }
    for (index, block) in tests.iter().enumerate() {
        write(&sources.join("ReadmeTests").join(format!("Block{index}.swift")), block)?;
    }
    let scratch = scratch("consumer")?;
    done(swift.build(&consumer(), &scratch).args(["--build-tests", "--quiet"]))?;
    // What they keep is theirs, and of this run.
    let place = scratch.join("run");
    if place.is_dir() {
        std::fs::remove_dir_all(&place)?;
    }
    std::fs::create_dir_all(&place)?;
    let mut counts = Counts::default();
    let names = (0..programs.len()).map(|index| format!("Block{index}"));
    for name in names.chain(["ConsumerPackageTests.xctest".to_owned()]) {
        let mut program = swift.run(scratch.join("debug").join(&name), &place);
        match done(program.env("PATH", swift.path_with(ava)?)) {
            Ok(()) => counts.passed += 1,
            Err(error) => {
                println!("{name} of the README: {error:#}");
                counts.failed += 1;
            }
        }
    }
    Ok(counts)
}

fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::create_dir_all(file.parent().context("a file in no folder")?)?;
    Ok(std::fs::write(file, text)?)
}

/// What stands between the fences of a kind. Those that say more (`swift no-run`) are only shown.
fn blocks(readme: &str, kind: &str) -> Vec<String> {
    let fence = format!("```{kind}");
    let mut blocks = Vec::new();
    let mut lines = readme.lines();
    while lines.any(|line| line == fence) {
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
        assert_eq!(blocks(readme, "swift"), ["let a = 1\n", "d\n"]);
    }
}
