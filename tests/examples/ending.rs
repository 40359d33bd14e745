//! What tests need of a server that is told to end: calls in each stage, which end when the test wants them to, and a lifespan that
//! says so. `GRACE` and `DRAIN` are in milliseconds; `AUDIT` is a file.

use std::io::Read as _;
use std::net;
use std::time::Duration;

use fastmcp_rs::{Audit, prelude::*};
use tokio::{io::AsyncReadExt as _, net::TcpStream};

struct Database;

/// Connects to an address, and answers with what it is told there.
#[tool(timeout = "none")]
async fn wait(address: String) -> Result<String, ToolError> {
    let mut told = String::new();
    TcpStream::connect(address).await?.read_to_string(&mut told).await?;
    Ok(told)
}

/// The same, after a word about how far it is.
#[tool(timeout = "none")]
async fn tell(address: String, ctx: Context) -> Result<String, ToolError> {
    ctx.progress(1.0, 2.0).await;
    wait(address).await
}

/// The same on a thread of its own.
#[tool(timeout = "none")]
fn hold(address: String) -> Result<String, ToolError> {
    let mut told = String::new();
    net::TcpStream::connect(address)?.read_to_string(&mut told)?;
    Ok(told)
}

/// The same on the thread that answers, which it must not.
#[tool(inline, timeout = "none")]
fn block(address: String) -> Result<String, ToolError> {
    hold(address)
}

/// Asks a person.
#[tool(timeout = "none")]
async fn ask(ctx: Context) -> Result<String, ToolError> {
    Ok(ctx.confirm("Well?").await?.to_string())
}

/// Says nothing else.
#[tool(inline)]
fn hello() -> &'static str {
    "hello"
}

fn main() -> fastmcp_rs::Result {
    let time = |name: &str| std::env::var(name).ok().map(|time| Duration::from_millis(time.parse().expect("a number")));
    let mut server = Server::new("ending").json_logs();
    server = server.lifespan(|| async { Ok::<_, std::io::Error>(Database) }).on_shutdown(|_: State<Database>| async {
        if std::env::var_os("HANGING").is_some() {
            std::future::pending::<()>().await;
        }
        eprintln!("the database is closed");
    });
    if let Some(grace) = time("GRACE") {
        server = server.shutdown_grace(grace);
    }
    if let Some(drain) = time("DRAIN") {
        server = server.drain(drain);
    }
    if let Some(file) = std::env::var_os("AUDIT") {
        server = server.audit(Audit::file(file));
    }
    server.run()
}
