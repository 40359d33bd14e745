//! [`Redis`]: what a program, or its environment, says of the Redis that replicas share.

use std::fmt;
use std::path::PathBuf;

use super::address::RedisUrl;
use crate::error::Error;

/// The Redis that replicas share, for [`Http::redis`](crate::Http::redis); a URL alone becomes one.
///
/// ```
/// use fastmcp_rs::{Http, replicas::Redis};
///
/// let http = Http::new().redis(Redis::at("rediss://redis.internal").user("crm").ca_file("/etc/ssl/redis-ca.pem"));
/// ```
///
/// The environment says what the program does not: `FASTMCP_REDIS_URL`, `FASTMCP_REDIS_USER`, `FASTMCP_REDIS_PASSWORD`,
/// `FASTMCP_REDIS_CA_FILE`, `FASTMCP_REDIS_CERTIFICATE_FILE`, `FASTMCP_REDIS_KEY_FILE`, `FASTMCP_REDIS_SENTINEL_USER` and
/// `FASTMCP_REDIS_SENTINEL_PASSWORD`. No password is ever shown, in a log, an error or a `Debug`.
#[derive(Clone, Default)]
#[must_use = "give it to `Http::redis`"]
pub struct Redis {
    pub(super) url: String,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) certificate_file: Option<PathBuf>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) sentinel_user: Option<String>,
    pub(super) sentinel_password: Option<String>,
}

impl Redis {
    /// The Redis, or the Valkey, at a URL:
    ///
    /// - `redis://user:password@redis.internal:6379/0` is one server; everything but the host may be left out.
    /// - `rediss://..` is the same with TLS (feature `redis-tls`).
    /// - `redis-cluster://a:6379,b:6379` and `rediss-cluster://..` are a cluster, of which some nodes are named.
    /// - `redis-sentinel://a:26379,b:26379/0?master=mymaster` and `rediss-sentinel://..` are what these sentinels watch.
    /// - `unix:///run/redis.sock?db=0&user=..&pass=..` is a socket of this machine.
    ///
    /// `valkey` may stand for `redis` in all of them. A character in a user or a password that means something in a URL is
    /// percent-encoded. A URL that cannot be read is a start-up error, which shows none of it.
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// Who to be there, by its access control list. Default: who the URL says, or else `FASTMCP_REDIS_USER`, or else the default user.
    pub fn user(mut self, name: impl Into<String>) -> Self {
        self.user = Some(name.into());
        self
    }

    /// The user's password. Default: what the URL says, or else `FASTMCP_REDIS_PASSWORD`, or else none.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// The file (PEM) with the certificates of the authorities to trust, and no others. Default: `FASTMCP_REDIS_CA_FILE`, or else
    /// those that browsers trust. It is read when the server starts, and one that cannot be used is a start-up error.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// The files (PEM) with a certificate and its key by which to be known, where the server asks for that. Default:
    /// `FASTMCP_REDIS_CERTIFICATE_FILE` and `FASTMCP_REDIS_KEY_FILE`, or else none.
    pub fn client_certificate(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.certificate_file = Some(certificate.into());
        self.key_file = Some(key.into());
        self
    }

    /// Who to be to the sentinels, which know other users than the servers that they watch. Default: `FASTMCP_REDIS_SENTINEL_USER`,
    /// or else the default user.
    pub fn sentinel_user(mut self, name: impl Into<String>) -> Self {
        self.sentinel_user = Some(name.into());
        self
    }

    /// The password for the sentinels. Default: `FASTMCP_REDIS_SENTINEL_PASSWORD`, or else none.
    pub fn sentinel_password(mut self, password: impl Into<String>) -> Self {
        self.sentinel_password = Some(password.into());
        self
    }

    /// Why its URL is none, if so.
    pub(crate) fn problem(&self) -> Option<String> {
        RedisUrl::parse(&self.url).err()
    }

    /// The one of the environment, if that names one.
    pub(crate) fn from_environment() -> Result<Option<Self>, Error> {
        Ok(variable("FASTMCP_REDIS_URL")?.map(Self::at))
    }

    /// With what the environment says of it, and the program does not.
    pub(crate) fn completed(mut self) -> Result<Self, Error> {
        let says = |url: fn(&RedisUrl) -> bool| RedisUrl::parse(&self.url).is_ok_and(|read| url(&read));
        let (says_user, says_password) = (says(|url| url.user.is_some()), says(|url| url.password.is_some()));
        for (field, said, name) in [
            (&mut self.user, says_user, "FASTMCP_REDIS_USER"),
            (&mut self.password, says_password, "FASTMCP_REDIS_PASSWORD"),
            (&mut self.sentinel_user, false, "FASTMCP_REDIS_SENTINEL_USER"),
            (&mut self.sentinel_password, false, "FASTMCP_REDIS_SENTINEL_PASSWORD"),
        ] {
            if field.is_none() && !said {
                *field = variable(name)?;
            }
        }
        for (field, name) in [
            (&mut self.ca_file, "FASTMCP_REDIS_CA_FILE"),
            (&mut self.certificate_file, "FASTMCP_REDIS_CERTIFICATE_FILE"),
            (&mut self.key_file, "FASTMCP_REDIS_KEY_FILE"),
        ] {
            if field.is_none() {
                *field = std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
            }
        }
        Ok(self)
    }
}

/// A variable of the environment that says something.
fn variable(name: &str) -> Result<Option<String>, Error> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Error::new(format!("{name} is not UTF-8"))),
    }
}

impl From<&str> for Redis {
    fn from(url: &str) -> Self {
        Self::at(url)
    }
}

impl From<String> for Redis {
    fn from(url: String) -> Self {
        Self::at(url)
    }
}

impl From<&String> for Redis {
    fn from(url: &String) -> Self {
        Self::at(url)
    }
}

/// Where it is, and which files it needs.
impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Redis");
        match RedisUrl::parse(&self.url) {
            Ok(url) => shown.field("url", &url),
            Err(why) => shown.field("url", &why),
        };
        shown.field("ca_file", &self.ca_file).field("certificate_file", &self.certificate_file).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_shown() {
        let redis = Redis::at("redis-sentinel://hunter1:hunter2@h?master=m").user("hunter3").password("hunter4");
        let redis = redis.sentinel_user("hunter5").sentinel_password("hunter6").ca_file("/ca.pem");
        let shown = format!("{redis:?} {:?}", Redis::at("rediss:/hunter7"));
        assert!(!shown.contains("hunter") && shown.contains("/ca.pem") && shown.contains("\"h\""), "{shown}");
    }
}
