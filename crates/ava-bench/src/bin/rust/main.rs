//! The Rust contenders: this library, bare reqwest, and hyper.
//!
//! One run measures one contender at one task, and prints what it measured as a JSON object.

mod decode;
mod history;
mod hyper;
mod listeners;
mod measure;
mod ours;
mod reqwest;
mod rows;

use std::time::Duration;

use anyhow::{Result, bail};
use ava_bench::answers::phone_with;
use clap::{Parser, ValueEnum};

use self::measure::timed;

/// A text as people send it.
const TEXT: &str = "Your table for four is ready. Reply C to confirm, or call us if you are running late.";

/// Measures one contender at one task.
#[derive(Parser)]
struct Arguments {
    task: Task,
    contender: Contender,
    /// Where the server of fixed answers is.
    #[arg(long, default_value = "http://127.0.0.1:1")]
    url: String,
    /// How many calls are measured.
    #[arg(long, default_value_t = 1000)]
    calls: u64,
    /// How many calls go before, unmeasured.
    #[arg(long, default_value_t = 100)]
    warm_up: u64,
    /// How many listeners, or how many messages of a history.
    #[arg(long, default_value_t = 1000)]
    count: u64,
    /// The interval of the listeners, which doubles while nothing comes.
    #[arg(long, default_value_t = 5000)]
    interval_ms: u64,
    /// How long the listeners are left alone before they are watched.
    #[arg(long, default_value_t = 20.0)]
    settle_s: f64,
    /// For how long they are watched.
    #[arg(long, default_value_t = 30.0)]
    watch_s: f64,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Task {
    /// Messages sent, one after the other, on one connection.
    Send,
    /// Pages of 100 messages fetched and decoded.
    Page,
    /// The same pages decoded from memory.
    Decode,
    /// Listeners to whom nothing is said.
    Listeners,
    /// A whole history read.
    History,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Contender {
    /// ava-imessage.
    Ours,
    /// The HTTP client below it, with nothing around.
    Reqwest,
    /// The HTTP implementation below that, on one connection, without a pool.
    Hyper,
    /// serde_json with derived types, without any network.
    Serde,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let Arguments { calls, warm_up, count, .. } = arguments;
    let url = arguments.url.as_str();
    let (anyone, busy) = (phone_with(0), phone_with(100));
    let measured = match (arguments.task, arguments.contender) {
        (Task::Send, Contender::Ours) => {
            let client = ours::client(url)?;
            timed(warm_up, calls, async || ours::send(&client, &anyone).await).await?
        }
        (Task::Send, Contender::Reqwest) => {
            let client = reqwest::Peer::new(url)?;
            timed(warm_up, calls, async || client.send(&anyone).await).await?
        }
        (Task::Send, Contender::Hyper) => {
            let mut client = hyper::Peer::connect(url).await?;
            timed(warm_up, calls, async || client.send(&anyone).await).await?
        }
        (Task::Page, Contender::Ours) => {
            let client = ours::client(url)?;
            timed(warm_up, calls, async || ours::page(&client, &busy).await).await?
        }
        (Task::Page, Contender::Reqwest) => {
            let client = reqwest::Peer::new(url)?;
            timed(warm_up, calls, async || client.page(&busy).await).await?
        }
        (Task::Page, Contender::Hyper) => {
            let mut client = hyper::Peer::connect(url).await?;
            timed(warm_up, calls, async || client.page(&busy).await).await?
        }
        (Task::Decode, Contender::Ours) => decode::ours(warm_up, calls).await?,
        (Task::Decode, Contender::Serde) => decode::serde(warm_up, calls).await?,
        (Task::Listeners, Contender::Ours) => {
            let plan = listeners::Plan {
                count,
                interval: Duration::from_millis(arguments.interval_ms),
                settle: Duration::from_secs_f64(arguments.settle_s),
                watch: Duration::from_secs_f64(arguments.watch_s),
            };
            listeners::watch(url, &plan).await?
        }
        (Task::History, Contender::Ours) => history::read(url, count).await?,
        _ => bail!("this contender doesn't take part in this task"),
    };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}
