//! A tool that publishes an output schema and fails in every way in which a call can fail, for clients that nobody here wrote.

use std::{future::pending, io};

use fastmcp_rs::prelude::*;
use serde_json::json;

/// What a probe says.
#[model]
struct Measured {
    value: f64,
}

/// Reads a probe, or fails as it is told.
#[tool(timeout = "1s")]
async fn measure(#[arg(len(1..))] how: String) -> Result<Measured, ToolError> {
    match how.as_str() {
        "author" => Err(ToolError::conflict("the probe is in use").with_details(json!({ "probe": 7 }))),
        "limited" => Err(ToolError::rate_limited("one reading at a time", std::time::Duration::from_secs(12))),
        "masked" => Err(io::Error::other("password=hunter2").into()),
        "slow" => pending().await,
        "panic" => panic!("password=hunter2"),
        _ => Ok(Measured { value: 20.5 }),
    }
}

/// Reads a probe that never answers.
#[tool(timeout = "none")]
async fn measure_for_ever(ctx: Context) -> Measured {
    ctx.progress(1.0, 2.0).await;
    pending().await
}

fn main() -> fastmcp_rs::Result {
    Server::new("failing").run()
}
