//! hyper on one connection that stays open: the floor, without a pool, a connector or TLS.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::TEXT;
use crate::rows::{NewMessage, Page, Sent};

pub(crate) struct Peer {
    connection: SendRequest<Full<Bytes>>,
    host: String,
}

impl Peer {
    pub(crate) async fn connect(url: &str) -> Result<Peer> {
        let host = url.strip_prefix("http://").context("the server speaks plain http")?;
        let socket = TcpStream::connect(host).await?;
        socket.set_nodelay(true)?;
        let (connection, work) = handshake(TokioIo::new(socket)).await?;
        tokio::spawn(work);
        Ok(Peer { connection, host: host.to_owned() })
    }

    pub(crate) async fn send(&mut self, phone: &str) -> Result<()> {
        let body = serde_json::to_vec(&NewMessage { phone, message: TEXT })?;
        let request = Request::post("/api/send").header(header::CONTENT_TYPE, "application/json");
        let sent: Sent = serde_json::from_slice(&self.exchange(request, body.into()).await?)?;
        ensure!(!sent.message_id.is_empty());
        Ok(())
    }

    pub(crate) async fn page(&mut self, phone: &str) -> Result<()> {
        let request = Request::get(format!("/api/messages/{phone}?limit=100&offset=0"));
        let page: Page = serde_json::from_slice(&self.exchange(request, Bytes::new()).await?)?;
        ensure!(page.messages.len() == 100);
        Ok(())
    }

    async fn exchange(&mut self, request: http::request::Builder, body: Bytes) -> Result<Bytes> {
        let request = request
            .header(header::HOST, &self.host)
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, "bench/1")
            .header(header::AUTHORIZATION, "Bearer sk_bench")
            .body(Full::new(body))?;
        self.connection.ready().await?;
        let answer = self.connection.send_request(request).await?;
        ensure!(answer.status().is_success());
        Ok(answer.into_body().collect().await?.to_bytes())
    }
}
