//! The rules that an argument can be given: `range(..)`, `len(..)` and `pattern = ".."`.

use std::cmp::Ordering;

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::{Expr, ExprRange, Lit, RangeLimits};

use crate::arg::option_tokens;
use crate::entry::{Entry, describe, number, peel};
use crate::errors::Errors;

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
    min: Option<u64>,
    max: Option<u64>,
    /// As it was written, to point at.
    pub(crate) at: ExprRange,
}

impl Range {
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

    /// The row of the table.
    pub(crate) fn rule(&self, p: &TokenStream) -> TokenStream {
        let bound = |bound: Option<Bound>| option_tokens(bound.map(|bound| bound.tokens(p)).as_ref());
        let (min, max, exclusive_max) = (bound(self.min), bound(self.max), self.exclusive_max);
        quote!(#p::Rule::Range { min: #min, max: #max, exclusive_max: #exclusive_max })
    }
}

impl Len {
    pub(crate) fn allows(&self, length: u64) -> bool {
        self.min.is_none_or(|min| min <= length) && self.max.is_none_or(|max| length <= max)
    }

    /// The row of the table.
    pub(crate) fn rule(&self, p: &TokenStream) -> TokenStream {
        let (min, max) = (option_tokens(self.min.as_ref()), option_tokens(self.max.as_ref()));
        quote!(#p::Rule::Len { min: #min, max: #max })
    }
}

impl Bound {
    fn tokens(self, p: &TokenStream) -> TokenStream {
        let minus = (self < Self::Int(0)).then(|| quote!(-));
        match self {
            Self::Int(int) => {
                let int = Literal::i128_unsuffixed(int.abs());
                quote!(#p::Bound::Int(#minus #int))
            }
            Self::Float(float) => {
                let float = Literal::f64_unsuffixed(float.abs());
                quote!(#p::Bound::Float(#minus #float))
            }
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

pub(crate) fn range(entry: &Entry, errors: &Errors) -> Option<Range> {
    let expr = range_expr(entry, "range(1..=14)", errors)?;
    let min = read_bound(expr.start.as_deref(), errors)?;
    let max = read_bound(expr.end.as_deref(), errors)?;
    let exclusive_max = matches!(expr.limits, RangeLimits::HalfOpen(_)) && max.is_some();
    if let (Some(min), Some(max)) = (min, max)
        && (min > max || (exclusive_max && min >= max))
    {
        let written = quote!(#expr).to_string().replace(' ', "");
        let advice = if min == max { "write `..=`, which includes its end" } else { "write the smaller number first" };
        errors.at(&expr, format!("the range `{written}` is empty, so that no value is allowed: {advice}"));
        return None;
    }
    Some(Range { min, max, exclusive_max, at: expr })
}

pub(crate) fn len(entry: &Entry, errors: &Errors) -> Option<Len> {
    let expr = range_expr(entry, "len(3..=140)", errors)?;
    let read = |side: Option<&Expr>| -> Option<Option<u64>> {
        let Some(side) = side else { return Some(None) };
        if let Some((false, Lit::Int(int))) = number(side)
            && let Ok(length) = int.base10_parse()
        {
            return Some(Some(length));
        }
        let found = describe(side);
        errors
            .at(side, format!("a length is a whole number from 0 on, found {found}: write for example `len(3..=140)`"));
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
    Some(Len { min, max, at: expr })
}

fn read_bound(side: Option<&Expr>, errors: &Errors) -> Option<Option<Bound>> {
    let Some(side) = side else { return Some(None) };
    let bound = bound(side);
    if bound.is_none() {
        let found = describe(side);
        errors.at(side, format!("a range has numbers as its ends, found {found}: write for example `range(1..=14)`"));
    }
    bound.map(Some)
}

pub(crate) fn bound(expr: &Expr) -> Option<Bound> {
    let (negative, literal) = number(expr)?;
    match literal {
        Lit::Int(int) => {
            let value: i128 = int.base10_parse().ok()?;
            Some(Bound::Int(if negative { -value } else { value }))
        }
        Lit::Float(float) => {
            let value: f64 = float.base10_parse().ok()?;
            Some(Bound::Float(if negative { -value } else { value }))
        }
        _ => None,
    }
}

/// Names what our dialect leaves out, and otherwise says what the parser says.
pub(crate) fn check_pattern(pattern: &str) -> Result<(), String> {
    let leaves_out = |what: &str| {
        Err(format!(
            "the pattern has {what}, which patterns here leave out so that matching always takes linear time: rewrite it without, or check the value in the function"
        ))
    };
    for look in ["(?=", "(?!", "(?<=", "(?<!"] {
        if pattern.contains(look) {
            return leaves_out(&format!("a lookaround (`{look}..)`)"));
        }
    }
    let mut escaped = false;
    for c in pattern.chars() {
        if escaped && ('1'..='9').contains(&c) {
            return leaves_out(&format!("a backreference (`\\{c}`)"));
        }
        escaped = c == '\\' && !escaped;
    }
    match regex_lite::Regex::new(pattern) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("the pattern `{pattern}` is no regular expression: {error}")),
    }
}
