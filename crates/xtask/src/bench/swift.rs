//! What is measured of the Swift package: a call without a network, a call beside URLSession, the library's size.

use std::path::Path;

use anyhow::{Context, Result};

use super::contest::{Contender, Measured, compete, median, ratio};
use super::cores::Placement;
use super::report::Report;
use super::server::Server;
use super::{Effort, MB};
use crate::swift::{Peers, peers};

const ALL: [&str; 2] = ["ours", "URLSession"];

pub(crate) fn measure(programs: &Path, effort: &Effort, report: &mut Report) -> Result<()> {
    println!("building ours, and the contenders");
    let peers = peers()?;
    let server = Server::start(programs)?;
    let bench = Bench { peers: &peers, url: &server.url, effort };
    bench.overhead(report)?;
    bench.calls("send", "A send", effort.sends, 1, report)?;
    bench.calls("send", "A send, 64 in flight", effort.sends * 4, 64, report)?;
    bench.calls("page", "A page of 100 messages, typed", effort.pages, 1, report)?;
    report.section("The native library");
    let size = std::fs::metadata(&peers.library).context("the library")?.len();
    report.value("stripped", size as f64 / MB, "MB", Some(2.8));
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
        report.spread("overhead, one at a time: CPU", &cpu, "µs", Some(30.0));
        report.value("overhead, one at a time: wall time", median(&wall), "µs", Some(30.0));
        Ok(())
    }

    /// With the server on another core, as in life.
    fn calls(&self, task: &str, title: &str, calls: u64, in_flight: u64, report: &mut Report) -> Result<()> {
        let options = [("calls", calls), ("warm-up", calls / 4), ("in-flight", in_flight)];
        let contenders = ALL.map(|name| self.contender(name, task, &options));
        let rounds = self.effort.rounds.div_ceil(3);
        report.section(&format!("{title}: CPU µs, median of {rounds} rounds"));
        let costs = compete(&contenders, Placement::Other.client(), rounds)?;
        let label = if in_flight > 1 { format!("{task} {in_flight}") } else { task.to_owned() };
        for (contender, costs) in contenders.iter().zip(&costs) {
            report.spread(&format!("{label}: {}", contender.name), costs, "µs", None);
        }
        for (contender, theirs) in contenders.iter().zip(&costs).skip(1) {
            let goal = (task == "send" && in_flight == 1).then_some(1.0);
            report.at_least(
                &format!("{label}: cheaper than {}", contender.name),
                ratio(theirs, &costs[0]),
                "×",
                goal,
            );
        }
        Ok(())
    }
}
