//! Components named by their function, as a value: `.tool(add)`.
//!
//! Every function has a type of its own, so its `TypeId` finds the table that the attribute made. No type, module or macro of
//! the function's name is needed for that, and a tool may be called like a module, a crate or a primitive type.

use std::any::{TypeId, type_name};
use std::panic::Location;

/// A function, named as a value: what [`Server::tool`](crate::Server::tool) and its siblings take.
///
/// Whether it carries the attribute is found out when the server starts.
///
/// ```
/// use fastmcp_rs::prelude::*;
///
/// /// Add two numbers.
/// #[tool]
/// fn add(a: i64, b: i64) -> i64 {
///     a + b
/// }
///
/// let server = Server::empty("calculator").tool(add);
/// assert!(server.build().is_ok());
/// assert!(Server::empty("identity").tool(std::convert::identity::<u8>).build().is_err());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a function that can be named here",
    label = "not a function",
    note = "name a function that carries the attribute, without calling it: `.tool(add)`"
)]
pub trait Function<Signature>: Copy + 'static {}

macro_rules! functions {
    ($($first:ident $($parameter:ident)*)?) => {
        #[diagnostic::do_not_recommend]
        impl<F, R, $($first, $($parameter,)*)?> Function<fn($($first, $($parameter,)*)?) -> R> for F where
            F: Fn($($first, $($parameter,)*)?) -> R + Copy + 'static
        {
        }

        $(functions!($($parameter)*);)?
    };
}

functions!(A B C D E G H I J K L M N O P Q S T U V W X Y Z);

/// The type of a function, for the macros: inference knows it, and nobody can write it.
#[doc(hidden)]
pub fn type_of<F: 'static>(_: &F) -> TypeId {
    TypeId::of::<F>()
}

/// A function that somebody named, and where.
pub(crate) struct Named {
    pub id: TypeId,
    path: &'static str,
    at: &'static Location<'static>,
}

impl Named {
    #[track_caller]
    pub(crate) fn new<F: 'static>(function: &F) -> Self {
        Self { id: type_of(function), path: type_name::<F>(), at: Location::caller() }
    }

    /// For a start-up error: a function that carries no attribute of ours.
    pub(crate) fn is_not_a(&self, word: &str) -> String {
        let attribute = if word == "resource" { "resource(\"scheme://..\")" } else { word };
        let Self { path, at, .. } = self;
        let place = format!("{}:{}", at.file(), at.line());
        if path.contains("{closure") {
            return format!(
                "a closure was given to `.{word}(..)` at {place}: write a function with `#[{attribute}]`, and name that"
            );
        }
        if path.starts_with("fn(") {
            return format!(
                "a function pointer (`{path}`) was given to `.{word}(..)` at {place}: name the function itself, without converting it"
            );
        }
        let name = self.name();
        if path.ends_with('>') {
            return format!(
                "`{path}` is not a {word}, since it is generic, and was given to `.{word}(..)` at {place}: write a function of one type with `#[{attribute}]`"
            );
        }
        let mut segments = path.rsplit("::").skip(1);
        if let Some(ty) = segments.next().filter(|ty| ty.starts_with(char::is_uppercase)) {
            let ty = ty.trim_end_matches('>');
            return format!(
                "`{ty}::{name}` is a method, and was given to `.{word}(..)` at {place}: put `#[fastmcp_rs::server]` on its impl block, and add the value with `.service(..)`"
            );
        }
        format!(
            "`{path}` is not a {word}, and was given to `.{word}(..)` at {place}: put `#[{attribute}]` on `fn {name}`"
        )
    }

    /// For a start-up error: a component of another kind.
    pub(crate) fn is_another(&self, word: &str, other: &str) -> String {
        let Self { path, at, .. } = self;
        let (place, name) = (format!("{}:{}", at.file(), at.line()), self.name());
        format!("`{path}` is a {other}, and was given to `.{word}(..)` at {place}: write `.{other}({name})`")
    }

    fn name(&self) -> &str {
        self.path.rsplit("::").next().unwrap_or(self.path)
    }
}
