//! The blocks of docs/c.md in C and C++: each is a whole program, which is compiled against the installed library and run.
//!
//! It finds a sandbox by `AVA_BASE_URL` and `AVA_API_KEY`, whose other side echoes every message, so that a listener has
//! something to yield.

use anyhow::{Context, Result};
use ava_sandbox::{IdleReply, Settings};

use super::install::Installed;
use super::stage::Stage;
use crate::command::root;
use crate::report::Counts;
use crate::tools;

const GUIDE: &str = "docs/c.md";
const ECHO_AFTER_MS: u64 = 300;

pub(crate) fn run(installed: &Installed) -> Result<Counts> {
    let text = std::fs::read_to_string(root().join(GUIDE)).context(GUIDE)?;
    let folder = tools::target()?.join("c/guide");
    std::fs::create_dir_all(&folder)?;
    let mut counts = Counts::default();
    for block in blocks(&text) {
        let source = folder.join(format!("line-{}.{}", block.line, block.language));
        std::fs::write(&source, &block.program)?;
        match play(installed, &block, &source) {
            Ok(()) => counts.passed += 1,
            Err(error) => {
                println!("{GUIDE}:{}: {error:#}", block.line);
                counts.failed += 1;
            }
        }
    }
    // A guide without programs would pass unseen.
    anyhow::ensure!(counts.passed + counts.failed > 0, "{GUIDE} has no programs");
    Ok(counts)
}

fn play(installed: &Installed, block: &Block, source: &std::path::Path) -> Result<()> {
    let program = source.with_extension("");
    let compiler = if block.language == "c" { ["cc", "-std=c99"] } else { ["c++", "-std=c++17"] };
    installed.compile(&compiler, source, &program)?;
    let settings =
        Settings { idle_reply: Some(IdleReply::Echo { after_ms: ECHO_AFTER_MS }), ..Settings::default() };
    let stage = Stage::set(settings)?;
    stage.run(&mut installed.run(&program), 0)?;
    stage.strike();
    Ok(())
}

struct Block {
    language: &'static str,
    /// Of its fence, from 1.
    line: usize,
    program: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in text.lines().enumerate() {
        match (&mut open, line) {
            (None, "```c") => open = Some(Block { language: "c", line: index + 1, program: String::new() }),
            (None, "```cpp") => {
                open = Some(Block { language: "cpp", line: index + 1, program: String::new() })
            }
            (Some(_), "```") => blocks.extend(open.take()),
            (Some(block), line) => {
                block.program += line;
                block.program.push('\n');
            }
            (None, _) => {}
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_from_the_rest() {
        let found = blocks("a\n```c\nint x;\n```\n```sh\nls\n```\n```cpp\nint y;\n\n```\n");
        let found: Vec<_> =
            found.iter().map(|block| (block.language, block.line, block.program.as_str())).collect();
        assert_eq!(found, [("c", 2, "int x;\n"), ("cpp", 8, "int y;\n\n")]);
    }
}
