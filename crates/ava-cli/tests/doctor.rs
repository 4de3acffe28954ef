//! `ava doctor` against a sandbox that takes each side of what the API document leaves open.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use ava_sandbox::{Fault, On, Order, Precision, Sandbox, Seed, Settings};
use serde_json::Value;
use tokio::runtime::Runtime;

const PHONE: &str = "+15550001111";

struct Bench {
    sandbox: Sandbox,
    _runtime: Runtime,
}

struct Looked {
    code: i32,
    findings: HashMap<String, (String, String)>,
    err: String,
}

impl Bench {
    fn new(settings: Settings) -> Bench {
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime.block_on(Sandbox::builder().settings(settings).start()).unwrap();
        sandbox.seed(Seed::count(PHONE, 4)).unwrap();
        Bench { sandbox, _runtime: runtime }
    }

    fn look(&self, args: &[&str], key: &str) -> Looked {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ava"));
        command.args(["doctor", "--json"]).args(args).env("AVA_API_KEY", key).stdin(Stdio::null());
        let output = command.env("AVA_BASE_URL", self.sandbox.base_url()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let findings = text(&output.stdout)
            .lines()
            .map(|line| {
                let finding: Value = serde_json::from_str(line).unwrap();
                let member = |name: &str| finding[name].as_str().unwrap().to_owned();
                assert!(!member("meaning").is_empty());
                (member("check"), (member("verdict"), member("finding")))
            })
            .collect();
        Looked { code: output.status.code().unwrap(), findings, err: text(&output.stderr) }
    }

    fn look_at_phone(&self) -> Looked {
        self.look(&["--phone", PHONE], self.sandbox.api_key())
    }
}

impl Looked {
    #[track_caller]
    fn found(&self, check: &str, verdict: &str, finding: &str) -> &Looked {
        let (was, words) = &self.findings[check];
        assert!(was == verdict && words.contains(finding), "{check}: {was}, {words}");
        self
    }

    #[track_caller]
    fn ends(&self, code: i32) -> &Looked {
        assert_eq!(self.code, code, "{:?} {}", self.findings, self.err);
        self
    }
}

#[test]
fn all_is_well_and_nothing_is_posted() {
    let bench = Bench::new(Settings::default());
    let looked = bench.look_at_phone();
    looked
        .ends(0)
        .found("reachable", "ok", "HTTP/1.1")
        .found("tls", "note", "plain http")
        .found("key", "ok", "accepted")
        .found("date", "ok", "0 s")
        .found("latency", "ok", "of 5")
        .found("limits", "note", "no rate-limit headers")
        .found("plus", "ok", "the same")
        .found("order", "ok", "oldest first")
        .found("since", "ok", "exclusive, to seconds");
    let requests = bench.sandbox.requests();
    assert!(requests.iter().all(|request| request.method == "GET"));
    assert_eq!(requests.len(), 10);
}

#[test]
fn the_other_sides_are_told() {
    let bench = Bench::new(Settings {
        history_order: Order::NewestFirst,
        since_inclusive: true,
        timestamp_precision: Precision::Milliseconds,
        date_offset_s: 90,
        ..Settings::default()
    });
    let looked = bench.look_at_phone();
    looked.ends(0).found("order", "ok", "newest first").found("since", "ok", "inclusive");
    looked.found("date", "note", "s behind the service's");
}

#[test]
fn problems_have_their_exit_codes() {
    let bench = Bench::new(Settings { omit_date: true, ..Settings::default() });
    bench.look_at_phone().ends(1).found("date", "problem", "no Date");
    let looked = bench.look(&[], "wrong");
    looked.ends(3).found("key", "problem", "the key is not accepted (HTTP 401)");
    assert!(looked.err.contains("\"message\":\"the key is not accepted (HTTP 401)\""), "{}", looked.err);
    let fault = |fault: Fault| {
        bench.sandbox.clear_faults();
        bench.sandbox.fault(fault).unwrap();
        bench.look(&[], bench.sandbox.api_key())
    };
    let redirect = Fault { redirect: Some("http://127.0.0.1:1/".into()), ..Fault::on(On::Poll) };
    fault(redirect).ends(1).found("key", "problem", "redirect");
    fault(Fault { garbage: true, ..Fault::on(On::Poll) }).ends(1).found("key", "problem", "not what the API");
    fault(Fault { status: Some(429), ..Fault::on(On::Poll) }).ends(6);
    bench.look(&["--base-url", "http://127.0.0.1:9"], "k").ends(7).found(
        "reachable",
        "problem",
        "no connection to http://127.0.0.1:9: ",
    );
    bench.look(&["--base-url", "http://example.com"], "k").ends(2);
    bench.look(&["--phone", "12"], "k").ends(2);
}

#[test]
fn a_server_without_tls_is_no_https() {
    let bench = Bench::new(Settings::default());
    let url = bench.sandbox.base_url().replace("http:", "https:");
    bench.look(&["--base-url", &url], "k").ends(7).found("tls", "problem", "https://127.0.0.1");
    assert!(bench.sandbox.requests().is_empty());
}

#[test]
fn an_empty_inbox_tells_less() {
    let bench = Bench::new(Settings::default());
    bench.sandbox.reset();
    let looked = bench.look(&[], bench.sandbox.api_key());
    looked.ends(0).found("since", "note", "can't be told").found("order", "note", "not asked");
}

#[test]
fn this_machine_is_asked_by_no_proxy_whatever_it_is_called() {
    let bench = Bench::new(Settings::default());
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let port = bench.sandbox.base_url().rsplit(':').next().unwrap();
    for host in ["127.0.0.1", "ava.localhost", "[::ffff:127.0.0.1]"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ava"));
        command.args(["doctor", "--timeout", "2"]).stdin(Stdio::null());
        command
            .env("AVA_API_KEY", bench.sandbox.api_key())
            .env("AVA_BASE_URL", format!("http://{host}:{port}"));
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
            command.env(name, format!("http://{}", proxy.local_addr().unwrap()));
        }
        command.env_remove("NO_PROXY").env_remove("no_proxy");
        let output = command.output().unwrap();
        // Not every machine resolves that name, or has IPv6; but each key stays on it.
        let asked = proxy.accept().err().map(|error| error.kind());
        assert_eq!(asked, Some(ErrorKind::WouldBlock), "{host} is asked through the proxy");
        if host == "127.0.0.1" {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
