//! The sandbox's page in a real browser: its types, its tests, its pictures.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::command::{ava, command, root, run as done};
use crate::node::{self, runs, runtime::Runtime};
use crate::report::Counts;
use crate::tools as all_tools;

/// What the tests need.
pub(crate) struct Tools {
    node: Runtime,
    chromium: PathBuf,
}

fn folder() -> PathBuf {
    root().join("tests/browser")
}

/// Debian's Chromium, and what npm brings to drive it.
pub(crate) fn tools() -> Result<Tools> {
    let node = Runtime::on_path()?;
    let chromium = all_tools::of_debian("chromium", "chromium")?;
    node::install(&folder())?;
    Ok(Tools { node, chromium })
}

/// Installs what is missing.
pub(crate) fn setup() -> Result<()> {
    println!("Chromium: {}", tools()?.chromium.display());
    Ok(())
}

/// Checks the types of the page and of its tests, and runs these.
pub(crate) fn run(tools: &Tools) -> Result<Counts> {
    let mut types = command(&tools.node.program);
    done(types.args(["node_modules/typescript/bin/tsc", "-p", "tsconfig.json"]).current_dir(folder()))?;
    let mut tests = node(tools)?;
    tests.args(["--test-concurrency=1", "--test"]);
    runs::go_in(&folder(), "in Chromium", &mut tests)
}

/// Takes the pictures.
pub(crate) fn pictures() -> Result<()> {
    done(node(&tools()?)?.arg("pictures.mjs").current_dir(folder()))
}

/// Writes docs/calls.md, the page's code of every call.
pub(crate) fn calls() -> Result<()> {
    done(command(&Runtime::on_path()?.program).arg("calls.mjs").current_dir(folder()))
}

/// Node, which finds the browser and the sandbox of this checkout.
fn node(tools: &Tools) -> Result<Command> {
    let mut node = command(&tools.node.program);
    node.env("AVA", ava()?).env("AVA_CHROMIUM", &tools.chromium);
    Ok(node)
}
