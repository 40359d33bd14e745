//! The URL of a server, checked once.

use hyper::Uri;

/// Where a server is.
#[derive(Clone, Debug)]
pub(super) struct Address {
    secure: bool,
    host: String,
    port: u16,
    /// What `Host` says: without the port where that is the usual one.
    authority: String,
    /// Path and query.
    path: String,
}

impl Address {
    /// Reads a URL.
    ///
    /// # Errors
    /// In words that do not repeat it, since it may hold a secret.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|error| format!("the server's URL cannot be read: {error}"))?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) | None => return Err("the server's URL has to begin with `http://` or `https://`".to_owned()),
        };
        let Some(authority) = uri.authority() else { return Err("the server's URL has no host".to_owned()) };
        if authority.as_str().contains('@') {
            return Err("the server's URL has a name or a password in it: give a header or a token instead".to_owned());
        }
        let usual = if secure { 443 } else { 80 };
        let port = authority.port_u16().unwrap_or(usual);
        let host = authority.host();
        if host.is_empty() {
            return Err("the server's URL has no host".to_owned());
        }
        let said = if port == usual { host.to_owned() } else { format!("{host}:{port}") };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = if path.is_empty() { "/" } else { path };
        Ok(Self {
            secure,
            // An IPv6 address is looked up without its brackets.
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port,
            authority: said,
            path: path.to_owned(),
        })
    }

    pub(super) fn is_secure(&self) -> bool {
        self.secure
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Scheme, host and port, for messages.
    pub(super) fn origin(&self) -> String {
        format!("{}://{}", if self.secure { "https" } else { "http" }, self.authority)
    }

    /// The path that a reference leads to, if that is on this server.
    pub(super) fn resolve(&self, reference: &str) -> Option<String> {
        if reference.contains("://") || reference.starts_with("//") {
            let whole = match reference.strip_prefix("//") {
                Some(rest) => format!("{}://{rest}", if self.secure { "https" } else { "http" }),
                None => reference.to_owned(),
            };
            let other = Self::parse(&whole).ok()?;
            let same =
                other.secure == self.secure && other.port == self.port && other.host.eq_ignore_ascii_case(&self.host);
            return same.then_some(other.path);
        }
        let path = if reference.starts_with('/') {
            reference.to_owned()
        } else if reference.starts_with('?') {
            format!("{}{reference}", self.path.split('?').next().unwrap_or_default())
        } else {
            let base = self.path.split('?').next().unwrap_or_default();
            format!("{}/{reference}", base.rsplit_once('/').map_or("", |(before, _)| before))
        };
        // What is no path at all is refused where it is used.
        path.parse::<Uri>().ok().map(|_| path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_what_its_url_says() {
        let at = |url: &str| Address::parse(url).expect("a URL");
        let plain = at("http://localhost:8000/mcp?key=1");
        assert_eq!(
            (plain.host(), plain.port(), plain.authority(), plain.path()),
            ("localhost", 8000, "localhost:8000", "/mcp?key=1")
        );
        assert_eq!(plain.origin(), "http://localhost:8000");
        let secure = at("https://weather.example");
        assert_eq!(
            (secure.port(), secure.authority(), secure.path(), secure.is_secure()),
            (443, "weather.example", "/", true)
        );
        let six = at("http://[::1]:80/mcp");
        assert_eq!((six.host(), six.authority()), ("::1", "[::1]"));
        for bad in ["", "localhost:8000", "ftp://a/b", "/mcp", "http://", "http://user:secret@host/", "http://a b/"] {
            let words = Address::parse(bad).expect_err(bad);
            assert!(!words.contains("secret"), "{words}");
        }
    }

    #[test]
    fn a_reference_leads_to_the_same_server_or_nowhere() {
        let at = Address::parse("http://host:8000/a/sse?x=1").expect("a URL");
        for (reference, path) in [
            ("/messages?id=1", Some("/messages?id=1")),
            ("messages", Some("/a/messages")),
            ("?id=1", Some("/a/sse?id=1")),
            ("http://host:8000/m", Some("/m")),
            ("//host:8000/m", Some("/m")),
            ("http://HOST:8000/m", Some("/m")),
            ("http://host:8001/m", None),
            ("https://host:8000/m", None),
            ("http://evil.example/m", None),
            ("//evil.example/m", None),
            ("/a b", None),
        ] {
            assert_eq!(at.resolve(reference).as_deref(), path, "{reference}");
        }
    }
}
