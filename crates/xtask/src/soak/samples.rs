//! What a process has, second by second, and whether it grows.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

/// Caches fill, allocators settle and just-in-time compilers compile: so much of the beginning is not judged.
const WARM_UP: f64 = 0.3;
/// Within so many seconds the least memory counts: what a collector has not yet collected is no leak.
const TROUGH: usize = 10;
/// What a leak of a kilobyte a send would make, at the ten sends a second that each face makes. A third of it is no leak:
/// for ten minutes a client remembers the id of each send, so that no other send claims its row.
const MEMORY_A_MINUTE: f64 = 0.6 * MIB;
/// Less is within what allocators come and go by, however steep it looks in a short run.
const MEMORY_IN_ALL: f64 = 4.0 * MIB;
/// Files and threads come and go by connections: a slope is one more every minute, and several in all.
const COUNT_A_MINUTE: f64 = 1.0;
const COUNT_IN_ALL: f64 = 4.0;
pub(super) const MIB: f64 = 1024.0 * 1024.0;

#[derive(Clone, Copy)]
pub(super) struct Sample {
    pub(super) at: f64,
    pub(super) memory: f64,
    pub(super) files: f64,
    pub(super) threads: f64,
}

/// A way to look at a sample.
pub(super) type Measure = fn(&Sample) -> f64;

pub(super) struct Samples {
    pub(super) name: &'static str,
    process: PathBuf,
    pub(super) all: Vec<Sample>,
}

impl Samples {
    pub(super) fn of(name: &'static str, process: u32) -> Samples {
        Samples { name, process: PathBuf::from(format!("/proc/{process}")), all: Vec::new() }
    }

    pub(super) fn take(&mut self, at: Duration) -> Result<()> {
        let name = self.name;
        let status = std::fs::read_to_string(self.process.join("status"));
        let status = status.with_context(|| format!("{name} has ended before it was told to"))?;
        let number = |field: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(field))?;
            line.split_whitespace().next()?.parse::<f64>().ok()
        };
        let memory = number("VmRSS:").context("no VmRSS")? * 1024.0;
        let threads = number("Threads:").context("no Threads")?;
        let files = std::fs::read_dir(self.process.join("fd"))?.count() as f64;
        self.all.push(Sample { at: at.as_secs_f64(), memory, files, threads });
        Ok(())
    }

    /// What grows, if anything does.
    pub(super) fn judge(&self) -> Vec<String> {
        let measures: [(&str, Measure, f64, f64, f64); 3] = [
            ("MiB of memory", |sample| sample.memory, MIB, MEMORY_A_MINUTE, MEMORY_IN_ALL),
            ("open files", |sample| sample.files, 1.0, COUNT_A_MINUTE, COUNT_IN_ALL),
            ("threads", |sample| sample.threads, 1.0, COUNT_A_MINUTE, COUNT_IN_ALL),
        ];
        let grown = measures.into_iter().filter_map(|(what, measure, unit, a_minute, in_all)| {
            let Growth { a_minute: slope, in_all: whole } = self.growth(measure)?;
            let grows = slope > a_minute && whole > in_all;
            grows.then(|| {
                format!("{}: {:.2} {what} more a minute, {:.1} in all", self.name, slope / unit, whole / unit)
            })
        });
        grown.collect()
    }

    pub(super) fn line(&self) -> String {
        let growth = self.growth(|sample| sample.memory).map_or(0.0, |growth| growth.a_minute);
        let last = self.all.last();
        format!(
            "{:<8} {:>6.1} MiB ({:+.2} a minute), {} files, {} threads",
            self.name,
            last.map_or(0.0, |sample| sample.memory) / MIB,
            growth / MIB,
            last.map_or(0.0, |sample| sample.files),
            last.map_or(0.0, |sample| sample.threads),
        )
    }

    /// The median of the slopes between any two troughs after the warm-up (Theil and Sen's): one burst doesn't bend it.
    fn growth(&self, measure: Measure) -> Option<Growth> {
        let end = self.all.last()?.at;
        let judged: Vec<&Sample> = self.all.iter().filter(|sample| sample.at >= end * WARM_UP).collect();
        let troughs: Vec<(f64, f64)> = judged
            .chunks_exact(TROUGH)
            .filter_map(|chunk| {
                let least = chunk.iter().map(|sample| measure(sample)).min_by(f64::total_cmp)?;
                Some((chunk[TROUGH / 2].at, least))
            })
            .collect();
        let pairs = troughs.iter().enumerate().flat_map(|(at, one)| {
            troughs[at + 1..].iter().map(move |other| (other.1 - one.1) / (other.0 - one.0))
        });
        let mut slopes: Vec<f64> = pairs.collect();
        if slopes.is_empty() {
            return None;
        }
        slopes.sort_by(f64::total_cmp);
        let slope = slopes[slopes.len() / 2];
        let window = troughs.last()?.0 - troughs.first()?.0;
        Some(Growth { a_minute: slope * 60.0, in_all: slope * window })
    }
}

struct Growth {
    a_minute: f64,
    in_all: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(memory: impl Fn(f64) -> f64) -> Samples {
        let all = (0..600).map(f64::from);
        let all = all.map(|at| Sample { at, memory: memory(at), files: 20.0, threads: 3.0 }).collect();
        Samples { name: "face", process: PathBuf::new(), all }
    }

    #[test]
    fn a_leak_is_seen_and_a_collector_is_none() {
        let leaking = samples(|at| 40.0 * MIB + at * 20_000.0);
        assert_eq!(leaking.judge(), ["face: 1.14 MiB of memory more a minute, 7.8 in all"]);
        let collected = samples(|at| 40.0 * MIB + (at % 9.0) * MIB);
        assert_eq!(collected.judge(), [""; 0]);
        let warming_up = samples(|at| 40.0 * MIB + at.min(120.0) * MIB);
        assert_eq!(warming_up.judge(), [""; 0]);
    }
}
