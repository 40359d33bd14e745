//! JSON Schemas: derived from Rust types, shaped so that every client accepts them, and enforced.
//!
//! A schema is derived by schemars ([`input_generator`], [`output_generator`]), brought into the one
//! shape all known clients take ([`normalise`]), published, and compiled into the [`Validator`] that
//! arguments are held against, so what is published and what is enforced are the same tree.
//! schemars is named in `derive` and in bounds, nowhere else.

mod coerce;
mod derive;
pub(crate) mod json;
pub(crate) mod number;
pub(crate) mod scan;
mod validate;
mod walk;

pub(crate) use coerce::{Leniency, coerce, read_value};
pub(crate) use derive::{
    allows_anything, finish, input_generator, loosened, normalise, output_generator, publish, raw,
};
pub(crate) use validate::{Faults, PathStep, Pointer, Trusted, Validator};

#[cfg(test)]
mod tests;
