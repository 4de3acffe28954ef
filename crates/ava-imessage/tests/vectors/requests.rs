//! Whether the sandbox got the requests that a vector expects.

use std::collections::BTreeMap;
use std::time::Duration;

use ava_sandbox::{Outcome, RecordedRequest, Sandbox};
use serde_json::Value;

use crate::expect::assign;
use crate::format::{ExpectedRequest, Vector};

/// How long the end of a request may take to be known.
const SETTLED_WITHIN: Duration = Duration::from_secs(1);

pub(crate) async fn check(vector: &Vector, sandbox: &Sandbox) -> Result<(), String> {
    let mut requests = sandbox.requests();
    for _ in 0..50 {
        if requests.iter().all(|request| request.outcome != Outcome::Pending) {
            break;
        }
        tokio::time::sleep(SETTLED_WITHIN / 50).await;
        requests = sandbox.requests();
    }
    let seen = || {
        let lines = requests.iter().map(|r| {
            format!(
                "\n    {} {}?{} {:?}",
                r.method,
                r.path,
                r.query.as_deref().unwrap_or_default(),
                r.outcome
            )
        });
        lines.collect::<String>()
    };
    if let Some(expected) = &vector.expect_requests {
        let fits = |w: usize, a: usize| match (expected.get(w), requests.get(a)) {
            (Some(expected), Some(request)) => {
                let before = a.checked_sub(1).and_then(|a| requests.get(a));
                fit(expected, request, before)
            }
            _ => Err("no such request".to_owned()),
        };
        assign(expected.len(), requests.len(), vector.requests_any_order, &fits)
            .map_err(|why| format!("requests: {why}{}", seen()))?;
    }
    if let Some(expected) = vector.expect_posts {
        let posts = requests.iter().filter(|r| r.method == "POST" && r.path == "/api/send").count();
        if posts != expected {
            return Err(format!("{expected} posts of a send expected, {posts} there{}", seen()));
        }
    }
    if sandbox.script_unmatched() > 0 {
        return Err(format!(
            "{} requests matched no scripted response{}",
            sandbox.script_unmatched(),
            seen()
        ));
    }
    if sandbox.script_remaining() > 0 && !vector.unused_ok {
        return Err(format!("{} scripted responses were not used{}", sandbox.script_remaining(), seen()));
    }
    Ok(())
}

fn fit(
    expected: &ExpectedRequest,
    request: &RecordedRequest,
    before: Option<&RecordedRequest>,
) -> Result<(), String> {
    let same = |name: &str, wanted: &Option<String>, there: &str| match wanted {
        Some(wanted) if wanted != there => Err(format!("{name}: {wanted:?} expected, {there:?} there")),
        _ => Ok(()),
    };
    same("method", &expected.method, &request.method)?;
    same("path", &expected.path, &request.path)?;
    let outcome = serde_json::to_value(request.outcome).map_err(|error| error.to_string())?;
    same("outcome", &expected.outcome, outcome.as_str().unwrap_or_default())?;
    if let Some(wanted) = &expected.query {
        let there = query(request.query.as_deref());
        if *wanted != there {
            return Err(format!("query: {wanted:?} expected, {there:?} there"));
        }
    }
    if let Some(wanted) = &expected.raw_query
        && *wanted != request.query
    {
        return Err(format!("raw_query: {wanted:?} expected, {:?} there", request.query));
    }
    if let Some(wanted) = &expected.json
        && *wanted != request.json.clone().unwrap_or(Value::Null)
    {
        return Err(format!("json: {wanted} expected, {:?} there", request.body));
    }
    for (name, wanted) in &expected.headers {
        let there = request.headers.get(&name.to_ascii_lowercase());
        if wanted.as_ref() != there {
            return Err(format!("header {name}: {wanted:?} expected, {there:?} there"));
        }
    }
    if let Some(least) = expected.min_gap_ms {
        let gap = before.map_or(0, |before| request.received_at_ms.saturating_sub(before.received_at_ms));
        if gap < least {
            return Err(format!("came {gap} ms after the one before, {least} ms at least expected"));
        }
    }
    Ok(())
}

fn query(raw: Option<&str>) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes()).into_owned().collect()
}
