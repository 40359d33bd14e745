//! `items`, `prefixItems`, `contains`, `uniqueItems` and the bounds on how many items there are.

use std::collections::HashMap;

use serde_json::Value;

use super::numbers::int;
use super::words::{count, shown};
use super::{Pointer, Run, Validator};

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
    pub(super) fn array<'v>(&self, rules: &ArrayRules, items: &'v [Value], at: &mut Pointer<'v>, run: &mut Run<'_>) {
        count(items.len(), rules.min, rules.max, "item", at, run);
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
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Number(n) => match (int(n), n.as_f64()) {
            (Some(n), _) => out.push_str(&n.to_string()),
            #[allow(clippy::cast_possible_truncation, reason = "whole and small, as just asked")]
            (None, Some(f)) if f.fract() == 0.0 && f.abs() < 1e18 => out.push_str(&(f as i128).to_string()),
            _ => out.push_str(&n.to_string()),
        },
        Value::Array(items) => {
            out.push('[');
            for item in items {
                canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            out.push('{');
            for key in keys {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                if let Some(value) = map.get(key) {
                    canonical(value, out);
                }
                out.push(',');
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}
