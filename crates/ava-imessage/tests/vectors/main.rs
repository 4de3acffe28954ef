//! Runs every vector of `tests/vectors` against this client, each on a sandbox of its own. The README beside the
//! vectors is the contract; every language's runner does the same.
//!
//! `AVA_VECTORS=word` runs only those with the word in their name, without checking the count.

mod conformance;
mod errors;
mod expand;
mod expect;
mod format;
mod leaks;
mod requests;
mod steps;
mod view;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ava_sandbox::{Sandbox, Script};
use futures_util::StreamExt;
use serde_json::Value;

use crate::format::Vector;
use crate::leaks::Leaks;
use crate::steps::{Outcome, World};

/// Vectors at once: they wait more than they work.
const AT_ONCE: usize = 4;
/// What one language's run may take, one vector after the other.
const ALL_WITHIN: Duration = Duration::from_secs(20);
/// The key of every sandbox: one that is easily found where it should not be.
const API_KEY: &str = "sk_vectors_7f3k9q2x";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}

/// A vector's name and its text.
type Source = (String, String);

fn sources() -> Result<Vec<Source>, String> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder()).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "json") && name != "errors" {
            all.push((name, std::fs::read_to_string(&path).map_err(|error| error.to_string())?));
        }
    }
    all.sort();
    Ok(all)
}

fn count() -> Result<usize, String> {
    let text = std::fs::read_to_string(folder().join("COUNT")).map_err(|error| format!("COUNT: {error}"))?;
    text.trim().parse().map_err(|_| "COUNT: not a number".to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_vector_holds() {
    let leaks = Leaks::capture();
    let wanted = std::env::var("AVA_VECTORS").ok();
    let mut sources = sources().unwrap();
    match &wanted {
        Some(word) => sources.retain(|(name, _)| name.contains(word.as_str())),
        None => assert_eq!(sources.len(), count().unwrap(), "vectors in the folder, and what COUNT says"),
    }
    assert!(!sources.is_empty(), "no vector has such a name");

    let runs = sources.iter().map(|(name, text)| timed(name, text, &leaks));
    let mut runs: Vec<_> = futures_util::stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
    runs.sort_by_key(|run| std::cmp::Reverse(run.took));
    for run in &runs {
        conformance::record("vector", run.name, run.failure.is_none());
    }

    let mut failures: Vec<String> =
        runs.iter().filter_map(|run| Some(format!("{}: {}", run.name, run.failure.as_ref()?))).collect();
    failures.sort();
    failures.extend(leaks.found());
    let total: Duration = runs.iter().map(|run| run.took).sum();
    if total > ALL_WITHIN {
        failures.push(format!("together they take {total:?}, more than {ALL_WITHIN:?}"));
    }
    println!("vectors: {} passed", runs.iter().filter(|run| run.failure.is_none()).count());
    println!("one after the other they take {total:?}; the slowest:");
    for run in runs.iter().take(if wanted.is_some() { usize::MAX } else { 8 }) {
        println!("  {:>6} ms  {}", run.took.as_millis(), run.name);
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

struct Run<'a> {
    name: &'a str,
    took: Duration,
    failure: Option<String>,
}

async fn timed<'a>(name: &'a str, text: &str, leaks: &Leaks) -> Run<'a> {
    let began = Instant::now();
    let failure = run(name, text, leaks).await.err();
    Run { name, took: began.elapsed(), failure }
}

async fn run(name: &str, text: &str, leaks: &Leaks) -> Result<(), String> {
    let sandbox = Sandbox::builder().api_key(API_KEY).start().await.map_err(|error| error.to_string())?;
    let mut json: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    leaks.forbid(&json, &[API_KEY]);
    expand::expand(&mut json, &sandbox)?;
    let vector: Vector = serde_json::from_value(json).map_err(|error| error.to_string())?;
    if vector.name != name {
        return Err(format!("is named {:?} inside", vector.name));
    }
    if vector.about.is_empty() {
        return Err("says nothing about itself".to_owned());
    }
    if let Some(script) = &vector.script {
        let script = Script::from_json(script.to_string().as_bytes()).map_err(|error| error.to_string())?;
        sandbox.script(script).map_err(|error| error.to_string())?;
    }
    let within = Duration::from_millis(vector.within_ms);
    tokio::time::timeout(within, play(&vector, &sandbox, leaks))
        .await
        .map_err(|_| format!("took longer than {within:?}"))??;
    requests::check(&vector, &sandbox).await?;
    sandbox.shutdown().await;
    Ok(())
}

async fn play(vector: &Vector, sandbox: &Sandbox, leaks: &Leaks) -> Result<(), String> {
    let world = match World::new(vector, sandbox, leaks) {
        Ok(world) => world,
        Err(error) => {
            let outcome = Outcome::Error(view::error(&error));
            leaks.saw(&error);
            return expect::outcome(&vector.expect, &outcome).map_err(|why| format!("the client: {why}"));
        }
    };
    let Some((last, first)) = vector.steps.split_last() else {
        return Err("the client was made, and there is no step".to_owned());
    };
    for (number, step) in first.iter().enumerate() {
        let outcome = world.run(step).await?;
        if let Some(expected) = &step.expect {
            expect::outcome(expected, &outcome).map_err(|why| format!("step {number}: {why}"))?;
        }
    }
    if last.expect.is_some() {
        return Err("the last step's expect is the vector's".to_owned());
    }
    let outcome = world.run(last).await?;
    expect::outcome(&vector.expect, &outcome).map_err(|why| format!("the last step: {why}"))
}
