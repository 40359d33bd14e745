//! The fixture on turbomcp. `bench-turbomcp` serves stdio, `bench-turbomcp --http ADDR` serves HTTP.

mod many;

use axum::serve::ListenerExt as _;
use schemars::JsonSchema;
use serde::Serialize;
use turbomcp::http::{HttpConfig, router};
use turbomcp::prelude::*;
use turbomcp::{LegacySessionAdapter, serve_stdio};

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

#[derive(Clone)]
struct Bench;

#[server(name = "bench", version = "1.0.0")]
impl Bench {
    #[tool(description = "Says the message again.")]
    async fn echo(&self, message: String) -> String {
        message
    }

    #[tool(description = "Adds two numbers.")]
    async fn add(&self, a: i64, b: i64) -> String {
        (a + b).to_string()
    }

    #[tool(description = "Finds records.")]
    async fn search(&self, query: String, limit: usize) -> Json<Found> {
        Json(Found { query, records: bench_fixture::search(limit) })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) if bench_fixture::more_tools().next().is_some() => {
            Ok(serve_stdio(LegacySessionAdapter::new(many::builder().build())).await?)
        }
        (None, _) => Ok(Bench.run_stdio().await?),
        (Some("--http"), Some(address)) => {
            let app = if bench_fixture::more_tools().next().is_some() {
                router(many::builder().build(), HttpConfig::new())
            } else {
                router(Bench.into_server().build(), HttpConfig::new())
            };
            // `serve_http` leaves Nagle's algorithm on: not what is to be measured here.
            let listener = tokio::net::TcpListener::bind(address).await?.tap_io(|stream| {
                let _ = stream.set_nodelay(true);
            });
            Ok(axum::serve(listener, app).await?)
        }
        _ => Err("bench-turbomcp [--http ADDR]".into()),
    }
}
