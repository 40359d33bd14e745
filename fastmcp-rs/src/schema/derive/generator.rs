//! schemars, set up for one side or the other.

use schemars::generate::{Contract, SchemaSettings};
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::normalise::{is_anything, normalise, normalise_output};
use crate::schema::walk;
use crate::text::doc_comment;

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
/// Ask [`Validator::beyond_types_part`](crate::schema::Validator::beyond_types_part) of this form: only here does an integer still say how wide it is.
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

/// The form of `schema` that is enforced: definitions attached, then normalised for the side the generator serves. What is
/// told of it is [`publish`](super::publish)ed.
///
/// The generator keeps its definitions, so one generator can finish several schemas.
pub(crate) fn finish(schema: Schema, generator: &mut SchemaGenerator) -> Value {
    let mut raw = raw(schema, generator);
    plain_words(&mut raw);
    match generator.contract() {
        Contract::Serialize => normalise_output(raw),
        _ => normalise(raw),
    }
}

/// Doc comments read alike in every form that they can be written in.
fn plain_words(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    if let Some(Value::String(words)) = map.get_mut("description")
        && let Some(plain) = doc_comment::plain(words)
    {
        *words = plain;
    }
    walk::children_mut(map, plain_words);
}

/// Whether a finished schema says nothing at all.
pub(crate) fn allows_anything(schema: &Value) -> bool {
    schema.as_object().is_some_and(is_anything)
}
