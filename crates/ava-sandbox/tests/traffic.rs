//! What the traffic says: retries, and sends that a history confirms.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail where it likes")]

mod support;

use ava_sandbox::{Cutoff, End, Exchange, Fault, On, Sandbox, SeedRow};
use serde_json::json;
use support::{PHONE, call, control, message, try_api};

/// There may be no answer.
async fn send(sandbox: &Sandbox, text: &str) {
    try_api(sandbox, "POST", "/api/send", &message(text)).await;
}

async fn history(sandbox: &Sandbox) {
    call(sandbox, "GET", &format!("/api/messages/{PHONE}"), "").await;
}

fn exchanges(sandbox: &Sandbox) -> Vec<Exchange> {
    sandbox.traffic(0).exchanges
}

fn fault(sandbox: &Sandbox, fault: Fault) {
    sandbox.fault(fault).unwrap();
}

#[tokio::test]
async fn a_history_confirms_the_send_whose_answer_was_lost() {
    let sandbox = Sandbox::start().await.unwrap();
    send(&sandbox, "Hello!").await;
    fault(&sandbox, Fault { drop: Some(Cutoff::After), ..Fault::on(On::Send) });
    send(&sandbox, "Hello!").await;
    history(&sandbox).await;
    history(&sandbox).await;
    let [first, lost, confirming, later] = exchanges(&sandbox).try_into().unwrap();
    assert_eq!((first.end, first.message_id.as_deref()), (End::Answered, Some("msg_000001")));
    assert_eq!((first.confirmed_by, first.retry), (None, None));
    assert_eq!((lost.end, lost.confirmed_by), (End::DroppedAfter, Some(confirming.seq)));
    assert_eq!(lost.message_id.as_deref(), Some("msg_000002"), "the first message's row is the first's");
    assert_eq!(lost.retry, None, "after a success the same text is another message");
    assert_eq!(lost.faults[0].does, "drops the connection after processing");
    assert_eq!((confirming.confirms, confirming.missing), (vec![lost.seq], vec![]));
    assert_eq!((later.confirms, later.missing), (vec![], vec![]), "it is told once");
}

#[tokio::test]
async fn a_history_without_the_row_says_so() {
    let sandbox = Sandbox::start().await.unwrap();
    // Long ago somebody wrote the same.
    let row = SeedRow { timestamp: Some("2026-01-01T00:00:00Z".parse().unwrap()), ..seed_row("Hello!") };
    sandbox.seed(ava_sandbox::Seed::rows(PHONE, vec![row])).unwrap();
    fault(&sandbox, Fault { drop: Some(Cutoff::Before), ..Fault::on(On::Send) });
    send(&sandbox, "Hello!").await;
    history(&sandbox).await;
    let [lost, asked] = exchanges(&sandbox).try_into().unwrap();
    assert_eq!((lost.end, lost.confirmed_by), (End::DroppedBefore, None));
    assert_eq!((asked.confirms, asked.missing), (vec![], vec![lost.seq]));
}

fn seed_row(text: &str) -> SeedRow {
    serde_json::from_value(json!({"text": text, "direction": "outbound"})).unwrap()
}

#[tokio::test]
async fn whatever_tells_nothing_of_a_send_waits_for_the_history() {
    for (lost, tells_nothing) in [
        (Fault { status: Some(503), ..Fault::on(On::Send) }, true),
        (Fault { status: Some(408), ..Fault::on(On::Send) }, true),
        (Fault { garbage: true, ..Fault::on(On::Send) }, true),
        (Fault { truncate: Some(5), ..Fault::on(On::Send) }, true),
        (Fault { redirect: Some("/".into()), ..Fault::on(On::Send) }, true),
        (Fault { status: Some(429), ..Fault::on(On::Send) }, false),
        (Fault { reject: Some("no".into()), ..Fault::on(On::Send) }, false),
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        let words = lost.to_string();
        fault(&sandbox, lost);
        send(&sandbox, "x").await;
        history(&sandbox).await;
        let asked = exchanges(&sandbox).pop().unwrap();
        assert_eq!(exchanges(&sandbox)[0].lost, tells_nothing, "{words}");
        assert_eq!(!(asked.missing.is_empty() && asked.confirms.is_empty()), tells_nothing, "{words}");
    }
}

#[tokio::test]
async fn what_failed_and_comes_again_is_a_retry() {
    let sandbox = Sandbox::start().await.unwrap();
    fault(&sandbox, Fault { status: Some(503), times: Some(2), ..Fault::default() });
    for text in ["one", "one", "one", "one", "two"] {
        send(&sandbox, text).await;
    }
    let attempts: Vec<_> = exchanges(&sandbox)
        .iter()
        .map(|exchange| exchange.retry.map(|retry| (retry.of, retry.attempt)))
        .collect();
    assert_eq!(attempts, [None, Some((1, 2)), Some((2, 3)), None, None]);
}

#[tokio::test]
async fn a_poll_is_idle_if_earlier_ones_brought_all_that_it_brings() {
    let sandbox = Sandbox::start().await.unwrap();
    let poll = async |query: &str| {
        call(&sandbox, "GET", &format!("/api/messages/poll{query}"), "").await;
        exchanges(&sandbox).last().unwrap().idle
    };
    assert!(poll("").await);
    sandbox.inbound("+15550001111", "Hello?");
    assert!(!poll("").await, "it brings a message");
    assert!(poll("").await, "the same once more");
    assert!(!poll("?phone=%2B15550001111").await, "somebody else asks");
    sandbox.inbound("+15550001111", "Anybody?");
    assert!(!poll("").await, "one of two is new");
    sandbox.clear_requests();
    assert!(!poll("").await, "nothing is shown of the earlier ones");
}

#[tokio::test]
async fn only_what_changed_is_given_again() {
    let sandbox = Sandbox::start().await.unwrap();
    send(&sandbox, "one").await;
    call(&sandbox, "GET", "/api/messages/poll", "").await;
    let all = sandbox.traffic(0);
    assert_eq!(all.exchanges.len(), 2);
    assert!(all.exchanges[1].idle, "a poll that found nothing");
    assert_eq!(sandbox.traffic(all.version).exchanges, []);
    send(&sandbox, "two").await;
    let text = control(&sandbox, "GET", &format!("/_sandbox/traffic?since={}", all.version), "").await;
    assert_eq!(text.json()["exchanges"].as_array().unwrap().len(), 1);
    assert_eq!(
        text.json()["exchanges"][0]["headers"]["authorization"],
        "Bearer sk_sandbox_…",
        "a key is masked"
    );
    assert_eq!(control(&sandbox, "GET", "/_sandbox/traffic?from=1", "").await.status, 400);
    sandbox.clear_requests();
    assert_eq!(exchanges(&sandbox), []);
}

#[tokio::test]
async fn a_fault_is_taken_away_by_its_id() {
    let sandbox = Sandbox::start().await.unwrap();
    for status in [500, 501] {
        fault(&sandbox, Fault { status: Some(status), times: None, ..Fault::default() });
    }
    assert_eq!(control(&sandbox, "DELETE", "/_sandbox/faults/1", "").await.status, 200);
    assert_eq!(control(&sandbox, "DELETE", "/_sandbox/faults/1", "").await.status, 404);
    let left: Vec<_> = sandbox.faults().iter().map(|installed| installed.id).collect();
    assert_eq!(left, [2]);
}

#[tokio::test]
async fn the_page_is_there_and_its_address_leads_to_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let page = control(&sandbox, "GET", "/_sandbox/", "").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    // What the page names is there.
    for name in page.text().split('"').filter(|word| word.starts_with("/_sandbox/page/")) {
        assert_eq!(control(&sandbox, "GET", name, "").await.status, 200, "{name}");
    }
    let moved = control(&sandbox, "GET", "/_sandbox", "").await;
    assert_eq!((moved.status, moved.header("location")), (303, Some("/_sandbox/")));
    assert_eq!(call(&sandbox, "GET", "/", "").await.status, 404, "clients get the API");
    assert_eq!(sandbox.page_url(), format!("{}/_sandbox/", sandbox.base_url()));
}
