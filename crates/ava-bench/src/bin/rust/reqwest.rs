//! reqwest with the TLS set-up that ours has, and nothing around it: no deadline, no retries, no classes of failure.

use anyhow::{Result, ensure};
use http::header;
use reqwest::Client;
use rustls::{ClientConfig, RootCertStore};

use crate::TEXT;
use crate::rows::{NewMessage, Page, Sent};

pub(crate) struct Peer {
    client: Client,
    url: String,
}

impl Peer {
    pub(crate) fn new(url: &str) -> Result<Peer> {
        let tls = ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let client = Client::builder()
            .retry(reqwest::retry::never())
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .user_agent("bench/1")
            .build()?;
        Ok(Peer { client, url: url.to_owned() })
    }

    pub(crate) async fn send(&self, phone: &str) -> Result<()> {
        let body = serde_json::to_vec(&NewMessage { phone, message: TEXT })?;
        let answer = self
            .client
            .post(format!("{}/api/send", self.url))
            .bearer_auth("sk_bench")
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .send()
            .await?
            .error_for_status()?;
        let sent: Sent = serde_json::from_slice(&answer.bytes().await?)?;
        ensure!(!sent.message_id.is_empty());
        Ok(())
    }

    pub(crate) async fn page(&self, phone: &str) -> Result<()> {
        let answer = self
            .client
            .get(format!("{}/api/messages/{phone}?limit=100&offset=0", self.url))
            .bearer_auth("sk_bench")
            .header(header::ACCEPT, "application/json")
            .send()
            .await?
            .error_for_status()?;
        let page: Page = serde_json::from_slice(&answer.bytes().await?)?;
        ensure!(page.messages.len() == 100);
        Ok(())
    }
}
