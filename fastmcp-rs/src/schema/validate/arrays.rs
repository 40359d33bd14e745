//! `items`, `prefixItems`, `contains`, `uniqueItems` and the bounds on how many items there are.

use std::collections::HashMap;

use super::words::{count, shown};
use super::{Pointer, Run, Validator};
use crate::schema::json::{JsonTree, write_text};

#[derive(Clone, Debug, Default)]
pub(super) struct ArrayRules {
    pub prefix: Vec<usize>,
    pub items: Option<usize>,
    pub contains: Option<(usize, u64, Option<u64>)>,
    pub unique: bool,
    pub min: Option<u64>,
    pub max: Option<u64>,
}

impl Validator {
    pub(super) fn array<'v>(
        &self,
        rules: &ArrayRules,
        items: &'v [JsonTree<'v>],
        at: &mut Pointer<'v>,
        run: &mut Run<'_>,
    ) {
        if !count(items.len(), rules.min, rules.max, "item", at, run) {
            return;
        }
        for (index, item) in items.iter().enumerate() {
            let Some(node) = rules.prefix.get(index).copied().or(rules.items) else {
                break;
            };
            at.push_index(index);
            self.eval(node, item, at, run);
            at.pop();
            if run.over() {
                return;
            }
        }
        if rules.unique {
            let mut seen = HashMap::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                let mut key = String::new();
                canonical(item, &mut key);
                if let Some(first) = seen.insert(key, index) {
                    at.push_index(index);
                    run.fail(at, || format!("must not repeat item {first}: {}", shown(item)));
                    at.pop();
                }
            }
        }
        if let Some((node, least, most)) = rules.contains {
            let mut found = 0u64;
            for item in items {
                found += u64::from(self.passes(node, item, at, run));
            }
            if found < least {
                run.fail(at, || format!("must contain at least {least} matching item(s), has {found}"));
            }
            if let Some(most) = most.filter(|most| found > *most) {
                run.fail(at, || format!("must contain at most {most} matching item(s), has {found}"));
            }
        }
    }
}

/// A text that is equal for equal values.
fn canonical(value: &JsonTree<'_>, out: &mut String) {
    match value {
        JsonTree::Number(text) => match value.number() {
            Some(number) => match number.digits() {
                Some(digits) => out.push_str(&digits),
                None => out.push_str(&number.as_f64().to_string()),
            },
            None => out.push_str(text),
        },
        JsonTree::Array(items) => {
            out.push('[');
            for item in items {
                canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        JsonTree::Object(object) => {
            let mut members: Vec<_> = object.members.iter().collect();
            members.sort_by(|(left, _), (right, _)| left.cmp(right));
            out.push('{');
            for (name, value) in members {
                write_text(name, out);
                out.push(':');
                canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
        other => other.write(out),
    }
}
