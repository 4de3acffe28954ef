//! What is measured of the Rust client.

use std::path::Path;

use anyhow::{Context, Result};

use super::contest::{Contender, Measured, compete, ratio};
use super::cores::Placement;
use super::report::Report;
use super::server::Server;
use super::{Effort, MB, PAGE, SEND, executable};
use crate::command::{command, read, root};
use crate::names::grouped;

const DECODING: &str = "100 messages decoded, no network";

pub(crate) fn measure(programs: &Path, effort: &Effort, report: &mut Report) -> Result<()> {
    report.version("Rust", read(command("rustc").arg("--version"))?.split(' ').nth(1).unwrap_or_default());
    for peer in ["reqwest", "hyper"] {
        report.version(peer, locked(peer)?);
    }
    report.built();
    let server = Server::start(programs)?;
    let bench = Bench { programs, url: &server.url, effort };
    bench.calls("send", effort.sends, Some(1.10), report)?;
    bench.calls("page", effort.pages, None, report)?;
    bench.decoding(report)?;
    bench.listeners(report)?;
    bench.histories(report)
}

/// The version of a crate that is built in.
fn locked(name: &str) -> Result<String> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock"))?;
    let package = format!("name = \"{name}\"\nversion = \"");
    let (_, rest) = lock.split_once(&package).with_context(|| format!("no {name} in Cargo.lock"))?;
    Ok(rest.split('"').next().unwrap_or_default().to_owned())
}

struct Bench<'a> {
    programs: &'a Path,
    url: &'a str,
    effort: &'a Effort,
}

impl Bench<'_> {
    fn contender(&self, task: &str, name: &'static str, options: &[(&str, String)]) -> Contender {
        let mut arguments = vec![task.to_owned(), name.to_owned(), "--url".to_owned(), self.url.to_owned()];
        for (option, value) in options {
            arguments.extend([format!("--{option}"), value.clone()]);
        }
        Contender { name, program: self.programs.join(executable("ava-bench-rust")), arguments }
    }

    /// Calls over a socket, beside reqwest's and hyper's. The goal is of the ratio to reqwest.
    fn calls(&self, task: &str, calls: u64, goal: Option<f64>, report: &mut Report) -> Result<()> {
        let options = [("calls", calls.to_string()), ("warm-up", (calls / 10).to_string())];
        let contenders = ["ours", "reqwest", "hyper"].map(|name| self.contender(task, name, &options));
        let title = if task == "send" { SEND } else { PAGE };
        report.section(&format!("{title}: CPU µs, median of {} rounds", self.effort.rounds));
        for placement in Placement::ALL {
            let costs = compete(&contenders, placement.client(), self.effort.rounds)?;
            let [ours, reqwest, hyper] = costs.as_slice() else { continue };
            let task = format!("{title}, {placement}");
            report.costs(&task, &contenders, &costs);
            report.beside(&task, "reqwest", ours, reqwest, goal);
            report.beside(&task, "hyper", ours, hyper, None);
        }
        Ok(())
    }

    /// No socket, so the placement makes no difference.
    fn decoding(&self, report: &mut Report) -> Result<()> {
        let options = [("calls", self.effort.pages.to_string())];
        let contenders = ["ours", "serde"].map(|name| self.contender("decode", name, &options));
        report.section(&format!("{DECODING}: CPU µs, median of {} rounds", self.effort.rounds));
        let costs = compete(&contenders, Placement::Other.client(), self.effort.rounds)?;
        let [ours, serde] = costs.as_slice() else { return Ok(()) };
        report.cost(DECODING, "ours", ours, "µs", Some(45.0));
        report.cost(DECODING, "serde_json", serde, "µs", None);
        report.beside(DECODING, "serde_json", ours, serde, None);
        Ok(())
    }

    fn listeners(&self, report: &mut Report) -> Result<()> {
        let Effort { listeners, settle, watch, .. } = self.effort;
        report.section(&format!("{listeners} idle listeners, started at once, watched for {watch} s"));
        // An interval doubles while nothing comes: with half of it they poll every 5 s in the end.
        for (often, interval_ms) in [("every 5 s", 2500_u32), ("by default, every 5 to 10 s", 5000)] {
            let name = format!("{} listeners, {often}", grouped((*listeners).into()));
            let goals = interval_ms == 2500;
            let options = [
                ("count", listeners.to_string()),
                ("interval-ms", interval_ms.to_string()),
                ("settle-s", settle.to_string()),
                ("watch-s", watch.to_string()),
            ];
            let measured = self.contender("listeners", "ours", &options).run(Placement::Other.client())?;
            let rss = measured.rss.context("no memory was measured")?;
            let grown = (rss.after.saturating_sub(rss.before)) as f64 / MB;
            let peak = (rss.peak.saturating_sub(rss.before)) as f64 / MB;
            let polls = measured.calls as f64 * 1e9 / measured.wall_ns.max(1) as f64;
            report.value(&format!("{name}: memory"), grown, "MB", goals.then_some(15.0));
            report.value(&format!("{name}: memory at the most"), peak, "MB", None);
            report.value(&format!("{name}: of a core"), measured.of_a_core(), "%", goals.then_some(3.0));
            report.value(&format!("{name}: polls"), polls, "/s", None);
        }
        Ok(())
    }

    fn histories(&self, report: &mut Report) -> Result<()> {
        report.section("A history read as a stream");
        let mut took = Vec::new();
        for count in [10_000_u64, 100_000] {
            let name = format!("a history of {} messages", grouped(count.into()));
            let contender = self.contender("history", "ours", &[("count", count.to_string())]);
            let runs: Vec<Measured> = (0..self.effort.rounds.min(3))
                .map(|_| contender.run(Placement::Other.client()))
                .collect::<Result<_>>()?;
            let each = |value: &dyn Fn(&Measured) -> f64| runs.iter().map(value).collect::<Vec<f64>>();
            let wall = each(&|run| run.wall_ns as f64 / 1e6);
            report.spread(&format!("{name}: time"), &wall, "ms", None);
            report.spread(&format!("{name}: CPU"), &each(&|run| run.cpu_ns as f64 / 1e6), "ms", None);
            let grown =
                each(&|run| run.rss.map_or(f64::NAN, |rss| rss.peak.saturating_sub(rss.before) as f64 / MB));
            report.spread(&format!("{name}: memory at the most"), &grown, "MB", None);
            took.push(each(&|run| run.cpu_us()));
        }
        if let [small, large] = took.as_slice() {
            report.value("CPU of a message: 100,000 to 10,000", ratio(large, small), "×", None);
        }
        Ok(())
    }
}
