//! Listening, against a model of the service that is drawn from a seed: orders, pages, precisions, late
//! rows, outages, crashes. On tokio's paused clock an hour takes milliseconds.
//!
//! 300 seeds run each time; `cargo xtask test --seeds 10000`, or `AVA_SEEDS`, runs more.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ava_imessage::{Client, Gap, MemoryCheckpoint, Timestamp};
use fastrand::Rng;
use jiff::SignedDuration;
use support::{Answer, Clock, Model, answer, lost, query};
use tokio::time::{Instant, sleep};

const PHONES: [&str; 3] = ["+15550001111", "+15550002222", "+15550003333"];
const PAGE: usize = 20;
/// So many rows of one second at the most, that a page holds two seconds' worth.
const MOST_A_SECOND: usize = 9;
const OVERLAP: Duration = Duration::from_secs(120);
const QUIET_END: Duration = Duration::from_secs(400);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Pages {
    /// Every row at once.
    Complete,
    /// Pages of 20, oldest first.
    OldestFirst,
    /// Pages of 20, newest first: what is cut off can't be asked for.
    NewestFirst,
}

#[derive(Debug)]
struct Scenario {
    pages: Pages,
    seconds: bool,
    inclusive: bool,
    lag: bool,
    outages: Vec<(Duration, Duration)>,
    too_many: f64,
    crashes: f64,
    bad_rows: bool,
    future_row: bool,
    since: bool,
    manual_ack: bool,
    length: Duration,
}

impl Scenario {
    fn draw(rng: &mut Rng, pages: Pages) -> Scenario {
        let length = Duration::from_secs(rng.u64(300..900));
        let outages = (0..rng.usize(0..3))
            .map(|_| {
                let from = length.mul_f64(rng.f64());
                (from, from + Duration::from_secs(rng.u64(1..200)))
            })
            .collect();
        Scenario {
            pages,
            seconds: rng.bool(),
            inclusive: rng.bool(),
            lag: rng.bool(),
            outages,
            too_many: if rng.bool() { 0.1 } else { 0.0 },
            crashes: if rng.bool() { 0.05 } else { 0.0 },
            bad_rows: rng.bool(),
            future_row: rng.bool(),
            since: rng.bool(),
            manual_ack: rng.bool(),
            length,
        }
    }
}

#[derive(Clone)]
struct Row {
    id: String,
    phone: &'static str,
    at: Timestamp,
    visible: Duration,
    inbound: bool,
    readable: bool,
}

/// The other people, and the service's table.
struct Service {
    scenario: Scenario,
    rows: Vec<Row>,
    clock: Clock,
    began: Instant,
    rng: Mutex<Rng>,
    /// The `Date` of the first answer.
    first_date: Mutex<Option<Timestamp>>,
}

impl Service {
    fn new(scenario: Scenario, rng: &mut Rng) -> Service {
        let clock = Clock::start();
        let mut rows = Vec::new();
        let mut a_second: HashMap<u64, usize> = HashMap::new();
        let mut at = Duration::ZERO;
        while at < scenario.length {
            // Quiet stretches and bursts.
            let burst = if rng.u8(0..10) == 0 { rng.usize(5..60) } else { 1 };
            for _ in 0..burst {
                at += Duration::from_millis(rng.u64(0..300));
                let count = a_second.entry(at.as_secs()).or_default();
                *count += 1;
                if *count > MOST_A_SECOND {
                    continue;
                }
                let lag =
                    if scenario.lag && rng.bool() { OVERLAP.mul_f64(rng.f64()) } else { Duration::ZERO };
                rows.push(Row {
                    id: format!("m{}", rows.len()),
                    phone: PHONES[rng.usize(0..PHONES.len())],
                    at: stamp(clock, at, scenario.seconds),
                    visible: at + lag,
                    inbound: rng.u8(0..10) > 0,
                    readable: !scenario.bad_rows || rng.u8(0..20) > 0,
                });
            }
            at += Duration::from_millis(rng.u64(0..30_000));
        }
        if scenario.future_row {
            let visible = scenario.length.mul_f64(rng.f64());
            rows.push(Row {
                id: "future".into(),
                phone: PHONES[0],
                at: stamp(clock, visible + Duration::from_secs(86_400), scenario.seconds),
                visible,
                inbound: true,
                readable: true,
            });
        }
        Service {
            scenario,
            rows,
            clock,
            began: Instant::now(),
            rng: Mutex::new(rng.fork()),
            first_date: Mutex::new(None),
        }
    }

    async fn handle(self: Arc<Self>, request: http::Request<ava_imessage::RequestBody>) -> Answer {
        let (delay, dice) = {
            let mut rng = self.rng.lock().unwrap();
            (Duration::from_millis(rng.u64(1..200)), rng.f64())
        };
        sleep(delay).await;
        let now = self.began.elapsed();
        if self.scenario.outages.iter().any(|(from, to)| (*from..*to).contains(&now)) {
            return if dice < 0.5 { lost() } else { answer(503, Some(self.clock.now()), "") };
        }
        if dice < self.scenario.too_many && now < self.scenario.length {
            return answer(429, Some(self.clock.now()), r#"{"error":"slow down"}"#);
        }
        let date = self.clock.now();
        self.first_date.lock().unwrap().get_or_insert(floor(date));
        let mut rows: Vec<&Row> = self.rows.iter().filter(|row| row.visible <= now).collect();
        rows.sort_by_key(|row| row.at);
        let path = request.uri().path();
        if path == "/api/messages/poll" {
            let since: Option<Timestamp> = query(&request, "since").map(|raw| raw.parse().unwrap());
            rows.retain(|row| {
                let after = |since| if self.scenario.inclusive { row.at >= since } else { row.at > since };
                row.inbound && since.is_none_or(after)
            });
            let has_more = self.scenario.pages != Pages::Complete && rows.len() > PAGE;
            match self.scenario.pages {
                Pages::Complete => {}
                Pages::OldestFirst => rows.truncate(PAGE),
                Pages::NewestFirst => {
                    rows.reverse();
                    rows.truncate(PAGE);
                }
            }
            let body = format!(
                r#"{{"success":true,"messages":[{}],"count":{},"has_more":{has_more}}}"#,
                json(&rows),
                rows.len()
            );
            return answer(200, Some(date), body);
        }
        let phone = path.rsplit('/').next().unwrap();
        let offset: usize = query(&request, "offset").unwrap().parse().unwrap();
        let limit: usize = query(&request, "limit").unwrap().parse().unwrap();
        rows.retain(|row| row.phone == phone);
        let page: Vec<&Row> = rows.iter().copied().skip(offset).take(limit).collect();
        let body = format!(
            r#"{{"success":true,"messages":[{}],"total":{},"limit":{limit},"offset":{offset}}}"#,
            json(&page),
            rows.len()
        );
        answer(200, Some(date), body)
    }

    fn client(self: &Arc<Self>) -> Client {
        let service = Arc::clone(self);
        Client::builder()
            .api_key("sk_test")
            .base_url("http://127.0.0.1:1")
            .transport(Model(Arc::new(move |request| Arc::clone(&service).handle(request))))
            .build()
            .unwrap()
    }

    /// What whoever listens from `start` on must have seen by the end.
    fn owed(&self, start: Timestamp) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.inbound && row.readable && row.at >= start)
    }
}

fn stamp(clock: Clock, at: Duration, seconds: bool) -> Timestamp {
    let time = clock.now() + SignedDuration::try_from(at).unwrap();
    if seconds { floor(time) } else { Timestamp::from_millisecond(time.as_millisecond()).unwrap() }
}

fn floor(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap()
}

fn json(rows: &[&Row]) -> String {
    let rows: Vec<String> = rows
        .iter()
        .map(|row| {
            let Row { id, phone, at, inbound, readable, .. } = row;
            let direction = if *inbound { "inbound" } else { "outbound" };
            let text = if *readable { r#""hello""# } else { "7" };
            format!(
                r#"{{"id":"{id}","phone":"{phone}","message":{text},"direction":"{direction}","timestamp":"{at}","status":"received"}}"#
            )
        })
        .collect();
    rows.join(",")
}

/// Who reads the inbox, crashes now and then, and writes down what came.
#[derive(Default)]
struct Reader {
    yields: HashMap<String, u32>,
    acknowledged: HashSet<String>,
    /// Yielded, not acknowledged, and then came a crash: these may come again.
    excused: HashSet<String>,
    crashes: u32,
}

async fn read(service: &Arc<Service>, rng: &mut Rng) -> (Reader, Timestamp, Vec<Gap>) {
    let scenario = &service.scenario;
    let gaps = Arc::new(Mutex::new(Vec::new()));
    let checkpoint = MemoryCheckpoint::new();
    let end = service.began + scenario.length + QUIET_END;
    let given = scenario.since.then(|| service.clock.now() + SignedDuration::from_secs(rng.i64(0..60)));
    let mut reader = Reader::default();
    while Instant::now() < end {
        let gaps_seen = Arc::clone(&gaps);
        let mut request = service
            .client()
            .listen()
            .checkpoint(checkpoint.clone())
            .auto_ack(!scenario.manual_ack)
            .on_gap(move |gap| gaps_seen.lock().unwrap().push(*gap));
        if let Some(since) = given {
            request = request.since(since);
        }
        let mut inbox = request.await.unwrap();
        let mut in_hand: HashSet<String> = HashSet::new();
        while let Ok(Some(message)) = tokio::time::timeout_at(end, inbox.next()).await {
            let message = message.unwrap();
            if !scenario.manual_ack {
                // Asking for this one acknowledged the last.
                reader.acknowledged.extend(in_hand.drain());
            }
            *reader.yields.entry(message.id.clone()).or_default() += 1;
            assert!(!reader.acknowledged.contains(&message.id), "{} came after its ack", message.id);
            let times = reader.yields[&message.id];
            assert!(times == 1 || reader.excused.contains(&message.id), "{} came {times} times", message.id);
            in_hand.insert(message.id.clone());
            if rng.u8(0..4) == 0 {
                sleep(Duration::from_millis(rng.u64(0..5_000))).await;
            }
            if rng.f64() < scenario.crashes {
                reader.crashes += 1;
                reader.excused.extend(in_hand.drain());
                break;
            }
            if scenario.manual_ack {
                inbox.ack(&message).await.unwrap();
                in_hand.remove(&message.id);
                reader.acknowledged.insert(message.id.clone());
            }
        }
    }
    let first_date = service.first_date.lock().unwrap().unwrap();
    let gaps = gaps.lock().unwrap().clone();
    (reader, given.unwrap_or(first_date), gaps)
}

fn paused<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(work)
}

fn simulate(seed: u64, pages: Pages) {
    fastrand::seed(seed);
    let mut rng = Rng::with_seed(seed);
    paused(async {
        let scenario = Scenario::draw(&mut rng, pages);
        let service = Arc::new(Service::new(scenario, &mut rng));
        let (reader, start, gaps) = read(&service, &mut rng).await;
        let in_gap = |row: &Row| gaps.iter().any(|gap| gap.from <= row.at && row.at <= gap.to);
        let lost: Vec<&str> = service
            .owed(start)
            .filter(|row| !reader.yields.contains_key(&row.id))
            .filter(|row| pages != Pages::NewestFirst || !in_gap(row))
            .map(|row| &*row.id)
            .collect();
        let scenario = &service.scenario;
        assert!(lost.is_empty(), "seed {seed}: lost {lost:?} of {}\n{scenario:?}", service.rows.len());
        if pages == Pages::Complete {
            assert!(gaps.is_empty(), "seed {seed}: told of gaps {gaps:?}");
        }
        if scenario.since {
            for row in service.rows.iter().filter(|row| row.at < start) {
                assert!(!reader.yields.contains_key(&row.id), "seed {seed}: {} is older than since", row.id);
            }
        }
        let repeated = reader.yields.values().filter(|times| **times > 1).count();
        assert!(repeated == 0 || reader.crashes > 0, "seed {seed}");
    });
}

fn all(pages: Pages) {
    for seed in 0..support::seeds(300) {
        simulate(seed, pages);
    }
}

#[test]
fn complete_answers_lose_and_repeat_nothing() {
    all(Pages::Complete);
}

#[test]
fn pages_oldest_first_lose_and_repeat_nothing() {
    all(Pages::OldestFirst);
}

#[test]
fn pages_newest_first_tell_of_every_loss() {
    all(Pages::NewestFirst);
}

/// The API document's own recipe: "store the latest message timestamp and use it in the next poll".
#[test]
fn the_documented_recipe_loses_messages() {
    let mut losing = 0;
    let seeds = 50;
    for seed in 0..seeds {
        fastrand::seed(seed);
        let mut rng = Rng::with_seed(seed);
        losing += u32::from(paused(async {
            let scenario = Scenario::draw(&mut rng, Pages::OldestFirst);
            let service = Arc::new(Service::new(scenario, &mut rng));
            let client = service.client();
            let end = service.began + service.scenario.length + QUIET_END;
            let start = service.clock.now();
            let mut latest = start;
            let mut seen = HashSet::new();
            while Instant::now() < end {
                if let Ok(page) = client.poll().since(latest).await {
                    latest = page.messages.iter().map(|m| m.timestamp).max().unwrap_or(latest).max(latest);
                    seen.extend(page.messages.into_iter().map(|m| m.id));
                }
                sleep(Duration::from_secs(5)).await;
            }
            service.owed(start).any(|row| !seen.contains(&row.id))
        }));
    }
    println!("the documented recipe lost messages in {losing} of {seeds} runs");
    assert!(losing > 10, "lost in {losing} of {seeds} runs");
}
