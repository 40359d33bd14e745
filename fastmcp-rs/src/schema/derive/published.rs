//! What is told of a derived schema: all of it but the keywords that some clients refuse whole requests for.

use serde_json::{Map, Value};

use super::normalise::FORMATS;
use crate::schema::walk::children_mut;

/// Enforced and not told: several model APIs refuse a request with any of these.
const UNTOLD: &[&str] = &["uniqueItems", "propertyNames", "not"];

/// The schema as clients see it. The one it is made from says more, and is what values are held against.
pub(crate) fn publish(schema: &Value) -> Value {
    let mut told = schema.clone();
    tell(&mut told);
    told
}

fn tell(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    // A type without values has nothing else to say.
    if map.len() > 1 {
        map.retain(|keyword, _| !UNTOLD.contains(&keyword.as_str()));
    }
    if let Some(format) = map.get("format").and_then(Value::as_str)
        && !FORMATS.contains(&format)
    {
        map.remove("format");
    }
    children_mut(map, tell);
    alike(map);
}

/// Alternatives that differed only in what is not told are one.
fn alike(map: &mut Map<String, Value>) {
    let Some(Value::Array(branches)) = map.get_mut("anyOf") else { return };
    let before = branches.len();
    let mut unique: Vec<Value> = Vec::with_capacity(before);
    for branch in branches.drain(..) {
        if !unique.contains(&branch) {
            unique.push(branch);
        }
    }
    *branches = unique;
    if before > 1
        && let [Value::Object(only)] = branches.as_slice()
        && !only.contains_key("$ref")
    {
        let only = only.clone();
        map.remove("anyOf");
        for (keyword, value) in only {
            // What stands outside was written nearer to the use.
            map.entry(keyword).or_insert(value);
        }
    }
}
