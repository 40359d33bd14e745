//! Where components come from: what the macros registered, what a server names by hand, what is added while it runs.

mod catalog;
mod list;
mod registry;

pub(crate) use catalog::Catalog;
pub(crate) use list::ListKind;
pub(crate) use registry::Registry;
