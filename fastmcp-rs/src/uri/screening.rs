//! What no value of a variable may be, whatever the template says: values often become part of a path, and of a log line.

use std::borrow::Cow;
use std::fmt;

use crate::text::percent::decode;
use crate::text::sanitize::is_control_or_bidi;

/// Longest URI that is looked at.
pub(super) const LONGEST: usize = 8 * 1024;

/// A URI that matches a template and must be refused all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadUri {
    /// The variable whose value is bad; `None` if it is the URI as a whole.
    pub variable: Option<String>,
    pub reason: &'static str,
}

impl fmt::Display for BadUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.variable {
            Some(name) => write!(f, "`{name}` in the URI {}", self.reason),
            None => write!(f, "the URI {}", self.reason),
        }
    }
}

impl std::error::Error for BadUri {}

pub(super) fn length(uri: &str) -> Result<(), BadUri> {
    if uri.len() > LONGEST {
        return Err(BadUri { variable: None, reason: "is longer than 8192 bytes" });
    }
    Ok(())
}

pub(super) fn bad(name: &str, reason: &'static str) -> BadUri {
    BadUri { variable: Some(name.to_owned()), reason }
}

/// The value of `{id}`.
pub(super) fn segment<'u>(name: &str, raw: &'u str) -> Result<Cow<'u, str>, BadUri> {
    let value = decoded(name, raw)?;
    if value.contains(['/', '\\']) {
        return Err(bad(name, "must not contain a slash or backslash"));
    }
    if value == "." || value == ".." {
        return Err(bad(name, "must not be `.` or `..`"));
    }
    Ok(value)
}

/// The value of `{path*}`.
pub(super) fn segments<'u>(name: &str, raw: &'u str) -> Result<Cow<'u, str>, BadUri> {
    let value = decoded(name, raw)?;
    if value.contains('\\') {
        return Err(bad(name, "must not contain a backslash"));
    }
    stays_below(name, &value)?;
    Ok(value)
}

/// The value of one name in `{?a,b}`. It may be any text, a path among them.
pub(super) fn query<'u>(name: &str, raw: &'u str) -> Result<Cow<'u, str>, BadUri> {
    let value = decoded(name, raw)?;
    stays_below(name, &value)?;
    Ok(value)
}

fn decoded<'u>(name: &str, raw: &'u str) -> Result<Cow<'u, str>, BadUri> {
    let value = decode(raw).map_err(|reason| bad(name, reason))?;
    // A URI in its normal spelling has these in encoded form only.
    if let Cow::Owned(value) = &value
        && value.chars().any(is_control_or_bidi)
    {
        return Err(bad(name, "must not contain a control character or a mark of writing direction"));
    }
    Ok(value)
}

/// Whether a value that is taken for a path stays below the directory that it is joined to.
fn stays_below(name: &str, value: &str) -> Result<(), BadUri> {
    if value.starts_with(['/', '\\']) {
        return Err(bad(name, "must not begin with a slash or backslash"));
    }
    if value.split(['/', '\\']).any(|segment| segment == "..") {
        return Err(bad(name, "must not contain a `..` segment"));
    }
    Ok(())
}
