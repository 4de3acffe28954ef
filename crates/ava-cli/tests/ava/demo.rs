//! `ava demo`, from beginning to end.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::World;

/// No key, and an address that would refuse: the demo has a sandbox of its own.
fn demo(world: &World, args: &[&str]) -> Command {
    let mut command = world.command(&[&["demo"], args].concat());
    command.env_remove("AVA_API_KEY").env("AVA_BASE_URL", "http://127.0.0.1:9");
    command
}

#[test]
fn the_demo_for_people() {
    let world = World::new();
    let ran = world.ran(demo(&world, &[])).ok();
    assert_eq!(ran.err, "");
    for words in ["1. A conversation", "2. The answer is lost", "3. Nobody can know yet", "Maya   "] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    assert!(ran.out.ends_with("claims hold against the sandbox's own records.\n"), "{}", ran.out);
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
    assert!(!ran.out.contains('\x1b'));
    assert!(world.sandbox.requests().is_empty());
}

#[test]
fn the_demo_for_programs() {
    let world = World::new();
    let ran = world.ran(demo(&world, &["--json"])).ok();
    assert_eq!(ran.err, "");
    let events: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.iter().all(|event| event["at_ms"].is_u64()));
    let records = events.iter().filter(|event| event["event"] == "records");
    assert!(records.clone().all(|event| event["posts"] == 1), "{}", ran.out);
    assert_eq!(records.count(), 3);
    assert_eq!(events[0]["event"], "started");
    assert_eq!(events[events.len() - 1]["event"], "finished");
}

#[test]
fn nobody_reads_on() {
    let world = World::new();
    for args in [&[][..], &["--json"]] {
        let mut child = demo(&world, args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_at_once() {
    let world = World::new();
    let running = world.start(&["demo", "--json"]);
    assert!(running.line().contains("started"));
    running.signal(rustix::process::Signal::INT);
    let (code, said) = running.end();
    assert_eq!(code, 130, "{said}");
    assert!(said.contains("cancelled"), "{said}");
}

#[test]
fn an_endpoint_is_refused_where_none_is_asked() {
    let world = World::new();
    for args in [["demo", "--base-url=http://127.0.0.1:9"], ["sandbox", "--timeout=1"]] {
        let ran = world.run(&args).ends_with(2);
        assert!(ran.err.contains("has no meaning here"), "{}", ran.err);
    }
}
