//! Many listeners of one client, to whom nothing is said.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::measure::{Measured, Memory, Start, memory};
use crate::ours;

pub(crate) struct Plan {
    pub(crate) count: u64,
    pub(crate) interval: Duration,
    pub(crate) settle: Duration,
    pub(crate) watch: Duration,
}

/// Starts them all at once, lets them settle, and watches. `calls` are the polls that the server saw meanwhile.
pub(crate) async fn watch(url: &str, plan: &Plan) -> Result<Measured> {
    let client = ours::client(url)?;
    client.poll().await?;
    let before = memory("VmRSS")?;
    for _ in 0..plan.count {
        let request = client.listen().interval(plan.interval);
        tokio::spawn(async move {
            let mut listener = request.await?;
            match listener.next().await {
                Some(message) => message.map(drop),
                None => Ok(()),
            }
        });
    }
    tokio::time::sleep(plan.settle).await;

    let polls = requests(url)?;
    let start = Start::now()?;
    let mut after = 0;
    // The most of several looks: between two polls a listener holds less than during one.
    let looks = 20;
    for _ in 0..looks {
        tokio::time::sleep(plan.watch / looks).await;
        after = after.max(memory("VmRSS")?);
    }
    let spent = start.spent(0)?;
    // The system counts the most less exactly than the present.
    let rss = Memory { before, after, peak: memory("VmHWM")?.max(after) };
    Ok(Measured { calls: requests(url)? - polls, rss: Some(rss), ..spent })
}

/// How many requests the server has answered.
fn requests(url: &str) -> Result<u64> {
    let host = url.strip_prefix("http://").context("the server speaks plain http")?;
    let mut socket = TcpStream::connect(host)?;
    socket.write_all(b"GET /_bench/requests HTTP/1.1\r\n\r\n")?;
    let mut answer = Vec::new();
    loop {
        let mut part = [0; 1024];
        let read = socket.read(&mut part)?;
        answer.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&answer);
        // A few digits, which come with the head.
        if let Some((_, digits)) = text.split_once("\r\n\r\n") {
            return digits.trim().parse().context("not a number of requests");
        }
        anyhow::ensure!(read > 0, "the server hung up");
    }
}
