//! What tests need of a server process and no example has: calls that end when the test wants them to, and a task that never ends.

use std::time::Duration;

use fastmcp_rs::prelude::*;
use tokio::{io::AsyncReadExt as _, net::TcpStream};

/// Connects to an address, and answers with what it is told there.
#[tool(timeout = "none")]
async fn listen_to(address: String) -> Result<String, ToolError> {
    let mut told = String::new();
    TcpStream::connect(address).await?.read_to_string(&mut told).await?;
    Ok(told)
}

/// Waits for a person, without a limit.
#[tool(timeout = "none")]
async fn ask(ctx: Context) -> Result<bool, ToolError> {
    Ok(ctx.confirm("Well?").await?)
}

/// Leaves its context with a task that never ends.
#[tool]
async fn linger(ctx: Context) -> &'static str {
    tokio::spawn(async move {
        std::future::pending::<()>().await;
        drop(ctx);
    });
    "lingering"
}

// In a runtime of its own with one thread, which no transport may keep for itself.
#[tokio::main(flavor = "current_thread")]
async fn main() -> fastmcp_rs::Result {
    // No test waits that long: what is cut off only when its time is up counts as hanging.
    let grace = Duration::from_secs(3600);
    let server = Server::empty("waiting").tool(listen_to).tool(ask).tool(linger);
    server.shutdown_grace(grace).run_async().await
}
