//! Sending, against a model of the service that does with each POST what a script says: several sends side
//! by side, identical or not, cancelled or not, settled again later. On tokio's paused clock.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ava_imessage::{
    Attempt, Client, Confirmation, Delivery, Error, ErrorKind, RequestBody, SentMessage, Timestamp,
    TransportError,
};
use proptest::prelude::*;
use support::{Answer, Clock, Model, answer, lost, query};
use tokio::time::{Instant, sleep};

const PHONES: [&str; 2] = ["+15550001111", "+15550002222"];
const TEXTS: [&str; 2] = ["on my way", "on my way "];
const TIMEOUT: Duration = Duration::from_secs(30);
const MAX_RETRIES: u32 = 2;

/// What the service does with one POST.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Sent,
    /// Committed with a status of `failed`.
    SentAndFailed,
    /// The request never got out.
    Unconnected,
    /// It got out, and the service says that it did not look at it.
    Refused,
    TooMany,
    BadRequest,
    Unauthorized,
    /// 2xx with `success: false`.
    Declined,
    /// The answer is lost; the message was committed, or was not.
    Lost(bool),
    ServerError(bool),
    RequestTimeout(bool),
    Garbage(bool),
    Silent(bool),
    /// The answer is lost, and the message is committed so many milliseconds later.
    Late(u64),
}

impl Fate {
    fn certainly_not_sent(self) -> bool {
        matches!(
            self,
            Fate::Unconnected
                | Fate::Refused
                | Fate::TooMany
                | Fate::BadRequest
                | Fate::Unauthorized
                | Fate::Declined
        )
    }

    fn may_be_posted_again(self) -> bool {
        matches!(self, Fate::Unconnected | Fate::Refused | Fate::TooMany)
    }

    fn commits(self) -> bool {
        match self {
            Fate::Sent | Fate::SentAndFailed | Fate::Late(_) => true,
            Fate::Lost(did) | Fate::ServerError(did) | Fate::RequestTimeout(did) => did,
            Fate::Garbage(did) | Fate::Silent(did) => did,
            _ => false,
        }
    }
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Sent),
        1 => Just(Fate::SentAndFailed),
        2 => Just(Fate::Unconnected),
        1 => Just(Fate::Refused),
        2 => Just(Fate::TooMany),
        1 => Just(Fate::BadRequest),
        1 => Just(Fate::Unauthorized),
        1 => Just(Fate::Declined),
        4 => any::<bool>().prop_map(Fate::Lost),
        2 => any::<bool>().prop_map(Fate::ServerError),
        1 => any::<bool>().prop_map(Fate::RequestTimeout),
        1 => any::<bool>().prop_map(Fate::Garbage),
        1 => any::<bool>().prop_map(Fate::Silent),
        2 => (0u64..20_000).prop_map(Fate::Late),
    ]
}

#[derive(Clone, Debug)]
struct Plan {
    phone: usize,
    text: usize,
    start_ms: u64,
    latency_ms: u64,
    fates: Vec<Fate>,
    cancel_after_ms: Option<u64>,
}

fn plan() -> impl Strategy<Value = Plan> {
    let fates = prop::collection::vec(fate(), 1..4);
    let cancel = prop::option::weighted(0.2, 0u64..15_000);
    (0..2usize, 0..2usize, 0u64..4_000, 1u64..3_000, fates, cancel).prop_map(
        |(phone, text, start_ms, latency_ms, fates, cancel_after_ms)| Plan {
            // Mostly the same phone and text: siblings are the hard case.
            phone: phone & text,
            text: text & (start_ms as usize),
            start_ms,
            latency_ms,
            fates,
            cancel_after_ms,
        },
    )
}

#[derive(Clone, Copy, Debug)]
struct World {
    newest_first: bool,
    older_rows: usize,
    history_lag_ms: u64,
    no_date: bool,
    history_fails: bool,
}

fn world() -> impl Strategy<Value = World> {
    (any::<bool>(), prop::sample::select(vec![0usize, 3, 150]), 0u64..6_000, 0u8..10, 0u8..10).prop_map(
        |(newest_first, older_rows, lag, date, fails)| World {
            newest_first,
            older_rows,
            history_lag_ms: if lag > 3_000 { 0 } else { lag },
            no_date: date == 0,
            history_fails: fails == 0,
        },
    )
}

struct Row {
    id: String,
    phone: String,
    text: String,
    at: Timestamp,
    visible: Instant,
    failed: bool,
    /// Which send made it; `None` for one from before.
    by: Option<usize>,
}

struct Service {
    world: World,
    plans: Vec<Plan>,
    clock: Clock,
    rows: Mutex<Vec<Row>>,
    /// The fates that the POSTs of each send met.
    posts: Mutex<HashMap<usize, Vec<Fate>>>,
}

impl Service {
    fn new(world: World, plans: Vec<Plan>) -> Service {
        let clock = Clock::start();
        let older = (0..world.older_rows).map(|i| Row {
            id: format!("old{i}"),
            phone: PHONES[0].into(),
            text: TEXTS[0].into(),
            at: clock.now() - jiff::SignedDuration::from_secs(3600 - i as i64),
            visible: Instant::now(),
            failed: false,
            by: None,
        });
        Service { world, plans, clock, rows: Mutex::new(older.collect()), posts: Mutex::default() }
    }

    fn commit(&self, by: usize, delay: Duration, failed: bool) -> String {
        let plan = &self.plans[by];
        let mut rows = self.rows.lock().unwrap();
        let id = format!("m{}", rows.len());
        let visible = Instant::now() + delay + Duration::from_millis(self.world.history_lag_ms);
        rows.push(Row {
            id: id.clone(),
            phone: PHONES[plan.phone].into(),
            text: TEXTS[plan.text].into(),
            at: self.clock.now() + jiff::SignedDuration::try_from(delay).unwrap(),
            visible,
            failed,
            by: Some(by),
        });
        id
    }

    async fn handle(self: Arc<Self>, request: http::Request<RequestBody>) -> Answer {
        if request.method() == http::Method::POST {
            self.post(request).await
        } else {
            self.history(&request).await
        }
    }

    async fn post(&self, request: http::Request<RequestBody>) -> Answer {
        let number: usize = request.headers()["x-send"].to_str().unwrap().parse().unwrap();
        let plan = &self.plans[number];
        let fate = {
            let mut posts = self.posts.lock().unwrap();
            let met = posts.entry(number).or_default();
            let fate = plan.fates[met.len().min(plan.fates.len() - 1)];
            met.push(fate);
            fate
        };
        let half = Duration::from_millis(plan.latency_ms / 2);
        sleep(half).await;
        if fate == Fate::Unconnected {
            return lost();
        }
        if request.into_body().into_bytes().is_err() {
            return lost();
        }
        let late = if let Fate::Late(ms) = fate { Duration::from_millis(ms) } else { Duration::ZERO };
        let id = fate.commits().then(|| self.commit(number, late, fate == Fate::SentAndFailed));
        sleep(half).await;
        let date = Some(self.clock.now());
        match fate {
            Fate::Sent | Fate::SentAndFailed => {
                let (id, now) = (id.unwrap(), self.clock.now());
                answer(200, date, format!(r#"{{"success":true,"message_id":"{id}","timestamp":"{now}"}}"#))
            }
            Fate::TooMany => answer(429, date, "slow down"),
            Fate::BadRequest => answer(400, date, r#"{"error":"no"}"#),
            Fate::Unauthorized => answer(401, date, ""),
            Fate::Declined => answer(200, date, r#"{"success":false,"error":"declined"}"#),
            Fate::ServerError(_) => answer(500, date, ""),
            Fate::RequestTimeout(_) => answer(408, date, ""),
            Fate::Garbage(_) => answer(200, date, "<html>"),
            Fate::Silent(_) => std::future::pending().await,
            Fate::Refused => Err(TransportError::refused("REFUSED_STREAM")),
            Fate::Lost(_) | Fate::Late(_) | Fate::Unconnected => lost(),
        }
    }

    async fn history(&self, request: &http::Request<RequestBody>) -> Answer {
        sleep(Duration::from_millis(40)).await;
        if self.world.history_fails {
            return answer(500, Some(self.clock.now()), "");
        }
        let phone = request.uri().path().rsplit('/').next().unwrap();
        let offset: usize = query(request, "offset").unwrap().parse().unwrap();
        let rows = self.rows.lock().unwrap();
        let mut rows: Vec<&Row> =
            rows.iter().filter(|row| row.phone == phone && row.visible <= Instant::now()).collect();
        rows.sort_by_key(|row| row.at);
        if self.world.newest_first {
            rows.reverse();
        }
        let page: Vec<String> = rows
            .iter()
            .skip(offset)
            .take(100)
            .map(|row| {
                let Row { id, phone, text, at, failed, .. } = row;
                let status = if *failed { "failed" } else { "delivered" };
                format!(
                    r#"{{"id":"{id}","phone":"{phone}","message":"{text}","direction":"outbound","timestamp":"{at}","status":"{status}"}}"#
                )
            })
            .collect();
        let (page, total) = (page.join(","), rows.len());
        let body = format!(r#"{{"messages":[{page}],"total":{total},"limit":100,"offset":{offset}}}"#);
        answer(200, (!self.world.no_date).then(|| self.clock.now()), body)
    }
}

type Outcome = Result<SentMessage, Error>;

/// Runs the plans side by side; then settles what stayed unknown.
async fn play(world: World, plans: Vec<Plan>) -> (Arc<Service>, Vec<Option<Outcome>>, Vec<Outcome>) {
    let service = Arc::new(Service::new(world, plans.clone()));
    let handled = Arc::clone(&service);
    let cut: Arc<Mutex<Vec<Attempt>>> = Arc::default();
    let hook = Arc::clone(&cut);
    let client = Client::builder()
        .api_key("sk_test")
        .base_url("http://127.0.0.1:1")
        .max_retries(MAX_RETRIES)
        .on_unknown(move |attempt| hook.lock().unwrap().push(attempt))
        .transport(Model(Arc::new(move |request| Arc::clone(&handled).handle(request))))
        .build()
        .unwrap();
    let tasks: Vec<_> = plans
        .into_iter()
        .enumerate()
        .map(|(number, plan)| {
            let client = client.clone();
            tokio::spawn(async move {
                sleep(Duration::from_millis(plan.start_ms)).await;
                let began = Instant::now();
                let send = client
                    .send(PHONES[plan.phone], TEXTS[plan.text])
                    .header("x-send", number.to_string())
                    .timeout(TIMEOUT);
                let limit = plan.cancel_after_ms.map_or(Duration::MAX, Duration::from_millis);
                let outcome = tokio::time::timeout(limit, send.into_future()).await.ok();
                assert!(began.elapsed() <= TIMEOUT + Duration::from_millis(5), "past its deadline");
                outcome
            })
        })
        .collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    let mut attempts = cut.lock().unwrap().clone();
    attempts.extend(outcomes.iter().flatten().filter_map(|o| o.as_ref().err()?.attempt().cloned()));
    sleep(Duration::from_secs(25)).await;
    let mut settled = Vec::new();
    for attempt in &attempts {
        settled.push(client.settle(attempt).await);
    }
    (service, outcomes, settled)
}

fn check(world: World, plans: Vec<Plan>) -> Result<(), TestCaseError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let (service, outcomes, settled) = runtime.block_on(play(world, plans));
    let rows = service.rows.lock().unwrap();
    let posts = service.posts.lock().unwrap();

    for (number, fates) in posts.iter() {
        let (last, earlier) = fates.split_last().unwrap();
        prop_assert!(
            earlier.iter().all(|fate| fate.may_be_posted_again()),
            "send {number} was posted again after {earlier:?}"
        );
        prop_assert!(fates.len() <= 1 + MAX_RETRIES as usize, "{fates:?}");
        if let Some(Err(error)) = &outcomes[*number] {
            let not_sent = error.delivery() == Some(Delivery::NotSent);
            let failed_row = error.kind() == ErrorKind::Rejected && error.message_id().is_some();
            prop_assert!(!not_sent || failed_row || last.certainly_not_sent(), "{last:?} became {error:?}");
            prop_assert_eq!(error.kind() == ErrorKind::DeliveryUnknown, !not_sent);
            if not_sent && !failed_row {
                prop_assert!(rows.iter().all(|row| row.by != Some(*number)), "not sent, but there");
            }
        }
    }

    let mut owners: HashSet<&str> = HashSet::new();
    for sent in outcomes.iter().flatten().chain(&settled).filter_map(|outcome| outcome.as_ref().ok()) {
        let row = rows.iter().find(|row| row.id == sent.message_id);
        let row = row.ok_or_else(|| TestCaseError::fail("sent, without evidence"))?;
        prop_assert!(row.by.is_some(), "a row from before was claimed");
        prop_assert!(!row.failed || sent.confirmation == Confirmation::Response, "a failed row was claimed");
        prop_assert!(owners.insert(&sent.message_id), "{} was claimed twice", sent.message_id);
    }
    for (number, outcome) in outcomes.iter().enumerate() {
        let Some(Ok(sent)) = outcome else { continue };
        let row = rows.iter().find(|row| row.id == sent.message_id).unwrap();
        let plan = &service.plans[number];
        prop_assert_eq!((&*row.phone, &*row.text), (PHONES[plan.phone], TEXTS[plan.text]));
        if sent.confirmation == Confirmation::Response {
            prop_assert_eq!(row.by, Some(number));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: support::seeds(600) as u32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_texted_twice_and_nothing_is_sent_without_evidence(
        world in world(),
        plans in prop::collection::vec(plan(), 1..6),
    ) {
        check(world, plans)?;
    }
}

fn good_world() -> World {
    World { newest_first: false, older_rows: 3, history_lag_ms: 0, no_date: false, history_fails: false }
}

fn lone(fates: &[Fate]) -> Plan {
    Plan { phone: 0, text: 0, start_ms: 0, latency_ms: 100, fates: fates.to_vec(), cancel_after_ms: None }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_settled_from_the_history() {
    let (service, outcomes, _) = play(good_world(), vec![lone(&[Fate::Lost(true)])]).await;
    let sent = outcomes[0].as_ref().unwrap().as_ref().unwrap();
    assert_eq!(sent.confirmation, Confirmation::History);
    assert_eq!(service.posts.lock().unwrap()[&0].len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_does_not_claim_what_a_waiting_sibling_may_own() {
    // The first is lost and never committed; its twin is committed at once and answered late. The only row
    // is the twin's.
    let first = lone(&[Fate::Lost(false)]);
    let twin = Plan { latency_ms: 4_000, fates: vec![Fate::Sent], ..first.clone() };
    let (_, outcomes, _) = play(good_world(), vec![first, twin]).await;
    let unknown = outcomes[0].as_ref().unwrap().as_ref().unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::DeliveryUnknown);
    assert_eq!(outcomes[1].as_ref().unwrap().as_ref().unwrap().confirmation, Confirmation::Response);
}

#[tokio::test(start_paused = true)]
async fn a_late_commit_is_found_when_settled_later() {
    let (service, outcomes, settled) = play(good_world(), vec![lone(&[Fate::Late(15_000)])]).await;
    assert_eq!(outcomes[0].as_ref().unwrap().as_ref().unwrap_err().delivery(), Some(Delivery::Unknown));
    assert_eq!(settled[0].as_ref().unwrap().confirmation, Confirmation::History);
    assert_eq!(service.posts.lock().unwrap()[&0].len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_send_reaches_the_hook_and_can_be_settled() {
    let cut = Plan { cancel_after_ms: Some(60), ..lone(&[Fate::Silent(true)]) };
    let (_, outcomes, settled) = play(good_world(), vec![cut]).await;
    assert!(outcomes[0].is_none());
    assert_eq!(settled.len(), 1);
    assert_eq!(settled[0].as_ref().unwrap().confirmation, Confirmation::History);
    let before = Plan { cancel_after_ms: Some(20), ..lone(&[Fate::Silent(true)]) };
    let (service, _, settled) = play(good_world(), vec![before]).await;
    assert!(settled.is_empty(), "nothing of it had left");
    assert!(service.rows.lock().unwrap().iter().all(|row| row.by.is_none()));
}

#[tokio::test(start_paused = true)]
async fn retries_stop_when_the_budget_is_spent() {
    // Every send is refused with 429 for ever; 40 of them share 10 tokens and what they pay in.
    let plans = (0..40).map(|i| Plan { start_ms: i * 5_000, ..lone(&[Fate::TooMany]) }).collect();
    let (service, _, _) = play(good_world(), plans).await;
    let posts: usize = service.posts.lock().unwrap().values().map(Vec::len).sum();
    assert_eq!(posts, 40 + 10 + 40 / 5 - 1, "40 first attempts, and what the budget allows");
}
