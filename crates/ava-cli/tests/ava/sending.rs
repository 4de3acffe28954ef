use std::net::TcpListener;

use ava_sandbox::{Cutoff, Fault, On, Settings};
use serde_json::Value;

use crate::support::{KEY, PHONE, World, on_send};

const SEND: [&str; 4] = ["send", PHONE, "Hello", "--json"];
/// Short enough to wait for an unknown.
const SOON: [&str; 6] = ["send", PHONE, "Hello", "--json", "--timeout", "1.5"];

#[test]
fn sent() {
    let world = World::new();
    let sent = world.run(&SEND).ok().out_json();
    assert_eq!(sent["confirmation"], "response");
    assert_eq!(
        sent.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["confirmation", "message_id", "timestamp"]
    );
    assert_eq!(world.sent(), ["Hello"]);
}

#[test]
fn the_text_comes_from_a_pipe_only_when_asked() {
    let world = World::new();
    world.run_with(&["send", PHONE, "-"], "two\nlines\n").ok();
    world.run(&["send", PHONE, "--", "-5 degrees"]).ok();
    assert_eq!(world.sent(), ["two\nlines", "-5 degrees"]);
    let ran = world.run_with(&["send", PHONE], "not this\n").ends_with(2);
    assert!(ran.err.contains("no text to send"), "{ran:?}");
    world.run_with(&["send", PHONE, "-"], "").ends_with(2);
    assert_eq!(world.sent().len(), 2);
}

#[test]
fn an_answer_lost_after_processing_is_confirmed_from_the_history() {
    let world = World::new();
    world.fault(Fault { drop: Some(Cutoff::After), ..on_send() });
    assert_eq!(world.run(&SEND).ok().out_json()["confirmation"], "history");
    world.fault(Fault { drop: Some(Cutoff::After), ..on_send() });
    let words = world.run(&["send", PHONE, "Hello again"]).ok().out;
    assert!(words.contains("the history shows it"), "{words}");
    assert_eq!(world.sent(), ["Hello", "Hello again"]);
}

#[test]
fn a_connection_cut_before_is_unknown_and_can_be_settled() {
    let world = World::new();
    world.fault(Fault { drop: Some(Cutoff::Before), ..on_send() });
    let error = world.run(&SOON).ends_with(5).err_json();
    assert_eq!((&error["code"], &error["delivery"]), (&"delivery_unknown".into(), &"unknown".into()));
    let attempt = error["attempt"].as_str().unwrap();
    assert!(attempt.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    assert_eq!((world.posts(), world.sent().len()), (1, 0));

    // Still nothing there.
    let again = world.run(&["settle", attempt, "--json", "--timeout", "0.5"]).ends_with(5).err_json();
    assert!(again["attempt"].is_string());
    // The service was slow: now it is.
    world.run(&["send", PHONE, "Hello"]).ok();
    for (args, input) in [(["settle", attempt], ""), (["settle", "-"], attempt)] {
        let ran = world.run_with(&args, input).ok();
        assert!(ran.out.contains("the history shows it"), "{ran:?}");
    }
    let text = String::from_utf8(decode(attempt)).unwrap();
    assert_eq!(world.run(&["settle", &text, "--json"]).ok().out_json()["confirmation"], "history");
    assert_eq!(world.posts(), 2);

    // For people the word is in the last of three lines.
    world.fault(Fault { drop: Some(Cutoff::Before), ..on_send() });
    let said = world.run(&["send", PHONE, "Hello you", "--timeout", "1.5"]).ends_with(5).err;
    assert!(said.contains("never send it again by guess"), "{said}");
    assert!(said.lines().last().unwrap().contains("ava settle ey"), "{said}");
    assert_eq!(said.lines().count(), 3);
}

#[test]
fn a_dry_run_of_one_message_checks_it_all_and_posts_nothing() {
    let world = World::new();
    let dry = |more: &[&str]| world.run(&[&["send", "--dry-run"], more].concat());
    let ran = dry(&[PHONE, "Hello\nthere"]).ok();
    assert_eq!(ran.out, format!("{PHONE}  Hello\n              there\n"));
    let by = format!("This would be sent by way of {}; nothing was.\n", world.sandbox.base_url());
    assert_eq!(ran.err, by);
    let planned = dry(&[PHONE, "Hello", "--json"]).ok().out_json();
    let base_url = world.sandbox.base_url();
    assert_eq!(planned, serde_json::json!({"phone": PHONE, "text": "Hello", "base_url": base_url}));
    dry(&["12345", "Hello"]).ends_with(2);
    dry(&[PHONE, ""]).ends_with(2);
    dry(&[PHONE]).ends_with(2);
    dry(&[PHONE, "Hello", "--base-url", "http://example.com"]).ends_with(2);
    let mut keyless = world.command(&["send", PHONE, "Hello", "--dry-run"]);
    keyless.env_remove("AVA_API_KEY");
    world.ran(keyless).ends_with(2);
    assert!(world.sandbox.requests().is_empty());
}

#[test]
fn what_is_for_many_messages_is_refused_for_one() {
    let world = World::new();
    for option in ["--template=Hi", "--rate=2", "--results=r.jsonl", "-y"] {
        let ran = world.run(&["send", PHONE, "Hello", option]).ends_with(2);
        assert!(ran.err.contains("needs --csv FILE"), "{option}: {}", ran.err);
        assert_eq!(
            world.run(&["send", PHONE, "Hello", option, "--json"]).ends_with(2).err_json()["delivery"],
            Value::Null
        );
    }
    assert!(world.sandbox.requests().is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_message_that_was_sent_is_told_of_even_if_the_output_fails() {
    let world = World::new();
    world.sandbox.inbound(PHONE, "Hi!");
    let full = |args: &[&str]| {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = world.command(args);
        world.ran_into(command.stdout(full))
    };
    for (n, args) in [
        &["send", PHONE, "Hello"][..],
        &["draft-reply", PHONE, "--send"],
        &["generate", PHONE, "--user", "Hi", "--auto-send"],
    ]
    .into_iter()
    .enumerate()
    {
        let said = full(args).ends_with(1).err;
        assert!(said.contains("could not be written"), "{said}");
        // What can't be shown first isn't sent.
        let how = if n == 1 { "It was not sent." } else { "It was sent: msg_" };
        assert!(said.contains(how), "{said}");
        let error = full(&[args, &["--json"]].concat()).ends_with(1).err_json();
        assert_eq!((&error["code"], &error["delivery"]), (&"storage".into(), &"sent".into()));
        assert!(error["message_id"].as_str().unwrap().starts_with("msg_"));
    }
    assert_eq!(world.sent().len(), 5);
    // A read has nothing to tell of.
    assert_eq!(full(&["poll", "--json"]).ends_with(1).err_json()["delivery"], Value::Null);
}

#[cfg(unix)]
#[test]
fn a_message_that_was_not_sent_is_told_of_even_if_the_output_is_closed() {
    let world = World::new();
    world.sandbox.inbound(PHONE, "Hi!");
    // A pipe whose reading end is gone before anything is written.
    let closed = |args: &[&str]| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        world.ran_into(world.command(args).stdout(writer))
    };
    let said = closed(&["draft-reply", PHONE, "--send"]).ends_with(4).err;
    assert!(said.contains("the output was closed") && said.contains("It was not sent."), "{said}");
    let generate = ["generate", PHONE, "--user", "Hi", "--auto-send"];
    for args in [&generate[..], &[&generate[..], &["--json"]].concat()] {
        let body = serde_json::json!({"success": true, "generated_message": "words", "message_id": "m",
                                      "sent": false, "timestamp": "2026-01-25T12:00:00Z"});
        world.fault(Fault { body: Some(body), ..Fault::on(On::Generate) });
        let said = closed(args).ends_with(4).err;
        assert!(said.contains("did not send it"), "{said}");
    }
    assert!(world.sent().is_empty());
    // What was sent, and what was only to be read, is no failure.
    for args in [&["send", PHONE, "Hello"][..], &["draft-reply", PHONE], &["poll"]] {
        assert_eq!(closed(args).ok().err, "");
    }
}

fn decode(word: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(word).unwrap()
}

#[test]
fn what_is_no_attempt_is_wrong_usage_and_one_made_elsewhere_stays_unknown() {
    let world = World::new();
    for word in ["nonsense", "{}", "", "e30"] {
        world.run(&["settle", word]).ends_with(2);
    }
    let other = World::new();
    other.fault(Fault { drop: Some(Cutoff::Before), ..on_send() });
    let error = other.run(&SOON).ends_with(5).err_json();
    // A set-up that is wrong, but of a message that may have gone out: still 5.
    let ran = world.run(&["settle", error["attempt"].as_str().unwrap(), "--json"]).ends_with(5);
    assert_eq!(ran.err_json()["code"], "configuration");
}

#[test]
fn the_exit_codes_and_their_errors() {
    let rejected = || Fault { reject: Some("not today".into()), ..on_send() };
    let status = |status| Fault { status: Some(status), ..on_send() };
    let limited = || Fault { retry_after: Some("90".into()), ..status(429) };
    for (fault, exit, code, name) in [
        (status(400), 4, "invalid_request", "bad_request"),
        (status(401), 3, "authentication", "unauthorized"),
        (status(403), 3, "permission_denied", "forbidden"),
        (status(404), 4, "not_found", "not_found"),
        (limited(), 6, "rate_limited", "rate_limited"),
        (rejected(), 4, "rejected", "rejected"),
    ] {
        let world = World::new();
        world.fault(Fault { times: None, ..fault });
        let error = world.run(&SEND).ends_with(exit).err_json();
        assert_eq!((&error["code"], &error["delivery"]), (&code.into(), &"not_sent".into()));
        let ran = world.run(&["send", PHONE, "Hello"]).ends_with(exit);
        assert!(ran.err.lines().count() <= 3, "{ran:?}");
        insta::assert_snapshot!(format!("send_{name}"), ran.transcript());
        assert_eq!(world.sent().len(), 0);
    }
}

#[test]
fn an_error_is_one_object_with_all_its_members() {
    let world = World::new();
    world.fault(Fault { status: Some(429), retry_after: Some("90".into()), ..on_send() });
    let error = world.run(&SEND).ends_with(6).err_json();
    let expected: Value = serde_json::json!({
        "code": "rate_limited", "message": "Sandbox fault: 429 Too Many Requests", "delivery": "not_sent",
        "status": 429, "request_id": "req_000001", "retry_after_ms": 90_000, "attempt": null,
        "hint": "Wait 90 s, then run it again.",
    });
    assert_eq!(error, expected);
}

#[test]
fn a_message_that_failed_is_rejected_with_its_id() {
    let settings =
        Settings { outbound_fails_for: vec![PHONE.into()], deliver_after_ms: 0, ..Settings::default() };
    let world = World::with(ava_sandbox::Sandbox::builder().settings(settings));
    world.fault(Fault { drop: Some(Cutoff::After), ..on_send() });
    let error = world.run(&SEND).ends_with(4).err_json();
    assert_eq!((&error["code"], &error["message_id"]), (&"rejected".into(), &"msg_000001".into()));
}

#[test]
fn a_refused_connection_is_the_network() {
    let world = World::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let ran =
        world.run(&["--base-url", &url, "--timeout", "1", "send", PHONE, "Hello", "--json"]).ends_with(7);
    let error = ran.err_json();
    assert_eq!((&error["code"], &error["delivery"]), (&"connection".into(), &"not_sent".into()));
    let ran = world.run(&["--base-url", &url, "--timeout", "1", "messages", PHONE]).ends_with(7);
    assert!(ran.err.starts_with(&format!("error: could not connect to {url}: ")), "{ran:?}");
}

#[test]
fn a_connection_that_was_lost_names_its_address_too() {
    let world = World::new();
    world.fault(Fault { times: None, drop: Some(Cutoff::Before), ..Fault::on(On::Messages) });
    let said = world.run(&["messages", PHONE, "--timeout", "1"]).ends_with(7).err;
    assert!(said.contains(&format!("the connection to {} failed: ", world.sandbox.base_url())), "{said}");
}

#[test]
fn reads_have_no_delivery() {
    let world = World::new();
    for (status, exit) in [(401, 3), (404, 1), (400, 1)] {
        world.fault(Fault { status: Some(status), ..Fault::on(On::Messages) });
        let error = world.run(&["messages", PHONE, "--json"]).ends_with(exit).err_json();
        assert_eq!((&error["status"], &error["delivery"]), (&status.into(), &Value::Null));
    }
    world.fault(Fault { times: None, status: Some(500), ..Fault::on(On::Poll) });
    world.run(&["poll", "--timeout", "0.3"]).ends_with(1);
}

#[test]
fn wrong_usage_never_reaches_the_service() {
    let world = World::new();
    for args in [
        &["send", "12345", "Hello"][..],
        &["send", PHONE, ""],
        &["messages", PHONE, "--limit", "0"],
        &["messages", PHONE, "--limit", "101"],
        &["poll", "--since", "yesterday"],
        &["listen", "--interval", "0.01"],
        &["listen", "--exec", "'unclosed"],
        &["listen", "--exec", ""],
        &["listen", "--exec-tries", "2"],
        &["send", PHONE, "Hello", "--timeout", "0"],
        &["send", PHONE, "Hello", "--base-url", "http://example.com"],
        &["send", PHONE, "Hello", "--base-url", "https://me:pw@example.com"],
        &["draft-reply", PHONE, "--history", "0"],
    ] {
        let ran = world.run(args).ends_with(2);
        assert!(ran.err.starts_with("error: "), "{ran:?}");
    }
    assert_eq!(world.sandbox.requests().len(), 0);
}

#[test]
fn the_key_never_comes_from_the_command_line() {
    let world = World::new();
    for args in [["--api-key", KEY, "poll"], ["poll", "--api-key", KEY], ["login", "--key", KEY]] {
        world.run(&args).ends_with(2);
    }
}

#[cfg(unix)]
mod interrupted {
    use rustix::process::Signal;

    use super::*;
    use crate::support::until;

    const SLOW: [&str; 4] = ["send", PHONE, "Hello", "--json"];

    #[test]
    fn in_flight_and_processed_it_was_sent() {
        let world = World::new();
        world.fault(Fault { delay_after_ms: Some(60_000), ..on_send() });
        let running = world.start(&SLOW);
        until(|| !world.sent().is_empty());
        running.signal(Signal::INT);
        let sent = crate::support::json(&running.line());
        assert_eq!(sent["confirmation"], "history");
        assert_eq!(running.end(), (0, String::new()));
    }

    #[test]
    fn in_flight_and_not_seen_it_is_unknown_with_its_attempt() {
        let world = World::new();
        world.fault(Fault { delay_ms: Some(60_000), ..on_send() });
        let running = world.start(&SLOW);
        world.wait_for_posts(1);
        running.signal(Signal::INT);
        let (code, said) = running.end();
        let error = crate::support::json(&said);
        assert_eq!((code, &error["delivery"]), (5, &"unknown".into()));
        // It was looked for, so that any process can settle it.
        world.run(&["send", PHONE, "Hello"]).ok();
        world.run(&["settle", error["attempt"].as_str().unwrap()]).ok();
    }

    #[test]
    fn a_second_time_it_ends_at_once() {
        let world = World::new();
        world.fault(Fault { delay_ms: Some(60_000), ..on_send() });
        world.fault(Fault { times: None, delay_ms: Some(60_000), ..Fault::on(On::Messages) });
        let running = world.start(&SLOW);
        world.wait_for_posts(1);
        running.signal(Signal::INT);
        until(|| world.sandbox.requests().len() > 1);
        running.signal(Signal::INT);
        let (code, said) = running.end();
        let error = crate::support::json(&said);
        assert_eq!((code, &error["code"], &error["delivery"]), (5, &"cancelled".into(), &"unknown".into()));
        assert!(error["attempt"].is_string());
    }

    #[test]
    fn before_anything_was_sent_it_is_interrupted() {
        // Nobody answers the handshake of TLS, so that no request is written.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let world = World::new();
        let running = world.start(&[&SLOW[..], &["--base-url", &url]].concat());
        let _connection = listener.accept().unwrap();
        running.signal(Signal::INT);
        let (code, said) = running.end();
        let error = crate::support::json(&said);
        assert_eq!(
            (code, &error["code"], &error["delivery"]),
            (130, &"cancelled".into(), &"not_sent".into())
        );
    }

    #[test]
    fn a_read_just_ends() {
        for (signal, exit) in [(Signal::INT, 130), (Signal::TERM, 143)] {
            let world = World::new();
            world.fault(Fault { delay_ms: Some(60_000), ..Fault::on(On::Any) });
            let running = world.start(&["messages", PHONE]);
            until(|| !world.sandbox.requests().is_empty());
            running.signal(signal);
            assert_eq!(running.end(), (exit, "interrupted".into()));
        }
    }

    #[test]
    fn the_sandbox_ends_well() {
        let world = World::new();
        for signal in [Signal::INT, Signal::TERM] {
            let running = world.start(&["sandbox", "--json", "--api-key", "sk_made_up"]);
            let ready = crate::support::json(&running.line());
            assert_eq!((&ready["event"], &ready["api_key"]), (&"ready".into(), &"sk_made_up".into()));
            let url = ready["base_url"].as_str().unwrap();
            let mut send = world.command(&["send", PHONE, "Hello", "--base-url", url]);
            assert!(send.env("AVA_API_KEY", "sk_made_up").output().unwrap().status.success());
            running.signal(signal);
            assert_eq!(running.end(), (0, String::new()));
        }
    }
}

#[test]
fn a_sandbox_that_cannot_start_says_why() {
    let world = World::new();
    let port = world.sandbox.address().port().to_string();
    let ran = world.run(&["sandbox", "--port", &port]).ends_with(2);
    assert!(ran.err.contains("in use"), "{ran:?}");
    assert!(
        world
            .run_with(&["sandbox", "--settings", "-"], "{\"no\": 1}")
            .ends_with(2)
            .err
            .contains("unknown field")
    );
    assert!(
        world
            .run_with(&["sandbox", "--settings", "-"], "{\"poll_page\": 0}")
            .ends_with(2)
            .err
            .contains("poll_page")
    );
}
