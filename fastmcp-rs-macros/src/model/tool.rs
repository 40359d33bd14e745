//! `#[tool(..)]`: the keys that only tools have.

use proc_macro2::Ident;
use syn::Expr;

use crate::keys::{Key, tool};
use crate::parse::Keys;

/// Hints for clients, and a schema of the user's own.
pub(crate) struct Tool {
    pub(crate) read_only: Hint,
    pub(crate) destructive: Hint,
    pub(crate) idempotent: Hint,
    pub(crate) open_world: Hint,
    pub(crate) output_schema: Option<Expr>,
}

/// A hint that was given, with the key to point at.
pub(crate) type Hint = Option<(bool, Ident)>;

impl Tool {
    pub(crate) fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            read_only: keys.boolean::<tool::ReadOnly>(),
            destructive: keys.boolean::<tool::Destructive>(),
            idempotent: keys.boolean::<tool::Idempotent>(),
            open_world: keys.boolean::<tool::OpenWorld>(),
            output_schema: keys.expr::<tool::OutputSchema>("output_schema = json!({ \"type\": \"object\" })"),
        }
    }

    /// The hints by the names that the table of the runtime has for them too.
    pub(crate) fn hints(&self) -> [(&'static str, &Hint); 4] {
        [
            (tool::ReadOnly::NAME, &self.read_only),
            (tool::Destructive::NAME, &self.destructive),
            (tool::Idempotent::NAME, &self.idempotent),
            (tool::OpenWorld::NAME, &self.open_world),
        ]
    }
}
