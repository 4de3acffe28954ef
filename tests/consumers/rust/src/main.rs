//! Sends, waits for the answer, reads the history, and is refused with a wrong key.

use std::time::Duration;

use ava_imessage::{Client, Confirmation, Delivery, ErrorKind};
use futures_util::TryStreamExt;

const PHONE: &str = "+15550100142";

#[tokio::main]
async fn main() -> ava_imessage::Result<()> {
    let client = Client::from_env()?;
    let sent = client.send(PHONE, "Hello from Rust").await?;
    assert_eq!(sent.confirmation, Confirmation::Response);

    let mut inbox = client.listen().since(sent.timestamp).interval(Duration::from_millis(200)).await?;
    let answer = inbox.next().await.expect("it goes on")?;
    assert_eq!(answer.text, "Echo: Hello from Rust");

    let history: Vec<_> = client.messages(PHONE).try_collect().await?;
    let texts: Vec<_> = history.into_iter().map(|message| message.text).collect();
    assert!(texts.contains(&"Hello from Rust".to_owned()) && texts.contains(&answer.text), "{texts:?}");

    let stranger = Client::builder().base_url(client.base_url()).api_key("sk_wrong").build()?;
    let refused = stranger.send(PHONE, "Let me in").await.expect_err("a wrong key is refused");
    assert_eq!(refused.kind(), ErrorKind::Authentication);
    assert_eq!((refused.status(), refused.delivery()), (Some(401), Some(Delivery::NotSent)));
    Ok(())
}
