//! A stranger's test, with a sandbox in the process.

use ava_imessage::Client;
use ava_sandbox::Sandbox;

#[tokio::test]
async fn a_message_is_kept() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start().await?;
    let client = Client::builder().base_url(sandbox.base_url()).api_key(sandbox.api_key()).build()?;
    client.send("+15550100142", "Hello?").await?;
    assert_eq!(sandbox.state().messages.len(), 1);
    Ok(())
}
