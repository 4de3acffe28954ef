//! The Rust blocks: one program of all that have a `main`, another of all that are tests, so that they are linked twice
//! and not one by one.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::blocks::{Block, Blocks, Runner};
use super::played::{self, Played};
use super::stage::Stage;
use crate::command::{cargo, command, path_with, read, run as done};

/// What a block may use: what its reader would put into Cargo.toml.
const LIBRARIES: [&str; 6] =
    ["ava_imessage", "ava_sandbox", "futures_util", "serde_json", "tokio", "tracing_subscriber"];

/// Compiles all of them, and runs each.
pub(crate) fn run(blocks: &Blocks, ava: &Path) -> Result<Played> {
    let folder = played::folder("rust")?;
    std::fs::create_dir_all(&folder)?;
    let all = blocks.of(Runner::Rust);
    let (tests, programs): (Vec<_>, Vec<_>) = all.into_iter().partition(|block| is_test(block));
    let libraries = libraries()?;
    let programs = compile(&folder.join("programs.rs"), &main_of(&programs, &folder)?, &libraries, &[])?;
    let tests = compile(&folder.join("tests.rs"), &modules(&tests, &folder)?, &libraries, &["--test"])?;
    let path = path_with(ava)?;
    Played::each(Runner::Rust, blocks, |block| {
        let stage = Stage::set(folder.join(block.name()))?;
        let mut program = if is_test(block) {
            let mut test = command(&tests);
            test.arg(format!("{}::", block.name()));
            test
        } else {
            let mut program = command(&programs);
            program.arg(block.name());
            program
        };
        let outcome = stage.play(block, program.current_dir(stage.folder()).env("PATH", &path));
        stage.strike();
        outcome
    })
}

fn is_test(block: &Block) -> bool {
    block.text.contains("#[test]") || block.text.contains("#[tokio::test]")
}

/// A program that is the block whose name it is given.
fn main_of(blocks: &[&Block], folder: &Path) -> Result<String> {
    let mut text = modules(blocks, folder)?;
    text += "fn main() -> std::process::ExitCode {\n    match std::env::args().nth(1).unwrap_or_default().as_str() {\n";
    for block in blocks {
        // Writing to a string does not fail.
        let _ = writeln!(text, "        {0:?} => {0}::run_it(),", block.name());
    }
    text += "        name => panic!(\"no block {name}\"),\n    }\n}\n";
    Ok(text)
}

/// A module of each. What it has of no use to the others is of none to the compiler, either.
fn modules(blocks: &[&Block], folder: &Path) -> Result<String> {
    let mut text = String::new();
    for block in blocks {
        let mut module = block.text.clone();
        if !is_test(block) {
            module += "\npub fn run_it() -> std::process::ExitCode {\n    std::process::Termination::report(main())\n}\n";
        }
        let file = folder.join(format!("{}.rs", block.name()));
        std::fs::write(&file, module)?;
        let _ = writeln!(text, "#[path = {file:?}]\nmod {};", block.name());
    }
    Ok(text)
}

fn compile(source: &Path, text: &str, libraries: &[OsString], further: &[&str]) -> Result<PathBuf> {
    std::fs::write(source, text)?;
    let program = source.with_extension(std::env::consts::EXE_EXTENSION);
    let mut rustc = command(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition", "2024", "-D", "warnings", "-C", "debuginfo=0"]).args(further).args(libraries);
    done(rustc.arg("-o").arg(&program).arg(source))?;
    Ok(program)
}
/// Tells the compiler where the libraries are that the tests were built with.
fn libraries() -> Result<Vec<OsString>> {
    #[derive(Deserialize)]
    struct Artifact {
        target: Target,
        filenames: Vec<PathBuf>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }

    let mut built = cargo(["test", "--workspace", "--all-features", "--bins", "--no-run", "--quiet"]);
    let lines = read(built.arg("--message-format=json"))?;
    let artifacts: Vec<Artifact> = lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let mut options = Vec::new();
    for library in LIBRARIES {
        let rlib = artifacts
            .iter()
            .filter(|artifact| artifact.target.name.replace('-', "_") == library)
            .flat_map(|artifact| &artifact.filenames)
            .find(|file| file.extension().is_some_and(|extension| extension == "rlib"))
            .with_context(|| format!("no library {library} among what was built"))?;
        if let Some(folder) = rlib.parent() {
            // The uplifted library of a workspace crate stands beside `deps`.
            for folder in [folder.to_owned(), folder.join("deps")] {
                options.push("-L".into());
                options.push(joined("dependency=", &folder));
            }
        }
        options.push("--extern".into());
        options.push(joined(&format!("{library}="), rlib));
    }
    Ok(options)
}

fn joined(prefix: &str, path: &Path) -> OsString {
    let mut joined = OsString::from(prefix);
    joined.push(path);
    joined
}
