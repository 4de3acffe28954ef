//! What is measured of the `ava` command: its size, and how long it takes to say something.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::Effort;
use super::contest::median;
use super::cores::{Placement, spawn_on};
use super::report::Report;

pub(crate) fn measure(ava: &Path, effort: &Effort, report: &mut Report) -> Result<()> {
    report.section("The `ava` command");
    let bytes = std::fs::metadata(ava)?.len();
    report.value("size of `ava`, stripped", bytes as f64 / 1_000_000.0, "MB", Some(9.0));
    for argument in ["--version", "--help"] {
        let cpu_before = children_cpu();
        let mut took = Vec::new();
        for _ in 0..effort.starts {
            let mut command = Command::new(ava);
            command.arg(argument).stdin(Stdio::null()).stdout(Stdio::null());
            let began = Instant::now();
            ensure!(spawn_on(Placement::Other.client(), &mut command)?.wait()?.success());
            took.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        report.value(&format!("`ava {argument}`: start to end, median"), median(&took), "ms", Some(10.0));
        if let (Some(before), Some(after)) = (cpu_before, children_cpu()) {
            let cpu = (after - before).as_secs_f64() * 1000.0 / f64::from(effort.starts);
            report.value(&format!("`ava {argument}`: CPU, mean"), cpu, "ms", None);
        }
    }
    Ok(())
}

/// What the processes that this one has waited for have used. It is counted exactly and told in hundredths of a second,
/// which a few hundred starts even out.
fn children_cpu() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // After the name, which may hold anything, `cutime` and `cstime` are the 14th and 15th.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: u64 =
        fields.split_whitespace().skip(13).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks * 10))
}
