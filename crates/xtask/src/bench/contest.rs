//! Contenders, run in turns: A B C A B C, so that what slows the machine slows all of them.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::cores::spawn_on;
use crate::command::command;

/// A program, in any language, that measures itself at a task.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
}

/// What such a program prints, alone on its last line.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Measured {
    pub(crate) calls: u64,
    pub(crate) cpu_ns: u64,
    pub(crate) wall_ns: u64,
    pub(crate) rss: Option<Memory>,
}

/// Resident memory, in bytes.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Memory {
    pub(crate) before: u64,
    pub(crate) after: u64,
    pub(crate) peak: u64,
}

impl Measured {
    /// CPU time of a call, in microseconds.
    pub(crate) fn cpu_us(&self) -> f64 {
        self.cpu_ns as f64 / 1000.0 / self.calls.max(1) as f64
    }

    /// The part of a core that it kept busy, in percent.
    pub(crate) fn of_a_core(&self) -> f64 {
        self.cpu_ns as f64 * 100.0 / self.wall_ns.max(1) as f64
    }
}

impl Contender {
    /// A program that is told a contender's name, a task, the server's URL and options that are numbers, after what
    /// it takes to run it.
    pub(crate) fn new(
        (program, mut arguments): (PathBuf, Vec<String>),
        name: &'static str,
        task: &str,
        url: &str,
        options: &[(&str, u64)],
    ) -> Contender {
        arguments.extend([name, task, "--url", url].map(str::to_owned));
        for (option, value) in options {
            arguments.extend([format!("--{option}"), value.to_string()]);
        }
        Contender { name, program, arguments }
    }

    pub(crate) fn run(&self, core: usize) -> Result<Measured> {
        let mut command = command(&self.program);
        command.args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        let output = spawn_on(core, &mut command)?.wait_with_output()?;
        if !output.status.success() {
            bail!("{} ended with {}", self.name, output.status);
        }
        let output = String::from_utf8_lossy(&output.stdout);
        let line = output.lines().last().unwrap_or_default();
        serde_json::from_str(line).with_context(|| format!("{} printed {line:?}", self.name))
    }
}

/// Runs all of them on a core, in turns, and gives each one's CPU microseconds a call, round by round.
pub(crate) fn compete(contenders: &[Contender], core: usize, rounds: usize) -> Result<Vec<Vec<f64>>> {
    let mut costs = vec![Vec::with_capacity(rounds); contenders.len()];
    for _ in 0..rounds {
        for (contender, costs) in contenders.iter().zip(&mut costs) {
            costs.push(contender.run(core)?.cpu_us());
        }
    }
    Ok(costs)
}

/// The one in the middle; of an even number the lower of the two.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

/// The median of the rounds' own ratios: what slowed one round slowed both of its sides.
pub(crate) fn ratio(ours: &[f64], theirs: &[f64]) -> f64 {
    median(&ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_round_moves_no_median() {
        assert_eq!(median(&[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 3.0]), 3.0);
        assert!(median(&[]).is_nan());
        // The second round was slow for both.
        assert_eq!(ratio(&[11.0, 60.0, 12.0], &[10.0, 50.0, 10.0]), 1.2);
    }
}
