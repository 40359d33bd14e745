//! `minimum`, `maximum`, their exclusive siblings and `multipleOf`.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::types::{INTEGER, NUMBER};
use super::words::one_of;
use super::{Node, Pointer, Run};

#[derive(Clone, Debug, Default)]
pub(super) struct NumberRules {
    pub minimum: Option<Number>,
    pub maximum: Option<Number>,
    pub above: Option<Number>,
    pub below: Option<Number>,
    pub multiple: Option<Number>,
}

impl Node {
    pub(super) fn number(&self, number: &Number, at: &Pointer<'_>, run: &mut Run<'_>) {
        let kind = if whole(number) { INTEGER | NUMBER } else { NUMBER };
        if !self.typed(kind, at, run, || number.to_string()) {
            return;
        }
        if let Some(literals) = &self.literals
            && !literals.iter().any(|literal| literal.as_number().is_some_and(|l| equal(l, number)))
        {
            return run.fail(at, || one_of(literals, &Value::Number(number.clone())));
        }
        let Some(rules) = &self.number else { return };
        let mut bound = |limit: &Option<Number>, wrong: fn(Ordering) -> bool, words: &str| {
            if let Some(limit) = limit
                && compare(number, limit).is_none_or(wrong)
            {
                run.fail(at, || format!("must be {words} {limit}, got {number}"));
            }
        };
        bound(&rules.minimum, Ordering::is_lt, "at least");
        bound(&rules.maximum, Ordering::is_gt, "at most");
        bound(&rules.above, Ordering::is_le, "greater than");
        bound(&rules.below, Ordering::is_ge, "less than");
        if let Some(step) = &rules.multiple
            && !multiple(number, step)
        {
            run.fail(at, || format!("must be a multiple of {step}, got {number}"));
        }
    }
}

pub(super) fn int(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// JSON Schema knows one kind of number: 5.0 is an integer.
pub(super) fn whole(number: &Number) -> bool {
    int(number).is_some() || number.as_f64().is_some_and(|f| f.is_finite() && f.fract() == 0.0)
}

pub(super) fn compare(left: &Number, right: &Number) -> Option<Ordering> {
    match (int(left), int(right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

pub(super) fn equal(left: &Number, right: &Number) -> bool {
    compare(left, right) == Some(Ordering::Equal)
}

fn multiple(number: &Number, step: &Number) -> bool {
    if let (Some(number), Some(step)) = (int(number), int(step)) {
        return step != 0 && number % step == 0;
    }
    let (Some(number), Some(step)) = (number.as_f64(), step.as_f64()) else {
        return false;
    };
    // 0.3 is a multiple of 0.1 to people, though not to binary fractions.
    let times = number / step;
    times.is_finite() && (times - times.round()).abs() <= 1e-9 * times.abs().max(1.0)
}
