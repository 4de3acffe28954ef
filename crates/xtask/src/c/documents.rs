//! The blocks of the documents in C and C++: each is compiled against the installed library, and run.

use super::install::Installed;
use crate::docs::blocks::{Blocks, Runner};
use crate::docs::played::{self, Played};
use crate::docs::stage::Stage;

use anyhow::Result;

pub(crate) fn run(installed: &Installed) -> Result<Played> {
    let folder = played::folder("c")?;
    Played::each(Runner::C, &Blocks::read()?, |block| {
        let stage = Stage::set(folder.join(block.name()))?;
        let source = stage.folder().join(format!("program.{}", block.language));
        std::fs::write(&source, &block.text)?;
        let program = stage.folder().join("program");
        let compiler = if block.language == "c" { ["cc", "-std=c99"] } else { ["c++", "-std=c++17"] };
        installed.compile(&compiler, &source, &program)?;
        let outcome = stage.play(block, installed.run(&program).current_dir(stage.folder()));
        stage.strike();
        outcome
    })
}
