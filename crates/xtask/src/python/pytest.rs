//! pytest, on every interpreter, against the installed wheel.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use anyhow::{Context, Result};

use super::environment::Environment;
use super::interpreter::Interpreter;
use super::{TESTS, folder};
use crate::command::path_with;
use crate::conformance;
use crate::report::Counts;

/// Between the oldest and the newest, the fault tests are so much smaller: what they find differs little there.
const SCALE_BETWEEN: &str = "0.1";
/// As many cores as there are sure to be.
const AT_ONCE: usize = 2;

struct Run {
    name: String,
    scale: Option<&'static str>,
    environment: Environment,
}

/// Runs all, two at a time, and adds up.
pub(crate) fn run(interpreters: &[Interpreter], wheel: &Path, ava: &Path) -> Result<Counts> {
    let last = interpreters.len().saturating_sub(1);
    let mut runs = VecDeque::new();
    for (number, interpreter) in interpreters.iter().enumerate() {
        let environment = Environment::with(interpreter, &[TESTS])?;
        environment.install(wheel)?;
        let scale = (number != 0 && number != last).then_some(SCALE_BETWEEN);
        let run = Run { name: interpreter.to_string(), scale, environment };
        // The long ones first.
        if scale.is_none() { runs.push_front(run) } else { runs.push_back(run) }
    }
    let path = path_with(ava)?;
    let waiting = Mutex::new(runs);
    let next = || waiting.lock().ok().and_then(|mut runs| runs.pop_front());
    let total = Mutex::new(Counts::default());
    std::thread::scope(|scope| {
        let work = || -> Result<()> {
            while let Some(run) = next() {
                let counts = run.go(&path)?;
                if let Ok(mut total) = total.lock() {
                    total.passed += counts.passed;
                    total.failed += counts.failed;
                }
            }
            Ok(())
        };
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().ok().context("a run of the tests panicked")?)
    })?;
    total.into_inner().ok().context("a run of the tests panicked")
}

impl Run {
    fn go(&self, path: &OsString) -> Result<Counts> {
        let began = Instant::now();
        let mut pytest = self.environment.run("python");
        pytest.args(["-m", "pytest", "--color=no"]).current_dir(folder()).env("PATH", path);
        let (variable, file) = conformance::begin(&self.name)?;
        pytest.env(variable, file);
        if let Some(scale) = self.scale {
            pytest.args(["--scale", scale]);
        }
        let output = pytest.output().context("running pytest")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let counts = counts(&text, output.status.success());
        let mut said = format!("{}: {} passed, {} failed", self.name, counts.passed, counts.failed);
        said += &format!(" in {:.0} s", began.elapsed().as_secs_f64());
        if counts.failed > 0 {
            said += &format!("\n{text}{}", String::from_utf8_lossy(&output.stderr));
        } else {
            // How many vectors held, for one.
            let told = text.lines().filter(|line| line.starts_with("vectors: "));
            said.extend(told.map(|line| format!("\n    {line}")));
        }
        println!("{said}");
        Ok(counts)
    }
}

/// What pytest's last line says: `2 failed, 94 passed, 1 error in 80.55s`.
fn counts(output: &str, succeeded: bool) -> Counts {
    let last = output.lines().rev().find(|line| line.contains(" passed") || line.contains(" failed"));
    let number_before = |word: &str| {
        let parts = last.unwrap_or_default().trim_matches('=').split(',').map(str::trim);
        let numbers = parts.filter_map(|part| {
            let (number, rest) = part.split_once(' ')?;
            rest.starts_with(word).then(|| number.parse::<u64>().ok()).flatten()
        });
        numbers.sum::<u64>()
    };
    let failed = number_before("failed") + number_before("error");
    Counts { passed: number_before("passed"), failed: if succeeded { failed } else { failed.max(1) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_read() {
        let counted = |line: &str, succeeded| counts(&format!("....\n{line}\n"), succeeded);
        assert_eq!(counted("96 passed in 131.19s (0:02:11)", true), Counts { passed: 96, failed: 0 });
        let mixed = "2 failed, 94 passed, 3 warnings, 1 error in 133.68s";
        assert_eq!(counted(mixed, false), Counts { passed: 94, failed: 3 });
        assert_eq!(counted("killed", false), Counts { passed: 0, failed: 1 });
    }
}
