//! The transport on reqwest: TLS by rustls with ring, no redirects, no retries of its own.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body::Body as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::Handle;
use url::Url;

use crate::error::{BoxError, Error, Result};
use crate::origin::Origin;
use crate::transport::{BoxFuture, RequestBody, ResponseBody, Transport, TransportError};

/// Which certificate authorities are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Roots {
    /// The operating system's store (feature `platform-roots`; never on Android, where the verifier panics
    /// unless the app sets it up).
    #[cfg(all(feature = "platform-roots", not(target_os = "android")))]
    Platform,
    /// Mozilla's list, compiled in (feature `bundled-roots`).
    #[cfg(feature = "bundled-roots")]
    Bundled,
}

pub(crate) struct HttpOptions {
    pub(crate) connect_timeout: Duration,
    pub(crate) pool_idle_timeout: Duration,
    pub(crate) environment_proxy: bool,
    pub(crate) roots: Option<Roots>,
}

pub(crate) struct HttpTransport {
    client: reqwest::Client,
    /// Where every request goes, parsed once: a tenth of what a send costs is the parsing of its host.
    base: Url,
}

impl HttpTransport {
    pub(crate) fn new(origin: &Origin, options: &HttpOptions) -> Result<HttpTransport> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(options.pool_idle_timeout)
            .tcp_nodelay(true)
            .https_only(origin.is_https())
            .tls_backend_preconfigured(tls(origin, options.roots)?);
        if origin.is_loopback() || !options.environment_proxy {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| {
            Error::configuration("the HTTP client can't be set up (is a proxy variable malformed?)")
                .with_source(error.without_url())
        })?;
        let base = Url::parse(origin.as_str())
            .map_err(|error| Error::configuration("base_url: not a URL").with_source(error))?;
        Ok(HttpTransport { client, base })
    }

    /// reqwest's own conversion writes the URL out and parses it anew.
    fn convert(&self, request: http::Request<RequestBody>) -> reqwest::Request {
        let (parts, body) = request.into_parts();
        let mut url = self.base.clone();
        url.set_path(parts.uri.path());
        url.set_query(parts.uri.query());
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        if !body.is_end_stream() {
            *request.body_mut() = Some(reqwest::Body::wrap(body));
        }
        request
    }
}

impl Transport for HttpTransport {
    fn execute(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>> {
        let pending = self.client.execute(self.convert(request));
        Box::pin(async move {
            let response = AtHome::new(pending).await.map_err(classify)?;
            let (parts, body) = http::Response::from(response).into_parts();
            let body: ResponseBody = Box::pin(ErasedBody(body));
            Ok(http::Response::from_parts(parts, body))
        })
    }
}

/// A future that is dropped on the runtime it was polled on, wherever that happens. One that waits for a connection
/// leaves the connecting to a task, which takes a runtime: else it panics where a stream outlives its `block_on`.
struct AtHome<F> {
    future: Option<F>,
    home: Handle,
}

impl<F: Future + Unpin> AtHome<F> {
    fn new(future: F) -> AtHome<F> {
        AtHome { future: Some(future), home: Handle::current() }
    }
}

impl<F: Future + Unpin> Future for AtHome<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match &mut self.future {
            Some(future) => Pin::new(future).poll(cx),
            None => Poll::Pending,
        }
    }
}

impl<F> Drop for AtHome<F> {
    fn drop(&mut self) {
        let _context = self.home.enter();
        self.future = None;
    }
}

/// reqwest's errors name the URL, which holds a phone number.
fn classify(error: reqwest::Error) -> TransportError {
    let error = error.without_url();
    if was_refused(&error) { TransportError::refused(error) } else { TransportError::new(error) }
}

#[cfg(feature = "http2")]
fn was_refused(error: &reqwest::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(h2) = inner.downcast_ref::<h2::Error>() {
            return h2.is_remote() && h2.reason() == Some(h2::Reason::REFUSED_STREAM);
        }
        source = inner.source();
    }
    false
}

#[cfg(not(feature = "http2"))]
fn was_refused(_: &reqwest::Error) -> bool {
    false
}

struct ErasedBody(reqwest::Body);

impl http_body::Body for ErasedBody {
    type Data = bytes::Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, BoxError>>> {
        std::pin::Pin::new(&mut self.0)
            .poll_frame(cx)
            .map_err(|error| Box::new(error.without_url()) as BoxError)
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.0.size_hint()
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }
}

fn tls(origin: &Origin, roots: Option<Roots>) -> Result<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::configuration("TLS can't be set up").with_source(error))?;
    // A plain connection to loopback reads no certificate store: that takes milliseconds.
    let mut config = if origin.is_https() {
        trusting(builder, roots)?
    } else {
        builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
    };
    if cfg!(feature = "http2") {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    Ok(config)
}

type Unrooted = rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>;

/// Unless told otherwise the platform's roots, and where it has none (an image without certificates) the
/// bundled ones.
#[allow(unused_variables, clippy::needless_return, reason = "what is left depends on the features")]
fn trusting(builder: Unrooted, roots: Option<Roots>) -> Result<ClientConfig> {
    #[cfg(all(feature = "platform-roots", not(target_os = "android")))]
    if roots.is_none_or(|roots| roots == Roots::Platform) {
        use rustls_platform_verifier::BuilderVerifierExt;
        match builder.clone().with_platform_verifier() {
            Ok(config) => return Ok(config.with_no_client_auth()),
            Err(_) if cfg!(feature = "bundled-roots") && roots.is_none() => {}
            Err(error) => {
                return Err(
                    Error::configuration("the system's certificate store can't be used").with_source(error)
                );
            }
        }
    }
    #[cfg(feature = "bundled-roots")]
    {
        let mut store = RootCertStore::empty();
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        return Ok(builder.with_root_certificates(store).with_no_client_auth());
    }
    #[cfg(not(feature = "bundled-roots"))]
    return Err(Error::configuration("https needs one of the features `platform-roots` and `bundled-roots`"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Witness;

    #[test]
    fn a_request_keeps_its_address() {
        let options = HttpOptions {
            connect_timeout: Duration::from_secs(1),
            pool_idle_timeout: Duration::from_secs(1),
            environment_proxy: false,
            roots: None,
        };
        for base in ["http://127.0.0.1:9", "http://[::1]:9/ava", "http://localhost"] {
            let transport = HttpTransport::new(&Origin::parse(base).unwrap(), &options).unwrap();
            for path in [
                "/api/send",
                "/api/messages/+15550001111?limit=100&offset=0",
                "/api/messages/poll?since=2026-01-25T12:00:00.5Z&phone=%2B15550001111",
            ] {
                let address = format!("{base}{path}");
                let request = http::Request::get(&address)
                    .body(RequestBody::new(bytes::Bytes::new(), Witness::default()))
                    .unwrap();
                assert_eq!(transport.convert(request).url().as_str(), address);
            }
        }
    }

    #[cfg(feature = "http2")]
    fn over_http2(address: std::net::SocketAddr) -> HttpTransport {
        let client = reqwest::Client::builder()
            .http2_prior_knowledge()
            .retry(reqwest::retry::never())
            .no_proxy()
            .tls_backend_preconfigured(tls(&Origin::parse("http://127.0.0.1").unwrap(), None).unwrap())
            .build()
            .unwrap();
        HttpTransport { client, base: Url::parse(&format!("http://{address}")).unwrap() }
    }

    /// A server that takes one stream at a time. hyper keeps a request that has to wait for one, and sends it when there
    /// is one, though nobody waits for its answer any more.
    #[cfg(feature = "http2")]
    #[tokio::test]
    async fn a_request_that_waited_for_a_stream_and_was_given_up_never_goes_out() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        use std::sync::{Arc, Mutex};

        const ANSWER: &[u8] =
            br#"{"success":true,"message_id":"msg_1","timestamp":"2026-01-25T12:00:00Z","messages":[]}"#;
        let answer = |mut respond: h2::server::SendResponse<bytes::Bytes>| {
            let mut body = respond.send_response(http::Response::new(()), false).unwrap();
            body.send_data(ANSWER.into(), true).unwrap();
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (posted, busy) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(None)));
        let (count, held) = (Arc::clone(&posted), Arc::clone(&busy));
        tokio::spawn(async move {
            let (socket, _) = listener.accept().await.unwrap();
            let mut server = h2::server::Builder::new();
            let mut connection = server.max_concurrent_streams(1).handshake(socket).await.unwrap();
            while let Some(Ok((request, respond))) = connection.accept().await {
                if request.method() == http::Method::GET {
                    *held.lock().unwrap() = Some(respond);
                    continue;
                }
                let count = Arc::clone(&count);
                tokio::spawn(async move {
                    let mut body = request.into_body();
                    while let Some(Ok(_)) = body.data().await {}
                    if body.is_end_stream() {
                        count.fetch_add(1, Ordering::SeqCst);
                        answer(respond);
                    }
                });
            }
        });

        let transport = over_http2(address);
        let get = http::Request::get(format!("http://{address}/"));
        let get = get.body(RequestBody::new(bytes::Bytes::new(), Witness::default())).unwrap();
        let occupying = tokio::spawn(transport.execute(get));
        while busy.lock().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let client = crate::Client::builder()
            .api_key("sk_test")
            .base_url(format!("http://{address}"))
            .read_idle_timeout(Duration::from_millis(100))
            .max_retries(1)
            .backoff(Duration::from_millis(300), Duration::from_millis(300))
            .transport(transport)
            .build()
            .unwrap();
        let sending = tokio::spawn(client.send("+15550100142", "hi").into_future());
        // The first request is given up by now, and the second not made yet.
        tokio::time::sleep(Duration::from_millis(250)).await;
        answer(busy.lock().unwrap().take().unwrap());
        assert!(occupying.await.unwrap().is_ok());
        assert_eq!(sending.await.unwrap().unwrap().message_id, "msg_1");
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(posted.load(Ordering::SeqCst), 1);
    }

    /// A server that refuses every stream, over plain HTTP/2 on loopback.
    #[cfg(feature = "http2")]
    #[tokio::test]
    async fn a_refused_stream_was_not_processed() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (socket, _) = listener.accept().await.unwrap();
            let mut connection = h2::server::handshake(socket).await.unwrap();
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                respond.send_reset(h2::Reason::REFUSED_STREAM);
            }
        });
        let request = http::Request::post(format!("http://{address}/api/send"))
            .body(RequestBody::new("{}".into(), Witness::default()))
            .unwrap();
        let error = over_http2(address).execute(request).await.err().unwrap();
        assert!(error.refused, "{error:?}");
    }
}
