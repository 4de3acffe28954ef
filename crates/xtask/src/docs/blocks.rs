//! The blocks of code in the documents, and which of them don't run.
//!
//! A block is a whole program, as a reader would copy it. The words after its language say what is different when it
//! runs: `until=ctrl-c` (it goes on until then), `until=heard` (and it only listens), `exit=N`, `fault=NAME` (what the service does wrong, see `stage.rs`).
//! With `file=NAME` a block is that file, beside the shell blocks of its document.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::command::root;

/// Where documents are; those in folders below these are none of them.
const FOLDERS: [&str; 9] = [
    "",
    "bindings/kotlin",
    "bindings/swift",
    "docs",
    "node",
    "node/cli",
    "python",
    "python/cli",
    "tests/vectors",
];
const EXCEPTIONS: &str = "docs/blocks-exceptions.toml";

/// Who runs a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runner {
    Rust,
    Python,
    Node,
    Swift,
    Kotlin,
    C,
    Shell,
    /// Is read, not run.
    Data,
}

impl Runner {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Runner::Rust => "Rust",
            Runner::Python => "Python",
            Runner::Node => "Node",
            Runner::Swift => "Swift",
            Runner::Kotlin => "Kotlin",
            Runner::C => "C and C++",
            Runner::Shell => "shell",
            Runner::Data => "JSON, TOML, XML, CSV",
        }
    }

    fn of(language: &str) -> Option<Runner> {
        Some(match language {
            "rust" => Runner::Rust,
            "python" => Runner::Python,
            "ts" => Runner::Node,
            "swift" => Runner::Swift,
            "kotlin" => Runner::Kotlin,
            "c" | "cpp" => Runner::C,
            "sh" => Runner::Shell,
            "json" | "toml" | "xml" | "csv" => Runner::Data,
            _ => return None,
        })
    }
}

/// What stands between two fences.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// Its path from the root.
    pub(crate) document: String,
    /// Of its fence, from 1.
    pub(crate) line: usize,
    pub(crate) language: String,
    marks: Vec<String>,
    pub(crate) text: String,
}

impl Block {
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.document, self.line)
    }

    /// A name for it where only letters, digits and `_` may be.
    pub(crate) fn name(&self) -> String {
        let path = self.document.trim_end_matches(".md");
        format!("{}_{}", path.replace(|c: char| !c.is_ascii_alphanumeric(), "_").to_lowercase(), self.line)
    }

    /// Whether anything is different when it runs.
    pub(crate) fn is_marked(&self) -> bool {
        !self.marks.is_empty()
    }

    /// What the mark of this name says.
    pub(crate) fn mark(&self, name: &str) -> Option<&str> {
        self.marks.iter().find_map(|mark| mark.strip_prefix(name)?.strip_prefix('='))
    }
}

/// All blocks of all documents.
pub(crate) struct Blocks {
    run: Vec<(Runner, Block)>,
    excepted: Vec<Runner>,
}

impl Blocks {
    /// Reads them.
    ///
    /// # Errors
    /// If nobody runs a block's language, or an exception isn't about exactly one block.
    pub(crate) fn read() -> Result<Blocks> {
        let mut found = Vec::new();
        for document in documents()? {
            let text = std::fs::read_to_string(root().join(&document)).with_context(|| document.clone())?;
            found.extend(blocks(&document, &text)?);
        }
        let exceptions = std::fs::read_to_string(root().join(EXCEPTIONS)).context(EXCEPTIONS)?;
        Blocks::sort(found, &exceptions).context(EXCEPTIONS)
    }

    fn sort(found: Vec<Block>, exceptions: &str) -> Result<Blocks> {
        let Exceptions { exceptions } = toml::from_str(exceptions)?;
        let mut places = BTreeSet::new();
        for exception in &exceptions {
            ensure!(!exception.reason.is_empty(), "{}: no reason is given", exception.document);
            let matching: Vec<_> = found.iter().filter(|block| exception.is_about(block)).collect();
            let [block] = matching[..] else {
                let Exception { document, line, .. } = exception;
                bail!("{} blocks of {document} have the line {line:?}, not one", matching.len());
            };
            places.insert(block.place());
        }
        let mut blocks = Blocks { run: Vec::new(), excepted: Vec::new() };
        for block in found {
            let runner = Runner::of(&block.language)
                .with_context(|| format!("{}: nobody runs {:?}", block.place(), block.language))?;
            if places.contains(&block.place()) {
                blocks.excepted.push(runner);
            } else {
                blocks.run.push((runner, block));
            }
        }
        Ok(blocks)
    }

    /// Those that this runner runs, by document and line.
    pub(crate) fn of(&self, runner: Runner) -> Vec<&Block> {
        let is_file = |block: &Block| block.mark("file").is_some();
        self.run
            .iter()
            .filter(|(of, block)| *of == runner && !is_file(block))
            .map(|(_, block)| block)
            .collect()
    }

    /// Those that are files beside the shell blocks of a document.
    pub(crate) fn files(&self, document: &str) -> impl Iterator<Item = (&str, &Block)> {
        let of_it = self.run.iter().map(|(_, block)| block).filter(move |block| block.document == document);
        of_it.filter_map(|block| Some((block.mark("file")?, block)))
    }

    pub(crate) fn excepted(&self, runner: Runner) -> usize {
        self.excepted.iter().filter(|of| **of == runner).count()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exceptions {
    #[serde(default, rename = "exception")]
    exceptions: Vec<Exception>,
}

/// A block that isn't run.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    document: String,
    /// How one begins that only this block of the document has.
    line: String,
    reason: String,
}

impl Exception {
    fn is_about(&self, block: &Block) -> bool {
        block.document == self.document
            && block.text.lines().any(|line| line.trim_start().starts_with(&self.line))
    }
}

/// Every document, as a path from the root with slashes.
pub(crate) fn documents() -> Result<Vec<String>> {
    let mut documents = Vec::new();
    for folder in FOLDERS {
        let entries = std::fs::read_dir(root().join(folder)).with_context(|| folder.to_owned())?;
        for entry in entries {
            let name = PathBuf::from(entry?.file_name());
            if name.extension().is_some_and(|extension| extension == "md") {
                let path = Path::new(folder).join(name);
                documents.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    documents.sort();
    Ok(documents)
}

fn blocks(document: &str, text: &str) -> Result<Vec<Block>> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        let Some(info) = line.trim_start().strip_prefix("```") else { continue };
        let mut words = info.split_whitespace().map(str::to_owned);
        let language = words.next().unwrap_or_default();
        let mut block = Block {
            document: document.to_owned(),
            line: index + 1,
            language,
            marks: words.collect(),
            text: String::new(),
        };
        loop {
            let Some((_, line)) = lines.next() else { bail!("{}: it has no end", block.place()) };
            if line.trim() == "```" {
                break;
            }
            block.text += line.get(indent..).unwrap_or_default();
            block.text.push('\n');
        }
        blocks.push(block);
    }
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str =
        "a\n```c\nint x;\n```\n```sh until=ctrl-c\nls\n```\n- b\n  ```cpp\n  int y;\n\n  ```\n";

    fn found() -> Vec<Block> {
        blocks("docs/a.md", DOCUMENT).unwrap()
    }

    fn exception(line: &str) -> String {
        format!("[[exception]]\ndocument = \"docs/a.md\"\nline = \"{line}\"\nreason = \"so\"\n")
    }

    #[test]
    fn blocks_are_found() {
        let found = found();
        let plain: Vec<_> =
            found.iter().map(|block| (block.language.as_str(), block.line, block.text.as_str())).collect();
        assert_eq!(plain, [("c", 2, "int x;\n"), ("sh", 5, "ls\n"), ("cpp", 9, "int y;\n\n")]);
        assert_eq!(found[1].mark("until"), Some("ctrl-c"));
        assert_eq!(found[1].name(), "docs_a_5");
        assert!(blocks("a.md", "```c\nint x;\n").is_err());
    }

    #[test]
    fn exceptions_are_about_one_block_each() {
        let sorted = Blocks::sort(found(), &exception("ls")).unwrap();
        assert_eq!((sorted.of(Runner::C).len(), sorted.of(Runner::Shell).len()), (2, 0));
        assert_eq!(sorted.excepted(Runner::Shell), 1);
        assert!(Blocks::sort(found(), &exception("gone")).is_err());
        let twice = [found(), found()].concat();
        assert!(Blocks::sort(twice, &exception("ls")).is_err());
    }

    #[test]
    fn a_language_that_nobody_runs_is_an_error() {
        for fence in ["```cobol", "```"] {
            let found = blocks("a.md", &format!("{fence}\nx\n```\n")).unwrap();
            assert!(Blocks::sort(found, "").is_err());
        }
    }

    #[test]
    fn ten_lines_are_enough_to_begin() {
        let blocks = Blocks::read().unwrap();
        for (document, runner, lines) in [
            ("python/README.md", Runner::Python, 10),
            ("node/README.md", Runner::Node, 10),
            // With what they import.
            ("bindings/kotlin/README.md", Runner::Kotlin, 13),
            ("bindings/swift/README.md", Runner::Swift, 13),
        ] {
            let of_it = blocks.of(runner).into_iter().find(|block| block.document == document).unwrap();
            assert!(of_it.text.lines().count() <= lines, "{document}");
        }
    }
}
