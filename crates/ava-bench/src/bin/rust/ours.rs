//! ava-imessage as it comes.

use anyhow::{Result, ensure};
use ava_imessage::Client;

use crate::TEXT;

pub(crate) fn client(url: &str) -> Result<Client> {
    Ok(Client::builder().base_url(url).api_key("sk_bench").build()?)
}

pub(crate) async fn send(client: &Client, phone: &str) -> Result<()> {
    let sent = client.send(phone, TEXT).await?;
    ensure!(!sent.message_id.is_empty());
    Ok(())
}

pub(crate) async fn page(client: &Client, phone: &str) -> Result<()> {
    let page = client.messages_page(phone, 100, 0).await?;
    ensure!(page.messages.len() == 100);
    Ok(())
}
