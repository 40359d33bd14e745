//! `call`, `read` and `prompt`: one request, and what came of it.

use std::io::IsTerminal as _;

use base64::Engine as _;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::client::LocalClient;
use super::parse::Wanted;
use super::progress::Progress;
use super::{arguments, help, output};
use crate::context::Caller;
use crate::error::Error;
use crate::protocol::method;
use crate::server::RunningServer;
use crate::text::sanitize;

/// The exit code of a tool that failed, which is that of the Inspector.
const TOOL_FAILED: i32 = 5;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallResult {
    #[serde(default)]
    content: Vec<Value>,
    #[serde(default)]
    structured_content: Option<Box<RawValue>>,
    #[serde(default)]
    is_error: bool,
}

/// Calls a tool, or shows its arguments.
pub(super) async fn call(server: &RunningServer, program: &str, wanted: Wanted) -> Result<(), Error> {
    let Wanted { name, rest } = wanted;
    let tool = server.core().catalog().tool(&name, &Caller::local()).map(std::sync::Arc::clone);
    let schema = tool.as_ref().map_or(&Value::Null, |tool| &tool.entry.input_schema);
    let given = arguments::read(rest, schema, &format!("{program} call {}", output::shown(&name)))?;
    if let Ok(tool) = &tool
        && given.help
    {
        return output::print(&help::of_tool(program, &tool.entry));
    }
    // A tool that there is not: nothing has to be started to say so.
    tool?;
    let members = format!("\"name\":{},\"arguments\":{}", json!(name), given.arguments);
    let result = ask(server, program, method::TOOLS_CALL, &members, &name).await?;
    let read: CallResult = read_result(&result)?;
    if given.json {
        output::print_json(result.get())?;
    }
    let text = || read.content.iter().map(shown).collect::<Vec<_>>().join("\n");
    if read.is_error {
        return Err(Error::new(text()).exit_with(TOOL_FAILED));
    }
    match (given.json, &read.structured_content) {
        (true, _) => Ok(()),
        (false, Some(structured)) => output::print_json(structured.get()),
        (false, None) => output::print(&text()),
    }
}

/// Fills in a prompt, or shows its arguments.
pub(super) async fn prompt(server: &RunningServer, program: &str, wanted: Wanted) -> Result<(), Error> {
    let Wanted { name, rest } = wanted;
    let prompt = server.core().catalog().prompt(&name, &Caller::local()).map(std::sync::Arc::clone);
    // All arguments of prompts are texts.
    let names = prompt.iter().flat_map(|prompt| &prompt.entry.arguments);
    let properties: serde_json::Map<_, _> =
        names.map(|argument| (argument.name.clone(), json!({ "type": "string" }))).collect();
    let schema = json!({ "properties": properties });
    let given = arguments::read(rest, &schema, &format!("{program} prompt {}", output::shown(&name)))?;
    if let Ok(prompt) = &prompt
        && given.help
    {
        return output::print(&help::of_prompt(program, &prompt.entry));
    }
    prompt?;
    let members = format!("\"name\":{},\"arguments\":{}", json!(name), given.arguments);
    let result = ask(server, program, method::PROMPTS_GET, &members, &name).await?;
    if given.json {
        return output::print_json(result.get());
    }
    let result: Value = read_result(&result)?;
    for message in result["messages"].as_array().into_iter().flatten() {
        output::print(&format!("{}: {}", message["role"].as_str().unwrap_or("user"), shown(&message["content"])))?;
    }
    Ok(())
}

/// Reads a resource. Into a file or a pipe it goes as it is; on a terminal it is text, made harmless.
pub(super) async fn read(server: &RunningServer, program: &str, uri: &str, as_json: bool) -> Result<(), Error> {
    let members = format!("\"uri\":{}", json!(uri));
    let result = ask(server, program, method::RESOURCES_READ, &members, uri).await?;
    if as_json {
        return output::print_json(result.get());
    }
    let terminal = std::io::stdout().is_terminal();
    let result: Value = read_result(&result)?;
    for contents in result["contents"].as_array().into_iter().flatten() {
        if let Some(text) = contents["text"].as_str() {
            let text = if terminal { sanitize::for_terminal(text) } else { text.into() };
            output::write(text.as_bytes())?;
            if !text.ends_with('\n') {
                output::write(b"\n")?;
            }
        } else if let Some(blob) = contents["blob"].as_str() {
            let bytes = base64::engine::general_purpose::STANDARD.decode(blob);
            let bytes = bytes.map_err(|error| Error::new("the contents are not base64").caused_by(error))?;
            if terminal {
                let kind = contents["mimeType"].as_str().unwrap_or("no known type");
                output::print(&format!("({} bytes of {kind}: send them to a file, or add --json)", bytes.len()))?;
            } else {
                output::write(&bytes)?;
            }
        }
    }
    Ok(())
}

async fn ask(
    server: &RunningServer,
    program: &str,
    method: &str,
    members: &str,
    what: &str,
) -> Result<Box<RawValue>, Error> {
    let mut client = LocalClient::connect(server, program).await?;
    let answer = client.request(method, members, &mut Progress::of(what)).await;
    client.close().await;
    answer
}

fn read_result<'a, T: Deserialize<'a>>(result: &'a RawValue) -> Result<T, Error> {
    serde_json::from_str(result.get()).map_err(|error| Error::new("the result cannot be read").caused_by(error))
}

/// A block of content for people.
fn shown(block: &Value) -> String {
    if let Some(text) = block["text"].as_str() {
        return text.to_owned();
    }
    match (block["type"].as_str(), block["mimeType"].as_str(), block["data"].as_str()) {
        (Some(kind), Some(mime), Some(data)) => {
            format!("({kind}, {mime}, {} bytes: --json shows it)", data.len() / 4 * 3)
        }
        _ => block.to_string(),
    }
}
