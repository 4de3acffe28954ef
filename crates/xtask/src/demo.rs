//! The demo, which is `ava demo`.

use anyhow::Result;

use crate::command::{cargo, run as done};

/// Builds the command, and plays the demo on stdout.
pub(crate) fn run(json: bool) -> Result<()> {
    let mut demo = ava();
    demo.arg("demo");
    if json {
        demo.arg("--json");
    }
    done(&mut demo)
}

/// The `ava` command of this checkout, to be given its arguments. Built with every feature, so that the tests find
/// it built. Cargo says what it does on standard error, as it does of this crate: the first build takes minutes.
pub(crate) fn ava() -> std::process::Command {
    cargo(["run", "--all-features", "--bin", "ava", "--"])
}
