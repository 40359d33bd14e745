//! The fixture on fastmcp-rs. `bench-fastmcp` serves stdio, `bench-fastmcp --http ADDR` serves HTTP.

use fastmcp_rs::prelude::*;
use fastmcp_rs::schemars::{self, JsonSchema};
use fastmcp_rs::serde_json::{Value, json};

/// What a search finds.
#[derive(serde::Serialize, JsonSchema)]
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

/// Says the message again.
#[tool]
async fn echo(
    /// What to say.
    message: String,
) -> String {
    message
}

/// Adds two numbers.
#[tool]
async fn add(
    /// The first number.
    a: i64,
    /// The second number.
    b: i64,
) -> String {
    (a + b).to_string()
}

/// Finds records.
#[tool]
async fn search(
    /// What to look for.
    query: String,
    /// How many records to give.
    limit: usize,
) -> Found {
    Found { query, records: bench_fixture::search(limit) }
}

fn main() -> fastmcp_rs::Result {
    let mut server = Server::new("bench").version("1.0.0");
    for name in bench_fixture::more_tools() {
        let schema = json!({
            "type": "object",
            "properties": {
                "first": { "type": "string", "description": "The first argument." },
                "second": { "type": "integer", "description": "The second argument." },
            },
            "required": ["first"],
        });
        let tool = DynamicTool::new(name, schema, |arguments: Value, _: Context| async move {
            Ok::<_, ToolError>(arguments.to_string())
        });
        server = server.add_tool(tool.description(bench_fixture::MORE_DESCRIPTION));
    }
    server.run()
}
