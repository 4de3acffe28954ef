//! On what is measured, and what else runs there.

use std::time::Duration;

use anyhow::Result;

use super::recording::Machine;
use crate::command::{command, read};

pub(crate) fn this() -> Result<Machine> {
    let of = |file: &str, name: &str| -> Option<String> {
        let text = std::fs::read_to_string(file).ok()?;
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let memory = of("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    let of_uname =
        |option: &str| Ok::<_, anyhow::Error>(read(command("uname").arg(option))?.trim().to_owned());
    let system = if cfg!(unix) {
        let release = of_uname("-r")?;
        // What follows is the distributor's, or the landlord's.
        let release: Vec<&str> = release.split('.').take(2).collect();
        format!("{} {}, {}", of_uname("-s")?, release.join("."), of_uname("-m")?)
    } else {
        format!("{}, {}", std::env::consts::OS, std::env::consts::ARCH)
    };
    Ok(Machine {
        processor: of("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        cores: std::thread::available_parallelism()?.get(),
        memory_gb: (memory.unwrap_or_default() / 1e6).round(),
        system,
    })
}

/// How busy the machine is while this program sleeps, in percent of all cores; 0 where that can't be told.
pub(crate) fn busy() -> f64 {
    /// All ticks, and those that nobody used.
    fn ticks() -> Option<(f64, f64)> {
        let stat = std::fs::read_to_string("/proc/stat").ok()?;
        let line = stat.lines().next()?.strip_prefix("cpu ")?;
        let ticks: Vec<f64> = line.split_whitespace().filter_map(|tick| tick.parse().ok()).collect();
        // The guests' are in the user's, too.
        Some((ticks.iter().take(8).sum(), ticks.get(3)? + ticks.get(4)?))
    }
    let before = ticks();
    std::thread::sleep(Duration::from_secs(2));
    let (Some((before, idle_before)), Some((after, idle_after))) = (before, ticks()) else { return 0.0 };
    (100.0 - (idle_after - idle_before) * 100.0 / (after - before).max(1.0)).clamp(0.0, 100.0).round()
}
