//! The fixture on rmcp, the official Rust SDK. `bench-rmcp` serves stdio, `--http ADDR` serves HTTP as the SDK does unasked
//! (sessions, answers as event streams), `--http-json ADDR` without sessions and with JSON answers.

use std::sync::Arc;

use axum::serve::ListenerExt as _;
use rmcp::handler::server::router::tool::{ToolRoute, ToolRouter};
use rmcp::handler::server::wrapper::{Json, Parameters};
use rmcp::model::{CallToolResult, ContentBlock, Implementation, ServerCapabilities, ServerConfig, Tool};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ServerHandler, ServiceExt as _, tool, tool_handler, tool_router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
struct Echo {
    /// What to say.
    message: String,
}

#[derive(Deserialize, JsonSchema)]
struct Add {
    /// The first number.
    a: i64,
    /// The second number.
    b: i64,
}

#[derive(Deserialize, JsonSchema)]
struct Search {
    /// What to look for.
    query: String,
    /// How many records to give.
    limit: usize,
}

/// What a search finds.
#[derive(Serialize, JsonSchema)]
struct Found {
    query: String,
    #[schemars(with = "Vec<Record>")]
    records: &'static [bench_fixture::Record],
}

/// The schema of one record.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct Record {
    id: u64,
    title: String,
    url: String,
    score: f64,
    tags: Vec<String>,
    snippet: String,
}

/// Made once and lent to every session, which is kinder than what the SDK's examples do (they build the routes anew).
#[derive(Clone)]
struct Bench {
    tools: Arc<ToolRouter<Self>>,
}

#[tool_router]
impl Bench {
    fn new() -> Self {
        let mut tools = Self::tool_router();
        for name in bench_fixture::more_tools() {
            let schema = serde_json::json!({
                "type": "object",
                "properties": {
                    "first": { "type": "string", "description": "The first argument." },
                    "second": { "type": "integer", "description": "The second argument." },
                },
                "required": ["first"],
            });
            let serde_json::Value::Object(schema) = schema else { unreachable!("written as an object") };
            tools.add_route(ToolRoute::new_dyn(
                Tool::new(name, bench_fixture::MORE_DESCRIPTION, Arc::new(schema)),
                |call| {
                    let said = serde_json::to_string(&call.arguments).unwrap_or_default();
                    Box::pin(async move { Ok(CallToolResult::success(vec![ContentBlock::text(said)]).into()) })
                },
            ));
        }
        Self { tools: Arc::new(tools) }
    }

    #[tool(description = "Says the message again.")]
    async fn echo(&self, Parameters(Echo { message }): Parameters<Echo>) -> String {
        message
    }

    #[tool(description = "Adds two numbers.")]
    async fn add(&self, Parameters(Add { a, b }): Parameters<Add>) -> String {
        (a + b).to_string()
    }

    #[tool(description = "Finds records.")]
    async fn search(&self, Parameters(Search { query, limit }): Parameters<Search>) -> Json<Found> {
        Json(Found { query, records: bench_fixture::search(limit) })
    }
}

#[tool_handler(router = self.tools)]
impl ServerHandler for Bench {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("bench", "1.0.0"))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let config = StreamableHttpServerConfig::default();
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => {
            Bench::new().serve(rmcp::transport::stdio()).await?.waiting().await?;
            Ok(())
        }
        (Some("--http"), Some(address)) => http(&address, config).await,
        (Some("--http-json"), Some(address)) => {
            http(&address, config.with_legacy_session_mode(false).with_json_response(true)).await
        }
        _ => Err("bench-rmcp [--http ADDR | --http-json ADDR]".into()),
    }
}

async fn http(address: &str, config: StreamableHttpServerConfig) -> Result<(), Box<dyn std::error::Error>> {
    let server = Bench::new();
    let service =
        StreamableHttpService::new(move || Ok(server.clone()), Arc::new(LocalSessionManager::default()), config);
    let router = axum::Router::new().nest_service("/mcp", service);
    // The SDK's examples leave Nagle's algorithm on, which costs 40 ms an answer: not what is to be measured here.
    let listener = tokio::net::TcpListener::bind(address).await?.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}
