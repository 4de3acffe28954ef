//! Shutting down, with everything under way. It is for good, so this is a process of its own with one test.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::time::{Duration, Instant};

use ava_bridge::core::{Delivery, Timestamp};
use ava_bridge::{
    CallOptions, Client, ErrorKind, ListenOptions, Options, PollOptions, handle, is_shut_down, shutdown,
};
use ava_sandbox::On;
use support::{LONG, PHONE, SERVER, hook, options, sandbox, stall, told, until_disconnected, until_requests};

#[test]
fn everything_ends_with_closed() {
    let sandbox = sandbox();
    let (on_unknown, unknown) = hook();
    let client = Client::new(Options { on_unknown: Some(on_unknown), ..options(&sandbox) }).unwrap();
    let since = Some(Timestamp::UNIX_EPOCH);
    let listener = client.listen(ListenOptions { since, ..ListenOptions::default() }).block().unwrap();
    stall(&sandbox, On::Send, 33);
    let listening = listener.next().start();
    let told: Vec<_> =
        (0..16).map(|i| told(client.send(PHONE, format!("told {i}"), CallOptions::default()))).collect();
    let awaited: Vec<_> =
        (0..8).map(|i| client.send(PHONE, format!("awaited {i}"), CallOptions::default()).start()).collect();
    std::thread::scope(|scope| {
        let blocked: Vec<_> = (0..8)
            .map(|i| {
                let call = client.send(PHONE, format!("blocked {i}"), CallOptions::default());
                scope.spawn(move || call.block())
            })
            .collect();
        // The listener's poll, and the sends.
        until_requests(&sandbox, 33);
        let start = Instant::now();
        // From within a runtime of the application's.
        SERVER.block_on(async { shutdown(LONG) }).unwrap();
        assert!(start.elapsed() < LONG / 2);
        for thread in blocked {
            assert_eq!(thread.join().unwrap().unwrap_err().kind(), ErrorKind::Closed);
        }
    });
    for (_running, result) in told {
        let error = result.recv_timeout(LONG).unwrap().unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::Closed, Some(Delivery::Unknown)));
    }
    for task in awaited {
        assert_eq!(SERVER.block_on(task).unwrap_err().kind(), ErrorKind::Closed);
    }
    assert_eq!(SERVER.block_on(listening).unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(unknown.try_iter().count(), 32, "each send that was cut was told of before it returned");
    until_disconnected(&sandbox, 32);

    assert!(is_shut_down());
    assert_eq!(handle().unwrap_err().kind(), ErrorKind::Closed);
    let error = client.send(PHONE, "after", CallOptions::default()).block().unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Closed, Some(Delivery::NotSent)));
    for error in [
        client.poll(PollOptions::default()).block().unwrap_err(),
        listener.next().block().unwrap_err(),
        Client::new(options(&sandbox)).unwrap().poll(PollOptions::default()).block().unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Closed);
    }
    let (_running, result) = support::told(client.poll(PollOptions::default()));
    assert_eq!(result.recv().unwrap().unwrap_err().kind(), ErrorKind::Closed);
    client.close().block().unwrap();
    listener.close();
    shutdown(Duration::ZERO).unwrap();
}
