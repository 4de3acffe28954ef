//! What is measured of the Node package: a call beside other clients, the require, memory, the package.

use std::path::Path;

use anyhow::{Context, Result};

use super::contest::{Contender, Measured, compete};
use super::cores::Placement;
use super::report::Report;
use super::server::Server;
use super::{Effort, MB, MEMORY, PAGE, SEND, many};
use crate::command::{command, read};
use crate::node::{Peers, peers};

const ALL: [&str; 6] = ["ours", "fetch", "undici", "axios", "node:http", "generated"];

pub(crate) fn measure(programs: &Path, effort: &Effort, report: &mut Report) -> Result<()> {
    println!("packing, and installing beside the peers");
    let peers = peers()?;
    report.version("Node", read(command(&peers.node).arg("--version"))?.trim().trim_start_matches('v'));
    for (peer, version) in &peers.versions {
        report.version(peer, version.as_str());
    }
    report.built();
    let server = Server::start(programs)?;
    let bench = Bench { peers: &peers, url: &server.url, effort };
    bench.calls("send", SEND, effort.sends, 1, &[("fetch", 4.0), ("undici", 1.0)], report)?;
    let goals = [("fetch", 7.0), ("undici", 1.0)];
    bench.calls("send", &many(64), effort.sends * 4, 64, &goals, report)?;
    let page = [("fetch", 2.5), ("undici", 1.0)];
    bench.calls("page", PAGE, effort.pages, 1, &page, report)?;
    bench.first_steps(report)?;
    report.section("The package with the native half");
    let size = std::fs::metadata(&peers.platform).context("the package")?.len();
    report.value("size of the package, packed, no dependencies", size as f64 / MB, "MB", Some(2.0));
    Ok(())
}

struct Bench<'a> {
    peers: &'a Peers,
    url: &'a str,
    effort: &'a Effort,
}

impl Bench<'_> {
    fn contender(&self, name: &'static str, task: &str, options: &[(&str, u64)]) -> Contender {
        let script = self.peers.contender.to_string_lossy().into_owned();
        Contender::new((self.peers.node.clone(), vec![script]), name, task, self.url, options)
    }

    /// With the server on another core, as in life. The goals are how many times cheaper ours is to be.
    fn calls(
        &self,
        task: &str,
        title: &str,
        calls: u64,
        in_flight: u64,
        goals: &[(&str, f64)],
        report: &mut Report,
    ) -> Result<()> {
        // Half of them again to warm up: V8 compiles what runs often, and the peers have more to compile.
        let options = [("calls", calls), ("warm-up", calls / 2), ("in-flight", in_flight)];
        let contenders = ALL.map(|name| self.contender(name, task, &options));
        let rounds = self.effort.rounds.div_ceil(2);
        report.section(&format!("{title}: CPU µs, median of {rounds} rounds"));
        let costs = compete(&contenders, Placement::Other.client(), rounds)?;
        report.costs(title, &contenders, &costs);
        report.cheaper(title, &contenders, &costs, goals);
        Ok(())
    }

    /// What a process pays before it has made its first call, and with it.
    fn first_steps(&self, report: &mut Report) -> Result<()> {
        let runs = |contender: Contender| -> Result<Vec<Measured>> {
            (0..self.effort.rounds).map(|_| contender.run(Placement::Other.client())).collect()
        };
        report.section("The require: ms, wall time");
        for name in ALL {
            let took = runs(self.contender(name, "require", &[]))?;
            let took: Vec<f64> = took.iter().map(|run| run.wall_ns as f64 / 1e6).collect();
            report.cost("require", name, &took, "ms", (name == "ours").then_some(3.0));
        }
        report.section("Memory over bare Node, after the first send");
        for name in ALL {
            let grown = runs(self.contender(name, "memory", &[]))?;
            let grown = grown.iter().filter_map(|run| run.rss);
            let grown: Vec<f64> = grown.map(|rss| rss.after.saturating_sub(rss.before) as f64 / MB).collect();
            report.cost(MEMORY, name, &grown, "MB", (name == "ours").then_some(6.0));
        }
        Ok(())
    }
}
