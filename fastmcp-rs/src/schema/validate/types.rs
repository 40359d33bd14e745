//! The seven types of JSON Schema as bits.

use serde_json::Value;

use super::numbers::whole;
use super::words::{alternatives, one_of, same, wanted};
use super::{Node, Pointer, Run};

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
        run.fail(at, || match &self.literals {
            Some(literals) if !literals.is_empty() => {
                format!("{}, got {}", wanted(literals), got())
            }
            _ if self.types == 0 => "is not allowed".into(),
            _ => format!("must be {}, got {}", type_names(self.types), got()),
        });
        false
    }

    pub(super) fn listed(&self, value: &Value, at: &Pointer<'_>, run: &mut Run<'_>) {
        if let Some(literals) = &self.literals
            && !literals.iter().any(|literal| same(literal, value))
        {
            run.fail(at, || one_of(literals, value));
        }
    }
}

pub(super) fn value_type(value: &Value) -> u8 {
    match value {
        Value::Null => NULL,
        Value::Bool(_) => BOOLEAN,
        Value::Number(n) if whole(n) => INTEGER | NUMBER,
        Value::Number(_) => NUMBER,
        Value::String(_) => STRING,
        Value::Array(_) => ARRAY,
        Value::Object(_) => OBJECT,
    }
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
