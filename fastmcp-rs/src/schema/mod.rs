//! JSON Schemas: derived from Rust types, shaped so that every client accepts them, and enforced.
//!
//! A schema is derived by schemars ([`input_generator`], [`output_generator`]), brought into the one
//! shape all known clients take ([`normalise`]), published, and compiled into the [`Validator`] that
//! arguments are held against, so what is published and what is enforced are the same tree.
//! schemars is named in `derive` and in bounds, nowhere else.

mod coerce;
mod derive;
mod validate;
mod walk;

pub(crate) use coerce::{coerce, coerce_part};
pub(crate) use derive::{allows_anything, finish, input_generator, normalise, output_generator, raw};
pub(crate) use validate::{Faults, Pointer, Validator};

#[cfg(test)]
mod tests;
