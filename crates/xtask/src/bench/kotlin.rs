//! What is measured of the Kotlin package: a call without a network, a call beside other clients, the library's size.

use std::path::Path;

use anyhow::{Context, Result};

use super::contest::{Contender, Measured, compete, median};
use super::cores::Placement;
use super::report::Report;
use super::server::Server;
use super::{Effort, MB, PAGE, SEND, many};
use crate::kotlin::{Peers, peers};

const ALL: [&str; 3] = ["ours", "java.net.http", "okhttp"];
/// The JVM compiles what runs often, again and again for the first ten thousands of calls. What that costs is not a
/// call's, so more are made than of other languages, and as many to warm up.
const MORE: u64 = 15;

pub(crate) fn measure(programs: &Path, effort: &Effort, report: &mut Report) -> Result<()> {
    println!("packing, and building the contenders");
    let peers = peers()?;
    report.version("Java", peers.java.as_str());
    report.version("OkHttp", peers.okhttp.as_str());
    report.built();
    let server = Server::start(programs)?;
    let bench = Bench { peers: &peers, url: &server.url, effort };
    bench.overhead(report)?;
    bench.calls("send", SEND, effort.sends * MORE, 1, report)?;
    bench.calls("send", &many(64), effort.sends * MORE, 64, report)?;
    bench.calls("page", PAGE, effort.pages * MORE / 3, 1, report)?;
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
        let java = ["-XX:+UseSerialGC", "-Xms256m", "-Xmx256m", "-cp", &self.peers.class_path, "ContenderKt"];
        let java = java.map(str::to_owned).to_vec();
        Contender::new(("java".into(), java), name, task, self.url, options)
    }

    /// From the call to its value, through the library's runtime and back.
    fn overhead(&self, report: &mut Report) -> Result<()> {
        let calls = self.effort.sends * MORE;
        let rounds = self.effort.rounds.div_ceil(3);
        report.section(&format!("A call without a network: µs, median of {rounds} rounds"));
        let contender = self.contender("ours", "overhead", &[("calls", calls), ("warm-up", calls)]);
        let runs: Vec<Measured> =
            (0..rounds).map(|_| contender.run(Placement::Other.client())).collect::<Result<_>>()?;
        let cpu: Vec<f64> = runs.iter().map(Measured::cpu_us).collect();
        let wall: Vec<f64> = runs.iter().map(|run| run.wall_ns as f64 / 1000.0 / run.calls as f64).collect();
        report.spread("a call without a network: CPU", &cpu, "µs", Some(60.0));
        report.value("a call without a network: wall time", median(&wall), "µs", Some(60.0));
        Ok(())
    }

    /// With the server on another core, as in life.
    fn calls(&self, task: &str, title: &str, calls: u64, in_flight: u64, report: &mut Report) -> Result<()> {
        let options = [("calls", calls), ("warm-up", calls), ("in-flight", in_flight)];
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
