//! Many listeners of one client.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ava_imessage::Client;
use support::{Clock, Model, answer, query};

const LISTENERS: usize = 250;
const AT_ONCE: usize = 100;

/// A client of a service that takes a second for each poll and has no news; the most polls that it had at the same time,
/// and whose they were.
fn slow_service() -> (Client, Arc<AtomicUsize>, Arc<Mutex<HashSet<String>>>) {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let asked = Arc::new(Mutex::new(HashSet::new()));
    let (most_seen, who) = (Arc::clone(&most), Arc::clone(&asked));
    let clock = Clock::start();
    let service = move |request: http::Request<ava_imessage::RequestBody>| {
        let (now, most, who) = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&who));
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            who.lock().unwrap().insert(query(&request, "phone").unwrap());
            tokio::time::sleep(Duration::from_secs(1)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            let nothing = r#"{"success":true,"messages":[],"count":0,"has_more":false}"#;
            answer(200, Some(clock.now()), nothing)
        }
    };
    let client = Client::builder().api_key("sk_test").transport(Model(Arc::new(service))).build().unwrap();
    (client, most_seen, asked)
}

async fn listen(client: Client, number: usize) {
    let since = "2026-01-25T12:00:00Z".parse().unwrap();
    let mut listener = client.listen().since(since).phone(format!("+1555{number:07}")).await.unwrap();
    assert!(listener.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn they_take_turns_and_each_gets_one() {
    let (client, most, asked) = slow_service();
    for number in 0..LISTENERS {
        tokio::spawn(listen(client.clone(), number));
    }
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(most.load(Ordering::SeqCst), AT_ONCE);
    assert_eq!(asked.lock().unwrap().len(), LISTENERS);
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn those_that_go_leave_their_turns_to_others() {
    let (client, _, asked) = slow_service();
    let first: Vec<_> = (0..LISTENERS).map(|number| tokio::spawn(listen(client.clone(), number))).collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    for task in first {
        task.abort();
    }
    tokio::spawn(listen(client.clone(), LISTENERS));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(asked.lock().unwrap().contains(&format!("+1555{LISTENERS:07}")));
}
