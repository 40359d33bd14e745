//! What is called: the same in both programs of the fixture.

use fastmcp_rs::prelude::*;
use fastmcp_rs::schemars::{self, JsonSchema};

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

/// Says the message again, and how far it is: its answer is a stream of events.
#[tool(hidden)]
async fn steps(
    /// What to say.
    message: String,
    ctx: Context,
) -> String {
    ctx.progress(1.0, 1.0).await;
    message
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
