//! The seven types of JSON Schema as bits.

use super::words::alternatives;
use super::{Node, Pointer, Run};
use crate::schema::json::JsonTree;
use crate::schema::number::Number;

pub(super) const NULL: u8 = 1;
pub(super) const BOOLEAN: u8 = 1 << 1;
pub(super) const INTEGER: u8 = 1 << 2;
pub(super) const NUMBER: u8 = 1 << 3;
pub(super) const STRING: u8 = 1 << 4;
pub(super) const ARRAY: u8 = 1 << 5;
pub(super) const OBJECT: u8 = 1 << 6;
pub(super) const ALL: u8 = (1 << 7) - 1;

impl Node {
    pub(super) fn typed(&self, kind: u8, at: &Pointer<'_>, run: &mut Run<'_>, got: impl FnOnce() -> String) -> bool {
        if self.types & kind != 0 {
            return true;
        }
        if let Some(trusted) = run.trusted
            && !(kind == ARRAY && self.types & OBJECT != 0 && trusted.lists_are_faults())
        {
            return false;
        }
        run.fail(at, || match &self.literals {
            Some(literals) if !literals.values.is_empty() => format!("{}, got {}", literals.wanted(), got()),
            _ if self.types == 0 => "is not allowed".into(),
            _ => format!("must be {}, got {}", type_names(self.types), got()),
        });
        false
    }

    /// Whether a number is of an allowed type, as far as that is seen at a glance.
    pub(super) fn takes_number(&self, text: &str) -> bool {
        self.literals.is_none()
            && (self.types & NUMBER != 0
                || (self.types & INTEGER != 0 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-')))
    }
}

pub(super) fn value_type(value: &JsonTree<'_>) -> u8 {
    match value {
        JsonTree::Null => NULL,
        JsonTree::Bool(_) => BOOLEAN,
        JsonTree::Number(text) => number_type(text),
        JsonTree::Text(_) => STRING,
        JsonTree::Array(_) => ARRAY,
        JsonTree::Object(_) => OBJECT,
    }
}

pub(super) fn number_type(text: &str) -> u8 {
    if Number::read(text).is_some_and(Number::is_whole) { INTEGER | NUMBER } else { NUMBER }
}

pub(super) fn type_bit(name: &str) -> Option<u8> {
    Some(match name {
        "null" => NULL,
        "boolean" => BOOLEAN,
        "integer" => INTEGER,
        "number" => NUMBER,
        "string" => STRING,
        "array" => ARRAY,
        "object" => OBJECT,
        _ => return None,
    })
}

pub(super) fn type_names(types: u8) -> String {
    if types == ALL {
        return "anything".into();
    }
    let mut names = Vec::new();
    for (bit, name) in [
        (STRING, "a string"),
        (INTEGER, "an integer"),
        (NUMBER, "a number"),
        (BOOLEAN, "a boolean"),
        (ARRAY, "an array"),
        (OBJECT, "an object"),
        (NULL, "null"),
    ] {
        if types & bit != 0 && !(bit == INTEGER && types & NUMBER != 0) {
            names.push(name.to_owned());
        }
    }
    alternatives(&names)
}
