//! What the official conformance suite drives to judge clients: it is given the URL of a server, and the scenario in its environment.

use std::env;
use std::sync::OnceLock;

use fastmcp_rs::Revision;
use fastmcp_rs::client::{Client, ClientBuilder, ClientError, Era, SamplingAnswer};
use serde_json::{Value, json};

/// The client, for what is called while a question is open.
static CLIENT: OnceLock<Client> = OnceLock::new();

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = env::args().next_back().ok_or("the URL of a server is missing")?;
    let scenario = env::var("MCP_CONFORMANCE_SCENARIO")?;
    let revision: Revision =
        env::var("MCP_CONFORMANCE_PROTOCOL_VERSION").map_or(Ok(Revision::LATEST), |date| date.parse())?;
    let context: Value =
        env::var("MCP_CONFORMANCE_CONTEXT").map_or(Ok(Value::Null), |json| serde_json::from_str(&json))?;
    let era = if revision.has_handshake() { Era::Handshake } else { Era::Modern };
    let client = answering(Client::http(url).era(era), &scenario).connect().await?;
    let _ = CLIENT.set(client.clone());
    run(&client, &scenario, &context).await?;
    client.close().await?;
    Ok(())
}

/// Answers forms where the scenario has any.
fn answering(builder: ClientBuilder, scenario: &str) -> ClientBuilder {
    match scenario {
        // An empty answer: the client fills in the defaults.
        "elicitation-sep1034-client-defaults" => {
            builder.on_elicit(|ask| async move { Ok::<_, ClientError>(ask.accept(json!({}))) })
        }
        // Another call between two rounds, which must not carry their state.
        "sep-2322-client-request-state" => builder.on_elicit(|ask| async move {
            if let Some(client) = CLIENT.get() {
                client.call_tool("test_mrtr_unrelated", json!({})).await?;
            }
            Ok::<_, ClientError>(ask.accept(filled_in(&ask.schema)))
        }),
        // Whatever can be declared, to be judged.
        "request-metadata" => builder
            .on_elicit(|ask| async move { Ok::<_, ClientError>(ask.decline()) })
            .on_elicit_url(|ask| async move { Ok::<_, ClientError>(ask.decline()) })
            .on_sample(|_| async move { Ok::<_, ClientError>(SamplingAnswer::text("nothing")) })
            .roots(["file:///"]),
        _ => builder,
    }
}

/// Something for each field of a form that must not be left out.
fn filled_in(schema: &Value) -> Value {
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    required
        .map(|name| {
            let value = match schema["properties"][name]["type"].as_str() {
                Some("boolean") => json!(true),
                Some("integer" | "number") => json!(1),
                _ => json!("yes"),
            };
            (name.to_owned(), value)
        })
        .collect()
}

async fn run(client: &Client, scenario: &str, context: &Value) -> Result<(), Box<dyn std::error::Error>> {
    match scenario {
        "initialize" => {}
        "tools_call" => {
            client.tools().await?;
            let sum = client.call_tool("add_numbers", json!({ "a": 5, "b": 3 })).await?;
            assert!(sum.to_text().contains('8'), "{sum:?}");
        }
        "elicitation-sep1034-client-defaults" => {
            client.tools().await?;
            client.call_tool("test_client_elicitation_defaults", json!({})).await?;
        }
        "sse-retry" => {
            client.tools().await?;
            client.call_tool("test_reconnection", json!({})).await?;
        }
        "request-metadata" | "json-schema-ref-no-deref" => {
            client.tools().await?;
            client.ping().await?;
        }
        "http-standard-headers" => {
            for tool in client.tools().await? {
                client.call_tool(&tool.name, json!({})).await?;
            }
            for resource in client.resources().await? {
                client.read_resource(&resource.uri).await?;
            }
            for prompt in client.prompts().await? {
                client.get_prompt(&prompt.name, ()).await?;
            }
        }
        "http-custom-headers" => {
            client.tools().await?;
            for call in context["toolCalls"].as_array().into_iter().flatten() {
                let name = call["name"].as_str().ok_or("a call without a name")?;
                client.call_tool(name, &call["arguments"]).await?;
            }
        }
        "http-invalid-tool-headers" => {
            for tool in client.tools().await? {
                client.call_tool(&tool.name, sample(&tool.input_schema)).await?;
            }
        }
        "sep-2322-client-request-state" => {
            client.tools().await?;
            for tool in ["test_mrtr_echo_state", "test_mrtr_no_state", "test_mrtr_no_result_type"] {
                client.call_tool(tool, json!({})).await?;
            }
        }
        "json-schema-2020-12-preservation" => {
            let tools = client.tools().await?;
            let seen = tools.iter().find(|tool| tool.name == "json_schema_2020_12_tool").or(tools.first());
            let schema = seen.map(|tool| tool.input_schema.clone());
            client.call_tool("json_schema_echo", json!({ "schema": schema })).await?;
        }
        other => return Err(format!("this client knows no scenario `{other}`").into()),
    }
    Ok(())
}

/// Arguments that fit a simple schema.
fn sample(schema: &Value) -> Value {
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, property)| {
            let value = match property["type"].as_str() {
                Some("integer" | "number") => json!(1),
                Some("boolean") => json!(true),
                _ => json!("a"),
            };
            (name.clone(), value)
        })
        .collect()
}
