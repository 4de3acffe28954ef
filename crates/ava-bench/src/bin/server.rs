//! A server of fixed answers, so that what is measured is the client.
//!
//! It binds a free loopback port, prints `{"base_url":"http://127.0.0.1:…"}` on a line, and serves until its stdin is
//! closed: it never outlives who started it. It speaks as much HTTP/1.1 as the contenders need, knows no key, and
//! answers a request for `/_bench/requests` with how many others there were.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::Write as _;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result};
use ava_bench::answers;
use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", serde_json::json!({ "base_url": format!("http://{}", listener.local_addr()?) }));
    std::io::stdout().flush()?;
    tokio::task::LocalSet::new()
        .run_until(async {
            tokio::select! {
                () = serve(listener) => {}
                () = closed(tokio::io::stdin()) => {}
            }
        })
        .await;
    // A thread still waits for stdin.
    std::process::exit(0)
}

async fn closed(mut input: tokio::io::Stdin) {
    let mut ignored = [0; 64];
    while input.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
}

async fn serve(listener: TcpListener) {
    let answers = Rc::new(Answers::default());
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                let answers = Rc::clone(&answers);
                tokio::task::spawn_local(async move { converse(socket, &answers).await });
            }
            // No more files for now.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Answers the requests of a connection until it ends.
async fn converse(mut socket: TcpStream, answers: &Answers) -> Option<()> {
    socket.set_nodelay(true).ok()?;
    let mut received = Vec::with_capacity(1024);
    loop {
        while let Some((answer, used)) = answers.to(&received) {
            received.drain(..used);
            socket.write_all(&answer).await.ok()?;
        }
        if socket.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
    }
}

/// Whole answers, head and all, as they were first asked for.
#[derive(Default)]
struct Answers {
    requests: Cell<u64>,
    date: RefCell<(i64, String)>,
    pages: RefCell<HashMap<String, Bytes>>,
}

/// So many pages are kept; a history of 100,000 messages has a thousand.
const MOST_PAGES: usize = 2000;

impl Answers {
    /// The answer to the request at the front, and the length of that; `None` until it is there whole.
    fn to(&self, received: &[u8]) -> Option<(Vec<u8>, usize)> {
        let head_end = received.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
        let head = std::str::from_utf8(&received[..head_end]).unwrap_or_default();
        let length = head.lines().filter_map(|line| line.split_once(':'));
        let length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length: usize = length.filter_map(|(_, value)| value.trim().parse().ok()).next().unwrap_or(0);
        let end = head_end + length;
        if received.len() < end {
            return None;
        }
        let mut words = head.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        Some((self.answer(method, target), end))
    }

    fn answer(&self, method: &str, target: &str) -> Vec<u8> {
        let requests = self.requests.get();
        let path = target.split('?').next().unwrap_or_default();
        let (status, body) = match (method, path) {
            ("GET", "/_bench/requests") => ("200 OK", requests.to_string().into()),
            ("POST", "/api/send") => ("200 OK", answers::sent(requests).into()),
            ("GET", "/api/messages/poll") => ("200 OK", Bytes::from_static(answers::NOTHING_NEW.as_bytes())),
            ("GET", _) if path.starts_with("/api/messages/") => ("200 OK", self.page(target)),
            _ => ("404 Not Found", Bytes::from_static(br#"{"error":"no such route"}"#)),
        };
        if path != "/_bench/requests" {
            self.requests.set(requests + 1);
        }
        let length = body.len();
        let date = self.date();
        let mut answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\ndate: {date}\r\n\r\n"
        )
        .into_bytes();
        answer.extend_from_slice(&body);
        answer
    }

    fn page(&self, target: &str) -> Bytes {
        let mut pages = self.pages.borrow_mut();
        if let Some(page) = pages.get(target) {
            return page.clone();
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let phone = path.rsplit('/').next().unwrap_or_default().replace("%2B", "+");
        let number = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(key, _)| *key == name).find_map(|(_, value)| value.parse::<u64>().ok())
        };
        let (limit, offset) = (number("limit").unwrap_or(50).min(100), number("offset").unwrap_or(0));
        let page: Bytes = answers::page(&phone, answers::total_of(&phone), limit, offset).into();
        if pages.len() < MOST_PAGES {
            pages.insert(target.to_owned(), page.clone());
        }
        page
    }

    /// The `Date`, which a listener goes by; written once a second.
    fn date(&self) -> String {
        let now = Timestamp::now();
        let mut date = self.date.borrow_mut();
        if date.0 != now.as_second() {
            *date = (now.as_second(), http_date(&now).unwrap_or_default());
        }
        date.1.clone()
    }
}

fn http_date(time: &Timestamp) -> Result<String> {
    DateTimePrinter::new().timestamp_to_rfc9110_string(time).context("a time that HTTP can't write")
}
