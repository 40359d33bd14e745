//! The command line of every server: [`Server::run`](crate::Server::run) reads it.
//!
//! ```text
//! server                       serve standard input and output (the default; also --stdio)
//! server --http [ADDR]         serve Streamable HTTP, at 127.0.0.1:8000 unless told otherwise; path /mcp
//! server --sse [ADDR]          the same, with the older HTTP+SSE transport at /sse (feature `sse`)
//! server list                  what is served
//! server call NAME key=value   call a tool; or --json '{"key": "value"}'
//! server read URI              read a resource
//! server prompt NAME key=value fill in a prompt
//! server inspect [--json]      everything that clients are told
//! server health [URL]          ask a server that runs over HTTP whether it answers
//! server version               name and version
//! ```
//!
//! `FASTMCP_TRANSPORT` (`stdio`, `http` or `sse`), `FASTMCP_HOST`, `FASTMCP_PORT` and `FASTMCP_PATH` say the same from the
//! environment; a flag outweighs them.

use std::ffi::OsString;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};

use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::protocol::{Content, method};
use crate::server::{RunningServer, Server};
use crate::text::{sanitize, suggest};

const WORDS: [&str; 7] = ["list", "call", "read", "prompt", "inspect", "health", "version"];
const FLAGS: [&str; 6] = ["--stdio", "--http", "--sse", "--json", "--help", "--version"];

/// What is to be done.
enum Command {
    Serve(Transport),
    List,
    Call { name: String, arguments: Arguments },
    Read(String),
    Prompt { name: String, arguments: Arguments },
    Inspect { json: bool },
    Health(Option<String>),
    Version,
    Help,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Stdio,
    Http(Option<SocketAddr>),
    Sse(Option<SocketAddr>),
}

/// Arguments as typed.
enum Arguments {
    Pairs(Vec<(String, String)>),
    Json(String),
}

/// Does what the arguments say.
pub(crate) async fn run(server: Server, arguments: impl Iterator<Item = OsString>) -> Result<(), Error> {
    let command = parse(arguments)?;
    match command {
        Command::Help => return print(HELP),
        Command::Health(url) => return health(url.as_deref()).await,
        Command::Serve(transport) => return serve(server, transport).await,
        _ => {}
    }
    let handle = server.build()?;
    match command {
        Command::Version => print(&format!("{} {}", handle.core().info.name, handle.core().info.version)),
        Command::List => list(&handle).await,
        Command::Inspect { json } => inspect(&handle, json).await,
        command => {
            handle.core().start().await?;
            let done = perform(&handle, command).await;
            handle.stop().await;
            done
        }
    }
}

fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Command, Error> {
    use lexopt::prelude::{Long, Short, Value as Word};

    let mut parser = lexopt::Parser::from_args(arguments);
    let mut transport = None;
    let mut json = None;
    let mut inspect_json = false;
    let mut words: Vec<String> = Vec::new();
    let usage = |error: lexopt::Error| Error::new(format!("{error}. Try --help"));
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("version") | Short('V') => return Ok(Command::Version),
            Long("stdio") => transport = Some(Transport::Stdio),
            Long("http") => transport = Some(Transport::Http(address(&mut parser)?)),
            Long("sse") => transport = Some(Transport::Sse(address(&mut parser)?)),
            Long("json") if words.first().is_some_and(|word| word == "inspect") => inspect_json = true,
            Long("json") => json = Some(text(parser.value().map_err(usage)?)?),
            Long(other) => return Err(unknown(&format!("--{other}"), &FLAGS)),
            Short(other) => return Err(unknown(&format!("-{other}"), &FLAGS)),
            Word(word) => words.push(text(word)?),
        }
    }
    let mut words = words.into_iter();
    let Some(command) = words.next() else {
        return Ok(Command::Serve(match transport {
            Some(transport) => transport,
            None => from_environment()?,
        }));
    };
    let mut next = |what: &str| words.next().ok_or_else(|| Error::new(format!("`{command}` needs {what}. Try --help")));
    let command = match command.as_str() {
        "list" => Command::List,
        "version" => Command::Version,
        "inspect" => Command::Inspect { json: inspect_json },
        "health" => Command::Health(words.next()),
        "read" => Command::Read(next("the URI of a resource")?),
        "call" => Command::Call { name: next("the name of a tool")?, arguments: pairs(&mut words, json.take())? },
        "prompt" => Command::Prompt { name: next("the name of a prompt")?, arguments: pairs(&mut words, json.take())? },
        other => return Err(unknown(other, &WORDS)),
    };
    match words.next() {
        Some(extra) => Err(Error::new(format!("`{extra}` is one word too many. Try --help"))),
        None => Ok(command),
    }
}

/// The address behind `--http`, if the next word is one.
fn address(parser: &mut lexopt::Parser) -> Result<Option<SocketAddr>, Error> {
    let Some(value) = parser.optional_value().or_else(|| {
        let mut rest = parser.try_raw_args()?;
        let next = rest.peek()?.to_str()?;
        if next.starts_with('-') || WORDS.contains(&next) { None } else { rest.next() }
    }) else {
        return Ok(None);
    };
    let value = text(value)?;
    read_address(&value)
        .map(Some)
        .ok_or_else(|| Error::new(format!("`{value}` is no address: write HOST:PORT, for example 127.0.0.1:8000")))
}

/// `HOST:PORT`, `PORT`, or `HOST`.
fn read_address(text: &str) -> Option<SocketAddr> {
    let text = text.replace("localhost", "127.0.0.1");
    let port = text.strip_prefix(':').unwrap_or(&text);
    text.parse()
        .ok()
        .or_else(|| Some(SocketAddr::from(([127, 0, 0, 1], port.parse().ok()?))))
        .or_else(|| Some(SocketAddr::new(text.parse().ok()?, DEFAULT_PORT)))
}

const DEFAULT_PORT: u16 = 8000;

fn from_environment() -> Result<Transport, Error> {
    let transport = match variable("FASTMCP_TRANSPORT")?.as_deref() {
        None | Some("stdio") => return Ok(Transport::Stdio),
        Some("http" | "streamable-http") => Transport::Http as fn(_) -> _,
        Some("sse") => Transport::Sse as fn(_) -> _,
        Some(other) => return Err(Error::new(format!("FASTMCP_TRANSPORT is `{other}`: it can be stdio, http or sse"))),
    };
    Ok(transport(None))
}

/// The address that a transport listens at: the flag's, or the environment's, or the default.
fn listen_at(given: Option<SocketAddr>) -> Result<SocketAddr, Error> {
    if let Some(address) = given {
        return Ok(address);
    }
    let host: IpAddr = match variable("FASTMCP_HOST")?.as_deref() {
        None | Some("localhost") => IpAddr::from([127, 0, 0, 1]),
        Some(host) => {
            host.parse().map_err(|_| Error::new(format!("FASTMCP_HOST is `{host}`, which is no IP address")))?
        }
    };
    let port = match variable("FASTMCP_PORT")? {
        None => DEFAULT_PORT,
        Some(port) => {
            port.parse().map_err(|_| Error::new(format!("FASTMCP_PORT is `{port}`, which is no port number")))?
        }
    };
    Ok(SocketAddr::new(host, port))
}

fn variable(name: &str) -> Result<Option<String>, Error> {
    match std::env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Error::new(format!("{name} is not UTF-8"))),
    }
}

fn text(word: OsString) -> Result<String, Error> {
    word.into_string().map_err(|word| Error::new(format!("{} is not UTF-8", word.display())))
}

fn unknown(word: &str, known: &[&str]) -> Error {
    let shown = sanitize::bounded(word, 64);
    Error::new(match suggest::nearest(word, known.iter().copied()) {
        Some(near) => format!("`{shown}` means nothing here. Did you mean `{near}`? Try --help"),
        None => format!("`{shown}` means nothing here. Try --help"),
    })
}

fn pairs(words: &mut impl Iterator<Item = String>, json: Option<String>) -> Result<Arguments, Error> {
    let mut pairs = Vec::new();
    for word in words {
        let (name, value) =
            word.split_once('=').ok_or_else(|| Error::new(format!("`{word}` is no argument: write key=value")))?;
        pairs.push((name.to_owned(), value.to_owned()));
    }
    match json {
        Some(_) if !pairs.is_empty() => {
            Err(Error::new("give the arguments either as key=value or with --json, not both"))
        }
        Some(json) => Ok(Arguments::Json(json)),
        None => Ok(Arguments::Pairs(pairs)),
    }
}

#[cfg_attr(not(any(feature = "stdio", feature = "http")), allow(unused_variables, clippy::unused_async))]
async fn serve(server: Server, transport: Transport) -> Result<(), Error> {
    match transport {
        #[cfg(feature = "stdio")]
        Transport::Stdio => server.serve_stdio().await,
        #[cfg(not(feature = "stdio"))]
        Transport::Stdio => Err(Error::new("this server was built without the `stdio` feature: use --http")),
        #[cfg(feature = "http")]
        Transport::Http(address) => with_path(server)?.serve_http(listen_at(address)?).await,
        #[cfg(feature = "sse")]
        Transport::Sse(address) => with_sse(with_path(server)?).serve_http(listen_at(address)?).await,
        #[cfg(not(feature = "sse"))]
        Transport::Sse(address) => {
            listen_at(address)?;
            Err(Error::new(
                "this server was built without the `sse` feature: use --http, which every client since 2025-03-26 speaks",
            ))
        }
        #[cfg(not(feature = "http"))]
        Transport::Http(address) => {
            listen_at(address)?;
            Err(Error::new("this server was built without the `http` feature"))
        }
    }
}

#[cfg(feature = "http")]
fn with_path(server: Server) -> Result<Server, Error> {
    match variable("FASTMCP_PATH")? {
        Some(path) if !path.starts_with('/') => {
            Err(Error::new(format!("FASTMCP_PATH is `{path}`: a path begins with `/`")))
        }
        Some(path) => {
            let mut server = server;
            server.http.path = path;
            Ok(server)
        }
        None => Ok(server),
    }
}

#[cfg(feature = "sse")]
fn with_sse(mut server: Server) -> Server {
    server.http.sse = true;
    server
}

async fn perform(handle: &RunningServer, command: Command) -> Result<(), Error> {
    match command {
        Command::Call { name, arguments } => {
            let arguments = arguments.read(|key| property(handle, &name, key))?;
            let result = handle.call_tool(&name, Value::Object(arguments)).await?;
            if result.is_error() {
                return Err(Error::new(result.to_text()));
            }
            match result.structured_content() {
                Some(json) => print(&pretty(json)),
                None => print(&result.blocks().iter().map(shown).collect::<Vec<_>>().join("\n")),
            }
        }
        Command::Read(uri) => {
            for contents in handle.read_resource(&uri).await?.contents {
                match (contents.as_text(), contents.to_bytes()) {
                    (Some(text), _) => print(text)?,
                    (None, Some(bytes)) => std::io::stdout().write_all(&bytes)?,
                    (None, None) => {}
                }
            }
            Ok(())
        }
        Command::Prompt { name, arguments } => {
            let arguments = arguments.read(|_| None)?;
            for message in handle.get_prompt(&name, Value::Object(arguments)).await?.messages {
                print(&format!("{}: {}", json!(message.role).as_str().unwrap_or("user"), shown(&message.content)))?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

impl Arguments {
    /// As JSON. A typed `5` is a number only where the schema wants no string.
    fn read(self, schema: impl Fn(&str) -> Option<Value>) -> Result<Map<String, Value>, Error> {
        match self {
            Self::Json(json) => {
                serde_json::from_str(&json).map_err(|error| Error::new(format!("--json wants a JSON object: {error}")))
            }
            Self::Pairs(pairs) => Ok(pairs
                .into_iter()
                .map(|(name, value)| {
                    let is_text = schema(&name).is_none_or(|schema| schema["type"] == "string");
                    let parsed = if is_text { None } else { serde_json::from_str(&value).ok() };
                    (name, parsed.unwrap_or(Value::String(value)))
                })
                .collect()),
        }
    }
}

fn property(handle: &RunningServer, tool: &str, name: &str) -> Option<Value> {
    let catalog = handle.core().catalog();
    catalog.tool(tool).ok()?.entry.input_schema.get("properties")?.get(name).cloned()
}

fn shown(content: &Content) -> String {
    match content.as_text() {
        Some(text) => text.to_owned(),
        None => serde_json::to_string(content).unwrap_or_default(),
    }
}

/// Compact JSON on several lines, its members in the order in which they were written.
fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut text, mut escaped) = (0_usize, false, false);
    let mut rest = json.chars().peekable();
    while let Some(c) = rest.next() {
        if text {
            out.push(c);
            text = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '{' | '[' if rest.peek().is_some_and(|next| matches!(next, '}' | ']')) => {
                out.push(c);
                out.extend(rest.next());
            }
            '{' | '[' | ',' => {
                depth += usize::from(c != ',');
                out.push(c);
                out.push('\n');
                out.extend(std::iter::repeat_n("  ", depth));
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                out.push('\n');
                out.extend(std::iter::repeat_n("  ", depth));
                out.push(c);
            }
            ':' => out.push_str(": "),
            _ => {
                text = c == '"';
                out.push(c);
            }
        }
    }
    out
}

async fn lists(handle: &RunningServer) -> [(&'static str, Vec<Value>); 4] {
    [
        ("tools", handle.list(method::TOOLS_LIST, "tools").await),
        ("resources", handle.list(method::RESOURCES_LIST, "resources").await),
        ("resourceTemplates", handle.list(method::RESOURCES_TEMPLATES_LIST, "resourceTemplates").await),
        ("prompts", handle.list(method::PROMPTS_LIST, "prompts").await),
    ]
}

async fn list(handle: &RunningServer) -> Result<(), Error> {
    for (kind, items) in lists(handle).await {
        if items.is_empty() {
            continue;
        }
        let kind = if kind == "resourceTemplates" { "resource templates" } else { kind };
        print(&format!("{kind}:"))?;
        for item in items {
            let name = ["uri", "uriTemplate", "name"].iter().find_map(|key| item[*key].as_str()).unwrap_or("");
            let about = item["description"].as_str().and_then(|text| text.lines().next()).unwrap_or("");
            print(&format!("  {name:<28} {about}"))?;
        }
    }
    Ok(())
}

async fn inspect(handle: &RunningServer, json: bool) -> Result<(), Error> {
    let core = handle.core();
    let mut all = Map::new();
    all.insert("serverInfo".to_owned(), serde_json::from_str(&core.info_json).unwrap_or_default());
    if let Some(instructions) = &core.instructions {
        all.insert("instructions".to_owned(), json!(instructions));
    }
    for (kind, items) in lists(handle).await {
        all.insert(kind.to_owned(), Value::Array(items));
    }
    if json {
        return print(&serde_json::to_string_pretty(&all).unwrap_or_default());
    }
    print(&format!("{} {}", core.info.name, core.info.version))?;
    if let Some(instructions) = &core.instructions {
        print(instructions)?;
    }
    for kind in ["tools", "resources", "resourceTemplates", "prompts"] {
        for item in all[kind].as_array().into_iter().flatten() {
            print("")?;
            let name = ["uri", "uriTemplate", "name"].iter().find_map(|key| item[*key].as_str()).unwrap_or("");
            print(&format!("{} {name}", kind.trim_end_matches('s')))?;
            if let Some(about) = item["description"].as_str() {
                print(&format!("  {}", about.replace('\n', "\n  ")))?;
            }
            let required = item["inputSchema"]["required"].as_array();
            for (argument, schema) in item["inputSchema"]["properties"].as_object().into_iter().flatten() {
                let must = required.is_some_and(|required| required.iter().any(|name| name == argument.as_str()));
                let about = schema["description"].as_str().unwrap_or("").replace('\n', " ");
                let kind = schema["type"].as_str().unwrap_or("any");
                print(&format!("    {argument}: {kind}{} {about}", if must { "" } else { " (optional)" }))?;
            }
            for argument in item["arguments"].as_array().into_iter().flatten() {
                let must = argument["required"] == true;
                print(&format!(
                    "    {}{} {}",
                    argument["name"].as_str().unwrap_or(""),
                    if must { "" } else { " (optional)" },
                    argument["description"].as_str().unwrap_or("").replace('\n', " "),
                ))?;
            }
        }
    }
    Ok(())
}

/// Standard output, without a panic when nobody reads it.
fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(not(feature = "http"))]
async fn health(_: Option<&str>) -> Result<(), Error> {
    Err(Error::new("`health` needs the `http` feature"))
}

/// Asks a server that runs for `server/discover`. Written by hand: a health check in a container should need no client library.
#[cfg(feature = "http")]
async fn health(url: Option<&str>) -> Result<(), Error> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let url = url.unwrap_or("http://127.0.0.1:8000/mcp");
    let failed = |what: String| Error::new(format!("{url} does not answer: {what}"));
    let rest = url.strip_prefix("http://").ok_or_else(|| Error::new(format!("`{url}` must begin with http://")))?;
    let (host, path) = rest.find('/').map_or((rest, "/mcp"), |slash| rest.split_at(slash));
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": method::DISCOVER,
        "params": { "_meta": { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} } },
    })
    .to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
         MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        method::DISCOVER,
        body.len(),
    );
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let exchange = async {
        let mut stream = tokio::net::TcpStream::connect(&address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(64 * 1024).read_to_end(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = match tokio::time::timeout(std::time::Duration::from_secs(5), exchange).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return Err(failed(error.to_string())),
        Err(_) => return Err(failed("nothing came within 5 s".to_owned())),
    };
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.lines().next().unwrap_or("");
    if status.contains(" 200 ") {
        print(&format!("{url} is healthy"))
    } else {
        Err(failed(format!("it said `{}`", sanitize::bounded(status, 64))))
    }
}

const HELP: &str = "\
An MCP server.

Usage:
  server                        serve standard input and output (the same: --stdio)
  server --http [ADDR]          serve Streamable HTTP (default 127.0.0.1:8000, path /mcp)
  server --sse [ADDR]           the same, with the older HTTP+SSE transport at /sse
  server list                   what is served
  server call NAME key=value    call a tool (or: --json '{\"key\": \"value\"}')
  server read URI               read a resource
  server prompt NAME key=value  fill in a prompt
  server inspect [--json]       everything that clients are told
  server health [URL]           ask a server over HTTP whether it answers
  server version                name and version

Environment: FASTMCP_TRANSPORT (stdio, http, sse), FASTMCP_HOST, FASTMCP_PORT, FASTMCP_PATH";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pretty_json_keeps_its_order_and_reads_back_the_same() {
        let json = r#"{"b":[1,{"a":"x, {\"y\": \\"}],"empty":{},"none":[],"a":null}"#;
        let shown = pretty(json);
        assert_eq!(
            serde_json::from_str::<Value>(&shown).expect("JSON"),
            serde_json::from_str::<Value>(json).expect("JSON")
        );
        assert!(shown.starts_with("{\n  \"b\": [\n    1,"), "{shown}");
    }

    #[test]
    fn addresses_are_read_in_all_their_short_forms() {
        for (text, address) in [
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("9000", "127.0.0.1:9000"),
            (":9000", "127.0.0.1:9000"),
            ("localhost:1", "127.0.0.1:1"),
            ("0.0.0.0", "0.0.0.0:8000"),
            ("[::1]:5", "[::1]:5"),
        ] {
            assert_eq!(read_address(text).map(|address| address.to_string()).as_deref(), Some(address), "{text}");
        }
        assert_eq!(read_address("nonsense"), None);
    }
}
