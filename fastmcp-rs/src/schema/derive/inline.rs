//! Replaces every `$ref` to a finite type by that type; only recursive types stay under `$defs`.
//!
//! Several model APIs do not resolve references at all. Where inlining would blow a schema up
//! (a type used in many places, many levels deep), the definitions stay.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::schema::walk::{children, children_mut, definition, is_annotation, merge};

/// A schema may grow to this many bytes of JSON by inlining,
const SMALL: usize = 16 * 1024;
/// and beyond that, if it no more than doubles, up to this.
const LARGE: usize = 64 * 1024;

/// The schema without `$defs`, and the definitions it still needs.
pub(super) fn inline(schema: Value) -> (Value, Map<String, Value>) {
    let Value::Object(mut root) = schema else {
        return (schema, Map::new());
    };
    let mut defs = Map::new();
    for keyword in ["definitions", "$defs"] {
        if let Some(Value::Object(found)) = root.remove(keyword) {
            defs.extend(found);
        }
    }
    let root = Value::Object(root);
    if defs.is_empty() {
        return (root, defs);
    }

    let mut kept = recursive(&defs);
    let mut sizes = BTreeMap::new();
    let inlined = size(&root, &defs, &kept, &mut sizes);
    let written: usize = text(&root) + defs.values().map(text).sum::<usize>();
    if inlined > LARGE || (inlined > SMALL && inlined > 2 * written) {
        kept = defs.keys().cloned().collect();
    }

    let expander = Expander { defs: &defs, kept: &kept };
    let mut root = root;
    // A root that is nothing but a reference must become what it refers to: the root is an object.
    if let Value::Object(map) = &mut root {
        expander.adopt(map, 0);
    }
    expander.expand(&mut root);

    let mut needed = Map::new();
    let mut queue = Vec::new();
    references(&root, &mut queue);
    while let Some(name) = queue.pop() {
        if needed.contains_key(&name) {
            continue;
        }
        if let Some(body) = defs.get(&name) {
            let mut body = body.clone();
            expander.expand(&mut body);
            references(&body, &mut queue);
            needed.insert(name, body);
        }
    }
    (root, needed)
}

struct Expander<'a> {
    defs: &'a Map<String, Value>,
    kept: &'a BTreeSet<String>,
}

impl Expander<'_> {
    fn expand(&self, schema: &mut Value) {
        let Value::Object(map) = schema else { return };
        let target = map.get("$ref").and_then(Value::as_str).and_then(definition);
        if let Some(name) = target {
            let asserts = map.keys().any(|k| k != "$ref" && !is_annotation(k));
            if asserts || !self.kept.contains(&name) {
                self.adopt(map, 0);
            }
        }
        children_mut(map, |child| self.expand(child));
    }

    /// Puts the body of the definition in place of the `$ref`.
    fn adopt(&self, map: &mut Map<String, Value>, depth: usize) {
        let target = map.get("$ref").and_then(Value::as_str).and_then(definition);
        let Some(Value::Object(body)) = target.and_then(|name| self.defs.get(&name)) else {
            return;
        };
        let mut body = body.clone();
        map.remove("$ref");
        // A definition may be another's alias. Types are finite, so the chain is; the bound is for hand-made ones.
        if depth < 16 {
            self.adopt(&mut body, depth + 1);
        } else {
            body.remove("$ref");
        }
        merge(&mut body, std::mem::take(map));
        *map = body;
    }
}

fn references(schema: &Value, found: &mut Vec<String>) {
    let Value::Object(map) = schema else { return };
    found.extend(map.get("$ref").and_then(Value::as_str).and_then(definition));
    children(map, |child| references(child, found));
}

/// The definitions that can reach themselves.
fn recursive(defs: &Map<String, Value>) -> BTreeSet<String> {
    let mut edges = BTreeMap::new();
    for (name, body) in defs {
        let mut to: Vec<String> = Vec::new();
        references(body, &mut to);
        to.sort();
        to.dedup();
        edges.insert(name.as_str(), to);
    }
    let reaches_itself = |start: &str| {
        let mut seen = BTreeSet::new();
        let mut queue: Vec<&str> = vec![start];
        while let Some(name) = queue.pop() {
            for next in edges.get(name).into_iter().flatten() {
                if next == start {
                    return true;
                }
                if seen.insert(next.as_str()) {
                    queue.push(next);
                }
            }
        }
        false
    };
    defs.keys().filter(|name| reaches_itself(name)).cloned().collect()
}

fn text(schema: &Value) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, schema) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}

/// How many bytes `schema` takes once inlined: counted, not built, since it may be astronomical.
fn size(
    schema: &Value,
    defs: &Map<String, Value>,
    kept: &BTreeSet<String>,
    sizes: &mut BTreeMap<String, usize>,
) -> usize {
    let mut names = Vec::new();
    references(schema, &mut names);
    let mut total = text(schema);
    for name in names {
        if kept.contains(&name) {
            continue;
        }
        let one = match (sizes.get(&name), defs.get(&name)) {
            (Some(known), _) => *known,
            (None, Some(body)) => {
                let one = size(body, defs, kept, sizes);
                sizes.insert(name, one);
                one
            }
            (None, None) => 0,
        };
        total = total.saturating_add(one);
    }
    total
}
