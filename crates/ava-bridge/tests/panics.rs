//! A panic anywhere inside is the error `internal`, and the client works after. In one process of its own, since
//! the injection is the whole process's.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on has failed")]

mod support;

use ava_bridge::core::{Timestamp, Turn};
use ava_bridge::hooks::{panic_in_next_calls, panic_in_next_guards};
use ava_bridge::{
    Call, CallOptions, DraftOptions, Error, ErrorKind, GenerateOptions, ListenOptions, PageOptions,
    PollOptions, Result, guard,
};
use support::{LONG, PHONE, SERVER, client, sandbox, told, until};

#[test]
fn a_panic_is_internal_in_every_call() {
    let sandbox = sandbox();
    let client = client(&sandbox);
    let plain = CallOptions::default;
    sandbox.inbound(PHONE, "hello");
    let messages = client.messages(PHONE, plain()).unwrap();
    let since = Some(Timestamp::UNIX_EPOCH);
    let listener = client.listen(ListenOptions { since, ..ListenOptions::default() }).block().unwrap();
    let send = || client.send(PHONE, "hello", plain());

    fn struck<T: Send + 'static>(call: Call<T>) -> Error {
        panic_in_next_calls(1);
        call.block().err().unwrap()
    }
    let errors = [
        struck(send()),
        struck(client.messages_page(PHONE, PageOptions::default())),
        struck(client.poll(PollOptions::default())),
        struck(client.listen(ListenOptions::default())),
        struck(client.generate(PHONE, vec![Turn::user("hello")], GenerateOptions::default())),
        struck(client.draft_reply(PHONE, DraftOptions::default())),
        struck(messages.next()),
        struck(listener.next()),
        struck(listener.ack("msg_1")),
        struck(client.poll(PollOptions::default()).map(drop)),
        {
            panic_in_next_calls(1);
            told(send()).1.recv_timeout(LONG).unwrap().unwrap_err()
        },
        {
            panic_in_next_calls(1);
            SERVER.block_on(send().start()).unwrap_err()
        },
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert_eq!(error.message(), "a bug in this library: it panicked (injected by a test)");
    }
    // And all of it works after.
    assert!(send().block().is_ok());
    assert!(messages.next().block().unwrap().is_some());
    assert!(listener.next().block().unwrap().is_some());

    // One that awaits, panics in the conversion, in a drop.
    struct Loud;
    impl Drop for Loud {
        fn drop(&mut self) {
            panic!("in a drop");
        }
    }
    assert_eq!(
        send().map(|_| panic!("converting")).map(|()| ()).block().unwrap_err().kind(),
        ErrorKind::Internal
    );
    let (running, result) = told(Call::new(async {
        let _loud = Loud;
        std::future::pending::<Result<()>>().await
    }));
    std::thread::sleep(std::time::Duration::from_millis(10));
    running.cancel();
    assert_eq!(result.recv_timeout(LONG).unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    until("it is finished", || running.is_finished());
    assert!(send().block().is_ok());

    panic_in_next_guards(1);
    assert_eq!(guard(|| Ok(1)).unwrap_err().kind(), ErrorKind::Internal);
    assert_eq!(guard(|| Ok(1)).unwrap(), 1);
    assert_eq!(guard::<()>(|| panic!("no")).unwrap_err().kind(), ErrorKind::Internal);
}
