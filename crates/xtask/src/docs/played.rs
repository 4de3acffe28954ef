//! How the blocks of a runner went.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Mutex;

use anyhow::{Context, Result};

use super::blocks::{Block, Blocks, Runner};
use crate::report::Counts;
use crate::tools;

/// They mostly wait.
const AT_ONCE: usize = 4;

/// A row of the table.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    pub(crate) runner: Runner,
    /// Came to a good end.
    pub(crate) ran: u64,
    /// Were only compiled, or parsed.
    pub(crate) read: u64,
    pub(crate) failed: u64,
    pub(crate) excepted: u64,
}

impl Played {
    pub(crate) fn new(runner: Runner, blocks: &Blocks) -> Played {
        Played { runner, ran: 0, read: 0, failed: 0, excepted: blocks.excepted(runner) as u64 }
    }

    /// Plays each, some at a time, and tells of those that failed.
    pub(crate) fn each(
        runner: Runner,
        blocks: &Blocks,
        play: impl Fn(&Block) -> Result<()> + Sync,
    ) -> Result<Played> {
        let played = Mutex::new(Played::new(runner, blocks));
        let waiting = Mutex::new(VecDeque::from(blocks.of(runner)));
        let next = || waiting.lock().ok().and_then(|mut blocks| blocks.pop_front());
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    while let Some(block) = next() {
                        let outcome = play(block);
                        if let Ok(mut played) = played.lock() {
                            played.note(block, outcome);
                        }
                    }
                });
            }
        });
        let played = played.into_inner().ok().context("a block's runner panicked")?;
        Ok(played)
    }

    pub(crate) fn note(&mut self, block: &Block, outcome: Result<()>) {
        match outcome {
            Ok(()) => self.ran += 1,
            Err(error) => {
                println!("{}: {error:#}", block.place());
                self.failed += 1;
            }
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts { passed: self.ran + self.read, failed: self.failed }
    }

    pub(crate) fn line(&self) -> String {
        let Played { runner, ran, read, failed, excepted } = self;
        format!("{:<22}{ran:>6}{read:>18}{excepted:>10}{failed:>8}", runner.name())
    }

    pub(crate) fn heading() -> String {
        format!(
            "{:<22}{:>6}{:>18}{:>10}{:>8}",
            "blocks of the docs", "ran", "compiled, parsed", "excepted", "failed"
        )
    }
}

/// Where a runner keeps what it makes of the blocks.
pub(crate) fn folder(runner: &str) -> Result<PathBuf> {
    Ok(tools::target()?.join("docs").join(runner))
}
