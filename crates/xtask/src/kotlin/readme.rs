//! The README's blocks, as programs of a project that depends on the installed packages.

use anyhow::{Context, Result, ensure};

use super::{consumer, folder};

/// Writes each block as a file of its own, where the project's build looks for them.
pub(super) fn write_blocks() -> Result<()> {
    let readme = folder().join("README.md");
    let readme = std::fs::read_to_string(&readme).with_context(|| readme.display().to_string())?;
    let blocks = blocks(&readme);
    ensure!(blocks.len() >= 3, "the README has {} blocks of Kotlin", blocks.len());
    let into = consumer().join("target/readme");
    if into.is_dir() {
        std::fs::remove_dir_all(&into)?;
    }
    std::fs::create_dir_all(&into)?;
    for (index, block) in blocks.iter().enumerate() {
        // Each is a program with a `main`, and a package keeps them apart.
        std::fs::write(into.join(format!("Block{index}.kt")), format!("package block{index}\n\n{block}"))?;
    }
    Ok(())
}

/// What stands between the fences of Kotlin. Those that say more (`kotlin no-run`) are only shown.
fn blocks(readme: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = readme.lines();
    while lines.any(|line| line == "```kotlin") {
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
            "a\n```kotlin\nval a = 1\n```\n```sh\nb\n```\n```kotlin no-run\nc\n```\n```kotlin\nd\n```\n";
        assert_eq!(blocks(readme), ["val a = 1\n", "d\n"]);
    }
}
