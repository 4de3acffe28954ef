//! What stands for something else in a vector: `${…}`, `$repeat` and `$range`.

use ava_sandbox::Sandbox;
use serde_json::Value;

pub(crate) fn expand(value: &mut Value, sandbox: &Sandbox) -> Result<(), String> {
    if let Some(generated) = generated(value)? {
        *value = generated;
        return Ok(());
    }
    match value {
        Value::String(text) if text.contains("${") => {
            *text = text
                .replace("${base_url}", sandbox.base_url())
                .replace("${port}", &sandbox.address().port().to_string())
                .replace("${api_key}", sandbox.api_key());
            if text.contains("${") { Err(format!("unknown name in {text:?}")) } else { Ok(()) }
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| expand(item, sandbox)),
        Value::Object(members) => members.values_mut().try_for_each(|member| expand(member, sandbox)),
        _ => Ok(()),
    }
}

fn generated(value: &Value) -> Result<Option<Value>, String> {
    let Some(object) = value.as_object() else { return Ok(None) };
    let Some((name, of)) = object.iter().find(|(name, _)| name.starts_with('$')) else { return Ok(None) };
    let text = |member: &str| of[member].as_str().ok_or(format!("{name}: {member} must be a text"));
    let number = |member: &str| of[member].as_u64().ok_or(format!("{name}: {member} must be a number"));
    if object.len() != 1 || of.as_object().is_none_or(|of| of.len() != if name == "$repeat" { 2 } else { 3 })
    {
        return Err(format!("{name}: stands alone, with its own members and no others"));
    }
    match name.as_str() {
        "$repeat" => Ok(Some(text("text")?.repeat(usize::try_from(number("times")?).unwrap_or(0)).into())),
        "$range" => {
            let (prefix, from, to) = (text("prefix")?, number("from")?, number("to")?);
            let numbers: Vec<u64> =
                if from <= to { (from..=to).collect() } else { (to..=from).rev().collect() };
            Ok(Some(numbers.iter().map(|number| Value::from(format!("{prefix}{number}"))).collect()))
        }
        _ => Err(format!("unknown generator {name}")),
    }
}
