//! Whether an outcome is the one that a vector expects.

use serde_json::{Map, Value};

use crate::format::Expect;
use crate::steps::Outcome;

type Verdict = Result<(), String>;

pub(crate) fn outcome(expected: &Expect, actual: &Outcome) -> Verdict {
    match (&expected.result, &expected.error, actual) {
        (Some(_), Some(_), _) | (None, None, _) => Err("expect: give either result or error".to_owned()),
        (Some(wanted), None, Outcome::Several(all)) => branches(wanted, all, expected.any_order),
        _ if expected.any_order => Err("expect: any_order is for parallel".to_owned()),
        (Some(wanted), None, Outcome::Result(value)) => result(wanted, value),
        (None, Some(wanted), Outcome::Error(value)) => error(wanted, value, "error"),
        (_, _, other) => Err(format!("not of the kind expected: {other:?}")),
    }
}

fn branches(wanted: &Value, all: &[Outcome], any_order: bool) -> Verdict {
    let wanted: Vec<Expect> = serde_json::from_value(wanted.clone()).map_err(|error| error.to_string())?;
    let fits = |w: usize, a: usize| match (wanted.get(w), all.get(a)) {
        (Some(expected), Some(actual)) => outcome(expected, actual),
        _ => Err("no such branch".to_owned()),
    };
    assign(wanted.len(), all.len(), any_order, &fits)
}

/// Whether each of `wanted` has one of `all` for itself, in order or in any order.
pub(crate) fn assign(
    wanted: usize,
    all: usize,
    any_order: bool,
    fits: &dyn Fn(usize, usize) -> Verdict,
) -> Verdict {
    fn place(w: usize, count: usize, taken: &mut [bool], fits: &dyn Fn(usize, usize) -> Verdict) -> bool {
        if w == count {
            return true;
        }
        for a in 0..taken.len() {
            if !taken[a] && fits(w, a).is_ok() {
                taken[a] = true;
                if place(w + 1, count, taken, fits) {
                    return true;
                }
                taken[a] = false;
            }
        }
        false
    }
    if wanted != all {
        return Err(format!("{wanted} expected, {all} there"));
    }
    if !any_order {
        return (0..wanted).try_for_each(|i| fits(i, i).map_err(|why| format!("[{i}] {why}")));
    }
    if place(0, wanted, &mut vec![false; all], fits) {
        return Ok(());
    }
    let reasons =
        (0..wanted).flat_map(|w| (0..all).filter_map(move |a| Some(format!("[{w}] {}", fits(w, a).err()?))));
    Err(format!("no order fits: {}", reasons.collect::<Vec<_>>().join("; ")))
}

/// A result. The error that ended a stream is in it, and must be expected.
fn result(wanted: &Value, actual: &Value) -> Verdict {
    let (Value::Object(expected), Some(failure)) = (wanted, actual.get("error")) else {
        return part(wanted, actual, "result");
    };
    let Some(failure_expected) = expected.get("error") else {
        return Err(format!("result.error: not expected: {failure}"));
    };
    error(failure_expected, failure, "result.error")?;
    let rest: Map<String, Value> =
        expected.iter().filter(|(name, _)| *name != "error").map(|(k, v)| (k.clone(), v.clone())).collect();
    part(&Value::Object(rest), actual, "result")
}

/// Objects by the members listed, lists element by element, all else as it is.
fn part(wanted: &Value, actual: &Value, path: &str) -> Verdict {
    match (wanted, actual) {
        (Value::Object(wanted), Value::Object(actual)) => wanted.iter().try_for_each(|(name, value)| {
            let path = format!("{path}.{name}");
            match actual.get(name) {
                Some(other) => part(value, other, &path),
                None => Err(format!("{path}: not there")),
            }
        }),
        (Value::Array(wanted), Value::Array(actual)) if wanted.len() == actual.len() => wanted
            .iter()
            .zip(actual)
            .enumerate()
            .try_for_each(|(i, (wanted, actual))| part(wanted, actual, &format!("{path}[{i}]"))),
        _ if wanted == actual => Ok(()),
        _ => Err(format!("{path}: {} expected, {} there", short(wanted), short(actual))),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(600) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn error(wanted: &Value, actual: &Value, path: &str) -> Verdict {
    let Value::Object(members) = wanted else { return Err(format!("{path}: expected is an object")) };
    if !actual.is_object() {
        return Err(format!("{path}: there is none"));
    }
    let text = |name: &str| actual[name].as_str().unwrap_or_default();
    for (name, value) in members {
        let path = format!("{path}.{name}");
        let words = match value {
            Value::String(word) => vec![word.as_str()],
            Value::Array(words) if !words.is_empty() => words.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if words.is_empty() && (name.ends_with("_contains") || name.ends_with("_excludes")) {
            return Err(format!("{path}: expected is a text, or a list of texts"));
        }
        let fault = match name.as_str() {
            "code" | "number" | "status" | "delivery" | "request_id" | "retry_after_ms" | "message"
            | "message_id" | "has_attempt" => {
                (actual[name] != *value).then(|| format!("{} there", actual[name]))
            }
            "message_contains" => words
                .iter()
                .find(|w| !text("message").contains(**w))
                .map(|w| format!("{w:?} is not in {:?}", text("message"))),
            "message_excludes" => words
                .iter()
                .find(|w| text("message").contains(**w))
                .map(|w| format!("{w:?} is in {:?}", text("message"))),
            "body_contains" => words
                .iter()
                .find(|w| !text("body").contains(**w))
                .map(|w| format!("{w:?} is not in {}", short(&actual["body"]))),
            "cause" if value.is_null() => (!actual["cause"].is_null()).then(|| "there is one".to_owned()),
            "cause" => error(value, &actual["cause"], &path).err(),
            _ => Some("no member of an error".to_owned()),
        };
        if let Some(fault) = fault {
            return Err(format!("{path}: {} expected: {fault}\n    in {}", short(value), short(actual)));
        }
    }
    Ok(())
}

/// What holds of every error, whatever a vector says of it.
pub(crate) fn always(error: &Value) -> Verdict {
    let message = error["message"].as_str().unwrap_or_default();
    if message.is_empty() || message.contains(['\n', '\r']) || message.to_lowercase().contains("<html") {
        return Err(format!("a message is one line of words: {message:?}"));
    }
    match &error["cause"] {
        Value::Null => Ok(()),
        cause => always(cause),
    }
}
