//! Durations (`"30s"`) and rates (`"60/min"`), checked at compile time.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;

/// What a duration looks like, for messages.
pub(crate) const DURATION_EXAMPLES: &str = "`\"30s\"`, `\"500ms\"`, `\"2m\"` or `\"1h\"`";

/// What a rate looks like, for messages.
pub(crate) const RATE_EXAMPLES: &str = "`\"60/min\"`, `\"5/s\"` or `\"1000/h\"`";

/// A number and one unit: `ms`, `s`, `m` or `h`. The error says what is wrong, without saying how to write it.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(format!("`{text}` does not begin with a whole number"));
    }
    let millis: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "" => return Err(format!("`{text}` has no unit")),
        other if other.contains(' ') => return Err(format!("`{text}` has a space in it")),
        other => return Err(format!("`{other}` is not a unit of time")),
    };
    let total = number.parse::<u64>().ok().and_then(|number| number.checked_mul(millis));
    match total {
        None => Err(format!("`{text}` is too long")),
        Some(0) => Err(format!("`{text}` is zero")),
        Some(total) => Ok(Duration::from_millis(total)),
    }
}

/// A number of calls, a slash, and a unit.
pub(crate) fn rate(text: &str) -> Result<(u32, Duration), String> {
    let Some((calls, unit)) = text.split_once('/') else {
        return Err(format!("`{text}` has no `/`"));
    };
    let (calls, unit) = (calls.trim(), unit.trim());
    let seconds = match unit {
        "s" | "sec" | "second" => 1,
        "m" | "min" | "minute" => 60,
        "h" | "hour" => 3_600,
        "d" | "day" => 86_400,
        "" => return Err(format!("`{text}` has no unit after the `/`")),
        other => return Err(format!("`{other}` is not a unit of time")),
    };
    match calls.parse::<u32>() {
        Ok(0) => Err(format!("`{text}` allows no call at all")),
        Ok(calls) => Ok((calls, Duration::from_secs(seconds))),
        Err(_) => Err(format!("`{calls}` is not a number of calls")),
    }
}

/// A duration as a constant expression.
pub(crate) fn duration_tokens(duration: Duration) -> TokenStream {
    let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
    match nanos {
        0 => quote!(::core::time::Duration::from_secs(#seconds)),
        _ => quote!(::core::time::Duration::new(#seconds, #nanos)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("1h"), Ok(Duration::from_secs(3600)));
    }

    #[test]
    fn bad_durations_say_what_is_wrong() {
        assert_eq!(duration("30"), Err("`30` has no unit".into()));
        assert_eq!(duration("s"), Err("`s` does not begin with a whole number".into()));
        assert_eq!(duration("1.5s"), Err("`.5s` is not a unit of time".into()));
        assert_eq!(duration("3 fortnights"), Err("`3 fortnights` has a space in it".into()));
        assert_eq!(duration("0s"), Err("`0s` is zero".into()));
        assert_eq!(duration("99999999999999999999h"), Err("`99999999999999999999h` is too long".into()));
    }

    #[test]
    fn rates_have_calls_and_a_unit() {
        assert_eq!(rate("60/min"), Ok((60, Duration::from_secs(60))));
        assert_eq!(rate("5/s"), Ok((5, Duration::from_secs(1))));
        assert_eq!(rate("1000/h"), Ok((1000, Duration::from_secs(3600))));
    }

    #[test]
    fn bad_rates_say_what_is_wrong() {
        assert_eq!(rate("60"), Err("`60` has no `/`".into()));
        assert_eq!(rate("0/s"), Err("`0/s` allows no call at all".into()));
        assert_eq!(rate("many/s"), Err("`many` is not a number of calls".into()));
        assert_eq!(rate("1/week"), Err("`week` is not a unit of time".into()));
    }
}
