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

    // Read to the end, it is the same: each with its place in the conversation.
    let row = |n: u64| {
        let time = format!("2026-01-25T12:00:{n:02}Z");
        json!({"id": format!("m{n}"), "phone": PHONE, "message": "x", "direction": "inbound",
               "timestamp": time, "status": "delivered"})
    };
    let body = |rows: Value, offset: u64| {
        let body = json!({"success": true, "messages": rows, "total": 4, "limit": 100, "offset": offset});
        world.fault(Fault { body: Some(body), ..Fault::on(On::Messages) });
    };
    body(json!([row(1), {"id": 7}]), 0);
    // It gives fewer rows than it is asked for, and one again.
    body(json!([row(1), {"id": 8}]), 2);
    let ran = world.run(&["messages", PHONE, "--all", "--json"]).ok();
    assert_eq!(ran.out_json()["id"], "m1");
    let notes: Vec<Value> = ran.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let words: Vec<&str> = notes.iter().map(|note| note["message"].as_str().unwrap()).collect();
    assert!(notes.iter().all(|note| note["note"] == "skipped") && words.len() == 2, "{words:?}");
    assert!(words[0].starts_with("row 1 ") && words[1].starts_with("row 3 "), "{words:?}");
}

/// What a server gives that holds pages shorter than they are asked for.
#[test]
fn the_newest_are_never_mixed_with_the_oldest() {
    let world = World::new();
    let rows = |from: u32| {
        let row = |n: u32| {
            let time = format!("2026-01-25T12:{:02}:{:02}Z", n / 60, n % 60);
            json!({"id": format!("m{n}"), "phone": PHONE, "message": n.to_string(), "direction": "inbound",
                   "timestamp": time, "status": "delivered"})
        };
        (from..from + 20).map(row).collect::<Vec<_>>()
    };
    // Of 1,000 the oldest 20, then the newest 20; the other way round; and of 30 all.
    for (first, last, total, shown) in
        [(1, 981, 1000, 981..1001), (981, 1, 1000, 981..1001), (1, 11, 30, 1..31), (1, 21, 40, 1..41)]
    {
        for from in [first, last] {
            let body =
                json!({"success": true, "messages": rows(from), "total": total, "limit": 20, "offset": 0});
            world.fault(Fault { body: Some(body), ..Fault::on(On::Messages) });
        }
        let ran = world.run(&["messages", PHONE, "--json"]).ok();
        let texts = ran.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["text"].clone());
        let expected: Vec<Value> = shown.map(|n| n.to_string().into()).collect();
        assert_eq!(texts.collect::<Vec<_>>(), expected);
    }
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
}

#[test]
fn a_log_that_is_no_level_is_refused() {
    let world = World::new();
    let run = |asked: &str| {
        let mut command = world.command(&["poll"]);
        command.env("AVA_LOG", asked);
        world.ran(command)
    };
    // A word alone would pass for a target, of which everything is shown.
    for asked in ["verbose", "ava=loud", "info,verbose", "1x", "=info", "ava=", ","] {
        let ran = run(asked).ends_with(2);
        assert!(ran.err.contains("AVA_LOG: expected a level"), "{asked}: {}", ran.err);
    }
    assert!(run("debug,hyper=off").ok().err.contains("DEBUG"));
    // A level beside others is this project's alone, too.
    assert!(!run("trace,hyper=off").ok().err.contains("reqwest"));
    assert_eq!(run("off").ok().err, "");
}
