//! The bytes of what a state is bound to.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::bound::Binding;
use crate::protocol::jsonrpc::text;
use crate::protocol::params::unique_members;

/// Objects and arrays deeper than this are bound by their text as it stands.
const DEPTH: usize = 16;

impl Binding {
    /// The bytes that must be the same when the state comes back to the server of this name.
    pub(crate) fn bytes(&self, server: &str) -> Vec<u8> {
        let parts = [server, self.subject.as_deref().unwrap_or_default(), self.method, &self.name];
        let mut out = vec![u8::from(self.subject.is_some()), u8::from(self.arguments.is_some())];
        for part in parts {
            put(&mut out, b'p', part.as_bytes());
        }
        if let Some(arguments) = &self.arguments {
            write(&mut out, arguments, 0);
        }
        out
    }
}

/// Appends a piece with its kind and length, so that no two values have the same bytes.
fn put(out: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    out.push(kind);
    out.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    out.extend_from_slice(bytes);
}

/// JSON by its value, where that can be told without losing any of it: members of objects in any order, strings however they are
/// escaped. Numbers keep their text, since no type of ours holds all of them; and what cannot be read as a value (half of a
/// surrogate pair, a member given twice) keeps its text as a whole.
fn write(out: &mut Vec<u8>, json: &RawValue, depth: usize) {
    let raw = json.get();
    match raw.as_bytes().first() {
        Some(b'{') if depth < DEPTH => {
            if let Some(members) = unique_members(json) {
                let sorted: BTreeMap<_, _> = members.into_iter().collect();
                put(out, b'o', &(sorted.len() as u64).to_be_bytes());
                for (name, value) in sorted {
                    put(out, b'k', name.as_bytes());
                    write(out, value, depth + 1);
                }
                return;
            }
        }
        Some(b'[') if depth < DEPTH => {
            if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw) {
                put(out, b'a', &(items.len() as u64).to_be_bytes());
                for item in items {
                    write(out, item, depth + 1);
                }
                return;
            }
        }
        Some(b'"') => {
            if let Some(text) = text(json) {
                return put(out, b's', text.as_bytes());
            }
        }
        _ => {}
    }
    put(out, b'r', raw.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(arguments: &str) -> Vec<u8> {
        let arguments = Some(RawValue::from_string(arguments.to_owned()).expect("JSON"));
        let name = "n".to_owned();
        Binding { subject: None, method: "tools/call", name, arguments, declared: None }.bytes("s")
    }

    #[test]
    fn the_same_value_is_the_same_and_nothing_else_is() {
        for (one, other) in [
            (r#"{"a":1,"b":"x"}"#, r#"{ "b" : "\u0078", "a" : 1 }"#),
            (r#"{"a":[1,{"b":2,"c":3}]}"#, r#"{"a":[1,{"c":3,"b":2}]}"#),
        ] {
            assert_eq!(bytes(one), bytes(other), "{one} {other}");
        }
        for (one, other) in [
            (r#"{"n":18446744073709551616}"#, r#"{"n":18446744073709551617}"#),
            (r#"{"n":1e400}"#, r#"{"n":1e401}"#),
            (r#"{"p":{"x":1,"zz":1e400}}"#, r#"{"p":{"x":999999,"zz":1e400}}"#),
            (r#"{"s":"\ud800","x":1}"#, r#"{"s":"\ud800","x":2}"#),
            (r#"{"x":1,"x":2}"#, r#"{"x":2,"x":2}"#),
            (r#"{"x":0.1}"#, r#"{"x":0.10000000000000000001}"#),
            (r#"{"x":0}"#, r#"{"x":-0}"#),
            (r#"{"x":"1"}"#, r#"{"x":1}"#),
            (r#"{"x":null}"#, r#"{}"#),
            (r#"{"x":[1,2]}"#, r#"{"x":[2,1]}"#),
            (r#"{"x":["a","b"]}"#, r#"{"x":["ab"]}"#),
        ] {
            assert_ne!(bytes(one), bytes(other), "{one} {other}");
        }
        let deep = |n: u8| format!(r#"{}{{"x":{n}}}{}"#, r#"{"a":"#.repeat(60), "}".repeat(60));
        assert_ne!(bytes(&deep(1)), bytes(&deep(2)));
    }
}
