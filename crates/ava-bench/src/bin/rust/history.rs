//! A whole history, read as a stream.

use anyhow::{Result, ensure};
use ava_bench::answers::phone_with;
use futures_util::StreamExt;

use crate::measure::{Measured, Memory, Start, memory};
use crate::ours;

/// Reads so many messages, letting go of each. `calls` are the messages.
pub(crate) async fn read(url: &str, count: u64) -> Result<Measured> {
    let client = ours::client(url)?;
    ours::page(&client, &phone_with(100)).await?;
    let before = memory("VmRSS")?;
    let start = Start::now()?;
    let mut messages = client.messages(phone_with(count));
    let mut read = 0;
    while let Some(message) = messages.next().await {
        message?;
        read += 1;
    }
    let spent = start.spent(read)?;
    let rss = Memory { before, after: memory("VmRSS")?, peak: memory("VmHWM")? };
    ensure!(read == count, "{read} messages came");
    Ok(Measured { rss: Some(rss), ..spent })
}
