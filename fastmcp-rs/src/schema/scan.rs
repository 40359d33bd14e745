//! What is learnt from a JSON text without building anything of it.

use std::hash::{BuildHasher, RandomState};

use super::json::string_end;

/// What an object takes in memory as a [`JsonTree`](super::json::JsonTree), in bytes, roughly,
pub(crate) const OBJECT: usize = 120;
/// and as a `serde_json::Value`, whose maps have room for eleven members.
pub(crate) const VALUE_OBJECT: usize = 640;
/// What a list and any other value take.
const LIST: usize = 40;
const VALUE: usize = 40;

/// What a text would take in memory as a tree, in bytes, roughly.
pub(crate) fn weight(text: &str, object: usize) -> usize {
    let bytes = text.as_bytes();
    let mut weight = bytes.len();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => match string_end(bytes, at) {
                Some((end, _)) => {
                    at = end;
                    continue;
                }
                None => break,
            },
            b'{' => weight += object,
            b'[' => weight += LIST,
            b',' => weight += VALUE,
            _ => {}
        }
        at += 1;
    }
    weight
}

/// One step on the way to a place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TextStep {
    Key(String),
    Index(usize),
}

/// The place in a JSON text that a reader is at who has read `offset` bytes of it.
pub(crate) fn path_to(text: &str, offset: usize) -> Vec<TextStep> {
    /// A container that is open: the name of its current member, or the number of its current item.
    enum OpenContainer<'a> {
        Object(Option<&'a str>),
        Array(usize),
    }
    let bytes = text.as_bytes();
    let mut open: Vec<OpenContainer<'_>> = Vec::new();
    let mut name_next = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at).filter(|_| at < offset) {
        match byte {
            b'"' => {
                let Some((end, _)) = string_end(bytes, at) else { break };
                if name_next && let Some(OpenContainer::Object(name)) = open.last_mut() {
                    *name = text.get(at..end);
                    name_next = false;
                }
                at = end;
                continue;
            }
            b'{' => {
                open.push(OpenContainer::Object(None));
                name_next = true;
            }
            b'[' => open.push(OpenContainer::Array(0)),
            b'}' | b']' => {
                open.pop();
                name_next = false;
            }
            b',' => match open.last_mut() {
                Some(OpenContainer::Object(name)) => {
                    *name = None;
                    name_next = true;
                }
                Some(OpenContainer::Array(index)) => *index += 1,
                None => {}
            },
            _ => {}
        }
        at += 1;
    }
    let step = |open: &OpenContainer<'_>| match open {
        OpenContainer::Object(name) => name.and_then(|name| serde_json::from_str(name).ok()).map(TextStep::Key),
        OpenContainer::Array(index) => Some(TextStep::Index(*index)),
    };
    open.iter().map_while(step).collect()
}

/// Whether an object in the text may have a member twice. Names are compared by their hashes: no means no.
pub(crate) fn may_repeat(text: &str) -> bool {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0, seen: Vec::new(), hasher: RandomState::new() };
    scan.run(text)
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The hashes of the names in the objects that are open.
    seen: Vec<u64>,
    hasher: RandomState,
}

impl Scan<'_> {
    fn run(&mut self, text: &str) -> bool {
        // Where the names of each open object begin in `seen`; a list has none.
        let mut open: Vec<Option<usize>> = Vec::new();
        let mut name_next = false;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => {
                    let Some((end, escaped)) = string_end(self.bytes, self.at) else { return true };
                    if name_next {
                        let name = &text[self.at..end];
                        let hash = if escaped {
                            match serde_json::from_str::<String>(name) {
                                Ok(name) => self.hasher.hash_one(name.as_bytes()),
                                Err(_) => return true,
                            }
                        } else {
                            self.hasher.hash_one(&name.as_bytes()[1..name.len() - 1])
                        };
                        self.seen.push(hash);
                        name_next = false;
                    }
                    self.at = end;
                    continue;
                }
                b'{' => {
                    open.push(Some(self.seen.len()));
                    name_next = true;
                }
                b'[' => {
                    open.push(None);
                    name_next = false;
                }
                b'}' | b']' => {
                    if let Some(Some(first)) = open.pop() {
                        if repeats(&mut self.seen[first..]) {
                            return true;
                        }
                        self.seen.truncate(first);
                    }
                    name_next = false;
                }
                b',' => name_next = matches!(open.last(), Some(Some(_))),
                _ => {}
            }
            self.at += 1;
        }
        false
    }
}

fn repeats(hashes: &mut [u64]) -> bool {
    if hashes.len() < 2 {
        return false;
    }
    hashes.sort_unstable();
    hashes.windows(2).any(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_members_are_noticed_at_every_depth() {
        for text in [
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"[{"b":{"x":[1],"y":0,"x":2}}]"#,
            r#"{"a":{"a":1},"b":"}","a":2}"#,
        ] {
            assert!(may_repeat(text), "{text}");
        }
        for text in [r#"{"a":{"a":1},"b":["a","a"],"c":"a"}"#, "[1,1]", "\"a\"", "{}", r#"[{"a":1},{"a":1}]"#] {
            assert!(!may_repeat(text), "{text}");
        }
    }

    #[test]
    fn objects_weigh_more_than_their_text() {
        let hostile = format!("[{}]", vec![r#"{"":0}"#; 1000].join(","));
        assert!(weight(&hostile, OBJECT) > 100 * 1000);
        assert!(weight(&format!("\"{}\"", "{".repeat(1000)), OBJECT) < 2000);
    }

    #[test]
    fn a_place_is_known_by_how_much_was_read() {
        let text = r#"{"a": [1, {"b\"": "x, y"}], "c": 2}"#;
        let at = |read: &str| path_to(text, text.find(read).expect("is there") + read.len());
        let key = |name: &str| TextStep::Key(name.into());
        assert_eq!(at("{\"a\":"), [key("a")]);
        assert_eq!(at("[1"), [key("a"), TextStep::Index(0)]);
        assert_eq!(at("x, y\""), [key("a"), TextStep::Index(1), key("b\"")]);
        assert_eq!(at("\"x, y\"}"), [key("a"), TextStep::Index(1)]);
        assert_eq!(at(": 2"), [key("c")]);
        assert_eq!(at("2}"), []);
    }
}
