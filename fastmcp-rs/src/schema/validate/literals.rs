//! `enum` and `const`.

use serde_json::Value;

use super::words::{listed, quoted, same, shown};
use super::{Node, Pointer, Run};
use crate::schema::json::JsonTree;
use crate::text::suggest::nearest;

/// The values that are allowed. Long lists of strings are searched, not gone through.
#[derive(Clone, Debug, Default)]
pub(super) struct Literals {
    pub values: Vec<JsonTree<'static>>,
    /// The strings among them, sorted.
    texts: Vec<Box<str>>,
}

impl Literals {
    pub(super) fn new(values: &[Value]) -> Self {
        let mut texts: Vec<Box<str>> = values.iter().filter_map(Value::as_str).map(Box::from).collect();
        texts.sort_unstable();
        Self { values: values.iter().map(|value| JsonTree::of(value).into_owned()).collect(), texts }
    }

    pub(super) fn has_text(&self, text: &str) -> bool {
        self.texts.binary_search_by(|known| (**known).cmp(text)).is_ok()
    }

    fn has(&self, value: &JsonTree<'_>) -> bool {
        match value {
            JsonTree::Text(text) => self.has_text(text),
            value => self.values.iter().any(|literal| same(literal, value)),
        }
    }

    pub(super) fn are_scalar(&self) -> bool {
        self.values.iter().all(|value| !matches!(value, JsonTree::Array(_) | JsonTree::Object(_)))
    }

    pub(super) fn wanted(&self) -> String {
        wanted(self.values.iter())
    }

    pub(super) fn one_of(&self, got: &JsonTree<'_>, hint: bool) -> String {
        one_of(&self.values.iter(), got, hint)
    }
}

impl Node {
    pub(super) fn listed(&self, value: &JsonTree<'_>, at: &Pointer<'_>, run: &mut Run<'_>) -> bool {
        match &self.literals {
            Some(literals) if !literals.has(value) => {
                // Serde may know a name of a variant that the schema does not.
                if run.trusted.is_none() {
                    run.fail_or_hint(at, |hint| literals.one_of(value, hint));
                }
                false
            }
            _ => true,
        }
    }
}

fn wanted<'v>(mut literals: impl ExactSizeIterator<Item = &'v JsonTree<'v>>) -> String {
    match literals.len() {
        1 => format!("must be {}", literals.next().map(shown).unwrap_or_default()),
        _ => format!("must be one of {}", listed(literals.map(shown))),
    }
}

pub(super) fn one_of<'v>(
    literals: &(impl ExactSizeIterator<Item = &'v JsonTree<'v>> + Clone),
    got: &JsonTree<'_>,
    hint: bool,
) -> String {
    let mut out = format!("{}, got {}", wanted(literals.clone()), shown(got));
    let texts = literals.clone().filter_map(|literal| match literal {
        JsonTree::Text(text) => Some(&**text),
        _ => None,
    });
    if let JsonTree::Text(text) = got
        && hint
        && literals.len() > 1
        && let Some(meant) = nearest(text, texts)
    {
        out.push_str(&format!(" (did you mean {}?)", quoted(meant)));
    }
    out
}
