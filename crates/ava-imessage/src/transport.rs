//! The seam to the network: what carries a request and brings back an answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
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
/// A transport must never send a request twice: what may be sent again is the client's decision. A body that it
/// asks for only after that gives nothing ([`RequestBody`]).
pub trait Transport: Send + Sync + 'static {
    /// Sends one request and returns when the answer's head is there.
    fn execute(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>>;
}

/// The bytes of a request, and the witness of whether anybody asked for them: a body that was never polled
/// was never sent.
///
/// It stays so. Once the client has counted a request as not sent, because nobody had asked for its body until
/// then, whoever still holds the body gets [`GivenUp`] instead of the bytes: the same message may be on its way
/// in another request by now.
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
    ///
    /// # Errors
    /// If the client has given the request up: then nothing may be sent.
    pub fn into_bytes(self) -> Result<Bytes, GivenUp> {
        self.witness.note()?;
        Ok(self.bytes)
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = GivenUp;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Err(given_up) = self.witness.note() {
            return Poll::Ready(Some(Err(given_up)));
        }
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

/// The client has given a request up before anybody asked for its body.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct GivenUp;

impl std::fmt::Display for GivenUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the request was given up before its body was asked for")
    }
}

impl std::error::Error for GivenUp {}

/// Remembers whether a request body was polled, or makes sure that it never is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Witness(Arc<AtomicU8>);

const UNTOUCHED: u8 = 0;
const POLLED: u8 = 1;
const REVOKED: u8 = 2;

impl Witness {
    fn note(&self) -> Result<(), GivenUp> {
        match self.0.compare_exchange(UNTOUCHED, POLLED, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) | Err(POLLED) => Ok(()),
            Err(_) => Err(GivenUp),
        }
    }

    pub(crate) fn polled(&self) -> bool {
        self.0.load(Ordering::Acquire) == POLLED
    }

    /// Takes the body back, if nobody has asked for it: from here on nobody gets it. Whether that was in time.
    ///
    /// To look whether it was polled would not do: a connection that was busy may hold a request that was let go of,
    /// and ask for its body once there is room.
    pub(crate) fn revoke(&self) -> bool {
        let found = self.0.compare_exchange(UNTOUCHED, REVOKED, Ordering::AcqRel, Ordering::Acquire);
        !matches!(found, Err(POLLED))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_either_asked_for_or_given_up() {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let witness = Witness::default();
        let mut body = RequestBody::new("hi".into(), witness.clone());
        assert!(witness.revoke() && witness.revoke());
        assert!(matches!(Pin::new(&mut body).poll_frame(&mut cx), Poll::Ready(Some(Err(GivenUp)))));
        assert!(body.into_bytes().is_err());
        assert!(!witness.polled());

        let witness = Witness::default();
        let mut body = RequestBody::new("hi".into(), witness.clone());
        assert!(matches!(Pin::new(&mut body).poll_frame(&mut cx), Poll::Ready(Some(Ok(_)))));
        assert!(!witness.revoke());
        assert!(matches!(Pin::new(&mut body).poll_frame(&mut cx), Poll::Ready(None)));
        assert_eq!(body.into_bytes().unwrap(), "hi");
    }
}
