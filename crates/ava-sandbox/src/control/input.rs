//! What a control takes, and how it is refused.

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;

use crate::{error::ControlError, validate::Refusal};

/// A body of JSON, whatever its `Content-Type` is. What is wrong with it is a 400 that begins with the control's name.
pub(super) struct Input<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Input<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let control = request.uri().path().trim_start_matches('/').to_owned();
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|error| Refusal::bad_request(error.to_string()))?;
        Ok(Input(parse(&control, &body)?))
    }
}

fn parse<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::bad_request(format!("{what}: {error}")))
}

/// One `what`, or a list of them.
pub(super) fn one_or_many<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<Vec<T>, Refusal> {
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => parse(what, body),
        _ => Ok(vec![parse(what, body)?]),
    }
}

impl From<ControlError> for Refusal {
    fn from(error: ControlError) -> Self {
        Refusal::bad_request(error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.into_answer().into_response(false).map(Body::new)
    }
}
