//! What tests need of a server whose callers come with tokens of an authorization server: `ISSUER`, with `RESOURCES` and a word after it for
//! each kind of its tokens.

use std::time::Duration;

use fastmcp_rs::{Introspect, Jwt, prelude::*};

/// Says who is calling.
#[tool]
fn whoami(caller: Caller) -> String {
    let roles: Vec<_> = caller.roles().collect();
    format!("{} {}", caller.subject().unwrap_or("nobody"), roles.join(" "))
}

/// Changes the notes.
#[tool(scopes("notes:write"))]
fn write(caller: Caller) -> String {
    format!("written by {}", caller.subject().unwrap_or("nobody"))
}

/// Takes some seconds.
#[tool(read_only)]
async fn late(seconds: u64) -> &'static str {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    "done"
}

fn main() -> fastmcp_rs::Result {
    let said = |name: &str| std::env::var(name).unwrap_or_default();
    let (issuer, resources) = (said("ISSUER"), said("RESOURCES"));
    let mut jwt = Jwt::issuer(&issuer).required_scope("notes:read").roles_from("roles").leeway(Duration::ZERO);
    for word in ["mcp", "es", "ed"] {
        jwt = jwt.audience(format!("{resources}{word}"));
    }
    let introspect = Introspect::at(format!("{issuer}/token/introspection"))
        .client("rs", "rs-secret")
        .issuer(&issuer)
        .audience(format!("{resources}opaque"))
        .required_scope("notes:read");
    Server::new("issued").public_url(format!("{resources}mcp")).auth(jwt).auth(introspect).run()
}
