//! How the rules of an argument fit its type, as far as the type can be told by its spelling.
//!
//! What a type is, is decided by traits, and the check at start-up goes by them. But a number is mostly spelt as a number,
//! and then a mistake need not wait until then.

use syn::{GenericArgument, PathArguments, Type};

use crate::errors::Errors;
use crate::kind::Kind;
use crate::model::arg::Fallback;
use crate::model::constraint::{Bound, Range};
use crate::model::function::Parameter;
use crate::tokens::peel_type as peel;

/// A type that everybody spells alike.
enum Known {
    Integer { min: i128, max: i128 },
    Float,
    Bool,
    Text,
}

/// Compares the rules and the default of an argument with its type.
pub(crate) fn check(kind: Kind, param: &Parameter, errors: &Errors) {
    let Some((known, spelt)) = known(&param.ty) else { return };
    let name = param.wire_name();
    if let (Some(range), Known::Integer { min, max }) = (&param.arg.range, &known) {
        within(range, *min, *max, &spelt, errors);
    }
    // The arguments of the other kinds are texts on the wire, which lengths and patterns may be about.
    if kind != Kind::Tool {
        return;
    }
    let numeric = matches!(known, Known::Integer { .. } | Known::Float);
    if let Some(range) = param.arg.range.as_ref().filter(|_| !numeric) {
        let advice = match known {
            Known::Text => "write `len(..)` for how long it may be, or `pattern = \"..\"`",
            _ => "remove it",
        };
        errors.at(&range.at, format!("`range` is for numbers, but `{name}` is a `{spelt}`: {advice}"));
    }
    if let Some(len) = param.arg.len.as_ref().filter(|_| !matches!(known, Known::Text)) {
        let advice = if numeric { "write `range(..)` for how large it may be" } else { "remove it" };
        errors.at(&len.at, format!("`len` is for texts, lists and maps, but `{name}` is a `{spelt}`: {advice}"));
    }
    if let Some(pattern) = param.arg.pattern.as_ref().filter(|_| !matches!(known, Known::Text)) {
        let advice = if numeric { "write `range(..)`, or take a `String`" } else { "remove it, or take a `String`" };
        errors.at(pattern, format!("`pattern` is for texts, but `{name}` is a `{spelt}`: {advice}"));
    }
    if let Some(Fallback::Text(default)) = param.arg.default.as_ref().filter(|_| !matches!(known, Known::Text)) {
        let text = default.value();
        let advice = match known {
            Known::Bool => "`default = true` or `default = false`".to_owned(),
            Known::Float if text.parse::<f64>().is_ok() => format!("`default = {text}`"),
            Known::Integer { .. } if text.parse::<i128>().is_ok() => format!("`default = {text}`"),
            _ => "for example `default = 3`".to_owned(),
        };
        errors.at(default, format!("the default of `{name}` is a text, but its type is `{spelt}`: write {advice}"));
    }
}

/// The ends of a range must be values of the type, or the schema would promise what the type refuses.
fn within(range: &Range, least: i128, most: i128, spelt: &str, errors: &Errors) {
    let text = |bound: Bound| match bound {
        Bound::Int(int) => int.to_string(),
        Bound::Float(float) => format!("{float:?}"),
    };
    for bound in [range.min, range.max].into_iter().flatten() {
        let outside = match bound {
            Bound::Float(_) => {
                errors.at(
                    &range.at,
                    format!("`{}` is not a whole number, as a `{spelt}` is: write one without a fraction", text(bound)),
                );
                continue;
            }
            Bound::Int(int) => {
                let beyond = i128::from(range.exclusive_max && range.max == Some(bound));
                int < least || int - beyond > most
            }
        };
        if outside {
            errors.at(
                &range.at,
                format!(
                    "the range goes to `{}`, but a `{spelt}` only from {least} to {most}: change the range, or take a larger type",
                    text(bound)
                ),
            );
        }
    }
}

/// The type within any number of `Option`s, if it is one that everybody spells alike, and its spelling.
fn known(ty: &Type) -> Option<(Known, String)> {
    let Type::Path(path) = peel(ty) else { return None };
    let last = path.path.segments.last()?;
    if last.ident == "Option"
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(inner)) = arguments.args.first()
    {
        return known(inner);
    }
    let spelt = path.path.get_ident()?.to_string();
    let integer = |min: i128, max: i128| Known::Integer { min, max };
    let known = match spelt.as_str() {
        "u8" => integer(0, u8::MAX.into()),
        "u16" => integer(0, u16::MAX.into()),
        "u32" => integer(0, u32::MAX.into()),
        // A literal is an `i128` here, and targets differ in `usize`: the larger bound is right for all of them.
        "u64" | "usize" => integer(0, u64::MAX.into()),
        "u128" => integer(0, i128::MAX),
        "i8" => integer(i8::MIN.into(), i8::MAX.into()),
        "i16" => integer(i16::MIN.into(), i16::MAX.into()),
        "i32" => integer(i32::MIN.into(), i32::MAX.into()),
        "i64" | "isize" => integer(i64::MIN.into(), i64::MAX.into()),
        "i128" => integer(i128::MIN, i128::MAX),
        "f32" | "f64" => Known::Float,
        "bool" => Known::Bool,
        "String" => Known::Text,
        _ => return None,
    };
    Some((known, spelt))
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn options_are_looked_through() {
        assert!(matches!(
            known(&parse_quote!(Option<std::option::Option<u8>>)),
            Some((Known::Integer { max: 255, .. }, _))
        ));
        assert!(known(&parse_quote!(Vec<u8>)).is_none());
        assert!(known(&parse_quote!(my::u8)).is_none());
    }
}
