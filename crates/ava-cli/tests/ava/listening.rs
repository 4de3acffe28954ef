use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use ava_sandbox::{Fault, On};
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{PHONE, Running, World, json};

const QUICK: [&str; 4] = ["listen", "--interval", "0.1", "--json"];

fn listen(world: &World, more: &[&str]) -> Running {
    world.sandbox.clear_requests();
    let running = world.start(&[&QUICK[..], more].concat());
    world.wait_for_polls(1);
    running
}

fn text(line: &str) -> String {
    json(line)["text"].as_str().unwrap().to_owned()
}

/// The last thing said, which tells how it ended.
fn ended(running: Running) -> (i32, Value) {
    let (code, said) = running.end();
    (code, json(said.lines().last().unwrap_or_default()))
}

/// A script that keeps what it read, and ends as told.
fn script(world: &World, body: &str) -> String {
    let path = world.home.path().join("handle.sh");
    fs::write(&path, format!("cd {}\n{body}\n", world.home.path().display())).unwrap();
    format!("sh {}", path.display())
}

#[test]
fn a_tail_and_its_end() {
    let world = World::new();
    let running = listen(&world, &[]);
    for words in ["one", "two"] {
        world.sandbox.inbound(PHONE, words);
        assert_eq!(text(&running.line()), words);
    }
    let asked = Instant::now();
    running.signal(Signal::INT);
    let (code, said) = ended(running);
    assert!(asked.elapsed() < Duration::from_secs(2));
    assert_eq!((code, &said["code"], &said["acknowledged"]), (130, &"cancelled".into(), &2.into()));
    assert!(said["message"].as_str().unwrap().contains("2 messages were acknowledged"));
}

#[test]
fn a_checkpoint_goes_on_where_it_stopped() {
    let world = World::new();
    let file = world.home.path().join("inbox.json");
    let checkpoint = ["--checkpoint", file.to_str().unwrap()];
    let running = listen(&world, &checkpoint);
    world.sandbox.inbound(PHONE, "one");
    assert_eq!(text(&running.line()), "one");
    running.signal(Signal::TERM);
    assert_eq!(ended(running).0, 143);
    world.sandbox.inbound(PHONE, "two");
    let running = listen(&world, &checkpoint);
    assert_eq!(text(&running.line()), "two");
    drop(running);
    // In a folder that isn't there nothing is acknowledged.
    let ran = world.run(&["listen", "--checkpoint", "/nonexistent/x.json", "--json"]).ends_with(1);
    assert_eq!(json(ran.err.lines().last().unwrap())["code"], "storage");
    assert_eq!(ran.err.matches("os error 2").count(), 1, "{ran:?}");
}

#[test]
fn a_checkpoint_that_is_of_no_use_is_named_with_what_to_do() {
    let world = World::new();
    let file = world.home.path().join("inbox.json");
    let checkpoint = ["--checkpoint", file.to_str().unwrap()];
    drop(listen(&world, &checkpoint));
    let refused = |more: &[&str], code: i32| {
        let ran = world.run(&[&["listen", "--json"], &checkpoint[..], more].concat()).ends_with(code);
        let error = json(ran.err.lines().last().unwrap());
        let message = error["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(&format!("{}: ", file.display())), "{message}");
        (message, error["hint"].as_str().unwrap().to_owned())
    };
    let (_, hint) = refused(&["--phone", PHONE], 2);
    assert!(hint.contains("one --phone"), "{hint}");
    let (message, _) = refused(&["--base-url", "http://127.0.0.1:9"], 2);
    assert!(message.ends_with(&format!("another base_url, {}", world.sandbox.base_url())), "{message}");
    fs::write(&file, "no checkpoint").unwrap();
    let (message, hint) = refused(&[], 1);
    assert_eq!(message.matches("not a checkpoint").count(), 1, "{message}");
    assert!(hint.contains("another --checkpoint FILE"), "{hint}");
}

#[test]
fn two_listens_can_not_share_a_checkpoint() {
    let world = World::new();
    let file = world.home.path().join("inbox.json");
    let checkpoint = ["--checkpoint", file.to_str().unwrap()];
    let mut first = listen(&world, &checkpoint);
    let second = || world.run(&[&["listen"], &checkpoint[..]].concat());
    let ran = second().ends_with(2);
    assert!(
        ran.err.contains(&format!("another listen is using the checkpoint {}", file.display())),
        "{ran:?}"
    );
    // However the first ends, even with a program of its own left behind, the next may listen.
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    let exec = script(&world, "echo run >> runs; exec sleep 5");
    let running = listen(&world, &[&checkpoint[..], &["--exec", &exec]].concat());
    second().ends_with(2);
    world.sandbox.inbound(PHONE, "one");
    crate::support::until(|| world.home.path().join("runs").exists());
    drop(running);
    assert_eq!(text(&listen(&world, &checkpoint).line()), "one");
}

#[test]
fn a_reader_that_left_ends_it_and_what_it_did_not_read_comes_again() {
    let world = World::new();
    let file = world.home.path().join("inbox.json");
    let args = [&QUICK[..], &["--checkpoint", file.to_str().unwrap()]].concat();
    let mut child = world.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    world.wait_for_polls(1);
    world.sandbox.inbound(PHONE, "one");
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert_eq!(text(&line), "one");
    drop(out);
    // No message comes, and it ends all the same.
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    world.sandbox.inbound(PHONE, "two");
    let running = listen(&world, &["--checkpoint", file.to_str().unwrap()]);
    assert_eq!(text(&running.line()), "two");
}

#[test]
fn a_failing_service_is_told_and_survived() {
    let world = World::new();
    let running = listen(&world, &[]);
    world.fault(Fault { times: Some(2), status: Some(503), ..Fault::on(On::Poll) });
    let mut told = running.err.iter().map(|line| json(&line)["message"].as_str().unwrap().to_owned());
    assert!(told.next().unwrap().contains("every 0.1 s"));
    let failed = format!("{} answered with HTTP 503: ", world.sandbox.base_url());
    for _ in 0..2 {
        let line = told.next().unwrap();
        assert!(line.starts_with(&failed) && line.ends_with("; polling again"), "{line}");
    }
    assert_eq!(told.next().unwrap(), "polling works again");
    world.sandbox.inbound(PHONE, "after all");
    assert_eq!(text(&running.line()), "after all");
    world.fault(Fault { status: Some(401), ..Fault::on(On::Poll) });
    let (code, said) = ended(running);
    assert_eq!((code, &said["code"]), (3, &"authentication".into()));
}

#[test]
fn a_program_gets_each_message_on_its_input_alone() {
    let world = World::new();
    let exec = script(&world, "printf '%s\\n' \"$#\" >> args; env >> environment; tee -a got");
    let hostile = "$(touch pwned); `touch pwned` --help\n; rm -rf x '\"";
    let running = listen(&world, &["--exec", &format!("{exec} --option 'two words'")]);
    world.sandbox.inbound(PHONE, hostile);
    // Its output goes where ours does.
    assert_eq!(text(&running.line()), hostile);
    world.sandbox.inbound(PHONE, "next");
    assert_eq!(text(&running.line()), "next");
    running.signal(Signal::INT);
    assert_eq!(ended(running).0, 130);
    let read = |name: &str| fs::read_to_string(world.home.path().join(name)).unwrap();
    assert_eq!(read("args"), "2\n2\n");
    assert_eq!(read("got").lines().count(), 2);
    assert!(!read("environment").contains("pwned"));
    assert!(!world.home.path().join("pwned").exists());
}

#[test]
fn a_program_that_fails_is_run_again() {
    let world = World::new();
    let file = world.home.path().join("inbox.json");
    let exec =
        script(&world, "echo run >> runs; cat >> got; test $(wc -l < runs) -ge 3 && cat got | tail -1");
    let running =
        listen(&world, &["--exec", &exec, "--exec-wait", "0.05", "--checkpoint", file.to_str().unwrap()]);
    world.sandbox.inbound(PHONE, "again and again");
    assert_eq!(text(&running.line()), "again and again");
    world.wait_for_next_poll();
    running.signal(Signal::INT);
    let (code, said) = running.end();
    assert_eq!(code, 130);
    assert_eq!(said.matches("\"note\":\"retry\"").count(), 2, "{said}");
    assert!(said.contains("\"acknowledged\":1"), "{said}");
}

#[test]
fn a_program_that_keeps_failing_ends_it_with_its_code() {
    let world = World::new();
    let file = world.home.path().join("inbox.json");
    let checkpoint = ["--checkpoint", file.to_str().unwrap()];
    let exec = script(&world, "echo run >> runs; exit 42");
    let running = listen(
        &world,
        &[&checkpoint[..], &["--exec", &exec, "--exec-wait", "0.05", "--exec-tries", "3"]].concat(),
    );
    world.sandbox.inbound(PHONE, "never");
    let (code, said) = ended(running);
    assert_eq!((code, &said["code"]), (42, &"program_failed".into()));
    assert_eq!(fs::read_to_string(world.home.path().join("runs")).unwrap().lines().count(), 3);
    // It was not acknowledged, so it comes again.
    assert_eq!(text(&listen(&world, &checkpoint).line()), "never");
}

#[test]
fn a_program_that_is_not_there_is_wrong_usage() {
    let world = World::new();
    let running = listen(&world, &["--exec", "/nonexistent/program"]);
    world.sandbox.inbound(PHONE, "x");
    let (code, said) = ended(running);
    assert_eq!((code, &said["code"]), (2, &"invalid_request".into()));
    let running = listen(&world, &["--exec", "sh -c 'kill -9 $$'", "--exec-tries", "1"]);
    world.sandbox.inbound(PHONE, "y");
    assert_eq!(ended(running).0, 137);
}

#[test]
fn a_program_that_reads_nothing_is_fine() {
    let world = World::new();
    let exec = script(&world, "exec <&-; echo '\"done\"'");
    let running = listen(&world, &["--exec", &exec]);
    world.sandbox.inbound(PHONE, &"long ".repeat(50_000));
    assert_eq!(running.line(), "\"done\"");
    world.wait_for_next_poll();
    running.signal(Signal::INT);
    let (code, said) = ended(running);
    assert_eq!((code, &said["acknowledged"]), (130, &1.into()));
}

#[test]
fn ctrl_c_ends_the_program_politely() {
    let world = World::new();
    // It finishes what it is at: that counts.
    let exec = script(
        &world,
        "trap 'echo '\\''\"ending\"'\\''; exit 0' TERM; echo '\"began\"'; sleep 30 >/dev/null 2>&1 & wait",
    );
    let running = listen(&world, &["--exec", &exec]);
    world.sandbox.inbound(PHONE, "x");
    assert_eq!(running.line(), "\"began\"");
    running.signal(Signal::INT);
    assert_eq!(running.line(), "\"ending\"");
    let (code, said) = ended(running);
    assert_eq!((code, &said["acknowledged"]), (130, &1.into()));

    // It is ended by the signal: that doesn't.
    let exec = script(&world, "echo '\"began\"'; exec sleep 30");
    let running = listen(&world, &["--exec", &exec]);
    world.sandbox.inbound(PHONE, "y");
    while running.line() != "\"began\"" {}
    running.signal(Signal::INT);
    let (code, said) = ended(running);
    assert_eq!((code, &said["acknowledged"]), (130, &0.into()));
    assert!(said["message"].as_str().unwrap().contains("its program was interrupted"));
}
