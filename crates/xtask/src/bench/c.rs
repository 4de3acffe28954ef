//! What is measured of the C library: a call beside libcurl with cJSON, and sizes.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::contest::{Contender, compete, ratio};
use super::cores::Placement;
use super::report::Report;
use super::server::Server;
use super::{Effort, MB};
use crate::c;

const ALL: [&str; 2] = ["ours", "libcurl"];

pub(crate) fn measure(programs: &Path, effort: &Effort, report: &mut Report) -> Result<()> {
    let built = c::contender()?;
    let server = Server::start(programs)?;
    for (task, title, calls, goal) in
        [("send", "A send", effort.sends, 1.15), ("page", "A page of 100 messages", effort.pages, 1.5)]
    {
        for placement in Placement::ALL {
            report.section(&format!("{title}, {placement}: CPU µs, median of {} rounds", effort.rounds));
            let options = [("calls", calls), ("warm-up", calls / 10)];
            let program = (built.contender.clone(), Vec::new());
            let contenders =
                ALL.map(|name| Contender::new(program.clone(), name, task, &server.url, &options));
            let costs = compete(&contenders, placement.client(), effort.rounds)?;
            for (contender, costs) in contenders.iter().zip(&costs) {
                report.spread(&format!("{task}, {placement}: {}", contender.name), costs, "µs", None);
            }
            let what = format!("{task}, {placement}: to libcurl with cJSON");
            let goal = (placement == Placement::Other).then_some(goal);
            report.value(&what, ratio(&costs[0], &costs[1]), "×", goal);
        }
    }
    report.section("Sizes, stripped");
    let size = |file: &PathBuf| Ok::<_, anyhow::Error>(std::fs::metadata(file)?.len() as f64 / MB);
    report.value("shared library", size(&built.shared)?, "MB", Some(2.7));
    report.value("a program that sends, linked statically to it", size(&built.hello)?, "MB", Some(3.0));
    Ok(())
}
