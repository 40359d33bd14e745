//! URIs of resources: templates, matching, and the screening of what comes out of them.
//!
//! A URI is cut at its slashes and each piece is held against one piece of the template, so that matching is linear
//! in the URI's length and no variable reaches past a slash. Texts are compared in the spelling that equivalent URIs share.
//! Values are percent-decoded once, after the cut, and what could climb out of a directory or deceive a reader is refused after
//! the decoding. [`Router`] keeps many templates in a tree.

mod matching;
mod router;
mod screening;
mod template;

pub(crate) use matching::{Captures, covers};
pub(crate) use router::Router;
pub(crate) use screening::BadUri;
pub(crate) use template::UriTemplate;

/// Whether a host is this machine, by one of its usual names: a browser turns the unusual spellings into these before it sends them.
#[cfg(feature = "http")]
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
