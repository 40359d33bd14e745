//! Who may speak to this server through a browser: `Host` and `Origin` are checked before anything else, so that a page
//! cannot reach a server on its visitor's own machine by DNS rebinding (basic/transports, "Security Warning").

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, Uri};

use crate::uri::is_loopback;

/// Whose requests are taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    hosts: Vec<String>,
    origins: Vec<String>,
    any_host: bool,
}

/// A request that is refused: the status, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub status: u16,
    pub why: String,
}

impl Guard {
    /// Takes requests for a host. What could be no request's `Host` is refused, with what to write instead.
    pub(crate) fn allow_host(&mut self, host: &str) -> Result<(), String> {
        if host == "*" {
            return Err("is not a host: write `allow_any_host()`".to_owned());
        }
        if host.contains('*') || split(host).is_none_or(|(name, _)| name.is_empty()) {
            return Err("is not a host: write its name, with or without a port, such as `mcp.example.com`".to_owned());
        }
        self.hosts.push(normalised(host).to_ascii_lowercase());
        Ok(())
    }

    /// The same of an origin. `null` is the origin of whatever has none, so it cannot be trusted.
    pub(crate) fn allow_origin(&mut self, origin: &str) -> Result<(), String> {
        let origin = origin.trim_end_matches('/');
        let host = origin.split_once("://").map(|(_, host)| host);
        if origin != "*" && host.is_none_or(|host| host.contains('*') || split(host).is_none()) {
            return Err("is not an origin: write scheme and host, such as `https://app.example.com`".to_owned());
        }
        self.origins.push(origin.to_ascii_lowercase());
        Ok(())
    }

    pub(crate) fn allow_any_host(&mut self) {
        self.any_host = true;
    }

    pub(crate) fn takes_any_host(&self) -> bool {
        self.any_host
    }

    /// Whether somebody has said which hosts to expect beyond loopback.
    pub(crate) fn is_open(&self) -> bool {
        self.any_host || !self.hosts.is_empty()
    }

    /// Checks a request; gives back the origin that may read the answer, if a browser asks.
    pub(crate) fn check<'h>(&self, uri: &Uri, headers: &'h HeaderMap) -> Result<Option<&'h HeaderValue>, Refused> {
        let mut hosts = headers.get_all(HOST).iter();
        let named = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().map_err(|_| bad("the Host header cannot be read"))?,
            (None, _) => {
                uri.authority().map(axum::http::uri::Authority::as_str).ok_or_else(|| bad("there is no Host header"))?
            }
            _ => return Err(bad("there is more than one Host header")),
        };
        if let Some(authority) = uri.authority().filter(|authority| !authority.as_str().eq_ignore_ascii_case(named)) {
            return Err(bad(&format!("the target names `{}` and the Host header another", shown(authority.as_str()))));
        }
        if !self.any_host && !self.knows(named) {
            return Err(forbidden(&format!(
                "the host `{}` is not expected here. If it should be, add `.allowed_hosts([..])` to the server's `Http`, or set FASTMCP_ALLOWED_HOSTS",
                shown(named)
            )));
        }
        let mut origins = headers.get_all(ORIGIN).iter();
        let origin = match (origins.next(), origins.next()) {
            (None, _) => return Ok(None),
            (Some(origin), None) => origin,
            _ => return Err(bad("there is more than one Origin header")),
        };
        let text = origin.to_str().map_err(|_| bad("the Origin header cannot be read"))?;
        if self.trusts(text, named) {
            return Ok(Some(origin));
        }
        Err(forbidden(&format!(
            "the origin `{}` is not expected here. If it should be, add `.allowed_origins([..])` to the server's `Http`, or set FASTMCP_ALLOWED_ORIGINS",
            shown(text)
        )))
    }

    /// A host that was allowed, with any port or the very port that was named; loopback always.
    fn knows(&self, named: &str) -> bool {
        let Some((host, _)) = split(named) else { return false };
        is_loopback(host)
            || self.hosts.iter().any(|known| known.eq_ignore_ascii_case(named) || known.eq_ignore_ascii_case(host))
    }

    /// An origin that was allowed, that of the server itself, or a page of this machine.
    fn trusts(&self, origin: &str, host: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        if self.origins.iter().any(|known| *known == origin || known == "*") {
            return true;
        }
        let Some(authority) = origin.strip_prefix("http://") else {
            // A server behind a proxy that speaks TLS is its own origin under https.
            return !is_loopback_authority(host)
                && origin.strip_prefix("https://").is_some_and(|own| own.eq_ignore_ascii_case(host));
        };
        authority.eq_ignore_ascii_case(host) || (is_loopback_authority(authority) && is_loopback_authority(host))
    }
}

/// Host and port. `None` for anything that is not an authority, such as one with user information.
fn split(authority: &str) -> Option<(&str, Option<&str>)> {
    if authority.is_empty() || authority.contains(['@', '/', ' ', '\\', '%']) {
        return None;
    }
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        return match after {
            "" => Some((host, None)),
            port => Some((host, Some(port.strip_prefix(':').filter(|port| is_port(port))?))),
        };
    }
    match authority.split_once(':') {
        Some((host, port)) => is_port(port).then_some((normalised(host), Some(port))),
        None => Some((normalised(authority), None)),
    }
}

fn is_port(port: &str) -> bool {
    port.is_empty() || port.parse::<u16>().is_ok()
}

/// Without the dot that a fully qualified name may end in.
fn normalised(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

fn is_loopback_authority(authority: &str) -> bool {
    split(authority).is_some_and(|(host, _)| is_loopback(host))
}

pub(super) fn shown(text: &str) -> String {
    crate::text::sanitize::bounded(text, 128).into_owned()
}

fn bad(why: &str) -> Refused {
    Refused { status: 400, why: why.to_owned() }
}

fn forbidden(why: &str) -> Refused {
    Refused { status: 403, why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(guard: &Guard, host: &str, origin: Option<&str>) -> u16 {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).expect("a header"));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).expect("a header"));
        }
        guard.check(&Uri::from_static("/mcp"), &headers).err().map_or(200, |refused| refused.status)
    }

    #[test]
    fn loopback_is_known_by_its_usual_names_and_any_port() {
        let guard = Guard::default();
        for host in ["localhost", "LOCALHOST:80", "127.0.0.1:8000", "[::1]:1", "localhost.:9"] {
            assert_eq!(status(&guard, host, None), 200, "{host}");
        }
        for host in [
            "evil.com",
            "127.0.0.1@evil.com",
            "localhost.evil.com",
            "127.0.0.1.evil.com",
            "0.0.0.0",
            "2130706433",
            "0x7f.1",
            "[::1]evil",
        ] {
            assert_eq!(status(&guard, host, None), 403, "{host}");
        }
    }

    #[test]
    fn pages_of_this_machine_may_ask_and_others_may_not() {
        let guard = Guard::default();
        assert_eq!(status(&guard, "127.0.0.1:8000", Some("http://localhost:6274")), 200);
        for origin in [
            "http://evil.com",
            "null",
            "http://127.0.0.1.evil.com",
            "https://127.0.0.1:8000",
            "http://127.0.0.1:8000@evil.com",
        ] {
            assert_eq!(status(&guard, "127.0.0.1:8000", Some(origin)), 403, "{origin}");
        }
    }

    #[test]
    fn what_was_allowed_is_allowed() {
        let mut guard = Guard::default();
        guard.allow_host("mcp.example.com").unwrap();
        guard.allow_origin("https://app.example.com/").unwrap();
        assert_eq!(status(&guard, "mcp.example.com:443", Some("https://app.example.com")), 200);
        assert_eq!(status(&guard, "mcp.example.com", Some("https://mcp.example.com")), 200);
        assert_eq!(status(&guard, "mcp.example.com", Some("https://other.example.com")), 403);
    }
}
