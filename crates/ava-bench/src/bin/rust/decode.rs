//! Decoding alone.
//!
//! The core has no public way to decode a page but to fetch one, and needs none. So a client is given a transport that
//! answers from memory: pages of 100, and pages of none, whose cost is that of the call. The difference is the rows.

use anyhow::{Result, ensure};
use ava_bench::answers::{page, phone_with};
use ava_imessage::{BoxError, BoxFuture, Client, RequestBody, ResponseBody, Transport, TransportError};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};

use crate::measure::{Measured, timed};
use crate::rows::Page;

/// Answers every request with the same bytes.
struct Memory(Bytes);

impl Transport for Memory {
    fn execute(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>> {
        drop(request);
        let body = Full::new(self.0.clone()).map_err(|never| -> BoxError { match never {} });
        let body: ResponseBody = Box::pin(body);
        Box::pin(async move { Ok(http::Response::new(body)) })
    }
}

fn pages_of(rows: u64) -> Bytes {
    page(&phone_with(rows), rows, 100, 0).into()
}

pub(crate) async fn ours(warm_up: u64, calls: u64) -> Result<Measured> {
    let mut costs = Vec::new();
    for rows in [100, 0] {
        let phone = phone_with(rows);
        let client = Client::builder().api_key("sk_bench").transport(Memory(pages_of(rows))).build()?;
        let fetch = async || {
            let page = client.messages_page(&*phone, 100, 0).await?;
            ensure!(page.messages.len() as u64 == rows);
            Ok(())
        };
        costs.push(timed(warm_up, calls, fetch).await?);
    }
    let empty = costs.pop().unwrap_or_default();
    let full = costs.pop().unwrap_or_default();
    Ok(Measured {
        cpu_ns: full.cpu_ns.saturating_sub(empty.cpu_ns),
        wall_ns: full.wall_ns.saturating_sub(empty.wall_ns),
        ..full
    })
}

pub(crate) async fn serde(warm_up: u64, calls: u64) -> Result<Measured> {
    let body = pages_of(100);
    let decode = async || {
        let page: Page = serde_json::from_slice(std::hint::black_box(&body))?;
        ensure!(page.messages.len() == 100);
        Ok(())
    };
    timed(warm_up, calls, decode).await
}
