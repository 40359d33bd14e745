//! The URL of a Redis, read. Nothing that is said of one that cannot be read shows any of it: it may be the password.

use std::fmt;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;

/// Where one server listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum RedisAddress {
    Tcp { host: String, port: u16 },
    Unix(PathBuf),
}

impl fmt::Display for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}

/// How several servers are one Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Arrangement {
    /// There is one.
    Single,
    /// Each has a part of the keys, and knows who has the others.
    Cluster,
    /// The addresses are those of sentinels, which know the primary of this name.
    Sentinel(String),
}

/// All that a URL says.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct RedisUrl {
    pub arrangement: Arrangement,
    pub tls: bool,
    pub addresses: Vec<RedisAddress>,
    pub user: Option<String>,
    pub password: Option<String>,
    pub database: u32,
}

/// Without the user and the password, as it may be logged.
impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RedisUrl");
        shown.field("arrangement", &self.arrangement).field("tls", &self.tls).field("addresses", &self.addresses);
        shown.field("database", &self.database).finish_non_exhaustive()
    }
}

const FORMS: &str = "it has to begin with `redis://`, `rediss://` (TLS), `redis-cluster://`, `rediss-cluster://`, \
                     `redis-sentinel://`, `rediss-sentinel://`, the same with `valkey`, or `unix:///`";
const ESCAPES: &str =
    "`/`, `@`, `:`, `?`, `#` and `%` in a user or a password are written as %2F, %40, %3A, %3F, %23 and %25";

impl RedisUrl {
    /// Reads a URL; otherwise why that is none.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let (scheme, rest) = url.split_once(':').ok_or(FORMS)?;
        if matches!(scheme, "unix" | "redis+unix" | "valkey+unix") {
            return Self::of_a_socket(rest);
        }
        let rest = rest.strip_prefix("//").ok_or(FORMS)?;
        let (name, kind) = scheme.split_once('-').unwrap_or((scheme, ""));
        let tls = match name {
            "redis" | "valkey" => false,
            "rediss" | "valkeys" => true,
            _ => return Err(FORMS.to_owned()),
        };
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        if fragment == "insecure" {
            return Err("certificates are always checked, and `#insecure` is not taken: name the file of a private \
                        authority by `Redis::ca_file` or FASTMCP_REDIS_CA_FILE"
                .to_owned());
        }
        if !fragment.is_empty() {
            return Err(format!("something stands after a `#`; {ESCAPES}"));
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if path.contains('@') {
            return Err(format!("an `@` stands after the first `/`; {ESCAPES}"));
        }
        let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = login.split_once(':').map_or((login, None), |(user, password)| (user, Some(password)));
        let usual = if kind == "sentinel" { 26379 } else { 6379 };
        let addresses = hosts.split(',').map(|host| address(host, usual)).collect::<Result<Vec<_>, _>>()?;
        let mut primary = None;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("master", name)) if kind == "sentinel" => primary = Some(decoded(name)?),
                // Both do, and which one is ours to choose.
                Some(("protocol", _)) => {}
                _ => return Err(format!("its query may only say `master=NAME`, with sentinels; {ESCAPES}")),
            }
        }
        let database = match path.trim_matches('/') {
            "" => 0,
            path => {
                path.parse().map_err(|_| format!("the number of the database, after the `/`, is none; {ESCAPES}"))?
            }
        };
        let arrangement = match (kind, primary) {
            ("", _) if addresses.len() > 1 => {
                return Err("it names several servers: write `redis-cluster://` or `redis-sentinel://`, with an `s` \
                            after `redis` for TLS"
                    .to_owned());
            }
            ("", _) => Arrangement::Single,
            ("cluster", _) if database != 0 => return Err("a cluster has the database 0 alone".to_owned()),
            ("cluster", _) => Arrangement::Cluster,
            ("sentinel", Some(name)) if !name.is_empty() => Arrangement::Sentinel(name),
            ("sentinel", _) => {
                return Err("sentinels have to be asked for a primary by its name: add `?master=NAME`".to_owned());
            }
            _ => return Err(FORMS.to_owned()),
        };
        let user = Some(decoded(user)?).filter(|user| !user.is_empty());
        let password = password.map(decoded).transpose()?;
        Ok(Self { arrangement, tls, addresses, user, password, database })
    }

    /// `///run/redis.sock?db=1&user=..&pass=..`.
    fn of_a_socket(rest: &str) -> Result<Self, String> {
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = decoded(path.strip_prefix("//").unwrap_or(path))?;
        if !path.starts_with('/') {
            return Err("the path of a socket begins with `/`: `unix:///run/redis.sock`".to_owned());
        }
        let mut url = Self {
            arrangement: Arrangement::Single,
            tls: false,
            addresses: vec![RedisAddress::Unix(path.into())],
            user: None,
            password: None,
            database: 0,
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("db", number)) => {
                    url.database = number.parse().map_err(|_| "the number of the database is none".to_owned())?;
                }
                Some(("user", user)) => url.user = Some(decoded(user)?),
                Some(("pass", password)) => url.password = Some(decoded(password)?),
                Some(("protocol", _)) => {}
                _ => return Err("its query may only say `db`, `user` and `pass`".to_owned()),
            }
        }
        Ok(url)
    }
}

fn decoded(text: &str) -> Result<String, String> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(std::borrow::Cow::into_owned).map_err(|_| "what is percent-encoded in it is not UTF-8".to_owned())
}

/// `redis.internal:6379`, `[::1]`, `::1` as nodes of a cluster say it.
pub(super) fn address(text: &str, usual: u16) -> Result<RedisAddress, String> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']').ok_or("a `[` in its host has no `]`")?,
        // More than one colon and no brackets: the last one is the port's, as in MOVED.
        None => text.rfind(':').map_or((text, ""), |at| text.split_at(at)),
    };
    let port = match port.strip_prefix(':') {
        Some(port) => port.parse().map_err(|_| format!("its port is not a number up to 65535; {ESCAPES}"))?,
        None if port.is_empty() => usual,
        None => return Err("something stands after the `]` of its host".to_owned()),
    };
    if host.is_empty()
        || host.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '%' | '"' | '<' | '>'))
    {
        return Err(format!("it names no host; {ESCAPES}"));
    }
    Ok(RedisAddress::Tcp { host: host.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> RedisAddress {
        RedisAddress::Tcp { host: host.to_owned(), port }
    }

    #[test]
    fn urls_say_where_and_who() {
        let plain = RedisUrl::parse("redis://redis.internal").expect("a URL");
        assert_eq!((plain.tls, plain.database, plain.user, plain.password), (false, 0, None, None));
        assert_eq!((plain.arrangement, plain.addresses), (Arrangement::Single, vec![tcp("redis.internal", 6379)]));
        let all = RedisUrl::parse("rediss://m%40cp:p%2Fw%3A@[::1]:7000/3?protocol=resp3").expect("a URL");
        assert_eq!((all.tls, all.database), (true, 3));
        assert_eq!((all.user.as_deref(), all.password.as_deref()), (Some("m@cp"), Some("p/w:")));
        assert_eq!(all.addresses, [tcp("::1", 7000)]);
        // Not as it should be written, but there is one way to read it.
        let at = RedisUrl::parse("valkey://:p@ss@h:1/").expect("a URL");
        assert_eq!((at.user, at.password.as_deref(), at.addresses), (None, Some("p@ss"), vec![tcp("h", 1)]));
        let cluster = RedisUrl::parse("valkeys-cluster://u:p@a,b:7001,[::2]:7002/0").expect("a URL");
        assert_eq!((cluster.arrangement, cluster.tls), (Arrangement::Cluster, true));
        assert_eq!(cluster.addresses, [tcp("a", 6379), tcp("b", 7001), tcp("::2", 7002)]);
        let sentinel = RedisUrl::parse("redis-sentinel://a,b:1/2?master=my%20own").expect("a URL");
        assert_eq!((sentinel.arrangement, sentinel.database), (Arrangement::Sentinel("my own".to_owned()), 2));
        assert_eq!(sentinel.addresses, [tcp("a", 26379), tcp("b", 1)]);
        let socket = RedisUrl::parse("unix:///run/re%20dis.sock?db=2&user=u&pass=p").expect("a URL");
        assert_eq!((socket.addresses, socket.database), (vec![RedisAddress::Unix("/run/re dis.sock".into())], 2));
        assert_eq!((socket.user.as_deref(), socket.password.as_deref()), (Some("u"), Some("p")));
    }

    #[test]
    fn what_is_wrong_with_a_url_is_said_without_it() {
        for (url, why) in [
            ("hunter2", "has to begin with"),
            ("memcached://:hunter2@h", "has to begin with"),
            ("redis:hunter2", "has to begin with"),
            ("redis-hunter2://h", "has to begin with"),
            ("redis://:hunter2@", "names no host"),
            ("redis://:hunter2%40h", "port is not a number"),
            ("redis://:hunter2", "port is not a number"),
            ("redis://:hun/ter2@h", "after the first `/`"),
            ("redis://hun/hunter2@h", "after the first `/`"),
            ("redis://:hunter2@h:99999", "port is not a number"),
            ("redis://:hunter2@h/hunter2", "database"),
            ("redis://:hunter2@h/-1", "database"),
            ("redis://:hunter2@[::1", "has no `]`"),
            ("redis://:hunter2@[::1]x", "after the `]`"),
            ("redis://:hun#hunter2@h", "after a `#`"),
            ("rediss://:hunter2@h#insecure", "always checked"),
            ("redis://h?password=hunter2", "query may only"),
            ("redis://h?master=hunter2", "query may only"),
            ("redis://:hunter2%ff@h", "not UTF-8"),
            ("redis://:hunter2@a,b", "several servers"),
            ("redis-cluster://:hunter2@a/1", "database 0"),
            ("redis-sentinel://:hunter2@a", "?master=NAME"),
            ("redis-sentinel://:hunter2@a?master=", "?master=NAME"),
            ("unix:hunter2", "begins with `/`"),
            ("unix:///s?password=hunter2", "query may only"),
        ] {
            let said = RedisUrl::parse(url).expect_err(url);
            assert!(said.contains(why) && !said.contains("hunter2"), "{url}: {said}");
        }
        let url = RedisUrl::parse("redis://hunter1:hunter2@h").expect("a URL");
        assert!(!format!("{url:?}").contains("hunter"), "{url:?}");
    }
}
