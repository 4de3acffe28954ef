//! A client whose service says what the input says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use ava_imessage::{BoxFuture, Client, ClientBuilder, RequestBody, ResponseBody, Transport, TransportError};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};

/// The base URL of [`client`].
pub(crate) const BASE_URL: &str = "http://localhost";
/// Its key.
pub(crate) const KEY: &str = "sk_fuzz_KEYKEYKEY";

/// An answer of the service.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn new(status: u16, body: &[u8]) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body) }
    }

    /// With a header, unless the value can be in none.
    pub(crate) fn header(mut self, name: &'static str, value: &[u8]) -> Answer {
        if let Ok(value) = value.try_into() {
            self.headers.insert(name, value);
        }
        self
    }
}

/// Gives its answers in turn, the last one for ever, and keeps the last request. Clones share both.
#[derive(Clone)]
pub(crate) struct Canned(Arc<Mutex<Service>>);

struct Service {
    answers: VecDeque<Answer>,
    request: Option<Request<Bytes>>,
}

impl Canned {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Canned {
        Canned(Arc::new(Mutex::new(Service { answers: answers.into_iter().collect(), request: None })))
    }

    /// The last request, if there was one.
    pub(crate) fn request(&self) -> Option<Request<Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).request.take()
    }
}

impl Transport for Canned {
    fn execute(
        &self,
        request: Request<RequestBody>,
    ) -> BoxFuture<'static, Result<Response<ResponseBody>, TransportError>> {
        let mut service = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        service.request = Some(request.map(|body| body.into_bytes().unwrap_or_default()));
        let answer = match service.answers.len() {
            0 | 1 => service.answers.front().cloned(),
            _ => service.answers.pop_front(),
        };
        Box::pin(async {
            let Some(answer) = answer else { return Err(TransportError::new("no answer")) };
            let body: ResponseBody = Box::pin(Full::new(answer.body).map_err(|never| match never {}));
            let mut response = Response::new(body);
            *response.status_mut() =
                answer.status.try_into().map_err(|_| TransportError::new("no status"))?;
            *response.headers_mut() = answer.headers;
            Ok(response)
        })
    }
}

/// A client of it that tries nothing twice and looks nothing up.
pub(crate) fn client(service: Canned) -> Client {
    builder(service).build().expect("the options are good ones")
}

pub(crate) fn builder(service: Canned) -> ClientBuilder {
    Client::builder()
        .base_url(BASE_URL)
        .api_key(KEY)
        .transport(service)
        .max_retries(0)
        .confirm_from_history(false)
}

/// Runs to the end, on a clock that stands still but where everybody waits.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime needs nothing that could be missing");
    }
    RUNTIME.with(|runtime| runtime.block_on(work))
}
