//! What is measured of the Python package: a call of either face beside other clients, the import, memory, the wheel.

use std::path::Path;

use anyhow::{Context, Result};

use super::contest::{Contender, Measured, compete, median};
use super::cores::Placement;
use super::report::Report;
use super::server::Server;
use super::{Effort, MB, MEMORY, PAGE, SEND};
use crate::command::{command, read};
use crate::python::{Peers, peers};

const BLOCKING: [&str; 6] = ["ours", "requests", "httpx", "pyreqwest", "pycurl", "generated"];
const ASYNC: [&str; 4] = ["ours", "httpx", "aiohttp", "pyreqwest"];
/// Those that stand on Rust or C.
const NATIVE: [&str; 2] = ["pyreqwest", "pycurl"];

pub(crate) fn measure(programs: &Path, effort: &Effort, report: &mut Report) -> Result<()> {
    println!("building the wheel, and an environment with the peers");
    let peers = peers()?;
    report.version(
        "CPython",
        read(command(&peers.python).arg("--version"))?.trim().trim_start_matches("Python "),
    );
    for (peer, version) in &peers.versions {
        report.version(peer, version.as_str());
    }
    report.built();
    let server = Server::start(programs)?;
    let bench = Bench { peers: &peers, url: &server.url, effort };
    bench.calls("send", effort.sends, &[("httpx", 6.0), ("generated", 9.0)], Some(1.3), report)?;
    bench.calls("page", effort.pages, &[("httpx", 3.0), ("generated", 15.0)], None, report)?;
    bench.asyncio(1, &[("httpx", 5.0)], report)?;
    bench.asyncio(64, &[("httpx", 30.0), ("aiohttp", 3.0)], report)?;
    bench.first_steps(report)?;
    report.section("The wheel");
    let size = std::fs::metadata(&peers.wheel).context("the wheel")?.len();
    report.value("size of the wheel, compressed, no dependencies", size as f64 / MB, "MB", Some(2.0));
    Ok(())
}

struct Bench<'a> {
    peers: &'a Peers,
    url: &'a str,
    effort: &'a Effort,
}

/// A contender, and how many times cheaper ours is to be.
type Goals<'a> = &'a [(&'a str, f64)];

impl Bench<'_> {
    fn contender(&self, name: &'static str, task: &str, options: &[(&str, u64)]) -> Contender {
        let script = self.peers.contender.to_string_lossy().into_owned();
        Contender::new((self.peers.python.clone(), vec![script]), name, task, self.url, options)
    }

    fn calls(
        &self,
        task: &str,
        calls: u64,
        goals: Goals<'_>,
        native_goal: Option<f64>,
        report: &mut Report,
    ) -> Result<()> {
        let title = if task == "send" { SEND } else { PAGE };
        let options = [("calls", calls / 4), ("warm-up", calls / 40)];
        let contenders = BLOCKING.map(|name| self.contender(name, task, &options));
        let costs = self.compete(title, &contenders, goals, report)?;
        let ours = &costs[0];
        let native = contenders.iter().zip(&costs).filter(|(contender, _)| NATIVE.contains(&contender.name));
        let cheapest = native.min_by(|(_, one), (_, other)| median(one).total_cmp(&median(other)));
        let (cheapest, theirs) = cheapest.context("no peer on Rust or C")?;
        report.beside(title, cheapest.name, ours, theirs, native_goal);
        Ok(())
    }

    fn asyncio(&self, in_flight: u64, goals: Goals<'_>, report: &mut Report) -> Result<()> {
        let title = format!("{SEND}, asyncio, {in_flight} in flight");
        let (calls, warm_up) = (self.effort.sends / 2, self.effort.sends / 20);
        let options = [("calls", calls), ("warm-up", warm_up), ("in-flight", in_flight)];
        let contenders = ASYNC.map(|name| self.contender(name, "asyncio", &options));
        self.compete(&title, &contenders, goals, report)?;
        Ok(())
    }

    /// With the server on another core, as in life.
    fn compete(
        &self,
        title: &str,
        contenders: &[Contender],
        goals: Goals<'_>,
        report: &mut Report,
    ) -> Result<Vec<Vec<f64>>> {
        // The slowest take a hundred times as long as ours.
        let rounds = self.effort.rounds.div_ceil(2);
        report.section(&format!("{title}: CPU µs, median of {rounds} rounds"));
        let costs = compete(contenders, Placement::Other.client(), rounds)?;
        report.costs(title, contenders, &costs);
        report.cheaper(title, contenders, &costs, goals);
        Ok(costs)
    }

    /// What a process pays before it has made its first call, and with it.
    fn first_steps(&self, report: &mut Report) -> Result<()> {
        let runs = |contender: Contender| -> Result<Vec<Measured>> {
            (0..self.effort.rounds).map(|_| contender.run(Placement::Other.client())).collect()
        };
        report.section("The import: ms, wall time");
        for name in BLOCKING {
            let took = runs(self.contender(name, "import", &[]))?;
            let took: Vec<f64> = took.iter().map(|run| run.wall_ns as f64 / 1e6).collect();
            report.cost("import", name, &took, "ms", (name == "ours").then_some(8.0));
        }
        report.section("Memory over bare Python, after the first send");
        for name in BLOCKING {
            let grown = runs(self.contender(name, "memory", &[]))?;
            let grown = grown.iter().filter_map(|run| run.rss);
            let grown: Vec<f64> = grown.map(|rss| rss.after.saturating_sub(rss.before) as f64 / MB).collect();
            report.cost(MEMORY, name, &grown, "MB", (name == "ours").then_some(6.0));
        }
        Ok(())
    }
}
