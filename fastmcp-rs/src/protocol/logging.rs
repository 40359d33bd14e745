//! How much a log message matters.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The eight levels of RFC 5424, in rising order (spec: server/utilities/logging, "Log Levels").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Details for whoever debugs.
    Debug,
    /// Ordinary progress.
    Info,
    /// Ordinary but notable.
    Notice,
    /// Something may be wrong.
    Warning,
    /// Something failed.
    Error,
    /// A part failed as a whole.
    Critical,
    /// Somebody must act now.
    Alert,
    /// Nothing works.
    Emergency,
}

impl LogLevel {
    /// All levels, rising.
    pub const ALL: [LogLevel; 8] = [
        LogLevel::Debug,
        LogLevel::Info,
        LogLevel::Notice,
        LogLevel::Warning,
        LogLevel::Error,
        LogLevel::Critical,
        LogLevel::Alert,
        LogLevel::Emergency,
    ];

    /// The level's word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            LogLevel::Debug => "debug",
            LogLevel::Info => "info",
            LogLevel::Notice => "notice",
            LogLevel::Warning => "warning",
            LogLevel::Error => "error",
            LogLevel::Critical => "critical",
            LogLevel::Alert => "alert",
            LogLevel::Emergency => "emergency",
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for LogLevel {
    type Err = UnknownLogLevel;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|level| level.as_str() == word).ok_or_else(|| UnknownLogLevel(word.to_owned()))
    }
}

/// A word that is not a log level; on the wire this is `-32602` (spec: server/utilities/logging, "Error Handling").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLogLevel(String);

impl fmt::Display for UnknownLogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown log level `{}`: use one of ", self.0.escape_debug())?;
        for (i, level) in LogLevel::ALL.into_iter().enumerate() {
            write!(f, "{}{level}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownLogLevel {}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn levels_rise_from_debug_to_emergency_and_keep_their_words() {
        assert!(LogLevel::ALL.is_sorted());
        for level in LogLevel::ALL {
            assert_eq!(to_value(level).unwrap(), json!(level.as_str()));
            assert_eq!(from_value::<LogLevel>(json!(level.as_str())).unwrap(), level);
            assert_eq!(level.as_str().parse(), Ok(level));
        }
    }

    #[test]
    fn a_wrong_level_is_told_the_right_ones() {
        assert_eq!(
            "WARN".parse::<LogLevel>().unwrap_err().to_string(),
            "unknown log level `WARN`: use one of debug, info, notice, warning, error, critical, alert, emergency"
        );
    }
}
