//! The URL by which clients know the server, in the form in which it is compared (2026-07-28, basic/authorization, "Canonical
//! Server URI").

use axum::http::Uri;

use crate::uri::is_loopback;

/// The URL by which clients know the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    text: String,
    authority: usize,
    path: usize,
}

impl PublicUrl {
    /// Reads one; the error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "is not the URL of a server: write one such as `https://mcp.example.com/mcp`";
        if text.contains(['#', '?']) {
            return Err("is not the URL of a server: it has no query and no fragment");
        }
        let uri: Uri = text.parse().map_err(|_| FORM)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(FORM) };
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(FORM);
        }
        let (scheme, host) = (scheme.to_ascii_lowercase(), authority.as_str().to_ascii_lowercase());
        let default = match scheme.as_str() {
            "https" => ":443",
            "http" if is_loopback(authority.host()) => ":80",
            "http" => return Err("is not encrypted: write `https://`, since tokens are sent there"),
            _ => return Err(FORM),
        };
        let host = host.strip_suffix(default).unwrap_or(&host);
        let authority = scheme.len() + "://".len();
        let path = uri.path().trim_end_matches('/');
        Ok(Self { text: format!("{scheme}://{host}{path}"), authority, path: authority + host.len() })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Host and port, as a request names them.
    pub(crate) fn host(&self) -> &str {
        self.text.get(self.authority..self.path).unwrap_or_default()
    }

    /// The path; empty where there is none.
    pub(crate) fn path(&self) -> &str {
        self.text.get(self.path..).unwrap_or_default()
    }

    /// Another path at the same place.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.text.get(..self.path).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_one_form() {
        for (given, expected) in [
            ("https://mcp.acme.com/mcp", "https://mcp.acme.com/mcp"),
            ("HTTPS://MCP.Acme.com/Mcp/", "https://mcp.acme.com/Mcp"),
            ("https://mcp.acme.com/", "https://mcp.acme.com"),
            ("https://mcp.acme.com:443", "https://mcp.acme.com"),
            ("https://mcp.acme.com:8443/a/b", "https://mcp.acme.com:8443/a/b"),
            ("http://127.0.0.1:8000/mcp", "http://127.0.0.1:8000/mcp"),
            ("http://[::1]:8000/mcp", "http://[::1]:8000/mcp"),
            ("http://localhost/mcp", "http://localhost/mcp"),
        ] {
            assert_eq!(PublicUrl::parse(given).unwrap().as_str(), expected);
        }
        for wrong in [
            "mcp.acme.com",
            "/mcp",
            "https://mcp.acme.com/mcp#a",
            "https://mcp.acme.com/mcp?a=b",
            "http://mcp.acme.com/mcp",
            "ftp://mcp.acme.com",
            "https://user@mcp.acme.com/mcp",
            "https://",
            "",
            "https://a b/",
        ] {
            PublicUrl::parse(wrong).unwrap_err();
        }
        let url = PublicUrl::parse("https://mcp.acme.com:8443/mcp").unwrap();
        assert_eq!((url.host(), url.path()), ("mcp.acme.com:8443", "/mcp"));
        assert_eq!(url.at("/x"), "https://mcp.acme.com:8443/x");
    }
}
