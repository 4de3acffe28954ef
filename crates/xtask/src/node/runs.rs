//! node:test, on every Node.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use super::folder;
use super::runtime::Runtime;
use crate::command::{command, path_with};
use crate::conformance;
use crate::report::Counts;

/// Runs the tests, on the Nodes side by side, and adds up.
pub(super) fn run(nodes: &[Runtime], ava: &Path) -> Result<Counts> {
    let path = path_with(ava)?;
    let files = tests("build/test")?;
    std::thread::scope(|scope| {
        let runs: Vec<_> = nodes
            .iter()
            .map(|node| {
                scope.spawn(|| {
                    let mut tests = command(&node.program);
                    tests.env("PATH", &path).args(["--test-concurrency=1", "--test"]).args(&files);
                    let (variable, out) = conformance::begin(&node.to_string())?;
                    tests.env(variable, out);
                    go(&node.to_string(), &mut tests)
                })
            })
            .collect();
        let mut total = Counts::default();
        for run in runs {
            let counts = run.join().ok().context("a run of the tests panicked")??;
            total.passed += counts.passed;
            total.failed += counts.failed;
        }
        Ok(total)
    })
}

/// Installs the packages of a folder into empty projects, and runs them.
pub(super) fn run_packages(node: &Runtime, packages: &Path) -> Result<Counts> {
    let mut tests = command(&node.program);
    tests.arg("--test").args(tests_of_packages()?).env("AVA_PACKAGES", packages);
    go(&node.to_string(), &mut tests)
}

fn tests_of_packages() -> Result<Vec<PathBuf>> {
    tests("build/test/packages")
}

fn tests(within: &str) -> Result<Vec<PathBuf>> {
    let files = std::fs::read_dir(folder().join(within)).with_context(|| within.to_owned())?;
    let mut files: Vec<_> = files.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    Ok(files)
}

fn go(name: &str, tests: &mut Command) -> Result<Counts> {
    go_in(&folder(), name, tests)
}

/// Runs tests of node:test in a folder.
pub(crate) fn go_in(folder: &Path, name: &str, tests: &mut Command) -> Result<Counts> {
    let began = Instant::now();
    // A child of a test runner would report to it, and not to us.
    tests.current_dir(folder).env_remove("NODE_TEST_CONTEXT").env_remove("NODE_OPTIONS");
    let output = tests.output().context("running node --test")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let counts = counts(&text, output.status.success());
    let mut said = format!("{name}: {} passed, {} failed", counts.passed, counts.failed);
    said += &format!(" in {:.0} s", began.elapsed().as_secs_f64());
    if counts.failed > 0 {
        said += &format!("\n{text}{}", String::from_utf8_lossy(&output.stderr));
    } else {
        // How many vectors held, for one.
        let told = text.lines().filter(|line| line.contains("vectors: "));
        said.extend(told.map(|line| format!("\n    {}", line.trim_start_matches(['#', 'ℹ', ' ']))));
    }
    println!("{said}");
    Ok(counts)
}

/// What node:test's last lines say, in either of its ways: `# pass 113`, `ℹ pass 113`. A run without a test is a failure,
/// too: the sum over several Nodes would hide it.
fn counts(output: &str, succeeded: bool) -> Counts {
    let after = |word: &str| {
        let numbers = output.lines().rev().filter_map(|line| {
            let (name, number) = line.trim_start_matches(['#', 'ℹ', ' ']).split_once(' ')?;
            (name == word).then(|| number.trim().parse::<u64>().ok()).flatten()
        });
        numbers.take(1).sum::<u64>()
    };
    let (passed, failed) = (after("pass"), after("fail") + after("cancelled"));
    let is_well = succeeded && passed + failed > 0;
    Counts { passed, failed: if is_well { failed } else { failed.max(1) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_read() {
        let tap = "# tests 3\n# suites 1\n# pass 2\n# fail 1\n# cancelled 0\n# duration_ms 40139.9\n";
        assert_eq!(counts(tap, false), Counts { passed: 2, failed: 1 });
        let spec = "ℹ tests 3\nℹ pass 3\nℹ fail 0\nℹ cancelled 0\n";
        assert_eq!(counts(spec, true), Counts { passed: 3, failed: 0 });
        assert_eq!(counts("it died", false), Counts { passed: 0, failed: 1 });
        assert_eq!(counts("# tests 0\n# pass 0\n# fail 0\n", true), Counts { passed: 0, failed: 1 });
    }
}
