//! From a Rust type to the schema that is published: what schemars writes, brought into one shape.

mod alternatives;
mod generator;
mod inline;
mod normalise;
mod published;

pub(crate) use alternatives::loosened;
pub(crate) use generator::{allows_anything, finish, input_generator, output_generator, raw};
pub(crate) use normalise::normalise;
#[cfg(test)]
pub(super) use normalise::{anything, normalise_output};
pub(super) use normalise::{is_anything, width};
pub(crate) use published::publish;
