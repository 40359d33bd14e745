//! A JSON text as a tree: strings borrowed, numbers as they were written, members in the order they came.
//!
//! `serde_json::Value` would cost ten times the memory, take every number through a float and lose the members that are
//! given twice. What is read here was found to be JSON before, so the parser only has to find the parts.

use std::borrow::Cow;

use serde_json::Value;
use serde_json::value::RawValue;

use super::number::Number;

/// Values nested deeper than this are refused, as serde_json does on reading.
const DEEP: usize = 128;
/// From this many members on, an object is searched by a sorted index.
const INDEXED: usize = 16;

#[derive(Clone, Debug)]
pub(crate) enum JsonTree<'a> {
    Null,
    Bool(bool),
    /// The number as it was written.
    Number(Cow<'a, str>),
    Text(Cow<'a, str>),
    Array(Vec<JsonTree<'a>>),
    Object(JsonObject<'a>),
}

/// An object's members, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct JsonObject<'a> {
    pub members: Vec<(Cow<'a, str>, JsonTree<'a>)>,
    /// Places of the members by name, for large objects.
    #[allow(clippy::box_collection, reason = "most objects are small, and values of them many")]
    index: Option<Box<Vec<u32>>>,
}

/// Why a text could not be read as a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnreadableJson {
    NotJson,
    TooDeep,
}

impl UnreadableJson {
    pub(crate) fn message(self) -> &'static str {
        match self {
            UnreadableJson::NotJson => "is not JSON",
            UnreadableJson::TooDeep => "is nested too deeply",
        }
    }
}

impl<'a> JsonObject<'a> {
    fn new(members: Vec<(Cow<'a, str>, JsonTree<'a>)>) -> Self {
        let mut object = Self { members, index: None };
        object.sort();
        object
    }

    fn sort(&mut self) {
        self.index = None;
        if self.members.len() >= INDEXED {
            let members = &self.members;
            let mut index: Vec<u32> = (0..).take(members.len()).collect();
            index.sort_by(|l, r| members[*l as usize].0.cmp(&members[*r as usize].0));
            self.index = Some(Box::new(index));
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&JsonTree<'a>> {
        let Some(index) = &self.index else {
            return self.members.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        };
        let place = index.binary_search_by(|place| (*self.members[*place as usize].0).cmp(name)).ok()?;
        Some(&self.members[index[place] as usize].1)
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&str, &JsonTree<'a>) -> bool) {
        self.members.retain(|(name, value)| keep(name, value));
        self.sort();
    }

    /// A name that is there twice.
    pub(crate) fn twice(&self) -> Option<&str> {
        let Some(index) = &self.index else {
            let names = self.members.iter().enumerate();
            return names
                .filter(|(at, (name, _))| self.members[..*at].iter().any(|(before, _)| before == name))
                .map(|(_, (name, _))| &**name)
                .next();
        };
        let name = |place: &u32| &*self.members[*place as usize].0;
        index.windows(2).find(|pair| name(&pair[0]) == name(&pair[1])).map(|pair| name(&pair[0]))
    }
}

impl<'a> JsonTree<'a> {
    /// Reads a text that is known to be JSON.
    pub(crate) fn read(text: &'a str) -> Result<JsonTree<'a>, UnreadableJson> {
        let mut parser = Parser { text, at: 0 };
        parser.value(0)
    }

    /// Reads a text that may be anything.
    pub(crate) fn read_unknown(text: &'a str) -> Result<JsonTree<'a>, UnreadableJson> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|_| UnreadableJson::NotJson)?;
        JsonTree::read(raw.get())
    }

    pub(crate) fn of(value: &'a Value) -> JsonTree<'a> {
        match value {
            Value::Null => JsonTree::Null,
            Value::Bool(is) => JsonTree::Bool(*is),
            Value::Number(number) => JsonTree::Number(number.to_string().into()),
            Value::String(text) => JsonTree::Text(text.as_str().into()),
            Value::Array(items) => JsonTree::Array(items.iter().map(JsonTree::of).collect()),
            Value::Object(map) => JsonTree::Object(JsonObject::new(
                map.iter().map(|(name, value)| (name.as_str().into(), JsonTree::of(value))).collect(),
            )),
        }
    }

    /// The tree as serde_json has it. Numbers that it cannot hold are `None`.
    pub(crate) fn to_value(&self) -> Option<Value> {
        Some(match self {
            JsonTree::Null => Value::Null,
            JsonTree::Bool(is) => Value::Bool(*is),
            JsonTree::Number(text) => Value::Number(serde_json::from_str(text).ok()?),
            JsonTree::Text(text) => Value::String(text.clone().into_owned()),
            JsonTree::Array(items) => Value::Array(items.iter().map(JsonTree::to_value).collect::<Option<_>>()?),
            JsonTree::Object(object) => Value::Object(
                object
                    .members
                    .iter()
                    .map(|(name, value)| Some((name.clone().into_owned(), value.to_value()?)))
                    .collect::<Option<_>>()?,
            ),
        })
    }

    pub(crate) fn into_owned(self) -> JsonTree<'static> {
        match self {
            JsonTree::Null => JsonTree::Null,
            JsonTree::Bool(is) => JsonTree::Bool(is),
            JsonTree::Number(text) => JsonTree::Number(text.into_owned().into()),
            JsonTree::Text(text) => JsonTree::Text(text.into_owned().into()),
            JsonTree::Array(items) => JsonTree::Array(items.into_iter().map(JsonTree::into_owned).collect()),
            JsonTree::Object(object) => JsonTree::Object(JsonObject {
                members: object
                    .members
                    .into_iter()
                    .map(|(name, value)| (name.into_owned().into(), value.into_owned()))
                    .collect(),
                index: object.index,
            }),
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, JsonTree::Null)
    }

    pub(crate) fn number(&self) -> Option<Number> {
        match self {
            JsonTree::Number(text) => Number::read(text),
            _ => None,
        }
    }

    pub(crate) fn write(&self, out: &mut String) {
        match self {
            JsonTree::Null => out.push_str("null"),
            JsonTree::Bool(true) => out.push_str("true"),
            JsonTree::Bool(false) => out.push_str("false"),
            JsonTree::Number(text) => out.push_str(text),
            JsonTree::Text(text) => write_text(text, out),
            JsonTree::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            JsonTree::Object(object) => {
                out.push('{');
                for (at, (name, value)) in object.members.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    write_text(name, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }

    pub(crate) fn to_text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }
}

pub(crate) fn write_text(text: &str, out: &mut String) {
    out.push_str(&Value::from(text).to_string());
}

/// Takes valid JSON apart; what is not valid all the same ends in [`UnreadableJson::NotJson`].
struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(self.at) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn value(&mut self, depth: usize) -> Result<JsonTree<'a>, UnreadableJson> {
        if depth > DEEP {
            return Err(UnreadableJson::TooDeep);
        }
        match self.peek().ok_or(UnreadableJson::NotJson)? {
            b'{' => {
                let mut members = Vec::new();
                self.at += 1;
                while self.peek() != Some(b'}') {
                    self.peek();
                    let name = self.string()?;
                    if self.peek() != Some(b':') {
                        return Err(UnreadableJson::NotJson);
                    }
                    self.at += 1;
                    members.push((name, self.value(depth + 1)?));
                    if self.peek() == Some(b',') {
                        self.at += 1;
                    }
                }
                self.at += 1;
                Ok(JsonTree::Object(JsonObject::new(members)))
            }
            b'[' => {
                let mut items = Vec::new();
                self.at += 1;
                while self.peek() != Some(b']') {
                    items.push(self.value(depth + 1)?);
                    if self.peek() == Some(b',') {
                        self.at += 1;
                    }
                }
                self.at += 1;
                Ok(JsonTree::Array(items))
            }
            b'"' => self.string().map(JsonTree::Text),
            b'n' => self.word("null", JsonTree::Null),
            b't' => self.word("true", JsonTree::Bool(true)),
            b'f' => self.word("false", JsonTree::Bool(false)),
            _ => {
                let rest = &self.text[self.at..];
                let end = rest.find([',', ']', '}', ' ', '\n', '\r', '\t']).unwrap_or(rest.len());
                let number = &rest[..end];
                if Number::read(number).is_none() {
                    return Err(UnreadableJson::NotJson);
                }
                self.at += end;
                Ok(JsonTree::Number(number.into()))
            }
        }
    }

    fn word(&mut self, word: &str, value: JsonTree<'a>) -> Result<JsonTree<'a>, UnreadableJson> {
        if !self.text[self.at..].starts_with(word) {
            return Err(UnreadableJson::NotJson);
        }
        self.at += word.len();
        Ok(value)
    }

    fn string(&mut self) -> Result<Cow<'a, str>, UnreadableJson> {
        let start = self.at;
        let (end, escaped) = string_end(self.text.as_bytes(), start).ok_or(UnreadableJson::NotJson)?;
        self.at = end;
        if escaped {
            // A lone surrogate is not text, though serde_json lets it pass where nobody looks.
            return serde_json::from_str::<String>(&self.text[start..end])
                .map(Cow::Owned)
                .map_err(|_| UnreadableJson::NotJson);
        }
        Ok(Cow::Borrowed(&self.text[start + 1..end - 1]))
    }
}

/// The place after the string that begins at `start`, and whether anything in it is escaped.
pub(super) fn string_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    if bytes.get(start) != Some(&b'"') {
        return None;
    }
    let mut at = start + 1;
    let mut escaped = false;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some((at + 1, escaped));
        }
        escaped = true;
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_and_written_as_it_was() {
        for text in [
            r#"{"a":[1,2.50,-3e+7,"x","é\n"],"b":{},"c":[],"a":null,"":true}"#,
            "18446744073709551616",
            "\"plain\"",
            "[false]",
        ] {
            assert_eq!(JsonTree::read(text).expect("JSON").to_text(), text);
        }
        assert_eq!(JsonTree::read(" [ 1 , {\"a\" : 2 } ] ").expect("JSON").to_text(), r#"[1,{"a":2}]"#);
        assert_eq!(JsonTree::read(&"[".repeat(200)).unwrap_err(), UnreadableJson::TooDeep);
        for text in ["", "[1", "{\"a\"}", "nul", "\"", "\"\\ud800\"", "{\"a\":1", "x"] {
            assert_eq!(JsonTree::read(text).err(), Some(UnreadableJson::NotJson), "{text}");
            assert!(JsonTree::read_unknown(text).is_err());
        }
    }

    #[test]
    fn members_are_found_and_repetitions_seen_in_objects_of_any_size() {
        for size in [2, 15, 16, 40] {
            let members: Vec<String> = (0..size).map(|n| format!("\"k{n}\":{n}")).collect();
            let text = format!("{{{}}}", members.join(","));
            let Ok(JsonTree::Object(object)) = JsonTree::read(&text) else { panic!("an object") };
            assert!(object.contains("k1") && !object.contains("k"));
            assert_eq!(object.twice(), None);
            let text = format!("{{{},\"\\u006b1\":0}}", members.join(","));
            let Ok(JsonTree::Object(object)) = JsonTree::read(&text) else { panic!("an object") };
            assert_eq!(object.twice(), Some("k1"));
        }
    }
}
