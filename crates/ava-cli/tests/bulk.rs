//! `ava send --csv` against the sandbox: what is sent, once, and what a second run makes of a first one's end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use ava_sandbox::{Cutoff, Fault, On, Sandbox, Settings};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A sandbox, a folder, and the command between them.
struct Bench {
    sandbox: Sandbox,
    folder: TempDir,
    _runtime: Runtime,
}

impl Bench {
    fn new(csv: &str) -> Bench {
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime.block_on(Sandbox::start()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("in.csv"), csv).unwrap();
        Bench { sandbox, folder, _runtime: runtime }
    }

    /// `phone,text` with so many rows, no two alike.
    fn of(rows: usize) -> Bench {
        let row = |n: usize| format!("+1555{n:07},message {n}\n");
        Bench::new(&format!("phone,text\n{}", (1..=rows).map(row).collect::<String>()))
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ava"));
        command
            .args(["send", "--csv", "in.csv", "--rate", "100000"])
            .args(args)
            .current_dir(self.folder.path())
            .env("AVA_API_KEY", self.sandbox.api_key())
            .env("AVA_BASE_URL", self.sandbox.base_url())
            .env_remove("AVA_LOG")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }

    /// A run that gets SIGINT while this row is on its way.
    #[cfg(unix)]
    fn start_and_interrupt_at(&self, row: usize) -> Child {
        let child = self.command(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        while self.posted().len() < row {
            std::thread::sleep(Duration::from_millis(5));
        }
        signal(child.id(), "INT");
        child
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("in.csv.results.jsonl")
    }

    /// How often each text was posted.
    fn posted(&self) -> HashMap<String, usize> {
        let mut posted = HashMap::new();
        for request in self.sandbox.requests().iter().filter(|request| request.path == "/api/send") {
            let json = request.json.as_ref().expect("a whole body");
            *posted.entry(json["message"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        posted
    }

    /// The last line about each row.
    fn results(&self) -> HashMap<u64, Value> {
        let written = fs::read_to_string(self.file()).unwrap();
        let lines = written.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.map(|line| (line["row"].as_u64().unwrap(), line)).collect()
    }

    fn fault(&self, fault: Fault) {
        self.sandbox.fault(fault).unwrap();
    }
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn of(output: Output) -> Ran {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    #[track_caller]
    fn ends(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn says(self, words: &str) -> Ran {
        assert!(self.err.contains(words), "{words:?} is missing in: {}", self.err);
        self
    }
}

#[test]
fn a_row_each_and_then_nothing_more() {
    let bench = Bench::of(3);
    let ran = bench.run(&[]).ends(0).says("3 sent");
    assert_eq!(ran.out.lines().count(), 3);
    assert!(ran.out.starts_with("✓ 1  +15550000001   sent (msg_"), "{}", ran.out);
    let again = bench.run(&["--json"]).ends(0).says("Of 3 rows, 3 done by earlier runs, 0 left");
    assert_eq!(again.out, "");
    assert_eq!(bench.posted().values().sum::<usize>(), 3);
}

#[test]
fn json_is_an_object_a_row() {
    let bench = Bench::of(1);
    let ran = bench.run(&["--json"]).ends(0);
    let row: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&row["row"], &row["outcome"]), (&1.into(), &"sent".into()));
    assert_eq!(row["confirmation"], "response");
    assert!(ran.err.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{}", ran.err);
}

#[test]
fn a_template_takes_the_columns() {
    let bench = Bench::new("phone,name\n+12,Zoë\n+13,Ann\n");
    bench.run(&["--template", "Hi {name}!"]).ends(0);
    assert_eq!(bench.posted().into_keys().collect::<HashSet<_>>().len(), 2);
    assert!(bench.posted().contains_key("Hi Zoë!"));
    bench.run(&["--template", "Hello {name}!"]).ends(2).says("row 1 is not what it was");
}

#[test]
fn nothing_is_sent_while_anything_is_wrong() {
    for (csv, template, words) in [
        ("phone,text\n+12,a\n12,b\n", None, "in.csv, line 3: the phone must be E.164"),
        ("phone,text\n+12,a\n+13,\n", None, "in.csv, line 3: the text is empty"),
        ("phone,text,text\n+12,a,b\n", None, "in.csv, line 1: the column \"text\" is there twice"),
        ("phone,name\n+12,a\n", Some("{nme}"), "no column \"nme\""),
    ] {
        let bench = Bench::new(csv);
        let mut args = vec![];
        args.extend(template.map(|template| ["--template", template]).iter().flatten());
        bench.run(&args).ends(2).says(words);
        assert!(bench.sandbox.requests().is_empty());
        assert!(!bench.file().exists());
    }
}

#[test]
fn a_dry_run_sends_nothing_and_writes_nothing() {
    let bench = Bench::of(2);
    let ran = bench
        .run(&["--dry-run"])
        .ends(0)
        .says(&format!("2 messages would be sent by way of {}; nothing was", bench.sandbox.base_url()));
    assert_eq!(ran.out, "1  +15550000001   message 1\n2  +15550000002   message 2\n");
    let ran = bench.run(&["--dry-run", "--json"]).ends(0);
    let first: Value = serde_json::from_str(ran.out.lines().next().unwrap()).unwrap();
    assert_eq!(first["line"], 2);
    assert!(bench.sandbox.requests().is_empty());
    assert!(!bench.file().exists());
}

#[test]
fn columns_are_known_by_name_whatever_their_case() {
    let bench = Bench::new(" Phone ,NAME\n+12,Zoë\n+12,Zoë\n");
    bench.run(&[]).ends(2).says("--template 'Hi {name}!'");
    let ran = bench.run(&["--template", "Hi {Name}!"]).ends(0);
    assert!(ran.err.starts_with("1 row repeats an earlier row's phone and text.\n"), "{}", ran.err);
    assert_eq!(bench.posted()["Hi Zoë!"], 2);
}

#[test]
fn the_outcomes_decide_what_is_sent_again() {
    let bench = Bench::of(4);
    let on = |phone: &str, fault: Fault| bench.fault(Fault { phone: Some(phone.into()), ..fault });
    on("+15550000001", Fault { status: Some(400), ..Fault::on(On::Send) });
    on("+15550000002", Fault { reject: Some("blocked".into()), ..Fault::on(On::Send) });
    let lost = Fault { drop: Some(Cutoff::After), history_lag_ms: Some(3_600_000), ..Fault::on(On::Send) };
    on("+15550000003", lost);
    let ran = bench
        .run(&["--timeout", "2"])
        .ends(5)
        .says("row 3, +15550000003: unknown. Ask the history: ava settle ");
    assert!(ran.err.contains("1 sent, 1 not sent, 1 rejected, 1 unknown"), "{}", ran.err);
    let states = |bench: &Bench| {
        let results = bench.results();
        (1..=4).map(|row| results[&row]["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states(&bench), ["not_sent", "rejected", "unknown", "sent"]);
    bench.run(&[]).ends(5).says("row 3");
    assert_eq!(states(&bench), ["sent", "rejected", "unknown", "sent"]);
    let posted = bench.posted();
    assert_eq!((1..=4).map(|n| posted[&format!("message {n}")]).collect::<Vec<_>>(), [2, 1, 1, 1]);
}

/// A message that the service has, and shows only after an hour.
fn answer_lost_and_shown_late() -> Fault {
    Fault { drop: Some(Cutoff::After), history_lag_ms: Some(3_600_000), ..Fault::on(On::Send) }
}

fn an_hour_later(bench: &Bench) {
    bench.sandbox.clock().advance(Duration::from_secs(3_601));
}

#[test]
fn rows_that_were_unknown_are_asked_about_again() {
    let bench = Bench::of(4);
    let on = |phone: &str, fault: Fault| bench.fault(Fault { phone: Some(phone.into()), ..fault });
    on("+15550000001", answer_lost_and_shown_late());
    on("+15550000002", Fault { drop: Some(Cutoff::Before), ..Fault::on(On::Send) });
    on("+15550000003", Fault { times: None, status: Some(400), ..Fault::on(On::Send) });
    bench.run(&["--timeout", "2"]).ends(5).says("1 sent, 1 not sent, 2 unknown");
    let asked =
        |bench: &Bench| bench.sandbox.requests().iter().filter(|request| request.method == "GET").count();
    let before = asked(&bench);
    bench
        .run(&[])
        .ends(5)
        .says("Asked the history about 2 rows of unknown delivery: it tells of 0.")
        .says("row 1, ");
    // Once for each, whatever the rest of the rows need.
    assert_eq!(asked(&bench), before + 2);
    bench.run(&["--dry-run"]).ends(0);
    assert_eq!(asked(&bench), before + 2);

    an_hour_later(&bench);
    let ran = bench.run(&["--json"]).ends(5).says("it tells of 1.");
    let row: Value = serde_json::from_str(ran.out.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&row["row"], &row["outcome"], &row["confirmation"]),
        (&1.into(), &"sent".into(), &"history".into())
    );
    assert!(!ran.err.contains("row 1, ") && ran.err.contains("row 2, "), "{}", ran.err);
    assert_eq!(bench.results()[&1]["state"], "sent");
    assert!(bench.results()[&1]["attempt"].is_null());
    // What is known isn't asked about, and nothing was ever posted again but what was not sent.
    bench.run(&[]).ends(5).says("about 1 row of");
    let posted = bench.posted();
    assert_eq!((1..=4).map(|n| posted[&format!("message {n}")]).collect::<Vec<_>>(), [1, 1, 4, 1]);
}

#[test]
fn two_rows_of_the_same_words_never_share_a_message() {
    let bench = Bench::new("phone,text\n+12,Hi\n+12,Hi\n");
    bench.fault(answer_lost_and_shown_late());
    bench.fault(Fault { drop: Some(Cutoff::Before), ..Fault::on(On::Send) });
    bench.run(&["--timeout", "2"]).ends(5).says("0 sent, 2 unknown");
    an_hour_later(&bench);
    for told in ["2 rows of unknown delivery: it tells of 1.", "1 row of unknown delivery: it tells of 0."] {
        bench.run(&[]).ends(5).says(told);
        let states: Vec<_> = bench.results().into_values().map(|line| line["state"].clone()).collect();
        assert!(states.contains(&"sent".into()) && states.contains(&"unknown".into()), "{states:?}");
    }
    assert_eq!(bench.posted()["Hi"], 2);
}

#[test]
fn a_message_that_failed_in_the_meantime_is_rejected() {
    let bench = Bench::of(1);
    let outbound_fails_for = vec!["+15550000001".into()];
    let settings = Settings { outbound_fails_for, deliver_after_ms: 0, ..Settings::default() };
    bench.sandbox.set_settings(settings).unwrap();
    bench.fault(answer_lost_and_shown_late());
    bench.run(&["--timeout", "2"]).ends(5);
    an_hour_later(&bench);
    bench.run(&[]).ends(4).says("it tells of 1.").says("0 rows not sent, 1 rejected");
    assert_eq!(bench.results()[&1]["state"], "rejected");
    assert_eq!(bench.posted()["message 1"], 1);
}

#[test]
fn a_history_that_can_not_be_read_is_asked_for_once() {
    let bench = Bench::of(2);
    bench.fault(Fault { times: Some(2), drop: Some(Cutoff::Before), ..Fault::on(On::Send) });
    bench.run(&["--timeout", "2"]).ends(5).says("2 unknown");
    bench.fault(Fault { times: None, status: Some(403), ..Fault::on(On::Messages) });
    bench.sandbox.clear_requests();
    bench.run(&[]).ends(5).says("row 1, ").says("row 2, ");
    assert_eq!(bench.sandbox.requests().len(), 1);
}

#[test]
fn not_sent_alone_is_four() {
    let bench = Bench::of(2);
    bench.fault(Fault { status: Some(400), ..Fault::on(On::Send) });
    bench.run(&[]).ends(4).says("1 row not sent, 0 rejected");
    bench.run(&[]).ends(0);
}

#[test]
fn a_limit_that_lasts_ends_it() {
    let bench = Bench::of(5);
    let limit =
        Fault { status: Some(429), retry_after: Some("600".into()), times: None, ..Fault::on(On::Send) };
    bench.fault(Fault { skip: 2, ..limit });
    bench
        .run(&[])
        .ends(6)
        .says("Wait 600 s. The same command goes on from there")
        .says("2 sent, 1 not sent, 2 not tried");
    bench.sandbox.clear_faults();
    bench.run(&[]).ends(0).says("3 sent");
}

#[test]
fn a_wrong_key_ends_it() {
    let bench = Bench::of(3);
    let output = bench.command(&[]).env("AVA_API_KEY", "wrong").output().unwrap();
    Ran::of(output).ends(3).says("Mend the key");
    assert_eq!(bench.sandbox.requests().len(), 1);
    bench.run(&[]).ends(0).says("3 sent");
}

#[test]
fn a_service_that_is_down_leaves_few_unknowns() {
    let bench = Bench::of(20);
    bench.fault(Fault { status: Some(500), times: None, ..Fault::on(On::Send) });
    bench.run(&["--timeout", "1"]).ends(5).says("3 unknown, 17 not tried");
    bench.sandbox.clear_faults();
    bench.run(&[]).ends(5).says("17 sent");
}

#[test]
fn another_run_of_the_same_file_waits_its_turn() {
    let bench = Bench::of(1);
    let held = File::create(bench.file()).unwrap();
    held.try_lock().unwrap();
    bench.run(&[]).ends(2).says("another run is writing in.csv.results.jsonl");
    drop(held);
    bench.run(&[]).ends(0);
}

#[cfg(unix)]
#[test]
fn results_that_can_not_be_written_end_it() {
    let bench = Bench::of(20);
    bench.run(&["--results", "/dev/full"]).ends(2).says("/dev/full is no file");
    bench.run(&["--results", "missing/r"]).ends(1).says("Without it nothing more is sent");
    assert!(bench.sandbox.requests().is_empty());
    // As on a full disk: a write fails somewhere in a line.
    let command = bench.command(&[]);
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 2; exec \"$0\" \"$@\""]).arg(command.get_program());
    limited.args(command.get_args()).current_dir(bench.folder.path());
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?)))).stdin(Stdio::null());
    Ran::of(limited.output().unwrap()).ends(1).says("Without it nothing more is sent");
    let sent = bench.posted().len();
    assert!((1..20).contains(&sent), "{sent}");
    let ran = bench.run(&[]);
    assert!(matches!(ran.code, 0 | 5), "{}", ran.err);
    assert_eq!(bench.posted().len(), 20);
    assert!(bench.posted().values().all(|times| *times == 1));
}

/// What reads the rows, and goes away after so many.
#[cfg(unix)]
fn read_rows_then_close(bench: &Bench, args: &[&str], rows: usize) -> Ran {
    let mut command = bench.command(args);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut read = String::new();
    for _ in 0..rows {
        assert_ne!(out.read_line(&mut read).unwrap(), 0);
    }
    drop(out);
    Ran::of(child.wait_with_output().unwrap())
}

#[cfg(unix)]
#[test]
fn an_output_that_is_closed_stops_it_and_says_what_is_left() {
    let bench = Bench::of(4);
    // As `head -1` does. The pause lets the reader be gone before the second row is told.
    bench.fault(Fault { delay_ms: Some(500), skip: 1, ..Fault::on(On::Send) });
    read_rows_then_close(&bench, &[], 1)
        .ends(1)
        .says("2 sent, 2 not tried")
        .says("error: the output was closed, with 2 rows left to send")
        .says("The same command goes on from there.");
    assert_eq!(bench.posted().len(), 2);
    let ran = read_rows_then_close(&bench, &["--json"], 0).ends(1);
    let last: Value = serde_json::from_str(ran.err.lines().last().unwrap()).unwrap();
    assert_eq!(last["message"], "the output was closed, with 1 row left to send");
    // The last row leaves nothing to do.
    let ran = read_rows_then_close(&bench, &[], 0).ends(0).says("1 sent");
    assert!(!ran.err.contains("error"), "{}", ran.err);
    assert!(bench.posted().len() == 4 && bench.posted().values().all(|times| *times == 1));
}

#[cfg(unix)]
#[test]
fn an_output_that_is_closed_hides_no_outcome() {
    let bench = Bench::of(1);
    bench.fault(Fault { status: Some(400), ..Fault::on(On::Send) });
    read_rows_then_close(&bench, &[], 0).ends(4).says("1 row not sent");
    bench.fault(answer_lost_and_shown_late());
    read_rows_then_close(&bench, &["--timeout", "2"], 0).ends(5);
    fs::write(bench.folder.path().join("in.csv"), "phone,text\n+15550000001,message 1\n+12,b\n").unwrap();
    an_hour_later(&bench);
    // Told of by the history, where nobody reads it any more: nothing further is sent.
    read_rows_then_close(&bench, &[], 0).ends(1).says("with 1 row left to send");
    assert_eq!(bench.results()[&1]["state"], "sent");
    assert!(!bench.posted().contains_key("b"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_lets_the_row_on_its_way_come_to_its_end() {
    let bench = Bench::of(3);
    bench.fault(Fault { delay_after_ms: Some(1_000), skip: 1, ..Fault::on(On::Send) });
    let child = bench.start_and_interrupt_at(2);
    Ran::of(child.wait_with_output().unwrap())
        .ends(130)
        .says("Stopping after row 2")
        .says("2 sent, 1 not tried");
    assert_eq!(bench.results()[&2]["state"], "sent");
    bench.run(&[]).ends(0).says("1 sent");
    assert!(bench.posted().values().all(|times| *times == 1));
}

#[cfg(unix)]
#[test]
fn the_second_ctrl_c_cuts_the_row_off_and_notes_it() {
    let bench = Bench::of(3);
    bench.fault(Fault {
        delay_after_ms: Some(60_000),
        history_lag_ms: Some(3_600_000),
        skip: 1,
        ..Fault::on(On::Send)
    });
    // Its body was read whole, but the answer is a minute away.
    let mut child = bench.start_and_interrupt_at(2);
    let mut said = String::new();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    while !said.contains("once more cuts it off") {
        assert_ne!(err.read_line(&mut said).unwrap(), 0, "{said}");
    }
    signal(child.id(), "INT");
    err.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("row 2, +15550000002: unknown. Ask the history: ava settle"), "{said}");
    assert!(said.contains("The same command goes on"), "{said}");
    assert_eq!(bench.results()[&2]["state"], "unknown");
    bench.run(&[]).ends(5).says("row 2").says("1 sent");
    assert!(bench.posted().values().all(|times| *times == 1));
}

#[cfg(unix)]
#[test]
fn a_row_cut_off_that_the_history_shows_is_sent() {
    let bench = Bench::of(2);
    bench.fault(Fault { delay_after_ms: Some(60_000), ..Fault::on(On::Send) });
    let mut child = bench.start_and_interrupt_at(1);
    let mut line = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
    signal(child.id(), "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(bench.results()[&1]["state"], "sent");
    assert_eq!(bench.results()[&1]["confirmation"], "history");
}

#[cfg(unix)]
fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), process.to_string()]).status().unwrap();
    assert!(sent.success());
}

/// 1,000 rows, killed at 50 points and resumed each time.
#[test]
fn killed_again_and_again_it_sends_no_row_twice() {
    const ROWS: usize = 1_000;
    const KILLS: usize = 50;
    let bench = Bench::of(ROWS);
    bench.fault(Fault { delay_ms: Some(1), times: None, ..Fault::on(On::Send) });
    let written = || fs::metadata(bench.file()).map_or(0, |metadata| metadata.len());
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut killed = 0;
    for _ in 0..KILLS {
        // A row is about 340 bytes of results, so that the kills reach over all rows and leave some to the end.
        let until = written() + random.below(340 * (ROWS / KILLS) as u64 * 2 * 9 / 10);
        let mut child =
            bench.command(&["--json"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while written() < until && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(100));
        }
        std::thread::sleep(Duration::from_micros(random.below(4_000)));
        child.kill().unwrap();
        killed += usize::from(child.wait().unwrap().code().is_none());
    }
    let last = bench.run(&["--json"]);
    let results = bench.results();
    assert_eq!(results.len(), ROWS);
    let posted = bench.posted();
    let mut unknown = 0;
    for row in 1..=ROWS as u64 {
        let times = posted.get(&format!("message {row}")).copied().unwrap_or_default();
        match results[&row]["state"].as_str().unwrap() {
            "sent" => assert_eq!(times, 1, "row {row}"),
            "attempting" | "unknown" => {
                unknown += 1;
                assert!(times <= 1, "row {row} was posted {times} times");
                assert!(last.err.contains(&format!("row {row}, ")), "row {row} is not listed: {}", last.err);
            }
            other => panic!("row {row} is {other}"),
        }
    }
    println!("{killed} kills of a running send, {unknown} rows unknown, {} posted", posted.len());
    assert!(killed >= KILLS * 9 / 10, "only {killed} kills hit a running send");
    assert!(unknown > 0, "no kill hit a row in flight");
    assert_eq!(last.code, 5, "{}", last.err);
}

/// The same numbers every time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
