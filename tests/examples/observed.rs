//! What tests need of a server of whose calls something is known: each way in which a call can end, and a log of them.

use std::future::pending;
use std::io;

use fastmcp_rs::{Audit, AuditArguments, AuditFsync, AuditFull, prelude::*};
use serde_json::json;

/// Ends as it is told.
#[tool]
async fn end(how: String, #[arg(sensitive)] secret: Option<String>, ctx: Context) -> Result<String, ToolError> {
    match how.as_str() {
        "conflict" => Err(ToolError::conflict("it is in use").with_details(json!({ "by": "somebody" }))),
        "masked" => Err(io::Error::other("the disk is\u{1b}[2J\nfull").into()),
        "panic" => panic!("nothing is left"),
        "ask" => Ok(ctx.confirm("Well?").await?.to_string()),
        _ => Ok(format!("{how} {}", secret.is_some())),
    }
}

/// Is always late.
#[tool(timeout = "50ms")]
async fn late() -> String {
    pending().await
}

/// Takes its time.
#[tool(timeout = "none")]
async fn wait(ctx: Context) -> String {
    ctx.progress(1.0, 2.0).await;
    pending().await
}

/// Connects to an address, and holds its thread until it is told something there.
#[tool(timeout = "50ms")]
fn hold(address: String) -> Result<String, ToolError> {
    let mut told = String::new();
    io::Read::read_to_string(&mut std::net::TcpStream::connect(address)?, &mut told)?;
    Ok(told)
}

/// Blocks, and fails.
#[tool]
fn plainly() -> Result<String, ToolError> {
    panic!("a plain function, too")
}

/// A note.
#[resource("note://{id}")]
fn note(id: String) -> Result<String, ToolError> {
    if id == "0" { Err(ToolError::not_found("there is no such note")) } else { Ok(format!("note {id}")) }
}

/// Greets.
#[prompt]
fn greet(name: String) -> String {
    format!("Hello, {name}!")
}

fn main() -> fastmcp_rs::Result {
    let mut server = Server::new("observed").version("1.2.3").json_logs().log_arguments();
    if std::env::var_os("METRICS").is_some() {
        server = server.metrics();
    }
    if std::env::var_os("AUTH").is_some() {
        // Nobody is there: what counts is that the keys of an issuer are asked for.
        let issuer = fastmcp_rs::Jwt::issuer("http://127.0.0.1:9");
        server = server.public_url("https://mcp.example.com/mcp").auth(fastmcp_rs::TokenMap::new()).auth(issuer);
    }
    if let Ok(address) = std::env::var("METRICS_AT") {
        server = server.metrics_at(address.parse::<std::net::SocketAddr>().expect("an address"));
    }
    let Some(path) = std::env::var_os("AUDIT") else { return server.run() };
    let said = |name: &str| std::env::var(name).unwrap_or_default();
    let mut audit = Audit::file(path).fsync(AuditFsync::EachLine);
    audit = match said("AUDIT_FULL").as_str() {
        "wait" => audit.when_full(AuditFull::Wait),
        "count" => audit.when_full(AuditFull::Count),
        _ => audit,
    };
    audit = match said("AUDIT_ARGUMENTS").as_str() {
        "redacted" => audit.arguments(AuditArguments::Redacted),
        "full" => audit.arguments(AuditArguments::Full),
        _ => audit,
    };
    server.audit(audit).run()
}
