//! A sandbox on a runtime of its own, so that tests are callers as a binding has them: threads without one.

#![allow(dead_code, reason = "each test uses some of it")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::sync::{Arc, LazyLock, mpsc};
use std::time::{Duration, Instant};

use ava_bridge::{Call, Client, Options, Result};
use ava_sandbox::{Fault, On, Outcome, Sandbox};
use tokio::runtime::Runtime;

pub(crate) const PHONE: &str = "+15550001111";
/// Far more than anything here takes: only a hang reaches it.
pub(crate) const LONG: Duration = Duration::from_secs(30);

pub(crate) static SERVER: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

pub(crate) fn sandbox() -> Sandbox {
    SERVER.block_on(Sandbox::start()).unwrap()
}

pub(crate) fn options(sandbox: &Sandbox) -> Options {
    Options {
        api_key: Some(sandbox.api_key().to_owned().into()),
        base_url: Some(sandbox.base_url().to_owned()),
        backoff: Some(Duration::from_millis(1)),
        backoff_max: Some(Duration::from_millis(5)),
        settle_within: Some(Duration::from_millis(200)),
        settle_gap: Some(Duration::from_millis(10)),
        ..Options::default()
    }
}

pub(crate) fn client(sandbox: &Sandbox) -> Client {
    Client::new(options(sandbox)).unwrap()
}

/// The next `times` requests of this kind wait until their client is gone.
pub(crate) fn stall(sandbox: &Sandbox, on: On, times: u64) {
    let fault = Fault { delay_ms: Some(60_000), times: Some(times), ..Fault::on(on) };
    sandbox.fault(fault).unwrap();
}

pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LONG, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub(crate) fn until_requests(sandbox: &Sandbox, count: usize) {
    until("the requests arrive", || sandbox.requests().len() >= count);
}

pub(crate) fn until_disconnected(sandbox: &Sandbox, count: usize) {
    until("the server sees the client go", || {
        let requests = sandbox.requests();
        requests.iter().filter(|request| request.outcome == Outcome::ClientDisconnected).count() >= count
    });
}

/// Starts a call by callback; the receiver gets what the callback got.
pub(crate) fn told<T: Send + 'static>(call: Call<T>) -> (ava_bridge::Running, mpsc::Receiver<Result<T>>) {
    let (sender, receiver) = mpsc::channel();
    let running = call.start_with(move |result| sender.send(result).unwrap());
    (running, receiver)
}

/// A hook that keeps what it is told, and the thread's name.
pub(crate) fn hook<T: Send + 'static>() -> (ava_bridge::Hook<T>, mpsc::Receiver<(T, String)>) {
    let (sender, receiver) = mpsc::channel();
    let hook = move |what| {
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        let _ = sender.send((what, name));
    };
    (Arc::new(hook), receiver)
}
