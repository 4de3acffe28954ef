//! The documents' blocks, as programs and tests of a project that depends on the package by its path.

use std::path::Path;

use anyhow::{Context, Result};

use super::toolchain::Toolchain;
use super::{consumer, scratch};
use crate::command::run as done;
use crate::docs::blocks::{Block, Blocks, Runner};
use crate::docs::played::{self, Played};
use crate::docs::stage::Stage;

/// Builds all of them at once, and runs each.
pub(super) fn run(swift: &Toolchain, ava: &Path) -> Result<Played> {
    let blocks = Blocks::read()?;
    let sources = consumer().join("Sources");
    if sources.is_dir() {
        std::fs::remove_dir_all(&sources)?;
    }
    // Package.swift makes a program or tests of each folder.
    for block in blocks.of(Runner::Swift) {
        let file =
            if is_test(block) { format!("{}.swift", tests_of(block)) } else { "main.swift".to_owned() };
        let name = if is_test(block) { tests_of(block) } else { block.name() };
        let file = sources.join(name).join(file);
        std::fs::create_dir_all(file.parent().context("a file in no folder")?)?;
        std::fs::write(file, &block.text)?;
    }
    let scratch = scratch("consumer")?;
    // What Package.swift says depends on the folders, which its cache doesn't know of.
    let mut build = swift.build(&consumer(), &scratch);
    done(build.args(["--build-tests", "--quiet", "--manifest-cache", "none"]))?;
    let path = swift.path_with(ava)?;
    let folder = played::folder("swift")?;
    Played::each(Runner::Swift, &blocks, |block| {
        let stage = Stage::set(folder.join(block.name()))?;
        let name = if is_test(block) { "ConsumerPackageTests.xctest".to_owned() } else { block.name() };
        // All tests are in one program.
        let mut program = swift.run(scratch.join("debug").join(name), stage.folder());
        let outcome = stage.play(block, program.env("PATH", &path));
        stage.strike();
        outcome
    })
}

fn is_test(block: &Block) -> bool {
    block.text.contains("import XCTest")
}

fn tests_of(block: &Block) -> String {
    format!("{}_Tests", block.name())
}
