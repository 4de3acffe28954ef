//! The seam to the network: what carries a request and brings back an answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::error::BoxError;

/// A boxed future, as the traits of this crate return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An answer's body while it streams in.
pub type ResponseBody = Pin<Box<dyn Body<Data = Bytes, Error = BoxError> + Send>>;

/// Carries HTTP requests. The client's own is built on reqwest; tests and the sandbox bring theirs, which
/// need no socket.
///
/// The future is dropped when the call is cancelled or out of time, and must let go of the connection then.
/// A transport must never send a request twice: what may be sent again is the client's decision.
pub trait Transport: Send + Sync + 'static {
    /// Sends one request and returns when the answer's head is there.
    fn execute(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>>;
}

/// The bytes of a request, and the witness of whether anybody asked for them: a body that was never polled
/// was never sent.
#[derive(Debug)]
pub struct RequestBody {
    bytes: Bytes,
    done: bool,
    witness: Witness,
}

impl RequestBody {
    pub(crate) fn new(bytes: Bytes, witness: Witness) -> RequestBody {
        RequestBody { done: bytes.is_empty(), bytes, witness }
    }

    /// Takes the bytes, which counts as having polled them.
    pub fn into_bytes(self) -> Bytes {
        self.witness.note();
        self.bytes
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.witness.note();
        if std::mem::replace(&mut self.done, true) {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(Ok(Frame::data(self.bytes.clone()))))
    }

    fn is_end_stream(&self) -> bool {
        self.done
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.done { 0 } else { self.bytes.len() as u64 })
    }
}

/// Remembers whether a request body was polled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Witness(Arc<AtomicBool>);

impl Witness {
    fn note(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(crate) fn polled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Why a [`Transport`] brought no answer.
#[derive(Debug)]
pub struct TransportError {
    pub(crate) refused: bool,
    pub(crate) source: BoxError,
}

impl TransportError {
    /// The request failed; whether it was sent is told by its body having been polled.
    pub fn new(source: impl Into<BoxError>) -> TransportError {
        TransportError { refused: false, source: source.into() }
    }

    /// The server says that it did not process the request (HTTP/2's `REFUSED_STREAM`), polled or not.
    pub fn refused(source: impl Into<BoxError>) -> TransportError {
        TransportError { refused: true, source: source.into() }
    }
}

impl std::fmt::Display for TransportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.source.fmt(f)
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}
