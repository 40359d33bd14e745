//! What tests need of a server that asks for tokens, and tells of its calls wherever it can: in a log, an audit log and metrics.

use fastmcp_rs::{Audit, AuditArguments, Jwt, TokenMap, prelude::*};

/// Says who is calling.
#[tool]
fn whoami(caller: Caller) -> String {
    caller.subject().unwrap_or("nobody").to_owned()
}

fn main() -> fastmcp_rs::Result {
    let said = |name: &str| std::env::var(name).unwrap_or_default();
    let issuer = Jwt::issuer("https://issuer.example.com").jwks_json(said("JWKS"));
    Server::new("guarded")
        .public_url("https://mcp.acme.com/mcp")
        .auth(TokenMap::from_env("TOKENS"))
        .auth(issuer)
        .audit(Audit::file(said("AUDIT")).arguments(AuditArguments::Full))
        .json_logs()
        .log_arguments()
        .metrics()
        .run()
}
