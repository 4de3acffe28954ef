//! Measuring: what a call costs, beside what it would cost without this library.
//!
//! [`server`], [`cores`], [`contest`] and [`report`] know no language; [`rust`], [`python`], [`node`] and [`kotlin`] say what is measured of
//! theirs, and [`program`] of the `ava` command.

mod c;
mod contest;
mod cores;
mod kotlin;
mod node;
mod program;
mod python;
mod report;
mod rust;
mod server;
mod swift;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use self::report::Report;
use crate::command::{cargo, run as done};
use crate::{Language, tools};

const MB: f64 = 1_000_000.0;

/// How much is done of each.
struct Effort {
    /// Every contender is run so often at each task; the median counts.
    rounds: usize,
    sends: u64,
    pages: u64,
    listeners: u64,
    /// How long listeners are left alone, in seconds, and then watched.
    settle: f64,
    watch: f64,
    starts: u32,
}

const FULL: Effort =
    Effort { rounds: 15, sends: 2000, pages: 1000, listeners: 1000, settle: 45.0, watch: 30.0, starts: 200 };
const QUICK: Effort =
    Effort { rounds: 1, sends: 20, pages: 10, listeners: 10, settle: 0.2, watch: 0.5, starts: 3 };

/// Builds, measures, prints, and writes what was measured to `json`.
pub(crate) fn run(language: Language, quick: bool, json: Option<&Path>) -> Result<()> {
    let effort = if quick { QUICK } else { FULL };
    println!("building in the release profile");
    let programs = build(language)?;
    cores::allow_many_files()?;
    let mut report = Report::begin(quick);
    match language {
        Language::Rust => {
            rust::measure(&programs, &effort, &mut report)?;
            program::measure(&programs.join(executable("ava")), &effort, &mut report)?;
        }
        Language::Python => python::measure(&programs, &effort, &mut report)?,
        Language::Node => node::measure(&programs, &effort, &mut report)?,
        Language::C => c::measure(&programs, &effort, &mut report)?,
        Language::Kotlin => kotlin::measure(&programs, &effort, &mut report)?,
        Language::Swift => swift::measure(&programs, &effort, &mut report)?,
    }
    report.finish();
    if let Some(file) = json {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(file, text + "\n").with_context(|| file.display().to_string())?;
    }
    Ok(())
}

/// Builds the contenders and `ava`, each with its own features, and gives the folder of both.
fn build(language: Language) -> Result<PathBuf> {
    if language == Language::Rust {
        done(&mut cargo(["build", "--release", "--quiet", "--package", "ava-cli"]))?;
    }
    done(&mut cargo(["build", "--release", "--quiet", "--package", "ava-bench"]))?;
    Ok(tools::target()?.join("release"))
}

fn executable(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}
