use std::process::Stdio;

use ava_sandbox::{Direction, Fault, On, Seed, SeedRow, Settings};
use serde_json::{Value, json};

use crate::support::{PHONE, World};

/// Every code point that may not reach a terminal.
const HOSTILE: &str =
    "\u{1b}[2J\u{1b}]0;pwned\u{7}\u{9b}31mred\u{202e}desrever\u{2066}\u{200b}\r\nFAKE  +1  line\u{7f}";

fn conversation(world: &World) {
    let row = |n: u8, direction, status: Option<&str>, text: &str| SeedRow {
        id: Some(format!("msg_{n}")),
        text: text.into(),
        direction,
        timestamp: Some(format!("2026-01-2{n}T08:00:00Z").parse().unwrap()),
        status: status.map(str::to_owned),
    };
    let rows = vec![
        row(1, Direction::Inbound, None, "Are you open on weekends?"),
        row(2, Direction::Outbound, Some("delivered"), "Monday to Friday, nine to five."),
        row(3, Direction::Outbound, Some("failed"), "A text\nof two lines"),
        row(4, Direction::Inbound, None, ""),
    ];
    world.sandbox.seed(Seed::rows(PHONE, rows)).unwrap();
}

#[test]
fn a_conversation() {
    let world = World::frozen();
    conversation(&world);
    insta::assert_snapshot!("messages", world.run(&["messages", PHONE]).transcript());
    insta::assert_snapshot!("messages_json", world.run(&["messages", PHONE, "--json"]).transcript());
    insta::assert_snapshot!("poll", world.run(&["poll"]).transcript());
    insta::assert_snapshot!("poll_json", world.run(&["poll", "--json"]).transcript());
}

#[test]
fn send_and_draft() {
    let world = World::frozen();
    insta::assert_snapshot!("send", world.run(&["send", PHONE, "Hello"]).transcript());
    insta::assert_snapshot!("send_json", world.run(&["send", PHONE, "Hello", "--json"]).transcript());
    let generate = ["generate", PHONE, "--user", "a", "--assistant", "b", "--user", "c"];
    insta::assert_snapshot!("generate", world.run(&generate).transcript());
    insta::assert_snapshot!("generate_json", world.run(&[&generate[..], &["--json"]].concat()).transcript());
    insta::assert_snapshot!("draft_reply", world.run(&["draft-reply", PHONE]).transcript());
    insta::assert_snapshot!("draft_reply_send", world.run(&["draft-reply", PHONE, "--send"]).transcript());
    let sent = world.run(&["draft-reply", PHONE, "--send", "--json"]).transcript();
    insta::assert_snapshot!("draft_reply_send_json", sent);
}

#[test]
fn the_turns_keep_their_order() {
    let world = World::new();
    let turns = ["--user", "one", "--assistant", "two", "--assistant", "three", "--user", "four"];
    world.run(&[&["generate", PHONE, "--instructions", "be kind"], &turns[..]].concat()).ok();
    let asked = world.sandbox.requests().pop().unwrap().json.unwrap();
    let turn = |role: &str, content: &str| json!({"role": role, "content": content});
    assert_eq!(
        asked,
        json!({"phone": PHONE, "instructions": "be kind", "context": [
            turn("user", "one"), turn("assistant", "two"), turn("assistant", "three"), turn("user", "four"),
        ]})
    );

    let file = serde_json::to_string(&asked["context"]).unwrap();
    world.run_with(&["generate", PHONE, "--context", "-"], &file).ok();
    assert_eq!(world.sandbox.requests().pop().unwrap().json.unwrap()["context"], asked["context"]);
    assert!(
        world.run_with(&["generate", PHONE, "--context", "-"], "{}").ends_with(2).err.contains("JSON list")
    );
    world.run(&["generate", PHONE]).ends_with(2);
}

#[test]
fn auto_send_that_was_not_sent_says_so() {
    let world = World::new();
    let generate = ["generate", PHONE, "--user", "x", "--auto-send", "--json"];
    assert_eq!(world.run(&generate).ok().out_json()["sent"], true);

    let body = json!({"success": true, "generated_message": "words", "message_id": "m", "sent": false,
                      "timestamp": "2026-01-25T12:00:00Z"});
    world.fault(Fault { body: Some(body), ..Fault::on(On::Generate) });
    let ran = world.run(&generate).ends_with(4);
    assert_eq!(ran.out_json()["text"], "words");
    assert_eq!(ran.err_json()["delivery"], "not_sent");

    world.fault(Fault { drop: Some(ava_sandbox::Cutoff::After), ..Fault::on(On::Generate) });
    let error = world.run(&generate).ends_with(5).err_json();
    assert_eq!((&error["code"], &error["attempt"]), (&json!("delivery_unknown"), &Value::Null));
}

#[test]
fn the_newest_come_last_whatever_the_service_does() {
    for order in [ava_sandbox::Order::OldestFirst, ava_sandbox::Order::NewestFirst] {
        let settings = Settings { history_order: order, ..Settings::default() };
        let world = World::with(ava_sandbox::Sandbox::builder().settings(settings));
        world.sandbox.seed(Seed::count(PHONE, 130)).unwrap();
        let texts = |args: &[&str]| -> Vec<String> {
            let out = world.run(&[&["messages", PHONE, "--json"], args].concat()).ok().out;
            let rows = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            rows.map(|row| row["text"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(texts(&["--limit", "3"]), ["message 128", "message 129", "message 130"]);
        let newest = texts(&[]);
        assert_eq!((newest.len(), &*newest[0], &*newest[49]), (50, "message 81", "message 130"));
        assert_eq!(texts(&["--limit", "100"]).len(), 100);
        assert_eq!(texts(&["--all"]).len(), 130);
        let page = texts(&["--limit", "1", "--offset", "129"]);
        let last = if order == ava_sandbox::Order::OldestFirst { "message 130" } else { "message 1" };
        assert_eq!(page, [last]);
    }
}

#[test]
fn empty_states_are_quiet_in_pipes() {
    let world = World::new();
    for args in [&["messages", PHONE][..], &["messages", PHONE, "--all"], &["poll"], &["poll", "--json"]] {
        let ran = world.run(args).ok();
        assert_eq!((&*ran.out, &*ran.err), ("", ""), "{args:?}");
    }
}

#[test]
fn what_is_left_out_is_said() {
    let world = World::with(
        ava_sandbox::Sandbox::builder().settings(Settings { poll_page: 1, ..Settings::default() }),
    );
    world.sandbox.inbound(PHONE, "one");
    world.sandbox.inbound(PHONE, "two");
    let ran = world.run(&["poll", "--json"]).ok();
    assert_eq!(ran.out.lines().count(), 1);
    assert_eq!(ran.err_json()["note"], "has_more");

    let body = json!({"success": true, "messages": [{"id": 7}], "total": 1, "limit": 50, "offset": 0});
    world.fault(Fault { body: Some(body), ..Fault::on(On::Messages) });
    let ran = world.run(&["messages", PHONE, "--json"]).ok();
    assert_eq!(ran.err_json()["note"], "skipped");
}

#[test]
fn hostile_text_is_neutral_for_people_and_escaped_for_programs() {
    let world = World::new();
    world.sandbox.inbound(PHONE, HOSTILE);
    for args in [&["messages", PHONE][..], &["messages", PHONE, "--all"], &["poll"], &["draft-reply", PHONE]]
    {
        for colour in ["--color=never", "--color=always"] {
            let ran = world.run(&[args, &[colour]].concat()).ok();
            assert_harmless(&ran.out);
            assert!(ran.out.contains("␛[2J") && ran.out.contains("<U+202E>"), "{args:?}: {}", ran.out);
        }
        let ran = world.run(&[args, &["--json"]].concat()).ok();
        assert_harmless(&ran.out);
        assert_eq!(ran.out.lines().count(), 1);
        assert!(ran.out_json()["text"].as_str().unwrap().contains("\u{202e}desrever"));
    }
    // A second line can't pass for a message of its own.
    let shown = world.run(&["poll"]).ok().out;
    assert!(shown.lines().nth(1).unwrap().starts_with("      "), "{shown}");
}

#[test]
fn hostile_words_of_the_service_are_neutral() {
    let world = World::new();
    world.fault(Fault {
        times: None,
        status: Some(400),
        body: Some(json!({"error": HOSTILE})),
        ..Fault::on(On::Any)
    });
    for args in [&["send", PHONE, "x"][..], &["poll"], &["messages", PHONE]] {
        assert_harmless(&world.run(args).err);
        assert_harmless(&world.run(&[args, &["--json"]].concat()).err);
    }
    world.sandbox.clear_faults();
    let body = json!({"success": true, "message_id": HOSTILE, "timestamp": "2026-01-25T12:00:00Z"});
    world.fault(Fault { times: None, body: Some(body), ..Fault::on(On::Send) });
    assert_harmless(&world.run(&["send", PHONE, "x"]).ok().out);
    assert_harmless(&world.run(&["send", PHONE, "x", "--json"]).ok().out);
}

/// Nothing but our own colours.
#[track_caller]
fn assert_harmless(text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        let code = &rest[at + 1..];
        let end = code.find('m').expect("a colour");
        assert!(
            code[..end].trim_start_matches('[').chars().all(|c| c.is_ascii_digit() || c == ';'),
            "{text:?}"
        );
        assert!(matches!(&code[..end], "[0" | "[1" | "[2" | "[31" | "[32" | "[33" | "[36"), "{text:?}");
        rest = &code[end..];
    }
    for c in ['\u{7}', '\u{9b}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{7f}', '\r'] {
        assert!(!text.contains(c), "{c:?} in {text:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    let world = World::new();
    world.sandbox.seed(Seed::count(PHONE, 3000)).unwrap();
    for args in
        [&["messages", PHONE, "--all"][..], &["messages", PHONE, "--all", "--json"], &["--help"], &["man"]]
    {
        let mut child = world.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
}

#[test]
fn the_log_goes_to_standard_error_and_holds_no_secrets() {
    let world = World::new();
    let ran = world
        .command(&["send", PHONE, "top secret words", "--json"])
        .env("AVA_LOG", "trace")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
    assert_eq!(out.lines().count(), 1);
    assert!(err.contains("DEBUG") || err.contains("INFO"), "{err}");
    for secret in [crate::support::KEY, "top secret", PHONE] {
        assert!(!err.contains(secret), "{err}");
    }
    let ran = world.command(&["poll"]).env("AVA_LOG", "ava=loud").output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
}
