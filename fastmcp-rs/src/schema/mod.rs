//! JSON Schemas: derived from Rust types, shaped so that every client accepts them, and enforced.
//!
//! A schema is derived by schemars ([`input_generator`], [`output_generator`]), brought into the one
//! shape all known clients take ([`normalise`]), published, and compiled into the [`Check`] that
//! arguments are held against, so what is published and what is enforced are the same tree.
//! schemars is named here and in bounds, nowhere else.

mod check;
mod coerce;
mod format;
mod inline;
mod normalise;
mod walk;

pub(crate) use check::{Check, Faults, Pointer};
pub(crate) use coerce::{coerce, coerce_part};
pub(crate) use normalise::normalise;
use normalise::normalise_output;

use schemars::generate::{Contract, SchemaSettings};
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

/// A generator for what is read: serde's deserialize contract.
pub(crate) fn input_generator() -> SchemaGenerator {
    generator(Contract::Deserialize)
}

/// A generator for what is sent: serde's serialize contract.
pub(crate) fn output_generator() -> SchemaGenerator {
    generator(Contract::Serialize)
}

fn generator(contract: Contract) -> SchemaGenerator {
    let mut settings = SchemaSettings::draft2020_12();
    settings.meta_schema = None;
    settings.contract = contract;
    // Named types stay behind `$ref`, which is how recursion is seen; `normalise` inlines the rest.
    settings.inline_subschemas = false;
    settings.into_generator()
}

/// `schema` with the definitions it refers to, otherwise as schemars wrote it.
///
/// Ask [`Check::beyond_types`] of this form: only here does an integer still say how wide it is.
pub(crate) fn raw(schema: Schema, generator: &mut SchemaGenerator) -> Value {
    let mut schema = match Value::from(schema) {
        Value::Bool(true) => Value::Object(Default::default()),
        other => other,
    };
    if let (Value::Object(map), false) = (&mut schema, generator.definitions().is_empty()) {
        map.insert("$defs".into(), Value::Object(generator.definitions().clone()));
    }
    schema
}

/// The published form of `schema`: definitions attached, then normalised for the side the generator serves.
///
/// The generator keeps its definitions, so one generator can finish several schemas.
pub(crate) fn finish(schema: Schema, generator: &mut SchemaGenerator) -> Value {
    let raw = raw(schema, generator);
    match generator.contract() {
        Contract::Serialize => normalise_output(raw),
        _ => normalise(raw),
    }
}

/// Whether a finished schema says nothing at all.
pub(crate) fn allows_anything(schema: &Value) -> bool {
    schema.as_object().is_some_and(normalise::is_anything)
}

#[cfg(test)]
mod tests;
