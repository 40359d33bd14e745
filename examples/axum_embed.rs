//! An MCP server within an axum application that has pages of its own, and state that both use.
//!
//! ```sh
//! cargo run --example axum_embed            # http://127.0.0.1:8000/ and http://127.0.0.1:8000/mcp
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract;
use axum::routing::get;
use fastmcp_rs::prelude::*;
use tokio::net::TcpListener;

/// How many visits there were, to the page and to the tool.
#[derive(Clone, Default)]
struct Visits(Arc<AtomicU64>);

impl Visits {
    fn one_more(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Count a visit, and say how many there have been.
#[tool(inline)]
fn count_visit(visits: State<Visits>) -> u64 {
    visits.one_more()
}

async fn page(extract::State(visits): extract::State<Visits>) -> String {
    format!("This is visit {}. Agents visit /mcp.\n", visits.one_more())
}

#[tokio::main]
async fn main() -> fastmcp_rs::Result {
    let visits = Visits::default();
    let mcp = Server::new("visits").state(visits.clone()).into_router()?;
    let app = Router::new().route("/", get(page)).with_state(visits).merge(mcp);

    let listener = TcpListener::bind("127.0.0.1:8000").await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
