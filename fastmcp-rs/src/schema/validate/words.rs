//! How values and choices are put into words.

use std::cmp::Ordering;

use super::fault::ECHO;
use super::{Pointer, Run};
use crate::schema::json::JsonTree;
use crate::text::sanitize::bounded;

/// Whether there are as many as there may be; what is wrong is told.
pub(super) fn count(
    has: usize,
    min: Option<u64>,
    max: Option<u64>,
    what: &str,
    at: &Pointer<'_>,
    run: &mut Run<'_>,
) -> bool {
    let plural = |n: u64| if n == 1 { "" } else { "s" };
    if let Some(min) = min.filter(|min| has < as_usize(*min)) {
        run.fail(at, || format!("must have at least {min} {what}{}, has {has}", plural(min)));
        return false;
    }
    if let Some(max) = max.filter(|max| has > as_usize(*max)) {
        run.fail(at, || format!("must have at most {max} {what}{}, has {has}", plural(max)));
        return false;
    }
    true
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

/// "a, b, c and 7 more". Only what is shown is made.
pub(super) fn listed(items: impl ExactSizeIterator<Item = String>) -> String {
    let all = items.len();
    let shown: Vec<String> = items.take(12).collect();
    let mut out = shown.join(", ");
    if all > shown.len() {
        out.push_str(&format!(" and {} more", all - shown.len()));
    }
    out
}

/// A value as it may be echoed.
pub(super) fn shown(value: &JsonTree<'_>) -> String {
    match value {
        JsonTree::Text(text) => quoted(text),
        JsonTree::Array(items) if items.is_empty() => "[]".into(),
        JsonTree::Array(items) => {
            format!("an array of {} item{}", items.len(), if items.len() == 1 { "" } else { "s" })
        }
        JsonTree::Object(_) => "an object".into(),
        JsonTree::Number(text) => bounded(text, ECHO).into_owned(),
        JsonTree::Bool(is) => is.to_string(),
        JsonTree::Null => "null".into(),
    }
}

pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", bounded(text, ECHO).replace('"', "\\\""))
}

pub(super) fn same(left: &JsonTree<'_>, right: &JsonTree<'_>) -> bool {
    match (left, right) {
        (JsonTree::Null, JsonTree::Null) => true,
        (JsonTree::Bool(left), JsonTree::Bool(right)) => left == right,
        (JsonTree::Text(left), JsonTree::Text(right)) => left == right,
        (JsonTree::Number(_), JsonTree::Number(_)) => match (left.number(), right.number()) {
            (Some(left), Some(right)) => left.compare(right) == Some(Ordering::Equal),
            _ => false,
        },
        (JsonTree::Array(left), JsonTree::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| same(l, r))
        }
        (JsonTree::Object(left), JsonTree::Object(right)) => {
            left.members.len() == right.members.len()
                && left.members.iter().all(|(k, l)| right.get(k).is_some_and(|r| same(l, r)))
        }
        _ => false,
    }
}
