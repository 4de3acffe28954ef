//! The vectors, through both faces of the C library.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Compiler, Library, Program, add_up, sources};
use crate::command::root;
use crate::conformance;
use crate::report::Counts;
use crate::tools;

const FACES: [&str; 2] = ["waits", "callbacks"];
/// How much longer a vector may take where each instruction is watched.
const SLOWER: &str = "30";

fn runner(library: &Library, compiler: Compiler) -> Result<Program> {
    compiler.program("vectors", &sources("tests/c/vector")?, library, &["-lcjson"])
}

/// With the C side sanitized.
pub(super) fn run(library: &Library, ava: &Path) -> Result<Counts> {
    let runner = runner(library, Compiler::SANITIZING)?;
    let (variable, file) = conformance::begin("c")?;
    side_by_side(|face| {
        let mut run = runner.run();
        run.env(variable, &file);
        Ok(play(run, ava, face))
    })
}

/// With 0 errors and 0 bytes lost.
pub(super) fn run_in_valgrind(library: &Library, ava: &Path) -> Result<Counts> {
    let runner = runner(library, Compiler::PLAIN)?;
    side_by_side(|face| {
        let log = tools::target()?.join("c").join(format!("valgrind-{face}.txt"));
        let mut run = runner.run_in_valgrind(&log);
        run.env("RUNNER_SLOWER", SLOWER);
        let (succeeded, output) = play(run, ava, face);
        if !succeeded {
            println!("{}", std::fs::read_to_string(&log).unwrap_or_default());
        }
        Ok((succeeded, output))
    })
}

fn play(mut run: Command, ava: &Path, face: &str) -> (bool, String) {
    let output = run.arg(ava).arg(root().join("tests/vectors")).arg(face).output();
    let Ok(output) = output else { return (false, "the runner can't be run".to_owned()) };
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    let said = said.concat();
    println!("{}", said.trim_end());
    (output.status.success(), said)
}

fn side_by_side(run: impl Fn(&'static str) -> Result<(bool, String)> + Sync) -> Result<Counts> {
    let outputs = std::thread::scope(|scope| {
        let runs: Vec<_> = FACES
            .into_iter()
            .map(|face| {
                scope.spawn({
                    let run = &run;
                    move || run(face)
                })
            })
            .collect();
        let ended = runs.into_iter().map(|run| run.join().ok().context("a run of the vectors panicked")?);
        ended.collect::<Result<Vec<_>>>()
    })?;
    Ok(add_up(outputs))
}
