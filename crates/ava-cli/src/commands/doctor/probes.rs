//! The probes, each a GET or a look at what one brought.

use std::time::Duration;

use ava_imessage::{DEFAULT_TIMEOUT, ErrorKind, Timestamp};
use serde_json::Value;

use super::finding::{Finding, Verdict};
use super::wire::{Answer, NoAnswer, Wire};

const POLL: &str = "/api/messages/poll";
/// Polls whose time is taken.
const SAMPLES: usize = 5;
/// A difference between the clocks that nobody would notice.
const CLOSE: i64 = 5;
/// Longer than this, and a send's deadline is spent on waiting.
const SLOW: Duration = Duration::from_secs(3);

pub(super) struct Probes<'a> {
    wire: &'a Wire,
    found: Vec<Finding>,
}

impl<'a> Probes<'a> {
    pub(super) fn new(wire: &'a Wire) -> Probes<'a> {
        Probes { wire, found: Vec::new() }
    }

    /// All of them, as far as the ones before let the next make sense.
    pub(super) async fn all(mut self, phone: Option<&str>) -> Vec<Finding> {
        let first = match self.wire.get(POLL).await {
            Ok(answer) => answer,
            Err(none) => {
                self.unreachable(&none);
                return self.found;
            }
        };
        self.reached(&first);
        if !self.key(&first) {
            return self.found;
        }
        self.date(&first);
        self.latency().await;
        self.limits(&first);
        match phone {
            Some(phone) => self.history(phone).await,
            None => self.add(
                "order",
                Verdict::Note,
                "not asked",
                "--phone PHONE, of a conversation with a few messages, tells.",
            ),
        }
        self.since(&first, phone).await;
        self.found
    }

    fn add(&mut self, check: &'static str, verdict: Verdict, finding: impl Into<String>, meaning: &str) {
        self.found.push(Finding::new(check, verdict, finding, meaning));
    }

    fn problem(&mut self, check: &'static str, kind: ErrorKind, finding: String, meaning: &str) {
        self.found.push(Finding::new(check, Verdict::Problem, finding, meaning).kind(kind));
    }

    fn unreachable(&mut self, none: &NoAnswer) {
        let finding = format!("no connection to {}: {}", self.wire.base(), none.why);
        if none.tls {
            self.problem(
                "tls",
                ErrorKind::Connection,
                finding,
                "The server's certificate is not trusted, or something stands between. The key was not sent.",
            );
        } else {
            self.problem(
                "reachable",
                ErrorKind::Connection,
                finding,
                "Nothing can be sent or read. Check the network, a proxy, and AVA_BASE_URL.",
            );
        }
    }

    fn reached(&mut self, first: &Answer) {
        let finding = format!("{} answers, by {}", self.wire.base(), first.version);
        self.add("reachable", Verdict::Ok, finding, "Messages can get there.");
        if self.wire.tls {
            self.add(
                "tls",
                Verdict::Ok,
                "the certificate is trusted",
                "Nobody on the way reads keys or texts.",
            );
        } else {
            self.add("tls", Verdict::Note, "plain http", "Allowed to this machine alone, as for a sandbox.");
        }
    }

    /// Whether there is a way on.
    fn key(&mut self, first: &Answer) -> bool {
        let found = |words: &str| format!("{words} (HTTP {})", first.status);
        match first.status {
            200..=299 if first.messages().is_some() => {
                self.add("key", Verdict::Ok, "accepted", "It may read; whether it may send, only a send tells.");
                return true;
            }
            401 => self.problem("key", ErrorKind::Authentication, found("the key is not accepted"), "The key is not known here: mend AVA_API_KEY, or run `ava login`."),
            403 => self.problem("key", ErrorKind::PermissionDenied, found("the key may not read"), "The key may not read messages: sends can't be settled, and nothing can be listened to."),
            429 => self.problem("key", ErrorKind::RateLimited, found("too many requests"), "The limit is reached right now: wait, then look again."),
            500..=599 => self.problem("key", ErrorKind::Server, found("the service failed"), "The service fails right now. A send that ends so is unknown."),
            300..=399 => self.problem("key", ErrorKind::UnexpectedResponse, found("the answer is a redirect"), "Redirects are never followed, since the key would go along: set AVA_BASE_URL to where it leads."),
            _ => self.problem("key", ErrorKind::UnexpectedResponse, found("the answer is not what the API documents"), "Is that the AVA API? Check AVA_BASE_URL."),
        }
        false
    }

    fn date(&mut self, first: &Answer) {
        let Some(date) = first.date() else {
            let meaning = "Without it no window can be fixed: a send whose answer is lost stays unknown, and a listener begins without a time.";
            return self.add("date", Verdict::Problem, "no Date header", meaning);
        };
        // `Date` is cut to the second, so that up to one more is no difference.
        let skew = (first.halfway.as_millisecond() - date.as_millisecond()).div_euclid(1000);
        if skew.abs() <= CLOSE {
            self.add(
                "date",
                Verdict::Ok,
                format!("there, {} s from this machine's clock", skew.abs()),
                "Lost answers can be looked up in the history.",
            );
        } else {
            let way = if skew > 0 { "ahead of" } else { "behind" };
            let finding = format!("this machine's clock is {} s {way} the service's", skew.abs());
            self.add("date", Verdict::Note, finding, "Sending and listening go by the service's clock and are not touched; the times that you give as --since are.");
        }
    }

    async fn latency(&mut self) {
        let mut times = Vec::new();
        for _ in 0..SAMPLES {
            if let Ok(answer) = self.wire.get(POLL).await
                && answer.status == 200
            {
                times.push(answer.took);
            }
        }
        times.sort_unstable();
        let lost = SAMPLES - times.len();
        let (Some(min), Some(median)) = (times.first(), times.get(times.len() / 2)) else {
            return self.add(
                "latency",
                Verdict::Problem,
                "none of the polls was answered well",
                "The service works only now and then.",
            );
        };
        let ms = |time: &Duration| time.as_secs_f64() * 1000.0;
        let mut finding =
            format!("{:.0} ms at best, {:.0} ms in the middle of {}", ms(min), ms(median), times.len());
        if lost > 0 {
            finding.push_str(&format!("; {lost} failed"));
        }
        let verdict = if lost > 0 || *median > SLOW { Verdict::Note } else { Verdict::Ok };
        let deadline = DEFAULT_TIMEOUT.as_secs_f64();
        let meaning =
            format!("A poll and back. A send's deadline (--timeout, {deadline} s) spans its retries too.");
        self.add("latency", verdict, finding, &meaning);
    }

    fn limits(&mut self, first: &Answer) {
        let told: Vec<String> = first
            .headers
            .iter()
            .filter(|(name, _)| name.as_str().contains("ratelimit") || name.as_str().contains("rate-limit"))
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        if told.is_empty() {
            self.add(
                "limits",
                Verdict::Note,
                "no rate-limit headers",
                "The limit shows only as a 429: keep `ava send --csv --rate` low.",
            );
        } else {
            self.add(
                "limits",
                Verdict::Ok,
                told.join(", "),
                "Keep `ava send --csv --rate` and polling below it.",
            );
        }
    }

    async fn history(&mut self, phone: &str) {
        let literal = self.wire.get(&format!("/api/messages/{phone}?limit=100")).await;
        let escaped = self.wire.get(&format!("/api/messages/{}?limit=100", phone.replace('+', "%2B"))).await;
        let rows = |answer: &Result<Answer, NoAnswer>| match answer {
            Ok(answer) if answer.status == 200 => answer.messages().map(Vec::len),
            _ => None,
        };
        match (rows(&literal), rows(&escaped)) {
            (Some(one), Some(other)) if one == other => {
                self.add("plus", Verdict::Ok, "`+` and `%2B` in a path are the same", "Histories are found either way.");
            }
            (Some(one), other) if other.is_none_or(|other| one > other) => {
                self.add("plus", Verdict::Note, "only `+` in a path finds the history", "This client writes `+`; other programs may have to.");
            }
            (_, Some(_)) => self.add("plus", Verdict::Problem, "only `%2B` in a path finds the history", "This client writes `+`, as the API document does: it reads empty histories, and can settle no send."),
            _ => self.add("plus", Verdict::Problem, "the history can't be read", "A send whose answer is lost stays unknown."),
        }
        let Some(times) = literal.ok().as_ref().and_then(Answer::times) else {
            return self.add("order", Verdict::Note, "can't be told", "The history could not be read.");
        };
        let (up, down) = (times.is_sorted(), times.is_sorted_by(|a, b| a >= b));
        let (finding, meaning) = match (up, down) {
            (true, true) => ("can't be told: fewer than two times", "Take a --phone with a few messages."),
            (true, false) => (
                "oldest first",
                "Both ends of a history are read when a send is settled, so that either order works.",
            ),
            (false, true) => (
                "newest first",
                "Both ends of a history are read when a send is settled, so that either order works.",
            ),
            (false, false) => (
                "by no order of time",
                "A row in the middle of a long history may be missed when a send is settled: it then stays unknown.",
            ),
        };
        let verdict = if up != down { Verdict::Ok } else { Verdict::Note };
        self.add("order", verdict, finding, meaning);
    }

    async fn since(&mut self, first: &Answer, phone: Option<&str>) {
        const CHECK: &str = "since";
        let filter = phone.map(|phone| format!("phone={}", phone.replace('+', "%2B"))).unwrap_or_default();
        let own = if phone.is_some() { self.wire.get(&format!("{POLL}?{filter}")).await.ok() } else { None };
        let page = own.as_ref().unwrap_or(first);
        let newest = page.messages().and_then(|rows| newest(rows));
        let Some((time, written, id)) = newest else {
            return self.add(
                CHECK,
                Verdict::Note,
                "can't be told: no inbound messages",
                "Let a message arrive, then look again.",
            );
        };
        let asked = self.wire.get(&format!("{POLL}?since={written}&{filter}")).await;
        let Some(rows) = asked.as_ref().ok().filter(|answer| answer.status == 200).and_then(Answer::messages)
        else {
            return self.add(
                CHECK,
                Verdict::Problem,
                "a poll with `since` is not answered",
                "Listening needs it.",
            );
        };
        let earlier = rows.iter().filter_map(time_of).any(|row| row < time);
        let precision = if time.subsec_nanosecond() == 0 { "seconds" } else { "fractions of a second" };
        if earlier {
            let finding = "rows older than `since` come back";
            self.add(
                CHECK,
                Verdict::Note,
                finding,
                "A listener drops what it has seen, so that it works all the same, but reads more.",
            );
        } else if rows.iter().any(|row| row.get("id").and_then(Value::as_str) == Some(&*id)) {
            let finding = format!("inclusive, to {precision}");
            self.add(
                CHECK,
                Verdict::Ok,
                finding,
                "Rows of the very time come again. A listener overlaps and drops what it has seen.",
            );
        } else {
            let finding = format!("exclusive, to {precision}");
            self.add(CHECK, Verdict::Ok, finding, "Asking from the newest time loses rows of that same time. A listener overlaps; a loop around `ava poll` must, too.");
        }
    }
}

fn time_of(row: &Value) -> Option<Timestamp> {
    row.get("timestamp")?.as_str()?.parse().ok()
}

/// The newest row: its time, as it is written, and its id.
fn newest(rows: &[Value]) -> Option<(Timestamp, String, String)> {
    let (time, row) =
        rows.iter().filter_map(|row| Some((time_of(row)?, row))).max_by_key(|(time, _)| *time)?;
    Some((time, row.get("timestamp")?.as_str()?.replace('+', "%2B"), row.get("id")?.as_str()?.to_owned()))
}
