//! Numbers of JSON as they were written: whole ones exactly, up to 128 bits, the others as floats.

use std::cmp::Ordering;

/// A number, read from its decimal text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// A whole number: its sign and its magnitude.
    Whole { negative: bool, magnitude: u128 },
    /// Any other, or one beyond 128 bits.
    Float(f64),
}

impl Number {
    /// Reads a number as JSON writes it. `None` for what is none.
    pub(crate) fn read(text: &str) -> Option<Number> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        match magnitude(unsigned) {
            Some(0) => Some(Number::Whole { negative: false, magnitude: 0 }),
            Some(magnitude) => Some(Number::Whole { negative, magnitude }),
            None => text.parse().ok().map(Number::Float),
        }
    }

    pub(crate) fn of(number: &serde_json::Number) -> Option<Number> {
        Number::read(&number.to_string())
    }

    pub(crate) fn as_f64(self) -> f64 {
        match self {
            #[allow(clippy::cast_precision_loss, reason = "that is what is asked for")]
            Number::Whole { negative, magnitude } => {
                if negative {
                    -(magnitude as f64)
                } else {
                    magnitude as f64
                }
            }
            Number::Float(float) => float,
        }
    }

    /// JSON Schema knows one kind of number: 5.0 is an integer.
    pub(crate) fn is_whole(self) -> bool {
        match self {
            Number::Whole { .. } => true,
            Number::Float(float) => float.is_finite() && float.fract() == 0.0,
        }
    }

    pub(crate) fn is_finite(self) -> bool {
        self.as_f64().is_finite()
    }

    pub(crate) fn compare(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Whole { negative: left, magnitude: l }, Number::Whole { negative: right, magnitude: r }) => {
                Some(match (left, right) {
                    (false, false) => l.cmp(&r),
                    (true, true) => r.cmp(&l),
                    (true, false) => Ordering::Less,
                    (false, true) => Ordering::Greater,
                })
            }
            (left, right) => left.as_f64().partial_cmp(&right.as_f64()),
        }
    }

    pub(crate) fn is_multiple_of(self, step: Number) -> bool {
        if let (Number::Whole { magnitude: number, .. }, Number::Whole { magnitude: step, .. }) = (self, step) {
            return step != 0 && number % step == 0;
        }
        // 0.3 is a multiple of 0.1 to people, though not to binary fractions.
        let times = self.as_f64() / step.as_f64();
        times.is_finite() && (times - times.round()).abs() <= 1e-9 * times.abs().max(1.0)
    }

    /// The plain digits of a whole number of at most 128 bits.
    pub(crate) fn digits(self) -> Option<String> {
        match self {
            Number::Whole { negative, magnitude } => {
                Some(if negative { format!("-{magnitude}") } else { magnitude.to_string() })
            }
            Number::Float(_) => None,
        }
    }
}

/// The whole number that a decimal without sign stands for: `5`, `5.0`, `1e19`, `1.5e1`.
fn magnitude(unsigned: &str) -> Option<u128> {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let zeros = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let mut value = 0_u128;
    for digit in whole.bytes().chain(fraction.bytes()) {
        let digit = char::from(digit).to_digit(10)?;
        value = value.checked_mul(10)?.checked_add(digit.into())?;
    }
    if value == 0 {
        return Some(0);
    }
    match u32::try_from(zeros) {
        Ok(zeros) => value.checked_mul(10_u128.checked_pow(zeros)?),
        // 1500e-2 is 15.
        Err(_) => {
            let divisor = 10_u128.checked_pow(zeros.unsigned_abs())?;
            value.is_multiple_of(divisor).then(|| value / divisor)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_exact_however_they_are_written() {
        for (text, digits) in [
            ("5", Some("5")),
            ("-0", Some("0")),
            ("5.0", Some("5")),
            ("1e19", Some("10000000000000000000")),
            ("1.5E+1", Some("15")),
            ("1500e-2", Some("15")),
            ("-9007199254740993.0", Some("-9007199254740993")),
            ("340282366920938463463374607431768211455", Some("340282366920938463463374607431768211455")),
            ("340282366920938463463374607431768211456", None),
            ("1.5", None),
            ("1e-400000", None),
            ("1e999999999999", None),
        ] {
            assert_eq!(Number::read(text).and_then(Number::digits).as_deref(), digits, "{text}");
        }
        assert!(Number::read("1e300").is_some_and(Number::is_whole));
        assert!(Number::read("1e999").is_some_and(|n| !n.is_finite()));
        assert_eq!(Number::read("x"), None);
        assert_eq!(Number::read("+1"), None);
    }
}
