//! Forking with everything under way: the child works, has nothing of the parent's, and never hangs.
//!
//! `AVA_TEST_FORKS` sets how often (40). The test starts itself again as a process that does nothing but fork, so
//! that what it forks is known.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on has failed")]
#![allow(unsafe_code, reason = "fork, waitpid, alarm and _exit have no safe form")]

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use ava_bridge::core::Timestamp;
use ava_bridge::{
    CallOptions, Cancel, Client, Error, ErrorKind, Level, ListenOptions, Logger, Options, PollOptions,
    Record, flush_callbacks, set_logger, shutdown,
};
use ava_sandbox::Seed;
use support::{LONG, PHONE, sandbox};

const BUSY_THREADS: usize = 8;

#[test]
fn a_forked_child_starts_afresh() {
    let forks: usize =
        std::env::var("AVA_TEST_FORKS").ok().and_then(|count| count.parse().ok()).unwrap_or(40);
    let sandbox = sandbox();
    sandbox.seed(Seed::count(PHONE, 150)).unwrap();
    let helper = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "helper", "--nocapture", "--test-threads=1"])
        .env("AVA_TEST_FORK_HELPER", forks.to_string())
        .env("AVA_TEST_BASE_URL", sandbox.base_url())
        .env("AVA_TEST_API_KEY", sandbox.api_key())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&helper.stdout), String::from_utf8_lossy(&helper.stderr));
    assert!(helper.status.success() && out.contains("every child was well"), "{out}\n{err}");
    // Each child and each grandchild sent its own.
    let sent = sandbox.state().messages.iter().filter(|row| row.message.contains("child")).count();
    assert_eq!(sent, forks + forks.div_ceil(10));
}

fn forked(child: impl FnOnce()) {
    // SAFETY: the child runs Rust code that isn't async-signal-safe, as children of Python's and Node's do: that it
    // gets away with it is what is tested. It leaves by `_exit`.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    if pid == 0 {
        // SAFETY: a hang ends with SIGALRM, and the child leaves without running the parent's exit handlers.
        unsafe {
            libc::alarm(60);
            let well = catch_unwind(AssertUnwindSafe(child)).is_ok();
            libc::_exit(i32::from(!well));
        }
    }
    let mut status = 0;
    // SAFETY: the child is this process's, and `status` outlives the call.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    assert_eq!(status, 0, "the child ended with status {status:#x} (0xe is a hang)");
}

fn closed<T>(result: Result<T, Error>) {
    assert_eq!(result.err().unwrap().kind(), ErrorKind::Closed);
}

#[test]
fn helper() {
    let Ok(forks) = std::env::var("AVA_TEST_FORK_HELPER") else { return };
    let forks: usize = forks.parse().unwrap();
    let options = Options {
        api_key: Some(std::env::var("AVA_TEST_API_KEY").unwrap().into()),
        base_url: Some(std::env::var("AVA_TEST_BASE_URL").unwrap()),
        ..Options::default()
    };
    let lines = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&lines);
    let sink = move |records: Vec<Record>| {
        count.fetch_add(records.len(), Ordering::SeqCst);
    };
    set_logger(Some(Logger::new(sink, Level::Debug)));
    let client = Client::new(options.clone()).unwrap();
    let was_closed = Client::new(options).unwrap();
    was_closed.close().block().unwrap();

    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..BUSY_THREADS {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    client.poll(PollOptions::default()).block().unwrap();
                }
            });
        }
        let went = catch_unwind(AssertUnwindSafe(|| {
            for i in 0..forks {
                fork_once(&client, &was_closed, &lines, i);
            }
        }));
        stop.store(true, Ordering::Relaxed);
        went.unwrap();
    });
    client.poll(PollOptions::default()).block().unwrap();
    println!("every child was well");
}

fn fork_once(client: &Client, was_closed: &Client, lines: &AtomicUsize, i: usize) {
    let since = Some(Timestamp::now());
    let listener = client.listen(ListenOptions { since, ..ListenOptions::default() }).block().unwrap();
    let messages = client.messages(PHONE, CallOptions::default()).unwrap();
    messages.next().block().unwrap().unwrap().take().unwrap();
    let handed = messages.next().block().unwrap().unwrap();
    let in_flight = listener.next().start();
    let running = client.poll(PollOptions::default()).start_with(|_| {});
    let cancel = Cancel::new();
    let call = CallOptions { cancel: Some(cancel.clone()), ..CallOptions::default() };
    let waiting = client
        .listen(ListenOptions { since, call: call.clone(), ..ListenOptions::default() })
        .block()
        .unwrap();
    forked(move || {
        // What was open stays behind.
        closed(listener.next().block());
        closed(listener.next_within(LONG).block());
        closed(listener.ack("msg_1").block());
        closed(messages.next().block());
        closed(support::SERVER.block_on(in_flight));
        closed(waiting.next().block());
        closed(was_closed.poll(PollOptions::default()).block());
        assert!(messages.try_next().is_none());
        assert!(running.is_finished());
        listener.close();
        messages.close();
        drop((handed, running, listener, messages, waiting));

        // What is new works, with a log, and as often as one likes.
        let before = lines.load(Ordering::SeqCst);
        client.send(PHONE, format!("from child {i}"), call.clone()).block().unwrap().take().unwrap();
        assert!(flush_callbacks(LONG));
        assert!(lines.load(Ordering::SeqCst) > before);
        let listener = client.listen(ListenOptions { since, ..ListenOptions::default() }).block().unwrap();
        let task = listener.next().start();
        if i.is_multiple_of(10) {
            forked(|| {
                closed(listener.next().block());
                client
                    .send(PHONE, format!("from grandchild {i}"), CallOptions::default())
                    .block()
                    .unwrap()
                    .take()
                    .unwrap();
            });
        }
        drop(task);
        cancel.cancel();
        let error = client.send(PHONE, "never", call).block().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        // The child's end is its own.
        client.close().block().unwrap();
        shutdown(Duration::from_secs(5)).unwrap();
        closed(client.poll(PollOptions::default()).block());
    });
}
