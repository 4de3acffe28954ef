//! On a terminal of 80 columns: colours, the spinner, prompts.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ava_sandbox::{Fault, On, Seed};
use pty_process::blocking::{Command, Pty};

use crate::support::{KEY, PATIENCE, PHONE, World};

struct Terminal {
    pty: std::sync::Arc<Pty>,
    child: std::process::Child,
    bytes: Receiver<Vec<u8>>,
    seen: String,
}

impl Terminal {
    fn run(world: &World, args: &[&str], more: &[(&str, &str)]) -> Terminal {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        pty.resize(pty_process::Size::new(24, 80)).unwrap();
        let mut environment = world.environment();
        environment.retain(|(name, _)| !more.iter().any(|(other, value)| other == name && value.is_empty()));
        let set = more.iter().filter(|(_, value)| !value.is_empty()).copied();
        let command =
            Command::new(env!("CARGO_BIN_EXE_ava")).args(args).env_clear().envs(environment).envs(set);
        let child = command.spawn(pts).unwrap();
        let pty = std::sync::Arc::new(pty);
        let (sender, bytes) = channel();
        let reading = std::sync::Arc::clone(&pty);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The terminal of a process that ended gives an error, which is its end.
            while let Ok(n @ 1..) = (&*reading).read(&mut buffer) {
                if sender.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        Terminal { pty, child, bytes, seen: String::new() }
    }

    #[track_caller]
    fn wait_for(&mut self, words: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.seen.contains(words) {
            assert!(Instant::now() < end, "{words:?} never came: {:?}", self.seen);
            if let Ok(bytes) = self.bytes.recv_timeout(Duration::from_millis(50)) {
                self.seen.push_str(&String::from_utf8_lossy(&bytes));
            }
        }
    }

    fn type_in(&self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).unwrap();
    }

    fn echoes(&self) -> bool {
        let modes = rustix::termios::tcgetattr(&*self.pty).unwrap().local_modes;
        modes.contains(rustix::termios::LocalModes::ECHO)
    }

    fn end(mut self) -> (i32, String) {
        let status = self.child.wait().unwrap();
        while let Ok(bytes) = self.bytes.recv_timeout(Duration::from_millis(200)) {
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
        (status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)), self.seen.replace("\r\n", "\n"))
    }
}

#[test]
fn people_get_colours_and_the_time_that_has_passed() {
    let world = World::new();
    let (code, seen) = Terminal::run(&world, &["send", PHONE, "Hello"], &[]).end();
    assert_eq!(code, 0);
    assert_eq!(seen, format!("\u{1b}[32m✓\u{1b}[0m Sent to {PHONE} \u{1b}[2m(msg_000001)\u{1b}[0m\n"));
    let (_, seen) = Terminal::run(&world, &["messages", PHONE], &[]).end();
    assert!(seen.contains("just now") && seen.contains("\u{1b}[32m→\u{1b}[0m"), "{seen:?}");

    world
        .sandbox
        .inbound(PHONE, "A text that is a good deal longer than the eighty columns that a terminal has.");
    let (_, seen) = Terminal::run(&world, &["messages", PHONE], &[("NO_COLOR", "1")]).end();
    assert!(!seen.contains('\u{1b}'), "{seen:?}");
    assert!(seen.lines().all(|line| line.chars().count() <= 80), "{seen}");
    assert_eq!(seen.lines().count(), 3);
}

#[test]
fn empty_states_have_words() {
    let world = World::new();
    let (code, seen) = Terminal::run(&world, &["messages", PHONE], &[("NO_COLOR", "1")]).end();
    assert_eq!((code, &*seen), (0, "No messages with +15550001111 yet.\n"));
    world.sandbox.seed(Seed::count(PHONE, 51)).unwrap();
    let (_, seen) = Terminal::run(&world, &["messages", PHONE], &[("NO_COLOR", "1")]).end();
    assert!(seen.contains("50 of 51 messages; --all shows"), "{seen}");
}

#[test]
fn a_spinner_shows_that_something_is_slow_and_leaves_nothing_behind() {
    let world = World::new();
    let slow = || world.fault(Fault { delay_ms: Some(700), ..Fault::on(On::Send) });
    slow();
    let mut terminal = Terminal::run(&world, &["send", PHONE, "Hello"], &[]);
    terminal.wait_for("Sending");
    let (code, seen) = terminal.end();
    assert_eq!(code, 0);
    let after = seen.rsplit("\u{1b}[2K").next().unwrap();
    assert!(after.contains("Sent to") && !after.contains("Sending"), "{seen:?}");
    for (args, more) in
        [(&[][..], &[("NO_COLOR", "1")][..]), (&["--json"], &[]), (&["--color", "never"], &[])]
    {
        slow();
        let (_, seen) = Terminal::run(&world, &[&["send", PHONE, "Hello"], args].concat(), more).end();
        assert!(!seen.contains("Sending") && !seen.contains('\u{1b}'), "{args:?} {seen:?}");
    }
}

#[test]
fn a_key_is_asked_for_and_not_shown() {
    let world = World::new();
    let mut terminal = Terminal::run(&world, &["login"], &[("AVA_API_KEY", "")]);
    terminal.wait_for("(not shown): ");
    super::support::until(|| !terminal.echoes());
    terminal.type_in(&format!("{KEY}\n"));
    terminal.wait_for("The key works.");
    assert!(terminal.echoes());
    let (code, seen) = terminal.end();
    assert_eq!(code, 0);
    assert!(!seen.contains(KEY), "{seen}");
    assert!(seen.contains("Request API Access"), "{seen}");
    let (code, _) = Terminal::run(&world, &["poll"], &[("AVA_API_KEY", "")]).end();
    assert_eq!(code, 0);
}

#[test]
fn a_person_is_asked_before_an_untried_key_replaces_another_login() {
    let world = World::new();
    world.run_with(&["login", "--stdin"], &format!("{KEY}\n")).ok();
    let kept = || std::fs::read_to_string(world.home.path().join(".config/ava/config.toml")).unwrap();
    for (answer, code, replaced) in [("n\n", 7, false), ("y\n", 0, true)] {
        let args = ["login", "--base-url", "http://127.0.0.1:9", "--timeout", "1"];
        let mut terminal = Terminal::run(&world, &args, &[("AVA_API_KEY", ""), ("NO_COLOR", "1")]);
        terminal.wait_for("(not shown): ");
        super::support::until(|| !terminal.echoes());
        terminal.type_in("sk_other\n");
        terminal.wait_for("Keep it unchecked, in place of the login for");
        terminal.wait_for("? [y/N] ");
        terminal.type_in(answer);
        assert_eq!(terminal.end().0, code);
        assert_eq!(kept().contains("sk_other"), replaced);
    }
}

/// Ctrl-C typed, or SIGTERM.
fn break_off(terminal: &Terminal, signal: rustix::process::Signal) {
    if signal == rustix::process::Signal::INT {
        return terminal.type_in("\u{3}");
    }
    let pid = rustix::process::Pid::from_child(&terminal.child);
    rustix::process::kill_process(pid, signal).unwrap();
}

#[test]
fn every_question_can_be_broken_off() {
    use rustix::process::Signal;
    let world = World::new();
    world.run_with(&["login", "--stdin"], &format!("{KEY}\n")).ok();
    let kept = || std::fs::read_to_string(world.home.path().join(".config/ava/config.toml")).unwrap();
    let before = kept();
    let csv = world.home.path().join("in.csv");
    std::fs::write(&csv, "phone,text\n+15550000001,one\n").unwrap();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        // This question comes after the network was asked, when the signals are watched already.
        let args = ["login", "--base-url", "http://127.0.0.1:9", "--timeout", "1"];
        let mut terminal = Terminal::run(&world, &args, &[("AVA_API_KEY", "")]);
        terminal.wait_for("(not shown): ");
        super::support::until(|| !terminal.echoes());
        terminal.type_in("sk_other\n");
        terminal.wait_for("Keep it unchecked");
        terminal.wait_for("? [y/N] ");
        break_off(&terminal, signal);
        terminal.wait_for("interrupted; nothing was changed");
        assert_eq!(terminal.end().0, code);
        assert_eq!(kept(), before);

        for (args, question) in [
            (&["send", "--csv", csv.to_str().unwrap()][..], "Send 1 message? [y/N] "),
            (&["send", PHONE], "Message: "),
        ] {
            let mut terminal = Terminal::run(&world, args, &[]);
            terminal.wait_for(question);
            break_off(&terminal, signal);
            terminal.wait_for("nothing was sent");
            assert_eq!(terminal.end().0, code);
        }
    }
    assert_eq!(world.posts(), 0);
}

#[test]
fn a_prompt_that_is_broken_off_leaves_the_terminal_as_it_was() {
    let world = World::new();
    for (keys, exit) in [("sk_half\u{3}", 130), ("\u{4}", 2), ("\n", 2)] {
        let mut terminal = Terminal::run(&world, &["login"], &[("AVA_API_KEY", "")]);
        terminal.wait_for("(not shown): ");
        super::support::until(|| !terminal.echoes());
        terminal.type_in(keys);
        terminal.wait_for("nothing was changed");
        assert!(terminal.echoes(), "{keys:?}");
        let (code, seen) = terminal.end();
        assert_eq!(code, exit, "{seen}");
        assert!(!seen.contains("sk_half"));
    }
    let terminal = Terminal::run(&world, &["login"], &[("AVA_API_KEY", "")]);
    super::support::until(|| !terminal.echoes());
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&terminal.child),
        rustix::process::Signal::TERM,
    )
    .unwrap();
    super::support::until(|| terminal.echoes());
    assert_eq!(terminal.end().0, 143);
}

#[test]
fn a_text_is_asked_for() {
    let world = World::new();
    let mut terminal = Terminal::run(&world, &["send", PHONE], &[]);
    terminal.wait_for("Message: ");
    terminal.type_in("Typed words\n");
    terminal.wait_for("Sent to");
    assert_eq!(terminal.end().0, 0);
    assert_eq!(world.sent(), ["Typed words"]);
}

#[test]
fn long_texts_break_between_words() {
    let world = World::new();
    let long = "A text that is a good deal longer than the eighty columns that a terminal happens to have.";
    let csv = world.home.path().join("in.csv");
    std::fs::write(&csv, format!("phone,text\n{PHONE},{long}\n")).unwrap();
    for args in [
        &["send", PHONE, long, "--dry-run"][..],
        &["send", "--csv", csv.to_str().unwrap(), "--dry-run"],
        &["generate", PHONE, "--user", "Hi"],
    ] {
        let body = serde_json::json!({"success": true, "generated_message": long, "message_id": "m", "sent": false,
                                      "timestamp": "2026-01-25T12:00:00Z"});
        world.fault(Fault { body: Some(body), ..Fault::on(On::Generate) });
        let (code, seen) = Terminal::run(&world, args, &[("NO_COLOR", "1")]).end();
        assert_eq!(code, 0, "{seen}");
        assert!(seen.lines().all(|line| line.chars().count() <= 80), "{seen}");
        let words = seen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(long), "{seen}");
    }
}

#[test]
fn a_tail_for_people() {
    let world = World::new();
    let mut terminal = Terminal::run(&world, &["listen", "--interval", "0.1"], &[("NO_COLOR", "1")]);
    terminal.wait_for("Listening for messages. Ctrl-C ends it.");
    world.sandbox.inbound(PHONE, "Hi \u{1b}[31mthere\nsecond line");
    terminal.wait_for("+15550001111   Hi ␛[31mthere\r\n                         second line");
    terminal.type_in("\u{3}");
    let (code, seen) = terminal.end();
    assert_eq!(code, 130);
    assert!(seen.contains("stopped: 1 message was acknowledged, msg_000001"), "{seen}");
    assert!(!seen.contains("error:"), "{seen}");
}

#[test]
fn a_tail_names_the_day_where_it_is_another() {
    let world = World::frozen();
    let mut terminal = Terminal::run(&world, &["listen", "--interval", "0.1"], &[("NO_COLOR", "1")]);
    terminal.wait_for("Listening for messages. Ctrl-C ends it.");
    for (words, rows) in [
        ("one", "2026-01-25\r\n12:00:00  +15550001111   one\r\n"),
        ("two", "one\r\n12:00:00  +15550001111   two\r\n"),
    ] {
        world.sandbox.inbound(PHONE, words);
        terminal.wait_for(rows);
    }
    world.sandbox.clock().advance(Duration::from_secs(24 * 3600 + 1));
    world.sandbox.inbound(PHONE, "three");
    terminal.wait_for("two\r\n2026-01-26\r\n12:00:01  +15550001111   three\r\n");
    terminal.type_in("\u{3}");
    assert_eq!(terminal.end().0, 130);
}

#[test]
fn many_messages_are_asked_about_and_a_bar_shows_how_far_it_is() {
    let world = World::new();
    let csv = world.home.path().join("in.csv");
    std::fs::write(&csv, "phone,text\n+15550000001,one\n+15550000002,two\n+15550000003,three\n").unwrap();
    let args = ["send", "--csv", csv.to_str().unwrap(), "--rate", "4"];

    for answer in ["n\n", "\n", "\u{4}"] {
        let mut terminal = Terminal::run(&world, &args, &[]);
        terminal.wait_for("Send 3 messages? [y/N] ");
        let first =
            format!("By way of {}; row 1 would read:\r\n  +15550000001  one\r\n", world.sandbox.base_url());
        assert!(terminal.seen.contains(&first), "{:?}", terminal.seen);
        terminal.type_in(answer);
        terminal.wait_for("nothing was sent");
        assert_eq!(terminal.end().0, 130);
    }
    assert_eq!(world.posts(), 0);

    let mut terminal = Terminal::run(&world, &args, &[]);
    terminal.wait_for("Send 3 messages? [y/N] ");
    terminal.type_in("y\n");
    terminal.wait_for("2/3");
    let (code, seen) = terminal.end();
    assert_eq!(code, 0);
    assert!(seen.contains("4.0/s") && seen.contains("0 seconds left"), "{seen:?}");
    assert!(seen.ends_with("\u{1b}[2K3 sent\n"), "{seen:?}");
    assert_eq!(world.sent(), ["one", "two", "three"]);

    let terminal = Terminal::run(&world, &args, &[("NO_COLOR", "1")]);
    let (_, seen) = terminal.end();
    assert_eq!(seen, "Of 3 rows, 3 done by earlier runs, 0 left.\n0 sent\n");
}
