//! What is measured of the Swift package: a call without a network, a call beside URLSession, the library's size.

use std::path::Path;

use anyhow::{Context, Result};

use super::contest::{Contender, Measured, compete, median};
use super::cores::Placement;
use super::report::Report;
use super::server::Server;
use super::{Effort, MB, PAGE, SEND, many};
use crate::swift::{Peers, peers};

const ALL: [&str; 2] = ["ours", "URLSession"];

pub(crate) fn measure(programs: &Path, effort: &Effort, report: &mut Report) -> Result<()> {
    println!("building ours, and the contenders");
    let peers = peers()?;
    report.version("Swift", peers.version.as_str());
    report.built();
    let server = Server::start(programs)?;
    let bench = Bench { peers: &peers, url: &server.url, effort };
    bench.overhead(report)?;
    bench.calls("send", SEND, effort.sends, 1, report)?;
    bench.calls("send", &many(64), effort.sends * 4, 64, report)?;
    bench.calls("page", PAGE, effort.pages, 1, report)?;
    report.section("The native library");
    let size = std::fs::metadata(&peers.library).context("the library")?.len();
    report.value("size of the native library, stripped", size as f64 / MB, "MB", Some(2.8));
    Ok(())
}

struct Bench<'a> {
    peers: &'a Peers,
    url: &'a str,
    effort: &'a Effort,
}

impl Bench<'_> {
    fn contender(&self, name: &'static str, task: &str, options: &[(&str, u64)]) -> Contender {
        let run = (self.peers.program.clone(), self.peers.arguments.clone());
        Contender::new(run, name, task, self.url, options)
    }

    /// From the call to its value, through the library's runtime and back.
    fn overhead(&self, report: &mut Report) -> Result<()> {
        let calls = self.effort.sends * 4;
        let rounds = self.effort.rounds.div_ceil(3);
        report.section(&format!("A call without a network: µs, median of {rounds} rounds"));
        let contender = self.contender("ours", "overhead", &[("calls", calls), ("warm-up", calls / 4)]);
        let runs: Vec<Measured> =
            (0..rounds).map(|_| contender.run(Placement::Other.client())).collect::<Result<_>>()?;
        let cpu: Vec<f64> = runs.iter().map(Measured::cpu_us).collect();
        let wall: Vec<f64> = runs.iter().map(|run| run.wall_ns as f64 / 1000.0 / run.calls as f64).collect();
        report.spread("a call without a network: CPU", &cpu, "µs", Some(30.0));
        report.value("a call without a network: wall time", median(&wall), "µs", Some(30.0));
        Ok(())
    }

    /// With the server on another core, as in life.
    fn calls(&self, task: &str, title: &str, calls: u64, in_flight: u64, report: &mut Report) -> Result<()> {
        let options = [("calls", calls), ("warm-up", calls / 4), ("in-flight", in_flight)];
        let contenders = ALL.map(|name| self.contender(name, task, &options));
        let rounds = self.effort.rounds.div_ceil(3);
        report.section(&format!("{title}: CPU µs, median of {rounds} rounds"));
        let costs = compete(&contenders, Placement::Other.client(), rounds)?;
        report.costs(title, &contenders, &costs);
        // What is nobody's goal is told all the same.
        let goals = if title == SEND { ALL.map(|name| (name, 1.0)).to_vec() } else { Vec::new() };
        report.cheaper(title, &contenders, &costs, &goals);
        Ok(())
    }
}
