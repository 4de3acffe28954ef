//! Every contender gets through every task of its own. How long it takes is nobody's business here.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start() -> Server {
        let mut server = Command::new(env!("CARGO_BIN_EXE_ava-bench-server"));
        let mut child = server.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        Server { child, url: ready["base_url"].as_str().unwrap().to_owned() }
    }

    fn measure(&self, arguments: &[&str]) -> Value {
        let mut program = Command::new(env!("CARGO_BIN_EXE_ava-bench-rust"));
        let output = program.args(arguments).args(["--url", &self.url]).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Closes its stdin, which ends it.
    fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn every_contender_gets_through() {
    let server = Server::start();
    for arguments in [
        ["send", "ours"],
        ["send", "reqwest"],
        ["send", "hyper"],
        ["page", "ours"],
        ["page", "reqwest"],
        ["page", "hyper"],
        ["decode", "ours"],
        ["decode", "serde"],
    ] {
        let measured = server.measure(&[&arguments[..], &["--calls", "3", "--warm-up", "1"]].concat());
        assert_eq!(measured["calls"], 3, "{arguments:?}");
    }
    let measured = server.measure(&["history", "ours", "--count", "250"]);
    assert_eq!(measured["calls"], 250);
    assert!(measured["rss"]["before"].as_u64().unwrap() > 0);
    let brief = ["--count", "3", "--interval-ms", "100", "--settle-s", "0.1", "--watch-s", "0.5"];
    let measured = server.measure(&[&["listeners", "ours"], &brief[..]].concat());
    assert!(measured["calls"].as_u64().unwrap() >= 3);
    server.end();
}
