//! Results as they are read: leniently, so that one bad entry never costs the others, and into the caller's own types.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::error::{ClientError, ToolFailure};
use crate::protocol::{
    CacheHints, CacheScope, Completion, Content, PromptResult, ResourceContents, ResourceResult, Role,
};
use crate::result::ToolResult;
use crate::text::sanitize;

/// What kind of result it is (2026-07-28, basic, "Result types"); older servers say nothing, and mean a complete one.
pub(super) fn kind(result: &RawValue) -> Cow<'_, str> {
    #[derive(Deserialize)]
    struct KindWire<'a> {
        #[serde(borrow, default, rename = "resultType")]
        kind: Option<Cow<'a, str>>,
    }
    let kind = serde_json::from_str::<KindWire<'_>>(result.get()).ok().and_then(|wire| wire.kind);
    kind.unwrap_or(Cow::Borrowed("complete"))
}

/// How long a result may be kept, and for whom.
pub(super) fn cache_hints(result: &RawValue) -> CacheHints {
    #[derive(Deserialize)]
    struct HintsWire {
        #[serde(default, rename = "ttlMs")]
        ttl: Option<f64>,
        #[serde(default, rename = "cacheScope")]
        scope: Option<CacheScope>,
    }
    let wire = serde_json::from_str::<HintsWire>(result.get()).unwrap_or(HintsWire { ttl: None, scope: None });
    // A time that is no time at all is none.
    let ttl_ms = wire.ttl.filter(|ttl| ttl.is_finite() && *ttl > 0.0).map_or(0, |ttl| ttl as u64);
    let mut hints = CacheHints::default();
    (hints.ttl_ms, hints.scope) = (ttl_ms, wire.scope.unwrap_or_default());
    hints
}

/// Whether a page is not the only one.
pub(super) fn has_more(result: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct NextWire {
        #[serde(default, rename = "nextCursor")]
        next: Option<IgnoredAny>,
    }
    serde_json::from_str::<NextWire>(result.get()).is_ok_and(|wire| wire.next.is_some())
}

fn unreadable(what: &str, error: &serde_json::Error) -> ClientError {
    ClientError::protocol(format!("{what} cannot be read: {}", sanitize::error(error)))
}

/// A block of content; what is of a type that is not known here is kept as it is.
fn block(raw: &RawValue) -> Result<Content, serde_json::Error> {
    #[derive(Deserialize)]
    struct BlockType<'a> {
        #[serde(borrow, rename = "type")]
        kind: Cow<'a, str>,
    }
    serde_json::from_str(raw.get()).or_else(|error| {
        let kind = serde_json::from_str::<BlockType<'_>>(raw.get())?.kind;
        match &*kind {
            "text" | "image" | "audio" | "resource" | "resource_link" => Err(error),
            _ => serde_json::from_str(raw.get()).map(Content::Unknown),
        }
    })
}

/// The result of `tools/call`.
pub(super) fn tool(result: &RawValue) -> Result<ToolResult, ClientError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct ToolResultWire<'a> {
        #[serde(borrow, default)]
        content: Vec<&'a RawValue>,
        #[serde(borrow, default)]
        structured_content: Option<&'a RawValue>,
        #[serde(default)]
        is_error: Option<bool>,
        #[serde(default, rename = "_meta")]
        meta: Option<Map<String, Value>>,
    }
    let what = "the result of a tool";
    let wire = serde_json::from_str::<ToolResultWire<'_>>(result.get()).map_err(|error| unreadable(what, &error))?;
    let content = wire.content.into_iter().map(block).collect::<Result<_, _>>();
    Ok(ToolResult {
        content: content.map_err(|error| unreadable(what, &error))?,
        structured: wire.structured_content.map(|json| json.get().to_owned()),
        is_error: wire.is_error.unwrap_or(false),
        meta: wire.meta,
        wrapped: false,
    })
}

/// The result of `resources/read`.
pub(super) fn resource(result: &RawValue) -> Result<ResourceResult, ClientError> {
    #[derive(Deserialize)]
    struct ReadWire {
        contents: Vec<ResourceContents>,
        #[serde(default, rename = "_meta")]
        meta: Option<Map<String, Value>>,
    }
    let wire = serde_json::from_str::<ReadWire>(result.get()).map_err(|error| unreadable("a resource", &error))?;
    let mut read = ResourceResult::new(wire.contents);
    (read.cache, read.meta) = (cache_hints(result), wire.meta);
    Ok(read)
}

/// The result of `prompts/get`.
pub(super) fn prompt(result: &RawValue) -> Result<PromptResult, ClientError> {
    #[derive(Deserialize)]
    struct PromptLine<'a> {
        role: Role,
        #[serde(borrow)]
        content: &'a RawValue,
    }
    #[derive(Deserialize)]
    struct PromptWire<'a> {
        #[serde(default)]
        description: Option<String>,
        #[serde(borrow)]
        messages: Vec<PromptLine<'a>>,
        #[serde(default, rename = "_meta")]
        meta: Option<Map<String, Value>>,
    }
    let read = || -> Result<PromptResult, serde_json::Error> {
        let wire = serde_json::from_str::<PromptWire<'_>>(result.get())?;
        let mut prompt = PromptResult::default();
        for line in wire.messages {
            prompt.messages.push(crate::protocol::Message { role: line.role, content: block(line.content)? });
        }
        (prompt.description, prompt.meta) = (wire.description, wire.meta);
        Ok(prompt)
    };
    read().map_err(|error| unreadable("a prompt", &error))
}

/// The result of `completion/complete`.
pub(super) fn completion(result: &RawValue) -> Result<Completion, ClientError> {
    #[derive(Deserialize)]
    struct CompletionWire {
        completion: Completion,
    }
    let wire =
        serde_json::from_str::<CompletionWire>(result.get()).map_err(|error| unreadable("a completion", &error))?;
    Ok(wire.completion)
}

/// One page of a list, entry by entry, and where the next begins. An entry that cannot be read is told, and left out.
pub(super) fn page<T: DeserializeOwned>(
    result: &RawValue,
    field: &str,
    mut broken: impl FnMut(&str),
) -> Result<(Vec<T>, Option<String>), ClientError> {
    let what = || format!("a page of `{field}`");
    let mut members: Map<String, Value> =
        serde_json::from_str(result.get()).map_err(|error| unreadable(&what(), &error))?;
    let cursor = match members.remove("nextCursor") {
        None | Some(Value::Null) => None,
        Some(Value::String(cursor)) => Some(cursor),
        Some(other) => return Err(ClientError::protocol(format!("a cursor is no text: {}", shown(&other)))),
    };
    let Some(Value::Array(entries)) = members.remove(field) else {
        return Err(ClientError::protocol(format!("there is no `{field}` in the answer")));
    };
    let mut items = Vec::with_capacity(entries.len());
    for entry in entries {
        let name = entry.get("name").map(shown).unwrap_or_default();
        match T::deserialize(entry) {
            Ok(item) => items.push(item),
            Err(error) => broken(&format!("an entry {name} of `{field}` was left out: {}", sanitize::error(&error))),
        }
    }
    Ok((items, cursor))
}

fn shown(value: &Value) -> String {
    sanitize::bounded(&value.to_string(), crate::bounds::ECHO).into_owned()
}

/// A tool's result as a value of the caller's type: its structured content, whether wrapped as `{"result": ..}` or not, or else its
/// text, as a string or as JSON.
pub(crate) fn value<T: DeserializeOwned>(tool: &str, result: ToolResult) -> Result<T, ClientError> {
    if result.is_error {
        return Err(ClientError::Tool(Box::new(ToolFailure::of(tool, result))));
    }
    let decode = |source, got: &str| {
        let got = RawValue::from_string(got.to_owned());
        ClientError::Decode {
            path: format!("the result of tool `{}`", sanitize::bounded(tool, crate::bounds::ECHO)),
            source,
            got: got.unwrap_or_else(|_| RawValue::NULL.to_owned()),
        }
    };
    if let Some(structured) = &result.structured {
        return serde_json::from_str(structured).or_else(|error| match unwrapped(structured) {
            // Older revisions want an object, so that servers wrap what is none (server/tools, "Structured Content").
            Some(inner) => serde_json::from_str(inner.get()).map_err(|_| decode(error, structured)),
            None => Err(decode(error, structured)),
        });
    }
    let text = result.to_text();
    if result.content.is_empty() {
        return serde_json::from_str("null").map_err(|error| decode(error, "null"));
    }
    serde_json::from_value(Value::String(text.clone())).or_else(|error| {
        let as_text = serde_json::to_string(&text).unwrap_or_default();
        // Of what is JSON, the fault is within it; of what is not, the text is the fault.
        match serde_json::from_str::<T>(&text) {
            Ok(value) => Ok(value),
            Err(fault) if serde_json::from_str::<IgnoredAny>(&text).is_ok() => Err(decode(fault, &text)),
            Err(_) => Err(decode(error, &as_text)),
        }
    })
}

/// The only member of an object, if that is `result`.
fn unwrapped(structured: &str) -> Option<&RawValue> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wrapped<'a> {
        #[serde(borrow)]
        result: &'a RawValue,
    }
    serde_json::from_str::<Wrapped<'_>>(structured).ok().map(|wrapped| wrapped.result)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "called with `json!`")]
    fn read(result: Value) -> ToolResult {
        let raw = RawValue::from_string(result.to_string()).expect("JSON");
        tool(&raw).expect("a result")
    }

    #[test]
    fn a_value_is_read_from_whatever_form_it_has() {
        let text = |text: &str| json!({ "content": [{ "type": "text", "text": text }] });
        let structured = |value: Value| json!({ "content": [], "structuredContent": value });
        assert_eq!(value::<i64>("t", read(structured(json!(3)))).ok(), Some(3));
        assert_eq!(value::<i64>("t", read(structured(json!({ "result": 3 })))).ok(), Some(3));
        assert_eq!(value::<i64>("t", read(text("3"))).ok(), Some(3));
        assert_eq!(value::<String>("t", read(text("3"))).ok(), Some("3".to_owned()));
        assert_eq!(value::<Value>("t", read(structured(json!({ "result": 3 })))).ok(), Some(json!({ "result": 3 })));
        assert_eq!(value::<Vec<u8>>("t", read(text("[1, 2]"))).ok(), Some(vec![1, 2]));
        assert_eq!(value::<Option<u8>>("t", read(json!({ "content": [] }))).ok(), Some(None));
        assert!(value::<()>("t", read(json!({ "content": [] }))).is_ok());
        for (of, got) in [(text("three"), "\"three\""), (text("[3]"), "[3]"), (structured(json!({})), "{}")] {
            let Err(ClientError::Decode { got: found, .. }) = value::<i64>("t", read(of)) else {
                unreachable!("an error")
            };
            assert_eq!(found.get(), got);
        }
    }

    #[test]
    fn a_block_of_a_new_type_is_kept_and_a_broken_one_is_not() {
        let result = read(json!({ "content": [{ "type": "hologram", "depth": 3 }, { "type": "text", "text": "a" }] }));
        assert_eq!(result.to_text(), "a");
        assert!(matches!(&result.content[0], Content::Unknown(members) if members["depth"] == 3));
        let broken = RawValue::from_string(json!({ "content": [{ "type": "text" }] }).to_string()).expect("JSON");
        assert!(tool(&broken).is_err());
    }

    #[test]
    fn one_bad_entry_does_not_cost_the_others() {
        let raw = json!({ "tools": [{ "name": "a", "inputSchema": {} }, { "name": 7 }, 5], "nextCursor": "" });
        let raw = RawValue::from_string(raw.to_string()).expect("JSON");
        let mut told = Vec::new();
        let (tools, next) =
            page::<crate::protocol::Tool>(&raw, "tools", |what| told.push(what.to_owned())).expect("a page");
        assert_eq!((tools.len(), next.as_deref(), told.len()), (1, Some(""), 2));
    }
}
