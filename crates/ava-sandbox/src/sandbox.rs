//! The handle on a sandbox.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use tokio::{
    net::TcpListener,
    sync::{broadcast, watch},
    task::JoinHandle,
};

use crate::{
    body::SandboxBody,
    clock::{Clock, ClockChange, ClockState},
    control::InboundMessage,
    error::{ControlError, Dropped},
    events::Event,
    fault::{Fault, InstalledFault},
    handle::{Setup, Shared},
    messages::Message,
    record::RecordedRequest,
    script::Script,
    seed::Seed,
    server,
    settings::Settings,
    state::State,
    tokens::{IssuedToken, TokenRequest},
    traffic::Traffic,
};

/// The API as a local server. Clones are handles on the same one; it ends with the last of them, or on
/// [`shutdown`](Sandbox::shutdown).
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    address: SocketAddr,
    /// Dropped with the last handle, which stops the server.
    stop: watch::Sender<()>,
    server: Mutex<Option<JoinHandle<()>>>,
}

/// Options of a [`Sandbox`].
#[derive(Clone, Debug, Default)]
pub struct Builder {
    port: u16,
    api_key: Option<String>,
    settings: Settings,
    clock: ClockChange,
    allow_shutdown: bool,
}

impl Builder {
    /// The port on 127.0.0.1. Default 0: a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The key that the API accepts. Default: a new one that begins with `sk_sandbox_`.
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        self.api_key = Some(api_key.into());
        self
    }

    /// The settings it starts with, and goes back to on a reset.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// The virtual clock it starts with, and goes back to on a reset. Default: real time.
    pub fn clock(mut self, clock: ClockChange) -> Self {
        self.clock = clock;
        self
    }

    /// Whether `POST /_sandbox/shutdown` ends it (see [`Sandbox::shutdown_requested`]). Default false.
    pub fn allow_shutdown(mut self, allow: bool) -> Self {
        self.allow_shutdown = allow;
        self
    }

    /// Binds the port and serves.
    ///
    /// # Errors
    /// If the port can't be bound, or the settings make no sense.
    pub async fn start(self) -> io::Result<Sandbox> {
        self.check()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await?;
        let address = listener.local_addr()?;
        let (sandbox, stopped) = self.build(address);
        let server = tokio::spawn(server::run(listener, Arc::clone(&sandbox.inner.shared), stopped));
        *sandbox.inner.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
        Ok(sandbox)
    }

    /// A sandbox without a socket, to be called with [`Sandbox::handle`]; its address has port 0.
    ///
    /// # Errors
    /// If the settings make no sense.
    pub fn in_process(self) -> io::Result<Sandbox> {
        self.check()?;
        Ok(self.build(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).0)
    }

    fn check(&self) -> io::Result<()> {
        self.settings.check().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
    }

    fn build(self, address: SocketAddr) -> (Sandbox, watch::Receiver<()>) {
        let mut clock = Clock::Real;
        clock.change(&self.clock);
        let shared = Shared::new(Setup {
            settings: self.settings,
            clock,
            api_key: self.api_key.unwrap_or_else(new_key),
            base_url: format!("http://{address}"),
            allow_shutdown: self.allow_shutdown,
        });
        let (stop, stopped) = watch::channel(());
        let inner = Inner { shared, address, stop, server: Mutex::new(None) };
        (Sandbox { inner: Arc::new(inner) }, stopped)
    }
}

fn new_key() -> String {
    let random: String = std::iter::repeat_with(fastrand::alphanumeric).take(24).collect();
    format!("sk_sandbox_{random}")
}

impl Sandbox {
    /// Starts a sandbox on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If no port can be bound.
    pub async fn start() -> io::Result<Sandbox> {
        Sandbox::builder().start().await
    }

    /// Options first.
    pub fn builder() -> Builder {
        Builder::default()
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }

    /// `http://127.0.0.1:PORT`, what a client takes as its base URL.
    pub fn base_url(&self) -> &str {
        &self.shared().base_url
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.inner.address
    }

    /// The key that the API accepts.
    pub fn api_key(&self) -> &str {
        &self.shared().api_key
    }

    /// A message from `phone` arrives.
    pub fn inbound(&self, phone: &str, text: &str) -> Message {
        self.inbound_with(InboundMessage::new(phone, text))
    }

    /// A message arrives, with a time, an id or a delay of its own.
    pub fn inbound_with(&self, inbound: InboundMessage) -> Message {
        self.shared().inbound(inbound)
    }

    /// Puts rows in place; returns how many.
    ///
    /// # Errors
    /// If both `rows` and `count` are given, or neither.
    pub fn seed(&self, seed: Seed) -> Result<usize, ControlError> {
        self.shared().seed(seed)
    }

    /// Sets a fault.
    ///
    /// # Errors
    /// If it does nothing, or contradicts itself.
    pub fn fault(&self, fault: Fault) -> Result<InstalledFault, ControlError> {
        self.shared().install_fault(fault)
    }

    /// The faults in place, used up ones included.
    pub fn faults(&self) -> Vec<InstalledFault> {
        self.shared().world().faults.all()
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.shared().clear_faults();
    }

    /// Resets everything and plays a script: a `Vec<ScriptedResponse>`, or a [`Script`] with its clock.
    ///
    /// # Errors
    /// Says which response is wrong, and how.
    pub fn script(&self, script: impl Into<Script>) -> Result<(), ControlError> {
        let script = script.into();
        script.check()?;
        self.shared().set_script(Some(script));
        Ok(())
    }

    /// Takes the script away: the API has a state again, and the clock is as it was at the start.
    pub fn clear_script(&self) {
        self.shared().set_script(None);
    }

    /// How many answers the script still has to give (`"forever"` entries not counted); 0 without a script.
    pub fn script_remaining(&self) -> u64 {
        self.shared().world().script.as_ref().map_or(0, |playing| playing.state().remaining)
    }

    /// How many requests no entry of the script matched; 0 without a script.
    pub fn script_unmatched(&self) -> u64 {
        self.shared().world().script.as_ref().map_or(0, |playing| playing.state().unmatched)
    }

    /// Takes one fault away, by its id; says whether it was there.
    pub fn remove_fault(&self, id: u64) -> bool {
        self.shared().remove_fault(id)
    }

    /// The requests so far and what they mean together (retries, confirmations), of the last 500; only those that
    /// changed since an earlier answer's `version`, or with 0 all.
    pub fn traffic(&self, since: u64) -> Traffic {
        self.shared().world().watch.since(since)
    }

    /// The page for people, on which they play the other side.
    pub fn page_url(&self) -> String {
        format!("{}/_sandbox/", self.base_url())
    }

    /// The requests so far, oldest first, the control plane's left out.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared().world().recorder.all()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.shared().clear_requests();
    }

    /// A snapshot of everything.
    pub fn state(&self) -> State {
        self.shared().state()
    }

    /// Back to how it started: no rows, requests, faults, script or tokens; settings and clock as given to the builder.
    pub fn reset(&self) {
        self.shared().reset();
    }

    /// The settings.
    pub fn settings(&self) -> Settings {
        self.shared().world().settings.clone()
    }

    /// Changes the settings: all that is said about rows holds for rows created from now on.
    ///
    /// # Errors
    /// If they make no sense together.
    pub fn set_settings(&self, settings: Settings) -> Result<(), ControlError> {
        self.shared().set_settings(settings)
    }

    /// The virtual clock.
    pub fn clock(&self) -> ClockControl<'_> {
        ClockControl { sandbox: self }
    }

    /// Issues a token that is valid for `ttl`, for these numbers only, or with none given for all.
    pub fn issue_token(&self, ttl: Duration, phones: Option<Vec<String>>) -> IssuedToken {
        let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        self.shared().issue_token(TokenRequest { ttl_ms, phones })
    }

    /// Expires every token issued so far; returns how many. The API key goes on.
    pub fn expire_tokens(&self) -> usize {
        self.shared().expire_tokens()
    }

    /// What happens from now on. A receiver that falls 1024 events behind misses the oldest.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.shared().events.subscribe()
    }

    /// How often a client went away before it had the whole answer to its request.
    pub fn connections_dropped_by_client(&self) -> u64 {
        self.shared().world().client_disconnects
    }

    /// Answers one request without a socket, exactly as the server does.
    ///
    /// Dropping the future, or the body before its end, is what closing the connection is on a socket. Control
    /// requests need a `Host` header or an authority that is loopback.
    ///
    /// # Errors
    /// [`Dropped`] where a socket would be closed without a response. A body that is cut short ends in
    /// [`Cut`](crate::Cut).
    pub async fn handle(&self, request: Request<Bytes>) -> Result<Response<SandboxBody>, Dropped> {
        self.shared().handle(request, true).await
    }

    /// Resolves when somebody asked for the end with `POST /_sandbox/shutdown`.
    pub async fn shutdown_requested(&self) {
        self.shared().shutdown_requested.notified().await;
    }

    /// Stops serving, and waits until the port is free. Answers in progress get 100 ms.
    pub async fn shutdown(self) {
        self.inner.stop.send_replace(());
        let server = self.inner.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(server) = server {
            // It can only fail if the runtime is going down, and then the port is free too.
            let _ = server.await;
        }
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("base_url", &self.base_url()).finish_non_exhaustive()
    }
}

/// Moves the virtual clock of a [`Sandbox`].
#[derive(Clone, Copy, Debug)]
pub struct ClockControl<'a> {
    sandbox: &'a Sandbox,
}

impl ClockControl<'_> {
    /// What it shows.
    pub fn now(&self) -> Timestamp {
        self.sandbox.shared().world().clock.now()
    }

    /// Sets it; it runs on or stands still as before.
    pub fn set(&self, now: Timestamp) -> ClockState {
        self.change(&ClockChange { now: Some(now), ..ClockChange::default() })
    }

    /// Stops it.
    pub fn freeze(&self) -> ClockState {
        self.change(&ClockChange { frozen: Some(true), ..ClockChange::default() })
    }

    /// Lets it run on from where it stands.
    pub fn run(&self) -> ClockState {
        self.change(&ClockChange { frozen: Some(false), ..ClockChange::default() })
    }

    /// Moves it forward.
    pub fn advance(&self, by: Duration) -> ClockState {
        let advance_ms = Some(i64::try_from(by.as_millis()).unwrap_or(i64::MAX));
        self.change(&ClockChange { advance_ms, ..ClockChange::default() })
    }

    /// Any change.
    pub fn change(&self, change: &ClockChange) -> ClockState {
        self.sandbox.shared().change_clock(change)
    }
}
