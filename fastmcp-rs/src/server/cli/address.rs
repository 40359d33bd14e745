//! How and where to serve, or where a server is to be asked: flags first, then the environment, then the defaults.

#[cfg(feature = "http")]
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::output::shown;
use super::parse::text;
use crate::error::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServedBy {
    #[cfg(feature = "stdio")]
    Stdio,
    #[cfg(feature = "http")]
    Http,
    #[cfg(feature = "sse")]
    Sse,
}

impl ServedBy {
    fn named(name: &str) -> Option<Self> {
        match name {
            #[cfg(feature = "stdio")]
            "stdio" => Some(Self::Stdio),
            #[cfg(feature = "http")]
            "http" | "streamable-http" => Some(Self::Http),
            #[cfg(feature = "sse")]
            "sse" => Some(Self::Sse),
            _ => None,
        }
    }

    /// The transports of this build, in words.
    const NAMES: &str = match (cfg!(feature = "stdio"), cfg!(feature = "http"), cfg!(feature = "sse")) {
        (true, _, true) => "stdio, http or sse",
        (true, true, false) => "stdio or http",
        (false, _, true) => "http or sse",
        (false, true, false) => "http",
        (true, false, false) => "stdio",
        (false, false, false) => "nothing: this program was built without the features `stdio` and `http`",
    };
}

/// What the flags said.
#[derive(Debug, Default)]
pub(super) struct AddressFlags {
    transport: Option<ServedBy>,
    #[cfg(feature = "http")]
    host: Option<IpAddr>,
    #[cfg(feature = "http")]
    port: Option<u16>,
    #[cfg(feature = "http")]
    path: Option<String>,
    #[cfg(feature = "page")]
    open: Option<()>,
}

#[cfg(feature = "http")]
pub(super) const DEFAULT_PORT: u16 = 8000;

impl AddressFlags {
    /// Takes one of the flags of serving with its value; `false` if it is none of them.
    pub(super) fn take(&mut self, flag: &str, parser: &mut lexopt::Parser) -> Result<bool, Error> {
        match flag {
            "transport" => {
                let name = text(parser.value().map_err(super::parse::usage)?)?;
                let transport = ServedBy::named(&name).ok_or_else(|| {
                    Error::new(format!("`--transport {}`: it can be {}", shown(&name), ServedBy::NAMES))
                })?;
                self.choose(transport)?;
            }
            #[cfg(feature = "stdio")]
            "stdio" => self.choose(ServedBy::Stdio)?,
            #[cfg(feature = "http")]
            "http" => {
                self.choose(ServedBy::Http)?;
                self.take_address(parser)?;
            }
            #[cfg(feature = "sse")]
            "sse" => {
                self.choose(ServedBy::Sse)?;
                self.take_address(parser)?;
            }
            #[cfg(feature = "http")]
            "host" | "port" | "path" => self.take_part(flag, parser)?,
            #[cfg(feature = "page")]
            "open" => once(&mut self.open, "--open", ())?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Takes `--host`, `--port` or `--path`; `false` for anything else.
    #[cfg(feature = "http")]
    pub(super) fn take_where(&mut self, flag: &str, parser: &mut lexopt::Parser) -> Result<bool, Error> {
        let known = matches!(flag, "host" | "port" | "path");
        if known {
            self.take_part(flag, parser)?;
        }
        Ok(known)
    }

    #[cfg(feature = "http")]
    fn take_part(&mut self, flag: &str, parser: &mut lexopt::Parser) -> Result<(), Error> {
        let value = text(parser.value().map_err(super::parse::usage)?)?;
        match flag {
            "host" => once(&mut self.host, "host", host(&value, "--host")?),
            "port" => once(&mut self.port, "port", port(&value, "--port")?),
            _ => once(&mut self.path, "path", path(value, "--path")?),
        }
    }

    fn choose(&mut self, transport: ServedBy) -> Result<(), Error> {
        once(&mut self.transport, "transport", transport)
    }

    /// The address after `--http` or `--sse`, if the next word is one.
    #[cfg(feature = "http")]
    fn take_address(&mut self, parser: &mut lexopt::Parser) -> Result<(), Error> {
        let Some(value) = parser.optional_value().or_else(|| {
            let mut rest = parser.try_raw_args()?;
            let next = rest.peek()?.to_str()?;
            if next.starts_with('-') || super::commands::command(next).is_some() { None } else { rest.next() }
        }) else {
            return Ok(());
        };
        let value = text(value)?;
        let (host, port) = read_address(&value).ok_or_else(|| {
            Error::new(format!("`{}` is not an address: write HOST:PORT, for example 127.0.0.1:8000", shown(&value)))
        })?;
        host.map_or(Ok(()), |host| once(&mut self.host, "host", host))?;
        port.map_or(Ok(()), |port| once(&mut self.port, "port", port))
    }

    /// Whether there is anything that only serving needs, and its flag.
    pub(super) fn given(&self) -> Option<&'static str> {
        if self.transport.is_some() {
            return Some("a transport");
        }
        self.part()
    }

    #[cfg(feature = "http")]
    fn part(&self) -> Option<&'static str> {
        let parts = [("--host", self.host.is_some()), ("--port", self.port.is_some()), ("--path", self.path.is_some())];
        let part = parts.into_iter().find_map(|(flag, given)| given.then_some(flag));
        #[cfg(feature = "page")]
        let part = part.or(self.open.map(|()| "--open"));
        part
    }

    #[cfg(not(feature = "http"))]
    #[expect(clippy::unused_self, reason = "the same call with and without the feature")]
    fn part(&self) -> Option<&'static str> {
        None
    }

    /// How to serve. A flag that only HTTP has asks for HTTP.
    pub(super) fn transport(&self) -> Result<ServedBy, Error> {
        let chosen = match (self.transport, variable("FASTMCP_TRANSPORT")?) {
            (Some(transport), _) => Some(transport),
            (None, Some(name)) => Some(ServedBy::named(&name).ok_or_else(|| {
                Error::new(format!("FASTMCP_TRANSPORT is `{}`: it can be {}", shown(&name), ServedBy::NAMES))
            })?),
            (None, None) => None,
        };
        #[cfg(all(feature = "stdio", feature = "http"))]
        if let Some(flag) = self.part() {
            return match (self.transport, chosen) {
                (Some(ServedBy::Stdio), _) => {
                    Err(Error::new(format!("`{flag}` is for HTTP, and `--stdio` excludes it")))
                }
                (_, None | Some(ServedBy::Stdio)) => Ok(ServedBy::Http),
                (_, Some(transport)) => Ok(transport),
            };
        }
        #[cfg(feature = "stdio")]
        return Ok(chosen.unwrap_or(ServedBy::Stdio));
        #[cfg(all(feature = "http", not(feature = "stdio")))]
        return Ok(chosen.unwrap_or(ServedBy::Http));
        #[cfg(not(any(feature = "stdio", feature = "http")))]
        chosen.ok_or_else(|| Error::new("this program was built without the features `stdio` and `http`"))
    }

    /// Where HTTP listens.
    #[cfg(feature = "http")]
    pub(super) fn address(&self) -> Result<SocketAddr, Error> {
        let host = match (self.host, variable("FASTMCP_HOST")?) {
            (Some(host), _) => host,
            (None, Some(name)) => host(&name, "FASTMCP_HOST")?,
            (None, None) => IpAddr::from(Ipv4Addr::LOCALHOST),
        };
        let port = match (self.port, variable("FASTMCP_PORT")?) {
            (Some(port), _) => port,
            (None, Some(number)) => port(&number, "FASTMCP_PORT")?,
            (None, None) => DEFAULT_PORT,
        };
        Ok(SocketAddr::new(host, port))
    }

    /// Whether the page is to be opened.
    #[cfg(feature = "page")]
    pub(super) const fn open(&self) -> bool {
        self.open.is_some()
    }

    /// The path of the endpoint, if it is not left to the program.
    #[cfg(feature = "http")]
    pub(super) fn path(&self) -> Result<Option<String>, Error> {
        match (&self.path, variable("FASTMCP_PATH")?) {
            (Some(given), _) => Ok(Some(given.clone())),
            (None, Some(given)) => path(given, "FASTMCP_PATH").map(Some),
            (None, None) => Ok(None),
        }
    }
}

fn once<T>(slot: &mut Option<T>, what: &str, value: T) -> Result<(), Error> {
    match slot.replace(value) {
        Some(_) => Err(Error::new(format!("the {what} is given twice"))),
        None => Ok(()),
    }
}

#[cfg(feature = "http")]
fn host(text: &str, from: &str) -> Result<IpAddr, Error> {
    read_host(text)
        .ok_or_else(|| Error::new(format!("{from} is `{}`, which is neither an IP address nor localhost", shown(text))))
}

#[cfg(feature = "http")]
fn port(text: &str, from: &str) -> Result<u16, Error> {
    text.parse().map_err(|_| Error::new(format!("{from} is `{}`, which is not a port number", shown(text))))
}

/// A path as it stands in a URL, which is said on standard error.
#[cfg(feature = "http")]
fn path(text: String, from: &str) -> Result<String, Error> {
    match crate::transport::http::wrong_path(&text) {
        None => Ok(text),
        Some(wrong) => Err(Error::new(format!("{from} is `{}`: {wrong}", shown(&text)))),
    }
}

#[cfg(feature = "http")]
fn read_host(text: &str) -> Option<IpAddr> {
    if text.eq_ignore_ascii_case("localhost") {
        return Some(IpAddr::from(Ipv4Addr::LOCALHOST));
    }
    text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text).parse().ok()
}

/// `HOST:PORT`, `PORT`, `:PORT` or `HOST`.
#[cfg(feature = "http")]
fn read_address(text: &str) -> Option<(Option<IpAddr>, Option<u16>)> {
    if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse() {
        return Some((None, Some(port)));
    }
    if let Some(host) = read_host(text) {
        return Some((Some(host), None));
    }
    let (host, port) = text.rsplit_once(':')?;
    Some((Some(read_host(host)?), Some(port.parse().ok()?)))
}

fn variable(name: &str) -> Result<Option<String>, Error> {
    match std::env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Error::new(format!("{name} is not UTF-8"))),
    }
}

#[cfg(all(test, feature = "http"))]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_all_their_short_forms() {
        let read = |text| {
            read_address(text).map(|(host, port)| {
                (host.map(|host| host.to_string()).unwrap_or_default(), port.unwrap_or(DEFAULT_PORT))
            })
        };
        for (text, host, port) in [
            ("127.0.0.1:0", "127.0.0.1", 0),
            ("9000", "", 9000),
            (":9000", "", 9000),
            ("localhost:1", "127.0.0.1", 1),
            ("0.0.0.0", "0.0.0.0", 8000),
            ("[::1]:5", "::1", 5),
            ("[::1]", "::1", 8000),
            ("::1", "::1", 8000),
        ] {
            assert_eq!(read(text), Some((host.to_owned(), port)), "{text}");
        }
        for text in ["nonsense", "", ":", "127.0.0.1:", "127.0.0.1:70000", "[::1", "::1]:5"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
