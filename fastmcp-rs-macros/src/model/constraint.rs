//! The constraints that an argument can be given: `range(..)` and `len(..)`.

use std::cmp::Ordering;

use quote::quote;
use syn::{Expr, ExprRange, Lit, RangeLimits};

use crate::errors::Errors;
use crate::parse::Entry;
use crate::tokens::{describe, number, peel};

pub(crate) struct Range {
    pub(crate) min: Option<Bound>,
    pub(crate) max: Option<Bound>,
    pub(crate) exclusive_max: bool,
    /// As it was written, to point at.
    pub(crate) at: ExprRange,
}

#[derive(Clone, Copy)]
pub(crate) enum Bound {
    Int(i128),
    Float(f64),
}

pub(crate) struct Len {
    pub(crate) min: Option<u64>,
    pub(crate) max: Option<u64>,
    /// As it was written, to point at.
    pub(crate) at: ExprRange,
}

impl Range {
    pub(crate) fn read(entry: &Entry, errors: &Errors) -> Option<Self> {
        let expr = range_expr(entry, "range(1..=14)", errors)?;
        let min = read_bound(expr.start.as_deref(), errors)?;
        let max = read_bound(expr.end.as_deref(), errors)?;
        let exclusive_max = matches!(expr.limits, RangeLimits::HalfOpen(_)) && max.is_some();
        if let (Some(min), Some(max)) = (min, max)
            && (min > max || (exclusive_max && min >= max))
        {
            let written = quote!(#expr).to_string().replace(' ', "");
            let advice =
                if min == max { "write `..=`, which includes its end" } else { "write the smaller number first" };
            errors.at(&expr, format!("the range `{written}` is empty, so that no value is allowed: {advice}"));
            return None;
        }
        Some(Self { min, max, exclusive_max, at: expr })
    }

    pub(crate) fn contains(&self, value: Bound) -> bool {
        let low = self.min.is_none_or(|min| min <= value);
        let high = self.max.is_none_or(|max| value < max || (value == max && !self.exclusive_max));
        low && high
    }

    /// The range as the user could have written it, for messages.
    pub(crate) fn written(&self) -> String {
        let text = |bound: Option<Bound>| match bound {
            None => String::new(),
            Some(Bound::Int(int)) => int.to_string(),
            Some(Bound::Float(float)) => format!("{float:?}"),
        };
        let dots = if self.exclusive_max || self.max.is_none() { ".." } else { "..=" };
        format!("{}{dots}{}", text(self.min), text(self.max))
    }
}

impl Len {
    pub(crate) fn read(entry: &Entry, errors: &Errors) -> Option<Self> {
        let expr = range_expr(entry, "len(3..=140)", errors)?;
        let read = |side: Option<&Expr>| -> Option<Option<u64>> {
            let Some(side) = side else { return Some(None) };
            if let Some((false, Lit::Int(int))) = number(side)
                && let Ok(length) = int.base10_parse()
            {
                return Some(Some(length));
            }
            let found = describe(side);
            errors.at(
                side,
                format!("a length is a whole number from 0 on, found {found}: write for example `len(3..=140)`"),
            );
            None
        };
        let (min, max) = (read(expr.start.as_deref())?, read(expr.end.as_deref())?);
        let half_open = matches!(expr.limits, RangeLimits::HalfOpen(_));
        let written = quote!(#expr).to_string().replace(' ', "");
        let max = match max {
            Some(0) if half_open => {
                errors.at(
                    &expr,
                    format!(
                        "the range `{written}` is empty, so that no length is allowed: write `..=`, which includes its end"
                    ),
                );
                return None;
            }
            Some(max) if half_open => Some(max - 1),
            other => other,
        };
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            errors.at(
                &expr,
                format!("the range `{written}` is empty, so that no length is allowed: write the smaller number first"),
            );
            return None;
        }
        Some(Self { min, max, at: expr })
    }

    pub(crate) fn allows(&self, length: u64) -> bool {
        self.min.is_none_or(|min| min <= length) && self.max.is_none_or(|max| length <= max)
    }
}

impl Bound {
    /// The number that an expression is, if it is one that can be read here.
    pub(crate) fn of(expr: &Expr) -> Option<Self> {
        let (negative, literal) = number(expr)?;
        match literal {
            Lit::Int(int) => {
                let value: i128 = int.base10_parse().ok()?;
                Some(Self::Int(if negative { -value } else { value }))
            }
            Lit::Float(float) => {
                let value: f64 = float.base10_parse().ok()?;
                Some(Self::Float(if negative { -value } else { value }))
            }
            _ => None,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "only to compare a whole number with a fraction")]
    fn as_float(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }
}

impl PartialEq for Bound {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other).is_some_and(Ordering::is_eq)
    }
}

impl PartialOrd for Bound {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => one.partial_cmp(other),
            (one, other) => one.as_float().partial_cmp(&other.as_float()),
        }
    }
}

/// The one range inside of `range(..)` or `len(..)`.
fn range_expr(entry: &Entry, example: &str, errors: &Errors) -> Option<ExprRange> {
    let key = &entry.key;
    let (tokens, span) = entry.list(errors, example)?;
    if tokens.is_empty() {
        errors.span(span, format!("`{key}()` limits nothing: write for example `{example}`"));
        return None;
    }
    match syn::parse2::<Expr>(tokens.clone()).map(|expr| peel(&expr).clone()) {
        Ok(Expr::Range(range)) if range.start.is_none() && range.end.is_none() => {
            errors.at(range, format!("`{key}(..)` limits nothing: write for example `{example}`"));
            None
        }
        Ok(Expr::Range(range)) => Some(range),
        Ok(other) => {
            let found = describe(&other);
            errors.at(other, format!("`{key}` takes a range, found {found}: write for example `{example}`"));
            None
        }
        Err(_) => {
            errors.at(tokens, format!("`{key}` takes one range: write for example `{example}`"));
            None
        }
    }
}

fn read_bound(side: Option<&Expr>, errors: &Errors) -> Option<Option<Bound>> {
    let Some(side) = side else { return Some(None) };
    let bound = Bound::of(side);
    if bound.is_none() {
        let found = describe(side);
        errors.at(side, format!("a range has numbers as its ends, found {found}: write for example `range(1..=14)`"));
    }
    bound.map(Some)
}
