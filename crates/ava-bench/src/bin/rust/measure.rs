//! What this process uses: CPU time and memory.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;

/// What is printed. Bytes and nanoseconds are of the whole run, what isn't measured is left out.
#[derive(Default, Serialize)]
pub(crate) struct Measured {
    pub(crate) calls: u64,
    /// User and system time of the process.
    pub(crate) cpu_ns: u64,
    pub(crate) wall_ns: u64,
    /// Memory in use before, after, and at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rss: Option<Memory>,
}

#[derive(Serialize)]
pub(crate) struct Memory {
    pub(crate) before: u64,
    pub(crate) after: u64,
    pub(crate) peak: u64,
}

/// A moment to measure from.
pub(crate) struct Start {
    cpu: Duration,
    wall: Instant,
}

impl Start {
    pub(crate) fn now() -> Result<Start> {
        Ok(Start { cpu: cpu_time()?, wall: Instant::now() })
    }

    /// What was used since.
    pub(crate) fn spent(&self, calls: u64) -> Result<Measured> {
        let wall = self.wall.elapsed();
        let cpu = cpu_time()?.saturating_sub(self.cpu);
        Ok(Measured { calls, cpu_ns: nanos(cpu), wall_ns: nanos(wall), rss: None })
    }
}

/// Makes `calls` calls one after the other, and some before that aren't counted.
pub(crate) async fn timed(
    warm_up: u64,
    calls: u64,
    mut call: impl AsyncFnMut() -> Result<()>,
) -> Result<Measured> {
    for _ in 0..warm_up {
        call().await?;
    }
    let start = Start::now()?;
    for _ in 0..calls {
        call().await?;
    }
    start.spent(calls)
}

/// A line of /proc/self/status, in bytes: `VmRSS` for now, `VmHWM` for the most so far.
///
/// # Errors
/// Where there is no such file: memory is measured on Linux alone.
pub(crate) fn memory(name: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("memory is measured on Linux alone")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next());
    let kilobytes: u64 = kilobytes.with_context(|| format!("no {name} in /proc/self/status"))?.parse()?;
    Ok(kilobytes * 1024)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(unix)]
fn cpu_time() -> Result<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Ok(Duration::new(time.tv_sec.try_into()?, time.tv_nsec.try_into()?))
}

#[cfg(not(unix))]
fn cpu_time() -> Result<Duration> {
    anyhow::bail!("CPU time is measured on Unix alone")
}
