//! `minimum`, `maximum`, their exclusive siblings and `multipleOf`; and how wide the type behind a derived schema is.

use std::cmp::Ordering;

use super::fault::ECHO;
use super::types::{INTEGER, NUMBER, STRING, number_type};
use super::{Node, Pointer, Run};
use crate::schema::json::JsonTree;
use crate::schema::number::Number;
use crate::text::sanitize::bounded;

#[derive(Clone, Debug, Default)]
pub(super) struct NumberRules {
    pub minimum: Option<Limit>,
    pub maximum: Option<Limit>,
    pub above: Option<Limit>,
    pub below: Option<Limit>,
    pub multiple: Option<Limit>,
    /// What the type can hold, where the schema does not write it out.
    pub width: Option<Width>,
}

/// A bound, and how it is told.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    pub value: Number,
    pub shown: String,
}

impl Limit {
    pub(super) fn of(number: &serde_json::Number) -> Option<Self> {
        Some(Self { value: Number::of(number)?, shown: number.to_string() })
    }
}

/// What a type can hold.
#[derive(Clone, Copy, Debug)]
pub(super) enum Width {
    Signed(u32),
    Unsigned(u32),
    /// An `f32`, in which larger numbers would be infinite.
    Single,
}

impl Width {
    /// What schemars' formats mean beyond the bounds that are published.
    pub(super) fn named(format: &str) -> Option<Width> {
        Some(match format {
            "int64" | "int" => Width::Signed(64),
            "int128" => Width::Signed(128),
            "uint64" | "uint" => Width::Unsigned(64),
            "uint128" => Width::Unsigned(128),
            "float" => Width::Single,
            _ => return None,
        })
    }

    /// The least and the greatest.
    fn ends(self) -> (String, String) {
        match self {
            Width::Signed(128) => (i128::MIN.to_string(), i128::MAX.to_string()),
            Width::Signed(_) => (i64::MIN.to_string(), i64::MAX.to_string()),
            Width::Unsigned(128) => ("0".into(), u128::MAX.to_string()),
            Width::Unsigned(_) => ("0".into(), u64::MAX.to_string()),
            Width::Single => (format!("{:e}", f32::MIN), format!("{:e}", f32::MAX)),
        }
    }

    /// What is wrong with a number that does not fit.
    fn misfit(self, number: Number) -> Option<String> {
        if let Width::Single = self {
            // Rounding decides, so that the greatest `f32` written with fewer digits still is one.
            #[allow(clippy::cast_possible_truncation, reason = "that is what serde does")]
            if (number.as_f64() as f32).is_finite() {
                return None;
            }
        }
        let (least, most) = self.ends();
        let end = |text: &str| Number::read(text);
        if number.compare(end(&least)?) == Some(Ordering::Less) {
            return Some(format!("must be at least {least}"));
        }
        (number.compare(end(&most)?) == Some(Ordering::Greater)).then(|| format!("must be at most {most}"))
    }
}

impl Node {
    pub(super) fn number(&self, text: &str, at: &Pointer<'_>, run: &mut Run<'_>) {
        let kind = number_type(text);
        // A type that reads numbers as text has rules for text.
        if run.trusted.is_some() && self.types & kind == 0 && self.types & STRING != 0 {
            return self.string_rules(text, at, run);
        }
        let got = || bounded(text, ECHO).into_owned();
        if !self.typed(kind, at, run, got) {
            return;
        }
        if self.literals.is_some() && !self.listed(&JsonTree::Number(text.into()), at, run) {
            return;
        }
        self.number_rules(text, at, run);
    }

    pub(super) fn number_rules(&self, text: &str, at: &Pointer<'_>, run: &mut Run<'_>) {
        let Some(rules) = &self.number else { return };
        let got = || bounded(text, ECHO).into_owned();
        let Some(number) = Number::read(text).filter(|number| number.is_finite()) else {
            return run.fail(at, || "is not a number that can be read".into());
        };
        let mut refused = false;
        let mut bound = |limit: &Option<Limit>, wrong: fn(Ordering) -> bool, words: &str| {
            if let Some(limit) = limit
                && number.compare(limit.value).is_none_or(wrong)
            {
                refused = true;
                run.fail(at, || format!("must be {words} {}, got {}", limit.shown, got()));
            }
        };
        bound(&rules.minimum, Ordering::is_lt, "at least");
        bound(&rules.maximum, Ordering::is_gt, "at most");
        bound(&rules.above, Ordering::is_le, "greater than");
        bound(&rules.below, Ordering::is_ge, "less than");
        if refused {
            return;
        }
        if let Some(words) = rules.width.and_then(|width| width.misfit(number)) {
            return run.fail(at, || format!("{words}, got {}", got()));
        }
        if let Some(step) = &rules.multiple
            && !number.is_multiple_of(step.value)
        {
            run.fail(at, || format!("must be a multiple of {}, got {}", step.shown, got()));
        }
    }

    /// Whether a text may stand for a number here.
    pub(super) fn is_numeric(&self) -> bool {
        self.types & (INTEGER | NUMBER) != 0
    }
}
