//! What goes wrong with a Redis: what to do about it here, and what to say about it to whoever runs the server.

use std::fmt;

use redis::{ErrorKind, RedisError, ServerErrorKind};

use super::address::{RedisAddress, address};
use crate::text::sanitize;

/// What becomes of an operation that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// The connection is of no use any more, or there is none.
    Reconnect,
    /// Another server of the cluster has the slot.
    Moved(u16, RedisAddress),
    /// Another server has the key already, while the slot is on its way there.
    Ask(RedisAddress),
    /// Its server cannot now, and somebody else may: it has just started, or is the primary no longer.
    Wait,
    /// The script has to be sent whole.
    NoScript,
    /// None: it would fail again.
    Refused,
}

#[derive(Clone, Debug)]
pub(super) struct RedisFailure {
    pub remedy: Remedy,
    /// The word of the error, if Redis said it.
    pub code: String,
    text: String,
}

impl RedisFailure {
    /// The connection to a server broke, or could not be made.
    pub(super) fn broken(at: &RedisAddress, why: impl fmt::Display) -> Self {
        Self::new(Remedy::Reconnect, "", format!("Redis at {at} {why}"))
    }

    /// A server cannot be used as it is asked to, today and tomorrow.
    pub(super) fn refused(at: &RedisAddress, code: &str, why: impl fmt::Display) -> Self {
        Self::new(Remedy::Refused, code, format!("Redis at {at} {why}"))
    }

    pub(super) fn new(remedy: Remedy, code: &str, text: String) -> Self {
        Self { remedy, code: code.to_owned(), text }
    }

    /// From what an operation at a server became of.
    pub(super) fn of(error: &RedisError, at: &RedisAddress) -> Self {
        let remedy = match error.kind() {
            ErrorKind::Io | ErrorKind::Parse => Remedy::Reconnect,
            ErrorKind::Server(kind) => match kind {
                ServerErrorKind::Moved | ServerErrorKind::Ask => redirected(error, at),
                ServerErrorKind::TryAgain
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown
                | ServerErrorKind::BusyLoading
                | ServerErrorKind::ReadOnly => Remedy::Wait,
                ServerErrorKind::NoScript => Remedy::NoScript,
                _ => Remedy::Refused,
            },
            _ if error.is_connection_dropped() || error.is_timeout() => Remedy::Reconnect,
            _ => Remedy::Refused,
        };
        if remedy == Remedy::Reconnect {
            return Self::broken(at, format_args!("does not answer: {}", sanitize::error(error)));
        }
        let code = error.code().unwrap_or_default();
        let said = sanitize::error(&match error.detail() {
            Some(detail) if !code.is_empty() => format!("{code} {detail}"),
            _ => error.to_string(),
        });
        // Older ones say what went wrong within a script only in the text.
        let code = KNOWN.iter().map(|(known, _)| *known).find(|known| code == *known || said.contains(known));
        let code = code.or(error.code()).unwrap_or_default();
        let advice =
            KNOWN.iter().find(|(known, _)| *known == code).map_or(String::new(), |(_, advice)| format!(": {advice}"));
        // Within a script a failover is noticed by its text, too.
        let remedy = if remedy == Remedy::Refused && code == "READONLY" { Remedy::Wait } else { remedy };
        Self::new(remedy, code, format!("Redis at {at} says {said}{advice}"))
    }
}

/// What can be done about it, by whoever runs the server.
const KNOWN: [(&str, &str); 12] = [
    ("OOM", "it is full; give it more `maxmemory`, or a `maxmemory-policy` by which it makes room"),
    ("WRONGTYPE", "another program keeps something else under a key of ours; keys that begin with `fastmcp:` are ours"),
    ("NOPERM", "its user may not do this; docs/scaling.md has what it must be allowed"),
    ("NOAUTH", "it asks for a password; FASTMCP_REDIS_PASSWORD, `Redis::password` or the URL gives it"),
    ("MOVED", "it is one of a cluster; write `redis-cluster://`, with an `s` after `redis` for TLS"),
    ("CROSSSLOT", "it is one of a cluster; write `redis-cluster://`, with an `s` after `redis` for TLS"),
    ("READONLY", "it is a replica; name the primary, or its sentinels by `redis-sentinel://`"),
    ("MASTERDOWN", "it is a replica that has lost its primary"),
    ("CLUSTERDOWN", "some of its cluster's slots are nobody's"),
    ("LOADING", "it has just started, and is still reading its data"),
    ("MISCONF", "it cannot write to its disk"),
    ("NOREPLICAS", "it has fewer replicas than `min-replicas-to-write`"),
];

/// `MOVED 3999 127.0.0.1:6381`, where the host may be missing: it is the one that was asked.
fn redirected(error: &RedisError, asked: &RedisAddress) -> Remedy {
    let Some((to, slot)) = error.redirect_node() else { return Remedy::Refused };
    let to = match (to.strip_prefix(':').map(str::parse), asked) {
        (Some(Ok(port)), RedisAddress::Tcp { host, .. }) => Some(RedisAddress::Tcp { host: host.clone(), port }),
        _ => address(to, 6379).ok(),
    };
    match (to, error.kind()) {
        (Some(to), ErrorKind::Server(ServerErrorKind::Ask)) => Remedy::Ask(to),
        (Some(to), _) => Remedy::Moved(slot, to),
        (None, _) => Remedy::Refused,
    }
}

impl fmt::Display for RedisFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for RedisFailure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_redis_says_has_a_remedy_and_words() {
        let asked = RedisAddress::Tcp { host: "h".to_owned(), port: 1 };
        let other = RedisAddress::Tcp { host: "::1".to_owned(), port: 7001 };
        let here = RedisAddress::Tcp { host: "h".to_owned(), port: 7001 };
        for (said, remedy, words) in [
            ("MOVED 3999 ::1:7001", Remedy::Moved(3999, other.clone()), "redis-cluster://"),
            ("MOVED 3999 :7001", Remedy::Moved(3999, here), "redis-cluster://"),
            ("ASK 3999 ::1:7001", Remedy::Ask(other), "ASK"),
            ("MOVED nonsense", Remedy::Refused, "redis-cluster://"),
            ("LOADING Redis is loading the dataset in memory", Remedy::Wait, "just started"),
            ("READONLY You can't write against a read only replica.", Remedy::Wait, "redis-sentinel://"),
            ("ERR Error running script: -READONLY You can't write", Remedy::Wait, "redis-sentinel://"),
            ("CLUSTERDOWN The cluster is down", Remedy::Wait, "nobody's"),
            ("TRYAGAIN Multiple keys", Remedy::Wait, "TRYAGAIN"),
            ("NOSCRIPT No matching script.", Remedy::NoScript, "NOSCRIPT"),
            ("OOM command not allowed", Remedy::Refused, "it is full"),
            ("ERR Error running script: @user_script: -OOM command not allowed", Remedy::Refused, "it is full"),
            ("WRONGTYPE Operation against a key", Remedy::Refused, "fastmcp:"),
            ("NOPERM this user has no permissions", Remedy::Refused, "docs/scaling.md"),
            ("NOAUTH Authentication required.", Remedy::Refused, "FASTMCP_REDIS_PASSWORD"),
            ("ERR max number of clients reached", Remedy::Refused, "max number of clients"),
        ] {
            let error = redis::parse_redis_value(format!("-{said}\r\n").as_bytes()).expect("a value");
            let failure = RedisFailure::of(&error.extract_error().expect_err("an error"), &asked);
            assert_eq!(failure.remedy, remedy, "{said}");
            assert!(failure.to_string().contains(words) && failure.to_string().contains("h:1"), "{said}: {failure}");
        }
    }
}
