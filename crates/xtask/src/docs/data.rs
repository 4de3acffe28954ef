//! The blocks that are data: each must be what it says it is.

use anyhow::{Context, Result, bail, ensure};

use super::blocks::{Block, Blocks, Runner};
use super::played::Played;
use crate::command::root;

/// What a reader adds to their project is what this repository's own consumer has.
const POM: &str = "tests/consumers/kotlin/pom.xml";

pub(crate) fn run(blocks: &Blocks) -> Result<Played> {
    let mut played = Played::new(Runner::Data, blocks);
    for block in blocks.of(Runner::Data) {
        match parse(block) {
            Ok(()) => played.read += 1,
            failed => played.note(block, failed),
        }
    }
    Ok(played)
}

fn parse(block: &Block) -> Result<()> {
    match block.language.as_str() {
        "json" => {
            serde_json::from_str::<serde_json::Value>(&block.text)?;
        }
        "toml" => {
            toml::from_str::<toml::Table>(&block.text)?;
        }
        "csv" => {
            let mut widths = block.text.lines().map(|line| line.split(',').count());
            let first = widths.next().context("it is empty")?;
            ensure!(widths.all(|width| width == first), "its lines have different numbers of fields");
        }
        "xml" => {
            let pom = std::fs::read_to_string(root().join(POM)).context(POM)?;
            let pom = lines_of(&pom);
            for dependency in block.text.split("</dependency>").filter(|part| part.contains("<dependency>")) {
                let wanted = lines_of(dependency);
                let is_there = pom.windows(wanted.len()).any(|lines| lines == wanted);
                ensure!(is_there, "{POM} has nothing like it: {wanted:?}");
            }
        }
        other => bail!("nobody reads {other}"),
    }
    Ok(())
}

/// Without indents and comments.
fn lines_of(xml: &str) -> Vec<&str> {
    let lines = xml.lines().map(|line| line.split("<!--").next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).collect()
}
