//! The protocol's revisions, in order, and what tells them apart. Code that branches asks for the difference by its name
//! (`revision.can_batch()`), so that the next revision is entered here and nowhere else; only [`shape`](super::shape), which is
//! the table of what is written when, compares dates.

use std::{fmt, str::FromStr};

/// A revision of the Model Context Protocol. Later ones compare greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Revision {
    /// 2024-11-05: the first, with HTTP+SSE.
    V2024_11_05,
    /// 2025-03-26: Streamable HTTP, batches, tool annotations, audio.
    V2025_03_26,
    /// 2025-06-18: structured output, elicitation, resource links.
    V2025_06_18,
    /// 2025-11-25: icons, URL elicitation, the last one with a handshake.
    V2025_11_25,
    /// 2026-07-28: stateless; every request says its version and capabilities.
    V2026_07_28,
}

impl Revision {
    /// Every revision, oldest first.
    pub const ALL: [Self; 5] =
        [Self::V2024_11_05, Self::V2025_03_26, Self::V2025_06_18, Self::V2025_11_25, Self::V2026_07_28];

    /// The newest revision.
    pub const LATEST: Self = Self::V2026_07_28;

    /// The newest revision with an `initialize` handshake, offered to a client that asks for an unknown one.
    pub(crate) const LATEST_WITH_HANDSHAKE: Self = Self::V2025_11_25;

    /// The revisions without one, oldest first: those that a client may name in `_meta`.
    pub(crate) const STATELESS: &'static [Self] = &[Self::V2026_07_28];

    /// The date that names the revision on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2024_11_05 => "2024-11-05",
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// The revision named by `date`, if it is known.
    pub(crate) fn parse(date: &str) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|revision| revision.as_str() == date)
    }

    /// Whether a conversation begins with `initialize` and is remembered from then on (2025-11-25 and before). Later, each
    /// request stands alone and says its version and the client's capabilities itself.
    #[must_use]
    pub const fn has_handshake(self) -> bool {
        self.is_before(Self::V2026_07_28)
    }

    /// Whether several messages may come in one array (2025-03-26 alone).
    pub(crate) const fn can_batch(self) -> bool {
        matches!(self, Self::V2025_03_26)
    }

    /// Whether progress has a message (2025-03-26 and later).
    pub(crate) const fn has_progress_message(self) -> bool {
        !self.is_before(Self::V2025_03_26)
    }

    /// Whether a tool's result has structured content (2025-06-18 and later).
    pub(crate) const fn has_structured(self) -> bool {
        !self.is_before(Self::V2025_06_18)
    }

    /// Whether structured content must be an object, so that anything else goes out as `{"result": ..}` (2025-11-25 and before).
    pub(crate) const fn wraps_structured(self) -> bool {
        self.is_before(Self::V2026_07_28)
    }

    /// Whether the user can be asked to fill in a form (2025-06-18 and later).
    pub(crate) const fn has_forms(self) -> bool {
        !self.is_before(Self::V2025_06_18)
    }

    /// Whether the user can be sent to a page (2025-11-25 and later).
    pub(crate) const fn has_url_elicitation(self) -> bool {
        !self.is_before(Self::V2025_11_25)
    }

    /// Whether a page that the user is sent to has an id (2025-11-25 alone).
    pub(crate) const fn has_elicitation_ids(self) -> bool {
        matches!(self, Self::V2025_11_25)
    }

    /// Whether the client is asked by a request of the server's (2025-11-25 and before). Later, the questions are the result of
    /// the call, which the client makes again with the answers.
    pub(crate) const fn asks_in_place(self) -> bool {
        self.is_before(Self::V2026_07_28)
    }

    /// Whether requests over HTTP name their revision in a header (2025-06-18 and later).
    #[cfg(feature = "client-http")]
    pub(crate) const fn has_version_header(self) -> bool {
        !self.is_before(Self::V2025_06_18)
    }

    /// Whether an event stream over HTTP begins with an event that has nothing but an id (2025-11-25 and later).
    #[cfg(feature = "http")]
    pub(crate) const fn primes_streams(self) -> bool {
        !self.is_before(Self::V2025_11_25)
    }

    /// Whether the server may close the stream of a call that goes on, for the client to come back (2025-11-25 alone).
    pub(crate) const fn has_polling(self) -> bool {
        matches!(self, Self::V2025_11_25)
    }

    /// Whether HTTP headers repeat method, name and marked arguments (2026-07-28 and later).
    pub(crate) const fn mirrors_headers(self) -> bool {
        !self.is_before(Self::V2026_07_28)
    }

    /// Whether an error over HTTP has a status of its own, where it used to be 200 (2026-07-28 and later).
    pub(crate) const fn has_error_statuses(self) -> bool {
        !self.is_before(Self::V2026_07_28)
    }

    /// Whether a result says of which kind it is and which server made it (2026-07-28 and later).
    pub(crate) const fn labels_results(self) -> bool {
        !self.is_before(Self::V2026_07_28)
    }

    /// Whether a result says how long it may be kept (2026-07-28 and later).
    pub(crate) const fn has_cache_hints(self) -> bool {
        !self.is_before(Self::V2026_07_28)
    }

    /// Whether a resource that does not exist has an error code to itself (2025-11-25 and before).
    pub(crate) const fn has_not_found_code(self) -> bool {
        self.is_before(Self::V2026_07_28)
    }

    /// Whether a capability that the client lacks has an error code to itself (2026-07-28 and later).
    pub(crate) const fn has_missing_capability_code(self) -> bool {
        !self.is_before(Self::V2026_07_28)
    }

    const fn is_before(self, other: Self) -> bool {
        (self as usize) < other as usize
    }

    /// The place of the revision in [`Revision::ALL`].
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Revision {
    type Err = UnknownRevision;

    fn from_str(date: &str) -> Result<Self, UnknownRevision> {
        Self::parse(date).ok_or_else(|| UnknownRevision(date.to_owned()))
    }
}

/// A date that names no revision that is known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRevision(String);

impl fmt::Display for UnknownRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown revision `{}`: use one of ", self.0.escape_debug())?;
        for (i, revision) in Revision::ALL.into_iter().enumerate() {
            write!(f, "{}{revision}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownRevision {}

impl serde::Serialize for Revision {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Revision {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let date = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        date.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Revision;

    #[test]
    fn a_revision_is_its_date() {
        for revision in Revision::ALL {
            let json = serde_json::to_string(&revision).unwrap();
            assert_eq!(json, format!("\"{revision}\""));
            assert_eq!(serde_json::from_str::<Revision>(&json).unwrap(), revision);
            assert_eq!(revision.as_str().parse(), Ok(revision));
        }
        let unknown = "2025-11-26".parse::<Revision>().unwrap_err().to_string();
        assert!(unknown.starts_with("unknown revision `2025-11-26`: use one of 2024-11-05, "), "{unknown}");
        assert!(serde_json::from_str::<Revision>("5").is_err());
    }

    #[test]
    fn the_eras_follow_from_the_handshake() {
        let (with, without): (Vec<_>, Vec<_>) =
            Revision::ALL.into_iter().partition(|revision| revision.has_handshake());
        assert_eq!(with.last(), Some(&Revision::LATEST_WITH_HANDSHAKE));
        assert_eq!(without, Revision::STATELESS);
        assert_eq!(Revision::ALL.last(), Some(&Revision::LATEST));
        assert!(Revision::ALL.is_sorted() && Revision::ALL.iter().enumerate().all(|(at, each)| each.index() == at));
    }
}
