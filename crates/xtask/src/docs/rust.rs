//! The Rust blocks of README.md and docs/*.md, compiled and run.
//!
//! Each block is a whole program, as a reader would copy it. It finds a sandbox of its file's own by `AVA_BASE_URL` and
//! `AVA_API_KEY`, whose other side echoes every message, so that a listener has something to yield. A block that must
//! not run is marked `no_run`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ava_sandbox::{IdleReply, Sandbox, Settings};
use serde::Deserialize;

use crate::command::{cargo, command, read, root, stream};
use crate::report::{Counts, Tally};

/// What a block may use: what its reader would put into Cargo.toml.
const LIBRARIES: [&str; 5] = ["ava_imessage", "ava_sandbox", "futures_util", "serde_json", "tokio"];
const ECHO_AFTER_MS: u64 = 300;

/// Runs the blocks of all documents.
pub(crate) fn run() -> Result<Counts> {
    let libraries = libraries()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let mut all = Counts::default();
    for document in documents()? {
        let settings =
            Settings { idle_reply: Some(IdleReply::Echo { after_ms: ECHO_AFTER_MS }), ..Settings::default() };
        let sandbox = runtime.block_on(Sandbox::builder().settings(settings).start())?;
        let counts = test(&document, &libraries, &sandbox)?;
        all.passed += counts.passed;
        all.failed += counts.failed;
        runtime.block_on(sandbox.shutdown());
    }
    Ok(all)
}

fn test(document: &Path, libraries: &[OsString], sandbox: &Sandbox) -> Result<Counts> {
    let mut rustdoc = command(std::env::var_os("RUSTDOC").unwrap_or_else(|| "rustdoc".into()));
    rustdoc
        .args(["--test", "--edition", "2024", "--test-args", "--test-threads=1"])
        .args(libraries)
        .arg(document);
    rustdoc.env("AVA_BASE_URL", sandbox.base_url()).env("AVA_API_KEY", sandbox.api_key());
    let mut tally = Tally::default();
    let status = stream(&mut rustdoc, |line| tally.watch(line))?;
    Ok(tally.counts(status.success()))
}

/// README.md and docs/*.md, relative to the root; those that have Rust blocks.
fn documents() -> Result<Vec<PathBuf>> {
    let mut documents = Vec::new();
    for entry in std::fs::read_dir(root().join("docs"))? {
        let name = PathBuf::from(entry?.file_name());
        if name.extension().is_some_and(|extension| extension == "md") {
            documents.push(Path::new("docs").join(name));
        }
    }
    documents.sort();
    documents.insert(0, "README.md".into());
    let mut with_blocks = Vec::new();
    for document in documents {
        let text = std::fs::read_to_string(root().join(&document));
        if text.with_context(|| document.display().to_string())?.contains("```rust") {
            with_blocks.push(document);
        }
    }
    Ok(with_blocks)
}

/// Tells rustdoc where the libraries are that the tests were built with.
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
