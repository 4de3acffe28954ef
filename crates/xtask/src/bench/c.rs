//! What is measured of the C library: a call beside libcurl with cJSON, and sizes.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::contest::{Contender, compete};
use super::cores::Placement;
use super::report::Report;
use super::server::Server;
use super::{Effort, MB, PAGE, SEND};
use crate::c;
use crate::command::{command, read};

const ALL: [&str; 2] = ["ours", "libcurl"];

pub(crate) fn measure(programs: &Path, effort: &Effort, report: &mut Report) -> Result<()> {
    let built = c::contender()?;
    report.version("gcc", read(command("gcc").arg("-dumpfullversion"))?.trim());
    report.version(
        "libcurl",
        read(command("curl-config").arg("--version"))?.trim().trim_start_matches("libcurl "),
    );
    report.built();
    let server = Server::start(programs)?;
    for (kind, title, calls, goal) in [("send", SEND, effort.sends, 1.15), ("page", PAGE, effort.pages, 1.5)]
    {
        for placement in Placement::ALL {
            let task = format!("{title}, {placement}");
            report.section(&format!("{task}: CPU µs, median of {} rounds", effort.rounds));
            let options = [("calls", calls), ("warm-up", calls / 10)];
            let program = (built.contender.clone(), Vec::new());
            let contenders =
                ALL.map(|name| Contender::new(program.clone(), name, kind, &server.url, &options));
            let costs = compete(&contenders, placement.client(), effort.rounds)?;
            report.costs(&task, &contenders, &costs);
            let goal = (placement == Placement::Other).then_some(goal);
            report.beside(&task, ALL[1], &costs[0], &costs[1], goal);
        }
    }
    report.section("Sizes");
    let size = |file: &PathBuf| Ok::<_, anyhow::Error>(std::fs::metadata(file)?.len() as f64 / MB);
    report.value("size of the shared library, stripped", size(&built.shared)?, "MB", Some(2.7));
    report.value("size of a program that sends, linked statically", size(&built.hello)?, "MB", Some(3.0));
    Ok(())
}
