//! The TypeScript blocks: type-checked all at once, and run on Node as JavaScript.

use std::path::Path;

use anyhow::Result;

use super::blocks::{Blocks, Runner};
use super::played::Played;
use super::stage::Stage;
use crate::command::{command, path_with, run as done};

/// What a reader's project would say; beside the blocks.
const CONFIG: &str = r#"{
  "compilerOptions": {"module": "node16", "target": "es2022", "strict": true, "types": ["node"], "skipLibCheck": false},
  "include": ["*.mts"]
}"#;

/// In a folder of the package, which is so found by its name. Blocks that have tests are run with `node --test`.
pub(crate) fn run(blocks: &Blocks, package: &Path, node: &Path, ava: &Path) -> Result<Played> {
    let folder = package.join("build/docs");
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    for block in blocks.of(Runner::Node) {
        std::fs::write(folder.join(format!("{}.mts", block.name())), &block.text)?;
    }
    std::fs::write(folder.join("tsconfig.json"), CONFIG)?;
    let compiler = package.join("node_modules/typescript/bin/tsc");
    done(command(node).arg(compiler).current_dir(&folder))?;
    let path = path_with(ava)?;
    Played::each(Runner::Node, blocks, |block| {
        let stage = Stage::set(folder.join(block.name()))?;
        let mut program = command(node);
        if block.text.contains("node:test") {
            program.arg("--test");
        }
        program
            .arg(folder.join(format!("{}.mjs", block.name())))
            .current_dir(stage.folder())
            .env("PATH", &path);
        // A child of a test runner would report to it, and not to us.
        program.env_remove("NODE_TEST_CONTEXT").env_remove("NODE_OPTIONS");
        let outcome = stage.play(block, &mut program);
        stage.strike();
        outcome
    })
}
