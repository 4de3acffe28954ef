//! An answer before it becomes an HTTP response.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, DATE},
};
use serde::Serialize;

use crate::body::{SandboxBody, Source};

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Source,
    /// What `Content-Length` says: the body's length unless a test wants another; none sends the body chunked.
    pub(crate) content_length: Announced,
    /// Close the connection after this many body bytes.
    pub(crate) cut_after: Option<u64>,
    /// Write one byte at a time, this far apart.
    pub(crate) drip: Option<Duration>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Announced {
    Honest,
    Exactly(u64),
    Nothing,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, body: impl Into<Source>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Answer {
            status,
            headers,
            body: body.into(),
            content_length: Announced::Honest,
            cut_after: None,
            drip: None,
        }
    }

    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        // What is serialised here are this crate's own types, none of which can fail to become JSON.
        Answer::new(status, serde_json::to_vec(body).unwrap_or_default())
    }

    /// The API's shape of an error, which its document leaves open.
    pub(crate) fn error(status: StatusCode, reason: &str) -> Self {
        Answer::json(status, &ErrorBody { success: false, error: reason })
    }

    pub(crate) fn header(mut self, name: http::HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub(crate) fn date(&mut self, date: Option<HeaderValue>) {
        if let Some(date) = date {
            self.headers.insert(DATE, date);
        }
    }

    /// Whether the connection is to be closed before the end of what is announced.
    pub(crate) fn is_cut(&self) -> bool {
        let short = |length: u64| match self.content_length {
            Announced::Exactly(announced) => length < announced,
            Announced::Honest | Announced::Nothing => false,
        };
        self.cut_after.is_some() || self.body.len().is_some_and(short)
    }

    /// The response; `bodiless` for an answer to HEAD.
    pub(crate) fn into_response(mut self, bodiless: bool) -> Response<SandboxBody> {
        let none = bodiless || matches!(self.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let length = self.body.len();
        let announced = match self.content_length {
            Announced::Honest => length,
            Announced::Exactly(length) => Some(length),
            Announced::Nothing => None,
        };
        if let Some(announced) = announced.filter(|_| !none || bodiless) {
            self.headers.insert(CONTENT_LENGTH, HeaderValue::from(announced));
        }
        let body = if none {
            SandboxBody::full(Source::Bytes(Bytes::new()))
        } else {
            // No more than was announced can be written; less than was announced must end with a cut.
            let writable = match (length, announced) {
                (Some(length), Some(announced)) => Some(length.min(announced)),
                (length, _) => length,
            };
            let left = match (writable, self.cut_after) {
                (Some(writable), Some(cut)) => Some(writable.min(cut)),
                (writable, cut) => writable.or(cut),
            };
            let short = announced.is_some_and(|announced| left.is_some_and(|left| left < announced));
            SandboxBody::new(self.body, left, short || self.cut_after.is_some(), self.drip)
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// A control's answer. What axum says about its length stands in the headers.
impl From<Response<axum::body::Body>> for Answer {
    fn from(response: Response<axum::body::Body>) -> Self {
        let (head, body) = response.into_parts();
        Answer {
            status: head.status,
            headers: head.headers,
            body: Source::Control(body),
            content_length: Announced::Nothing,
            cut_after: None,
            drip: None,
        }
    }
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    success: bool,
    error: &'a str,
}
