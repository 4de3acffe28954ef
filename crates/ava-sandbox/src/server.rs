//! The sandbox on a loopback socket.

use std::{
    io,
    pin::{Pin, pin},
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    api::MAX_BODY,
    body::{FlushSignal, SandboxBody},
    control,
    error::Dropped,
    handle::Shared,
};

/// Controls may be larger than calls: scripts and seeds are.
const MAX_CONTROL_BODY: usize = 64 << 20;

/// How long an answer in progress may still take once the server is to end.
const GRACE: Duration = Duration::from_millis(100);

/// Serves until `stop` changes or its sender is gone. Nothing that goes wrong with one connection ends it.
pub(crate) async fn run(listener: TcpListener, shared: Arc<Shared>, mut stop: watch::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&shared), stop.clone()));
                }
                // Out of descriptors, or a client gone before it was accepted: both pass.
                Err(_) => sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    shared.closing.store(true, Ordering::SeqCst);
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(stream: TcpStream, shared: Arc<Shared>, mut stop: watch::Receiver<()>) {
    // Without it, small answers wait for an acknowledgement. A socket that refuses works all the same.
    let _ = stream.set_nodelay(true);
    let flush = Arc::new(FlushSignal::default());
    let io = TokioIo::new(Watched { stream, flush: Arc::clone(&flush) });
    let service = service_fn(|request: Request<Incoming>| {
        let (shared, flush) = (Arc::clone(&shared), Arc::clone(&flush));
        async move { answer(&shared, request, flush).await }
    });
    // The `Date` comes from the virtual clock. A half-closed connection counts as a client gone.
    let mut connection =
        pin!(http1::Builder::new().auto_date_header(false).half_close(false).serve_connection(io, service));
    // Every end of a connection is fine: the client's, a fault's, garbage that isn't HTTP.
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = stop.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = timeout(GRACE, connection).await;
        }
    }
}

async fn answer(
    shared: &Arc<Shared>,
    request: Request<Incoming>,
    flush: Arc<FlushSignal>,
) -> Result<Response<SandboxBody>, Dropped> {
    let (mut head, incoming) = request.into_parts();
    head.extensions.insert(flush);
    let control = control::is_control(head.uri.path());
    let mut reading =
        Reading { shared, head: Some(head), body: BytesMut::new(), recorded: !control, complete: true };
    if reading.read(incoming, if control { MAX_CONTROL_BODY } else { MAX_BODY }).await.is_err() {
        return Err(Dropped::BeforeProcessing);
    }
    let Some((head, body, complete)) = reading.take() else { return Err(Dropped::BeforeProcessing) };
    shared.handle(Request::from_parts(head, body), complete).await
}

/// A request whose body is being read. Dropped before its end, it is recorded as incomplete.
struct Reading<'a> {
    shared: &'a Arc<Shared>,
    head: Option<http::request::Parts>,
    body: BytesMut,
    recorded: bool,
    complete: bool,
}

impl Reading<'_> {
    /// Keeps no more than one byte over `limit`, but reads on, so that the client gets to read its 413.
    async fn read(&mut self, mut incoming: Incoming, limit: usize) -> Result<(), hyper::Error> {
        while let Some(frame) = incoming.frame().await {
            if let Ok(data) = frame?.into_data() {
                let room = (limit + 1).saturating_sub(self.body.len());
                self.body.extend_from_slice(data.get(..room).unwrap_or(&data));
                self.complete &= data.len() <= room;
            }
        }
        Ok(())
    }

    fn take(&mut self) -> Option<(http::request::Parts, Bytes, bool)> {
        Some((self.head.take()?, std::mem::take(&mut self.body).freeze(), self.complete))
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if let Some((head, body, _)) = self.take().filter(|_| self.recorded) {
            self.shared.record_cut_off(&head, body);
        }
    }
}

/// A connection that tells when it has nothing left to write.
struct Watched {
    stream: TcpStream,
    flush: Arc<FlushSignal>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.flush.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
