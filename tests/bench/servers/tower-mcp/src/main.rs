//! The fixture on tower-mcp. `bench-tower-mcp` serves stdio, `bench-tower-mcp --http ADDR` serves HTTP.

use axum::serve::ListenerExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tower_mcp::extract::RawArgs;
use tower_mcp::{BoxError, CallToolResult, HttpTransport, McpRouter, StdioTransport, ToolBuilder};

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

fn router() -> McpRouter {
    let echo = ToolBuilder::new("echo")
        .description("Says the message again.")
        .handler(|input: Echo| async move { Ok(CallToolResult::text(input.message)) })
        .build();
    let add = ToolBuilder::new("add")
        .description("Adds two numbers.")
        .handler(|input: Add| async move { Ok(CallToolResult::text((input.a + input.b).to_string())) })
        .build();
    let search = ToolBuilder::new("search")
        .description("Finds records.")
        .output_schema_for::<Found>()
        .handler(|Search { query, limit }: Search| async move {
            CallToolResult::from_serialize(&Found { query, records: bench_fixture::search(limit) })
        })
        .build();
    let mut router = McpRouter::new().server_info("bench", "1.0.0").tool(echo).tool(add).tool(search);
    for name in bench_fixture::more_tools() {
        let schema = serde_json::json!({
            "type": "object",
            "properties": {
                "first": { "type": "string", "description": "The first argument." },
                "second": { "type": "integer", "description": "The second argument." },
            },
            "required": ["first"],
        });
        let tool = ToolBuilder::new(name)
            .description(bench_fixture::MORE_DESCRIPTION)
            .input_schema(schema)
            .extractor_handler((), |RawArgs(arguments): RawArgs| async move {
                Ok::<_, tower_mcp::Error>(CallToolResult::text(arguments.to_string()))
            })
            .build();
        router = router.tool(tool);
    }
    router
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => Ok(StdioTransport::new(router()).run().await?),
        (Some("--http"), Some(address)) => {
            // `HttpTransport::serve` leaves Nagle's algorithm on: not what is to be measured here.
            let listener = tokio::net::TcpListener::bind(address).await?.tap_io(|stream| {
                let _ = stream.set_nodelay(true);
            });
            Ok(axum::serve(listener, HttpTransport::new(router()).into_router_at("/mcp")).await?)
        }
        _ => Err("bench-tower-mcp [--http ADDR]".into()),
    }
}
