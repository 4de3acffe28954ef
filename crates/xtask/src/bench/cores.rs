//! Which core a process runs on: that decides more about a small call than the client does.

use std::fmt;
use std::process::{Child, Command};

use anyhow::{Context, Result};

/// Where client and server run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    /// Both on one core: an answer is a switch away.
    Same,
    /// Each on its own: an answer takes a wake-up of another core.
    Other,
}

impl Placement {
    pub(crate) const ALL: [Placement; 2] = [Placement::Same, Placement::Other];
    pub(crate) const SERVER: usize = 0;

    pub(crate) fn client(self) -> usize {
        match self {
            Placement::Same => Placement::SERVER,
            Placement::Other => Placement::SERVER + 1,
        }
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Placement::Same => "same core",
            Placement::Other => "other core",
        })
    }
}

/// Starts a process on one core, where it stays, in whatever language it is written: it inherits the place of the
/// thread that starts it.
#[cfg(target_os = "linux")]
pub(crate) fn spawn_on(core: usize, command: &mut Command) -> Result<Child> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let before = sched_getaffinity(None)?;
    let core = (0..CpuSet::MAX_CPU).filter(|core| before.is_set(*core)).nth(core);
    let mut there = CpuSet::new();
    there.set(core.context("two cores are needed")?);
    sched_setaffinity(None, &there)?;
    let child = command.spawn();
    sched_setaffinity(None, &before)?;
    child.with_context(|| format!("running {}", command.get_program().display()))
}

/// Elsewhere the system decides.
#[cfg(not(target_os = "linux"))]
pub(crate) fn spawn_on(_: usize, command: &mut Command) -> Result<Child> {
    command.spawn().with_context(|| format!("running {}", command.get_program().display()))
}

/// A thousand listeners have a thousand sockets, at both ends.
#[cfg(target_os = "linux")]
pub(crate) fn allow_many_files() -> Result<()> {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn allow_many_files() -> Result<()> {
    Ok(())
}
