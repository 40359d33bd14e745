//! A call held against its function by the compiler: parameters that are injected are skipped, and what is given has to be what
//! is wanted, or come close (`"Oslo"` for a `String`, `3` for an `Option<u8>`).

use serde::Serialize;
use serde_json::{Map, Value};

use crate::component::param::{Given, Injected};
use crate::component::tables::Param;
use crate::component::{Function, ToolArg};

/// A function's parameters, nested: `(A, (B, ()))`.
#[doc(hidden)]
pub trait TestSignature<Signature>: Function<Signature> {
    type Params;
}

macro_rules! nested {
    () => { () };
    ($head:ident $(, $tail:ident)*) => { ($head, nested!($($tail),*)) };
}

macro_rules! signatures {
    ($($first:ident $($parameter:ident)*)?) => {
        impl<F, R, $($first, $($parameter,)*)?> TestSignature<fn($($first, $($parameter,)*)?) -> R> for F
        where
            F: Fn($($first, $($parameter,)*)?) -> R + Copy + 'static,
        {
            type Params = nested!($($first $(, $parameter)*)?);
        }

        $(signatures!($($parameter)*);)?
    };
}

signatures!(A B C D E G H I J K L M);

/// A tuple as it is written, nested.
#[doc(hidden)]
pub trait Tuple {
    type Nested;
    fn nest(self) -> Self::Nested;
}

macro_rules! tuples {
    ($($first:ident $($rest:ident)*)?) => {
        impl$(<$first, $($rest),*>)? Tuple for ($($first, $($rest,)*)?) {
            type Nested = nested!($($first $(, $rest)*)?);

            #[allow(non_snake_case, reason = "a value is called like its type")]
            fn nest(self) -> Self::Nested {
                $(let ($first, $($rest,)*) = self;)?
                tuples!(@value $($first $($rest)*)?)
            }
        }

        $(tuples!($($rest)*);)?
    };
    (@value) => { () };
    (@value $head:ident $($tail:ident)*) => { ($head, tuples!(@value $($tail)*)) };
}

tuples!(A B C D E G H I J K L M);

/// What stands for a parameter of the type `P`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not stand for an argument of the type `{P}`",
    label = "given here",
    note = "give a value of the parameter's own type; text may be `&str`, and what is optional may be left without `Some`"
)]
pub trait TestArgument<P> {
    fn json(self) -> Value;
}

fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_else(|error| panic!("an argument cannot be written as JSON: {error}"))
}

impl<P: Serialize> TestArgument<P> for P {
    fn json(self) -> Value {
        json(&self)
    }
}

#[diagnostic::do_not_recommend]
impl<P: Serialize> TestArgument<Option<P>> for P {
    fn json(self) -> Value {
        json(&self)
    }
}

#[diagnostic::do_not_recommend]
impl TestArgument<String> for &str {
    fn json(self) -> Value {
        self.into()
    }
}

#[diagnostic::do_not_recommend]
impl TestArgument<Option<String>> for &str {
    fn json(self) -> Value {
        self.into()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize, const N: usize> TestArgument<Vec<T>> for [T; N] {
    fn json(self) -> Value {
        json(&Vec::from(self))
    }
}

#[diagnostic::do_not_recommend]
impl<const N: usize> TestArgument<Vec<String>> for [&str; N] {
    fn json(self) -> Value {
        json(&Vec::from(self))
    }
}

/// What a test gives, held against what the function wants. The markers are inferred.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "these are not the arguments of this tool",
    label = "given here",
    note = "give a tuple with one value for each parameter that clients send, in their order; `(5,)` is a tuple of one"
)]
pub trait Fill<Params, Markers> {
    /// Adds the arguments to an object, by the parameters' names.
    fn fill(self, params: &[Param], out: &mut Map<String, Value>);
}

impl Fill<(), ()> for () {
    fn fill(self, _: &[Param], _: &mut Map<String, Value>) {}
}

impl<P, Ps, G, Gs, Ms> Fill<(P, Ps), (Given, Ms)> for (G, Gs)
where
    P: ToolArg<Given>,
    G: TestArgument<P>,
    Gs: Fill<Ps, Ms>,
{
    fn fill(self, params: &[Param], out: &mut Map<String, Value>) {
        let (param, rest) = params.split_first().expect("a table has all parameters of its function");
        match (param.flatten, self.0.json()) {
            (true, Value::Object(members)) => out.extend(members),
            (_, value) => {
                out.insert(param.name.to_owned(), value);
            }
        }
        self.1.fill(rest, out);
    }
}

impl<P, Ps, Gs, Ms> Fill<(P, Ps), (Injected, Ms)> for Gs
where
    P: ToolArg<Injected>,
    Gs: Fill<Ps, Ms>,
{
    fn fill(self, params: &[Param], out: &mut Map<String, Value>) {
        let rest = params.get(1..).expect("a table has all parameters of its function");
        <Gs as Fill<Ps, Ms>>::fill(self, rest, out);
    }
}
