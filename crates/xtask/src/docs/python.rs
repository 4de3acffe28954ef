//! The Python blocks, on the oldest and the newest Python, against the installed wheel.

use std::path::Path;

use anyhow::Result;

use super::blocks::{Blocks, Runner};
use super::played::{self, Played};
use super::stage::Stage;
use crate::command::path_with;
use crate::python::Environment;

/// Runs each as a program, or with pytest if it has tests. A warning is an error.
pub(crate) fn run(blocks: &Blocks, environments: &[Environment], ava: &Path) -> Result<Played> {
    let folder = played::folder("python")?;
    let path = path_with(ava)?;
    Played::each(Runner::Python, blocks, |block| {
        for (number, environment) in environments.iter().enumerate() {
            let stage = Stage::set(folder.join(format!("{}_{number}", block.name())))?;
            // A name that pytest looks for.
            std::fs::write(stage.folder().join("test_program.py"), &block.text)?;
            let mut program = environment.run("python");
            program.args(["-W", "error"]);
            if block.text.contains("def test_") {
                program.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]).env_remove("PYTEST_ADDOPTS");
            }
            program.arg("test_program.py").current_dir(stage.folder()).env("PATH", &path);
            let outcome = stage.play(block, &mut program);
            stage.strike();
            outcome?;
        }
        Ok(())
    })
}
