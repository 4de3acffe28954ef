//! The documents' blocks, as programs and tests of a project that depends on the installed packages.

use std::path::Path;

use anyhow::{Result, ensure};

use super::{consumer, maven};
use crate::command::path_with;
use crate::docs::blocks::{Blocks, Runner};
use crate::docs::played::{self, Played};
use crate::docs::stage::Stage;

/// Builds all of them at once, and runs each.
pub(super) fn run(ava: &Path) -> Result<Played> {
    let blocks = Blocks::read()?;
    let into = consumer().join("target/docs");
    if into.is_dir() {
        std::fs::remove_dir_all(&into)?;
    }
    for block in blocks.of(Runner::Kotlin) {
        let is_endless = block.mark("until").is_some();
        ensure!(
            is_endless || !block.is_marked(),
            "{}: all run in one process, with one service",
            block.place()
        );
        // Each is a file of its own, and a package keeps them apart.
        let folder = into.join(block.name());
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("Program.kt"), format!("package {}\n\n{}", block.name(), block.text))?;
        if is_endless {
            std::fs::write(folder.join("endless"), "")?;
        }
    }
    let stage = Stage::set(played::folder("kotlin")?)?;
    let mut tests = maven::mvn();
    stage.prepare(tests.current_dir(consumer()).arg("test").env("PATH", path_with(ava)?));
    let counts = maven::tests(&mut tests)?;
    stage.strike();
    let mut played = Played::new(Runner::Kotlin, &blocks);
    // A block that is a test has several, and one that didn't compile takes all others with it.
    let all = blocks.of(Runner::Kotlin).len() as u64;
    played.failed = counts.failed.max(all.saturating_sub(counts.passed)).min(all);
    played.ran = all - played.failed;
    Ok(played)
}
