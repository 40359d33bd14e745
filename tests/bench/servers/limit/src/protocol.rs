//! Messages in, answers out, by hand.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

pub const MODERN: &str = "2026-07-28";
pub const LEGACY: &str = "2025-11-25";
/// How a stream of events begins.
pub const EVENT: &[u8] = b"event:";

#[derive(Deserialize)]
pub struct Message<'a> {
    #[serde(borrow)]
    jsonrpc: Cow<'a, str>,
    #[serde(borrow)]
    pub id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub method: Cow<'a, str>,
    #[serde(borrow)]
    pub params: Option<Params<'a>>,
}

/// An absent name or version is an empty one: serde borrows a `Cow`, and makes a copy for an `Option` of it.
#[derive(Default, Deserialize)]
pub struct Params<'a> {
    #[serde(borrow, default)]
    pub name: Cow<'a, str>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<Meta<'a>>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow, default, rename = "io.modelcontextprotocol/protocolVersion")]
    version: Cow<'a, str>,
    #[serde(borrow, rename = "io.modelcontextprotocol/clientCapabilities")]
    capabilities: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Echo<'a> {
    #[serde(borrow)]
    message: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Add {
    a: i64,
    b: i64,
}

#[derive(Deserialize)]
struct Search<'a> {
    #[serde(borrow)]
    query: Cow<'a, str>,
    limit: usize,
}

#[derive(serde::Serialize)]
struct Found<'a> {
    query: &'a str,
    records: &'static [bench_fixture::Record],
}

impl Message<'_> {
    /// The version that the message itself names, if it is one of the modern kind.
    pub fn modern(&self) -> Option<&str> {
        let version = &*self.params.as_ref()?.meta.as_ref()?.version;
        (!version.is_empty()).then_some(version)
    }
}

/// What is said again and again, written once.
pub struct Server {
    tools: Vec<u8>,
    discover: Vec<u8>,
}

impl Server {
    pub fn new() -> Self {
        let mut tools = vec![
            tool(
                "add",
                "Adds two numbers.",
                &json!({ "a": { "type": "integer" }, "b": { "type": "integer" } }),
                &["a", "b"],
            ),
            tool("echo", "Says the message again.", &json!({ "message": { "type": "string" } }), &["message"]),
            tool(
                "search",
                "Finds records.",
                &json!({ "query": { "type": "string" }, "limit": { "type": "integer", "minimum": 0 } }),
                &["query", "limit"],
            ),
        ];
        for name in bench_fixture::more_tools() {
            let properties = json!({
                "first": { "type": "string", "description": "The first argument." },
                "second": { "type": "integer", "description": "The second argument." },
            });
            tools.push(tool(&name, bench_fixture::MORE_DESCRIPTION, &properties, &["first"]));
        }
        Self {
            tools: json!(tools).to_string().into_bytes(),
            discover: json!({
                "resultType": "complete",
                "supportedVersions": [MODERN],
                "capabilities": { "tools": {} },
                "ttlMs": 0,
                "cacheScope": "private",
            })
            .to_string()
            .into_bytes(),
        }
    }

    /// Answers one line of stdio.
    pub fn answer(&self, line: &[u8], greeted: &mut bool, out: &mut Vec<u8>) {
        // The text is looked at once, not string by string.
        match str::from_utf8(line).ok().and_then(|line| serde_json::from_str::<Message<'_>>(line).ok()) {
            Some(message) => {
                let modern = message.modern().is_some();
                if message.method == "initialize" {
                    *greeted = true;
                } else if !modern && !*greeted {
                    return error(message.id, -32600, "not initialized", out);
                }
                self.reply(&message, modern, out);
            }
            None => error(None, -32700, "Parse error", out),
        }
    }

    /// Appends the answer to a message, if it wants one.
    pub fn reply(&self, message: &Message<'_>, modern: bool, out: &mut Vec<u8>) {
        let Some(id) = message.id else { return };
        if message.jsonrpc != "2.0" {
            return error(Some(id), -32600, "`jsonrpc` must be \"2.0\"", out);
        }
        if modern {
            let meta = message.params.as_ref().and_then(|params| params.meta.as_ref());
            if meta.is_none_or(|meta| meta.version != MODERN) {
                return error(Some(id), -32022, "Unsupported protocol version", out);
            }
            if meta.is_none_or(|meta| meta.capabilities.is_none_or(|raw| !raw.get().starts_with('{'))) {
                return error(Some(id), -32602, "no client capabilities", out);
            }
        }
        match &*message.method {
            "tools/call" => {
                // Reports a step before its result: the answer is a stream of two events.
                if message.params.as_ref().is_some_and(|params| params.name == "steps") {
                    out.extend_from_slice(
                        b"event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",",
                    );
                    out.extend_from_slice(b"\"params\":{\"progressToken\":\"steps\",\"progress\":1,\"total\":1}}\n\n");
                    out.extend_from_slice(b"event: message\ndata: ");
                }
                let Some(Params { name, arguments: Some(arguments), .. }) = &message.params else {
                    return error(Some(id), -32602, "`name` and `arguments` must be given", out);
                };
                let start = out.len();
                begin(id, modern, out);
                let called = call(name, arguments, out);
                out.extend_from_slice(b"}}");
                if let Err(what) = called {
                    out.truncate(start);
                    error(Some(id), -32602, what, out);
                }
                if out.starts_with(EVENT) {
                    out.extend_from_slice(b"\n\n");
                }
            }
            "tools/list" => {
                begin(id, modern, out);
                out.extend_from_slice(b"\"tools\":");
                out.extend_from_slice(&self.tools);
                if modern {
                    out.extend_from_slice(b",\"ttlMs\":0,\"cacheScope\":\"private\"");
                }
                out.extend_from_slice(b"}}");
            }
            "initialize" => {
                begin(id, false, out);
                out.extend_from_slice(
                    b"\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"bench\",\"version\":\"1.0.0\"}}}",
                );
            }
            "server/discover" => {
                out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
                out.extend_from_slice(id.get().as_bytes());
                out.extend_from_slice(b",\"result\":");
                out.extend_from_slice(&self.discover);
                out.push(b'}');
            }
            "ping" => {
                begin(id, modern, out);
                out.extend_from_slice(b"}}");
            }
            _ => error(Some(id), -32601, "Method not found", out),
        }
    }
}

fn tool(name: &str, description: &str, properties: &serde_json::Value, required: &[&str]) -> serde_json::Value {
    let schema = json!({ "type": "object", "properties": properties, "required": required });
    json!({ "name": name, "description": description, "inputSchema": schema })
}

fn begin(id: &RawValue, modern: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    out.extend_from_slice(id.get().as_bytes());
    out.extend_from_slice(if modern { b",\"result\":{\"resultType\":\"complete\"," } else { b",\"result\":{" });
}

fn call(name: &str, arguments: &RawValue, out: &mut Vec<u8>) -> Result<(), &'static str> {
    let unreadable = |_| "the arguments cannot be read";
    match name {
        "echo" | "steps" => {
            let Echo { message } = serde_json::from_str(arguments.get()).map_err(unreadable)?;
            text(&message, out);
        }
        "add" => {
            let Add { a, b } = serde_json::from_str(arguments.get()).map_err(unreadable)?;
            text(&a.wrapping_add(b).to_string(), out);
        }
        "search" => {
            let Search { query, limit } = serde_json::from_str(arguments.get()).map_err(unreadable)?;
            let found = Found { query: &query, records: bench_fixture::search(limit) };
            let json = serde_json::to_vec(&found).map_err(|_| "the records cannot be written")?;
            out.reserve(json.len() * 5 / 2);
            text(str::from_utf8(&json).unwrap_or_default(), out);
            out.extend_from_slice(b",\"structuredContent\":");
            out.extend_from_slice(&json);
        }
        _ => return Err("Unknown tool"),
    }
    Ok(())
}

fn text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"content\":[{\"type\":\"text\",\"text\":\"");
    escape(text.as_bytes(), out);
    out.extend_from_slice(b"\"}]");
}

/// Appends a text for the inside of a JSON string, eight bytes at a time where nothing is to be escaped.
fn escape(text: &[u8], out: &mut Vec<u8>) {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let mut rest = text;
    'rest: loop {
        let mut clean = 0;
        let place = loop {
            let Some(chunk) = rest[clean..].first_chunk::<8>() else {
                match rest[clean..].iter().position(|byte| *byte < 0x20 || *byte == b'"' || *byte == b'\\') {
                    Some(place) => break clean + place,
                    None => break 'rest,
                }
            };
            let word = u64::from_le_bytes(*chunk);
            let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
            let found = (below(word, 0x20)
                | below(word ^ (ONES * u64::from(b'"')), 1)
                | below(word ^ (ONES * u64::from(b'\\')), 1))
                & (ONES << 7);
            if found != 0 {
                break clean + found.trailing_zeros() as usize / 8;
            }
            clean += 8;
        };
        out.extend_from_slice(&rest[..place]);
        match rest[place] {
            byte @ (b'"' | b'\\') => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            byte => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
        rest = &rest[place + 1..];
    }
    out.extend_from_slice(rest);
}

pub fn error(id: Option<&RawValue>, code: i32, message: &str, out: &mut Vec<u8>) {
    let id = id.map_or("null", RawValue::get);
    let message = json!(message);
    out.extend_from_slice(
        format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{{\"code\":{code},\"message\":{message}}}}}").as_bytes(),
    );
}
