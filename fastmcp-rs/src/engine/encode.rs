//! A reply as bytes: written once, in the shape of the revision that asked.

use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::answered::Answered;
use super::core::Core;
use crate::catalog::ListKind;
use crate::error::{ErrorKind, ToolError, in_band};
use crate::observe::record::CallOutcome;
use crate::protocol::jsonrpc::{begin_result, write_error, write_json};
use crate::protocol::shape::Shaped;
use crate::protocol::{CacheHints, Content, InputRequired, PromptResult, ResourceResult, Revision, RpcError, meta};
use crate::result::ToolResult;
use crate::text::escape::write_escaped;

/// What a request comes to.
pub(crate) type Reply = Result<Body, RpcError>;

/// The result of a request, before it has a shape.
pub(crate) enum Body {
    /// `{}`.
    Empty,
    Tool(ToolResult),
    Read(ResourceResult),
    Prompt(PromptResult),
    Input(InputRequired),
    /// A page of a list: its items as they stand between the brackets.
    List {
        kind: ListKind,
        items: Arc<[u8]>,
        next: Option<String>,
        cache: CacheHints,
    },
    /// A result of an extension's own.
    Object(Map<String, Value>),
    /// Members that are written already, without the braces.
    Members(Vec<u8>),
    /// The same, of a result that may be cached.
    Cached {
        members: Vec<u8>,
        cache: CacheHints,
    },
    /// The end of `subscriptions/listen`: its own id in `_meta`.
    ListenEnd(Box<RawValue>),
}

/// Whoever asked can ask for less.
fn too_large(size: usize, limit: usize) -> ToolError {
    let text = format!(
        "the result has {}, at most {} are sent: ask for fewer rows or a page",
        in_words(size),
        in_words(limit)
    );
    ToolError::invalid_params(text).with_details(serde_json::json!({ "limit": limit, "size": size }))
}

fn in_words(bytes: usize) -> String {
    match bytes {
        0..10_240 => format!("{bytes} bytes"),
        10_240..10_485_760 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

impl Core {
    /// Appends the response to a request, and tells its record how large it is.
    pub(crate) fn write_answer(&self, out: &mut Vec<u8>, id: &RawValue, revision: Revision, answered: &mut Answered) {
        let start = out.len();
        let whole = self.write_reply(out, id, revision, &answered.reply);
        if let Some(record) = &mut answered.record {
            record.response_bytes = out.len() - start;
            if !whole {
                record.conclude(CallOutcome::Failed(ErrorKind::InvalidParams), Some("the result was too large".into()));
            }
        }
    }

    /// Appends a response; whether it is the reply itself, and not the error that it is too large.
    pub(crate) fn write_reply(&self, out: &mut Vec<u8>, id: &RawValue, revision: Revision, reply: &Reply) -> bool {
        let start = out.len();
        match reply {
            Err(error) => {
                write_error(out, Some(id), error);
                return true;
            }
            Ok(body) => {
                begin_result(out, id);
                self.write_result(out, revision, body);
                out.push(b'}');
            }
        }
        if out.len() - start > self.settings.result_bytes {
            let (size, limit) = (out.len() - start, self.settings.result_bytes);
            out.truncate(start);
            tracing::warn!(size, limit, "a result was too large to be sent");
            let too_large = too_large(size, limit);
            match reply {
                Ok(Body::Tool(_)) => {
                    begin_result(out, id);
                    self.write_result(out, revision, &Body::Tool(ToolResult::failed(&too_large)));
                    out.push(b'}');
                }
                _ => write_error(out, Some(id), &in_band(&too_large)),
            }
            return false;
        }
        true
    }

    /// Appends one result object.
    pub(crate) fn write_result(&self, out: &mut Vec<u8>, revision: Revision, body: &Body) {
        out.push(b'{');
        let mut own_meta = None;
        let labels_itself = match body {
            Body::Input(_) => true,
            Body::Object(members) => members.contains_key("resultType"),
            _ => false,
        };
        if revision.labels_results() && !labels_itself {
            out.extend_from_slice(b"\"resultType\":\"complete\"");
        }
        match body {
            Body::Empty => {}
            Body::Tool(result) => {
                write_tool(out, revision, result);
                own_meta = result.meta.as_ref();
            }
            Body::Read(result) => {
                member(out, "contents");
                write_json(out, &Shaped(result.contents.as_slice(), revision));
                self.write_cache(out, revision, result.cache);
                own_meta = result.meta.as_ref();
            }
            Body::Prompt(result) => {
                if let Some(description) = &result.description {
                    member(out, "description");
                    write_json(out, description);
                }
                member(out, "messages");
                write_json(out, &Shaped(result.messages.as_slice(), revision));
                own_meta = result.meta.as_ref();
            }
            Body::Input(input) => {
                let mut input = input.clone();
                let meta = input.meta.take();
                let mut object = Vec::new();
                write_json(&mut object, &Shaped(&input, revision));
                out.extend_from_slice(object.get(1..object.len() - 1).unwrap_or_default());
                self.write_meta(out, revision, meta.as_ref(), None);
                out.push(b'}');
                return;
            }
            Body::List { kind, items, next, cache } => {
                member(out, kind.member());
                out.push(b'[');
                out.extend_from_slice(items);
                out.push(b']');
                if let Some(next) = next {
                    member(out, "nextCursor");
                    write_json(out, next);
                }
                self.write_cache(out, revision, *cache);
            }
            Body::Object(members) => {
                for (name, value) in members.iter().filter(|(name, _)| *name != "_meta") {
                    member(out, name);
                    write_json(out, value);
                }
                own_meta = members.get("_meta").and_then(Value::as_object);
            }
            Body::Members(members) => append(out, members),
            Body::Cached { members, cache } => {
                append(out, members);
                self.write_cache(out, revision, *cache);
            }
            Body::ListenEnd(id) => {
                self.write_meta(out, revision, None, Some(id));
                out.push(b'}');
                return;
            }
        }
        self.write_meta(out, revision, own_meta, None);
        out.push(b'}');
    }

    fn write_cache(&self, out: &mut Vec<u8>, revision: Revision, cache: CacheHints) {
        if revision.has_cache_hints() {
            member(out, "ttlMs");
            write_json(out, &cache.ttl_ms);
            member(out, "cacheScope");
            write_json(out, &cache.scope);
        }
    }

    /// `_meta`: the author's members, the server's name on 2026-07-28, the subscription that it belongs to.
    fn write_meta(
        &self,
        out: &mut Vec<u8>,
        revision: Revision,
        own: Option<&Map<String, Value>>,
        subscription: Option<&RawValue>,
    ) {
        let labelled = revision.labels_results();
        // Results could carry `_meta` from the start.
        if !labelled && own.is_none() {
            return;
        }
        comma(out);
        out.extend_from_slice(b"\"_meta\":{");
        if labelled {
            out.extend_from_slice(self.info_member.as_bytes());
        }
        if let Some(id) = subscription {
            member(out, meta::SUBSCRIPTION_ID);
            out.extend_from_slice(id.get().as_bytes());
        }
        for (key, value) in own.into_iter().flatten() {
            member(out, key);
            write_json(out, value);
        }
        out.push(b'}');
    }
}

/// Appends a comma unless the next member is an object's first.
fn comma(out: &mut Vec<u8>) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
}

/// Appends `"name":`, after a comma unless it is an object's first.
fn member(out: &mut Vec<u8>, name: &str) {
    comma(out);
    write_json(out, name);
    out.push(b':');
}

fn append(out: &mut Vec<u8>, members: &[u8]) {
    if !members.is_empty() {
        if out.last() != Some(&b'{') {
            out.push(b',');
        }
        out.extend_from_slice(members);
    }
}

/// A tool's result. Structured content is copied as it was serialized, and escaped once more for its text copy.
fn write_tool(out: &mut Vec<u8>, revision: Revision, result: &ToolResult) {
    let structured = result.structured.as_deref();
    match (result.content.as_slice(), structured) {
        ([], Some(structured)) => {
            comma(out);
            out.extend_from_slice(b"\"content\":[{\"type\":\"text\",\"text\":\"");
            // Room for both copies, the escaped one with a quarter more, and what stands around them.
            out.reserve(structured.len() * 2 + structured.len() / 4 + 512);
            write_escaped(out, structured);
            out.extend_from_slice(b"\"}]");
        }
        // The usual answer: one plain text.
        ([Content::Text(text)], _) if text.annotations.is_none() && text.meta.is_none() => {
            comma(out);
            out.extend_from_slice(b"\"content\":[{\"type\":\"text\",\"text\":\"");
            out.reserve(text.text.len() + text.text.len() / 8 + 64);
            write_escaped(out, &text.text);
            out.extend_from_slice(b"\"}]");
        }
        (content, _) => {
            member(out, "content");
            write_json(out, &Shaped(content, revision));
        }
    }
    if result.is_error {
        // Published clients hold structured content against the tool's output schema in a failed result, too, and throw the
        // text away if it does not fit.
        out.extend_from_slice(b",\"isError\":true");
        return;
    }
    if let Some(structured) = structured.filter(|_| revision.has_structured()) {
        let object = structured.as_bytes().first() == Some(&b'{') && !result.wrapped;
        out.extend_from_slice(b",\"structuredContent\":");
        if object || !revision.wraps_structured() {
            out.extend_from_slice(structured.as_bytes());
        } else {
            out.extend_from_slice(b"{\"result\":");
            out.extend_from_slice(structured.as_bytes());
            out.push(b'}');
        }
    }
}
