//! `health`: asks a server that runs. Written by hand, since a health check in a container should need no client library.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::address::AddressFlags;
use super::output::{self, shown};
use crate::error::Error;
use crate::protocol::{Revision, meta, method};
use crate::text::sanitize;

/// The exit code where nobody answers, which is that of the Inspector.
const UNREACHABLE: i32 = 4;

/// Asks `/health` where flags and environment say that a server of this program runs, or a URL: one that ends in `/health` or
/// `/ready` as it is, any other for `server/discover`.
pub(super) async fn ask(url: Option<String>, place: &AddressFlags, as_json: bool) -> Result<(), Error> {
    let url = match url {
        Some(url) => match place.given() {
            Some(what) => return Err(Error::new(format!("give either a URL or {what}, not both"))),
            None => url,
        },
        None => at(place)?,
    };
    let wrong = |what: &str| Error::new(format!("`{}` {what}", sanitize::bounded(&url, 256)));
    let rest = url.strip_prefix("http://").ok_or_else(|| wrong("is not a URL that begins with http://"))?;
    // Both go into the head of a request.
    if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong("has a character that does not belong into a URL"));
    }
    let (host, path) = rest.find('/').map_or((rest, "/mcp"), |slash| rest.split_at(slash));
    let bracketed = host.rfind(']').map_or(host, |end| &host[end..]);
    let address = if bracketed.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let probed = matches!(path.rsplit('/').next(), Some("health" | "ready"));

    let failed = |what: &str| Error::new(format!("{} does not answer: {what}", sanitize::bounded(&url, 256)));
    let request = if probed { probe(host, path) } else { discovery(host, path) };
    let answer = match tokio::time::timeout(Duration::from_secs(5), exchange(&address, &request)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return Err(failed(&error.to_string()).exit_with(UNREACHABLE)),
        Err(_) => return Err(failed("nothing came within 5 s").exit_with(UNREACHABLE)),
    };
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.lines().next().unwrap_or("");
    // Who asks for a token is there, too.
    if !status.contains(" 200 ") && (probed || !status.contains(" 401 ")) {
        return Err(failed(&format!("it said `{}`", shown(status))));
    }
    if as_json {
        return output::print_json(&json!({ "url": url, "healthy": true }).to_string());
    }
    output::print(&format!("{url} is healthy"))
}

/// Where a server that was started with the same flags and in the same environment is asked.
fn at(place: &AddressFlags) -> Result<String, Error> {
    let mut address = place.address()?;
    // A server that listens everywhere is asked on loopback.
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    Ok(format!("http://{address}/health"))
}

fn probe(host: &str, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\nConnection: close\r\n\r\n")
}

fn discovery(host: &str, path: &str) -> String {
    let revision = Revision::LATEST;
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": method::DISCOVER,
        "params": { "_meta": { meta::PROTOCOL_VERSION: revision, meta::CLIENT_CAPABILITIES: {} } },
    })
    .to_string();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
         MCP-Protocol-Version: {revision}\r\nMcp-Method: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        method::DISCOVER,
        body.len(),
        revision = revision.as_str(),
    )
}

async fn exchange(address: &str, request: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut answer).await?;
    Ok(answer)
}
