//! How values and choices are put into words.

use serde_json::Value;

use super::fault::ECHO;
use super::numbers::equal;
use super::{Pointer, Run};
use crate::text::{sanitize::bounded, suggest::nearest};

pub(super) fn count(has: usize, min: Option<u64>, max: Option<u64>, what: &str, at: &Pointer<'_>, run: &mut Run<'_>) {
    let plural = |n: u64| if n == 1 { "" } else { "s" };
    if let Some(min) = min.filter(|min| has < as_usize(*min)) {
        run.fail(at, || format!("must have at least {min} {what}{}, has {has}", plural(min)));
    }
    if let Some(max) = max.filter(|max| has > as_usize(*max)) {
        run.fail(at, || format!("must have at most {max} {what}{}, has {has}", plural(max)));
    }
}

pub(super) fn as_usize(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// "a, b or c".
pub(super) fn alternatives(forms: &[String]) -> String {
    match forms {
        [] => "nothing".into(),
        [one] => one.clone(),
        [first @ .., last] if forms.len() <= 12 => format!("{} or {last}", first.join(", ")),
        _ => listed(forms.iter().cloned()),
    }
}

/// "a, b, c, and 7 more".
pub(super) fn listed(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    let shown = items.get(..12).unwrap_or(&items);
    let mut out = shown.join(", ");
    if items.len() > shown.len() {
        out.push_str(&format!(" and {} more", items.len() - shown.len()));
    }
    out
}

pub(super) fn wanted(literals: &[Value]) -> String {
    match literals {
        [one] => format!("must be {}", shown(one)),
        many => format!("must be one of {}", listed(many.iter().map(shown))),
    }
}

pub(super) fn one_of(literals: &[Value], got: &Value) -> String {
    let mut out = format!("{}, got {}", wanted(literals), shown(got));
    if let Value::String(text) = got
        && literals.len() > 1
        && let Some(meant) = nearest(text, literals.iter().filter_map(Value::as_str))
    {
        out.push_str(&format!(" (did you mean {}?)", quoted(meant)));
    }
    out
}

/// A value as it may be echoed.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) if items.is_empty() => "[]".into(),
        Value::Array(items) => format!("an array of {} item{}", items.len(), if items.len() == 1 { "" } else { "s" }),
        Value::Object(_) => "an object".into(),
        Value::Number(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Null => "null".into(),
    }
}

pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", bounded(text, ECHO).replace('"', "\\\""))
}

pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => equal(left, right),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| same(l, r))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len() && left.iter().all(|(k, l)| right.get(k).is_some_and(|r| same(l, r)))
        }
        (left, right) => left == right,
    }
}
