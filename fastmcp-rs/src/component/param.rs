//! What a parameter is, decided by traits: a value read from the call, or something injected that the schema never shows.

use std::any::TypeId;
use std::borrow::Cow;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::str::FromStr;
use std::task::{self, Poll, ready};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{self, DeserializeOwned, Visitor};

use super::call::{Call, without_position};
use super::guard::{self, GuardedReader, ReadWatch};
use super::hold::Unread;
use crate::context::{Context, FromContext, Needs};
use crate::error::ToolError;
use crate::future::BoxFuture;
use crate::schema::scan;

/// What the run time needs to know of a parameter's type, erased.
#[derive(Clone, Copy)]
#[doc(hidden)]
pub struct ParamKind {
    pub(crate) injected: bool,
    /// Whether its values are texts on the wire.
    pub(crate) text: bool,
    pub(crate) schema: fn(&mut SchemaGenerator) -> Schema,
    /// Whether the type has a value of its own for an absent argument.
    pub(crate) optional: fn() -> bool,
    /// Whether a JSON text can be read as the type.
    pub(crate) reads: fn(&str) -> Result<(), Unread>,
    pub(crate) needs: fn(&mut Needs),
    /// The values of an enum, for completion.
    pub(crate) choices: fn() -> Vec<String>,
}

/// A type that a tool's parameter can have: any `DeserializeOwned + JsonSchema` value, or anything injected ([`FromContext`]).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a tool",
    label = "neither read from the arguments nor injected",
    note = "if clients send it: put `#[model]` on your own type that this is or holds, or derive `serde::Deserialize` and `fastmcp_rs::schemars::JsonSchema` for it",
    note = "if the server has it: take it as `State<..>` (what is inside must be `Send + Sync + 'static`), or implement `fastmcp_rs::FromContext`"
)]
pub trait ToolArg<Marker>: Sized + Send + 'static {
    #[doc(hidden)]
    fn kind() -> ParamKind;
    #[doc(hidden)]
    fn read(call: &mut Call<'_>, index: usize, default: Option<fn() -> Self>) -> Option<Slot<Self>>;
}

/// Marks parameters that are read from the call.
#[doc(hidden)]
pub enum Given {}

/// Marks parameters that are injected.
#[doc(hidden)]
pub enum Injected {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema + Send + 'static> ToolArg<Given> for T {
    fn kind() -> ParamKind {
        ParamKind {
            injected: false,
            text: false,
            schema: |generator| generator.subschema_for::<T>(),
            optional: || absent::<T>().is_some(),
            reads: |json| guard::read::<T>(json, &ReadWatch::default()).map(drop).map_err(Unread::from),
            needs: |_| {},
            choices: Vec::new,
        }
    }

    fn read(call: &mut Call<'_>, index: usize, default: Option<fn() -> Self>) -> Option<Slot<T>> {
        call.argument(index, default).map(Slot::Given)
    }
}

#[diagnostic::do_not_recommend]
impl<T: FromContext> ToolArg<Injected> for T {
    fn kind() -> ParamKind {
        injected_param::<T>()
    }

    fn read(_: &mut Call<'_>, _: usize, _: Option<fn() -> Self>) -> Option<Slot<T>> {
        Some(Slot::injected())
    }
}

#[doc(hidden)]
#[must_use]
pub fn tool_param<T: ToolArg<M>, M>() -> ParamKind {
    T::kind()
}

#[doc(hidden)]
#[must_use]
pub fn injected_param<T: FromContext>() -> ParamKind {
    ParamKind {
        injected: true,
        text: false,
        schema: |_| Schema::default(),
        optional: || true,
        reads: |_| Ok(()),
        needs: T::needs,
        choices: Vec::new,
    }
}

/// Tells whether a type is the context: an inherent constant for that one, a trait's for all others ([`IsNot`]).
#[doc(hidden)]
pub struct Is<T>(PhantomData<fn() -> T>);

impl Is<Context> {
    pub const CONTEXT: bool = true;
}

#[doc(hidden)]
pub trait IsNot {
    const CONTEXT: bool = false;
}

impl<T> IsNot for Is<T> {}

/// A parameter on its way to the function: read, or to be injected.
///
/// Whoever made it knew that the type fits. From here on no bound is asked for, so that rustc says once what a type lacks.
#[doc(hidden)]
pub enum Slot<T> {
    Given(T),
    Injected {
        /// For types that need no waiting, which is all of ours.
        now: fn(&Context) -> Option<Result<T, ToolError>>,
        later: fn(Context) -> BoxFuture<'static, Result<T, ToolError>>,
    },
    Waiting(BoxFuture<'static, Result<T, ToolError>>),
}

impl<T> Slot<T> {
    pub(crate) fn injected() -> Self
    where
        T: FromContext,
    {
        Self::Injected {
            now: |context| T::immediately(context).map(|done| done.map_err(Into::into)),
            later: |context| Box::pin(async move { T::from_context(&context).await.map_err(Into::into) }),
        }
    }
}

/// All slots of a call: one, a tuple of some, or a tuple of tuples.
#[doc(hidden)]
pub trait Slots: Send + 'static {
    type Values: Send + 'static;

    /// Comes to the values that are injected, one after the other. May be called again after it was ready.
    fn poll_settle(&mut self, context: Option<&Context>, cx: &mut task::Context<'_>) -> Poll<Result<(), ToolError>>;

    /// The values, once all are settled.
    fn values(self) -> Self::Values;
}

impl<T: Send + 'static> Slots for Slot<T> {
    type Values = T;

    fn poll_settle(&mut self, context: Option<&Context>, cx: &mut task::Context<'_>) -> Poll<Result<(), ToolError>> {
        if let Self::Injected { now, later } = self {
            let context = context.expect("a context is made for every call that has an injected parameter");
            match now(context) {
                Some(Ok(value)) => *self = Self::Given(value),
                Some(Err(error)) => return Poll::Ready(Err(error)),
                None => *self = Self::Waiting(later(context.clone())),
            }
        }
        if let Self::Waiting(later) = self {
            match ready!(later.as_mut().poll(cx)) {
                Ok(value) => *self = Self::Given(value),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }

    fn values(self) -> T {
        match self {
            Self::Given(value) => value,
            Self::Injected { .. } | Self::Waiting(_) => unreachable!("slots are settled before they are asked"),
        }
    }
}

macro_rules! tuples {
    ($(($($slot:ident)*))*) => {
        $(
            #[allow(non_snake_case, unused_variables, clippy::unused_unit, reason = "the names of the types are those of the fields")]
            impl<$($slot: Slots),*> Slots for ($($slot,)*) {
                type Values = ($($slot::Values,)*);

                fn poll_settle(&mut self, context: Option<&Context>, cx: &mut task::Context<'_>) -> Poll<Result<(), ToolError>> {
                    let ($($slot,)*) = self;
                    $(ready!($slot.poll_settle(context, cx))?;)*
                    Poll::Ready(Ok(()))
                }

                fn values(self) -> Self::Values {
                    let ($($slot,)*) = self;
                    ($($slot.values(),)*)
                }
            }
        )*
    };
}

tuples! { () (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H) }

/// Settles all slots.
pub(crate) async fn settle<S: Slots>(slots: &mut S, context: Option<Context>) -> Result<(), ToolError> {
    poll_fn(|cx| slots.poll_settle(context.as_ref(), cx)).await
}

/// The parameter of a resource or a prompt, whose values are text on the wire. What it is, is found by autoref dispatch,
/// because a type may have both `FromStr` and `Deserialize` and the first should win.
#[doc(hidden)]
pub struct Text<T>(PhantomData<fn() -> T>);

impl<T> Text<T> {
    pub const NEW: Self = Self(PhantomData);
}

#[doc(hidden)]
pub struct TextContext<T>(PhantomData<fn() -> T>);

#[doc(hidden)]
pub struct TextFromStr<T>(PhantomData<fn() -> T>);

#[doc(hidden)]
pub struct TextPlain<T>(PhantomData<fn() -> T>);

#[doc(hidden)]
pub trait PickContext<T> {
    fn pick(&self) -> TextContext<T> {
        TextContext(PhantomData)
    }
}

impl<T: FromContext> PickContext<T> for &&Text<T> {}

#[doc(hidden)]
pub trait PickFromStr<T> {
    fn pick(&self) -> TextFromStr<T> {
        TextFromStr(PhantomData)
    }
}

impl<T: FromStr<Err: fmt::Display> + Send + 'static> PickFromStr<T> for &Text<T> {}

#[doc(hidden)]
pub trait PickText<T> {
    fn pick(&self) -> TextPlain<T> {
        TextPlain(PhantomData)
    }
}

impl<T> PickText<T> for Text<T> {}

/// A type that can be read from the text of a URI variable or a prompt argument.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from text",
    label = "URI variables and prompt arguments are strings on the wire",
    note = "put `#[model]` on `{Self}`, or implement `std::str::FromStr` or `serde::Deserialize` for it",
    note = "if the server has it: take it as `State<..>`, or implement `fastmcp_rs::FromContext`"
)]
pub trait PlainText: DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send + 'static> PlainText for T {}

impl<T> TextContext<T> {
    #[must_use]
    pub fn kind(&self) -> ParamKind
    where
        T: FromContext,
    {
        injected_param::<T>()
    }

    pub fn read(&self, _: &mut Call<'_>, _: usize, _: Option<fn() -> T>) -> Option<Slot<T>>
    where
        T: FromContext,
    {
        Some(Slot::injected())
    }
}

fn string_schema(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": "string" })
}

impl<T: FromStr<Err: fmt::Display> + Send + 'static> TextFromStr<T> {
    #[must_use]
    pub fn kind(&self) -> ParamKind {
        ParamKind {
            injected: false,
            text: true,
            schema: string_schema,
            optional: || false,
            reads: |json| {
                let text: Cow<'_, str> = serde_json::from_str(json).unwrap_or(Cow::Borrowed(json));
                text.parse::<T>().map(drop).map_err(|error| error.to_string().into())
            },
            needs: |_| {},
            choices: Vec::new,
        }
    }

    pub fn read(&self, call: &mut Call<'_>, index: usize, default: Option<fn() -> T>) -> Option<Slot<T>> {
        call.text_argument(index, default, None, |text| text.parse().map_err(|error: T::Err| error.to_string()))
            .map(Slot::Given)
    }
}

impl<T> TextPlain<T> {
    #[must_use]
    pub fn kind(&self) -> ParamKind
    where
        T: PlainText,
    {
        ParamKind {
            injected: false,
            text: true,
            schema: string_schema,
            optional: || absent::<T>().is_some(),
            reads: |json| match serde_json::from_str::<String>(json) {
                Ok(text) => from_text::<T>(&text).map(drop).map_err(Unread::from),
                Err(_) => from_text::<T>(json).map(drop).map_err(Unread::from),
            },
            needs: |_| {},
            choices: variants::<T>,
        }
    }

    pub fn read(&self, call: &mut Call<'_>, index: usize, default: Option<fn() -> T>) -> Option<Slot<T>>
    where
        T: PlainText,
    {
        call.text_argument(index, default, absent::<T>(), from_text).map(Slot::Given)
    }
}

/// Reads a value from the text of a URI variable or a prompt argument.
fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let watch = ReadWatch::default();
    let value = T::deserialize(TextValue { text, watch: &watch }).map_err(|error| without_position(&error))?;
    // No schema is published that could allow these.
    if watch.odd() {
        return Err("it has a list in place of an object, or a number that is too large".to_owned());
    }
    if watch.open() && scan::may_repeat(text) {
        return Err("a member is given twice".to_owned());
    }
    Ok(value)
}

/// Text as a deserializer: a string where a string will do (strings, enums, newtypes, dates), JSON where it will not (numbers, lists, objects).
struct TextValue<'a> {
    text: &'a str,
    watch: &'a ReadWatch,
}

impl<'a> TextValue<'a> {
    /// Reads the text as JSON, all of it.
    fn read_json<T>(
        self,
        read: impl FnOnce(
            GuardedReader<'a, &mut serde_json::Deserializer<serde_json::de::StrRead<'a>>>,
        ) -> serde_json::Result<T>,
    ) -> serde_json::Result<T> {
        let mut json = serde_json::Deserializer::from_str(self.text);
        let value = read(GuardedReader { inner: &mut json, watch: self.watch })?;
        json.end()?;
        Ok(value)
    }
}

macro_rules! read_as_json {
    ($($method:ident($($arg:ident: $type:ty),*)),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, $($arg: $type,)* visitor: V) -> Result<V::Value, Self::Error> {
            self.read_json(|json| json.$method($($arg,)* visitor))
        })*
    };
}

impl<'de> de::Deserializer<'de> for TextValue<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_borrowed_str(self.text)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        if self.text.trim_start().starts_with('{') {
            self.read_json(|json| json.deserialize_enum(name, variants, visitor))
        } else {
            visitor.visit_enum(de::IntoDeserializer::<serde_json::Error>::into_deserializer(self.text))
        }
    }

    read_as_json! {
        deserialize_bool(), deserialize_i8(), deserialize_i16(), deserialize_i32(), deserialize_i64(), deserialize_i128(),
        deserialize_u8(), deserialize_u16(), deserialize_u32(), deserialize_u64(), deserialize_u128(), deserialize_f32(),
        deserialize_f64(), deserialize_unit(), deserialize_seq(), deserialize_map(), deserialize_tuple(len: usize),
        deserialize_unit_struct(name: &'static str), deserialize_tuple_struct(name: &'static str, len: usize),
        deserialize_struct(name: &'static str, fields: &'static [&'static str]),
    }

    serde::forward_to_deserialize_any! { char str string bytes byte_buf identifier ignored_any }
}

/// The value that a type has for an argument that is not there: `None` for an `Option`, nothing for nearly all others.
///
/// Serde decides this for struct fields by offering "nothing" to the type, and so do we: aliases and wrappers of
/// `Option` are recognised without looking at a type's name.
pub(crate) fn absent<T: DeserializeOwned>() -> Option<T> {
    struct Absent;

    impl<'de> de::Deserializer<'de> for Absent {
        type Error = de::value::Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(de::Error::custom("absent"))
        }

        fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            visitor.visit_none()
        }

        fn deserialize_newtype_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            visitor.visit_newtype_struct(self)
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
            tuple_struct map struct enum identifier ignored_any
        }
    }

    T::deserialize(Absent).ok()
}

/// The names of an enum's variants, which serde tells a deserializer before it reads anything.
fn variants<T: DeserializeOwned>() -> Vec<String> {
    struct Ask<'a>(&'a mut Vec<String>);

    impl<'de> de::Deserializer<'de> for Ask<'_> {
        type Error = de::value::Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(de::Error::custom("only asking"))
        }

        fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            visitor.visit_some(self)
        }

        fn deserialize_newtype_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            visitor.visit_newtype_struct(self)
        }

        fn deserialize_enum<V: Visitor<'de>>(
            self,
            _: &'static str,
            variants: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Self::Error> {
            self.0.extend(variants.iter().map(|name| (*name).to_owned()));
            Err(de::Error::custom("only asking"))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
            tuple_struct map struct identifier ignored_any
        }
    }

    let mut names = Vec::new();
    let _ = T::deserialize(Ask(&mut names));
    names
}

/// The state that a handler needs, found at start-up.
pub(crate) fn needs_of(kind: &ParamKind) -> Vec<(TypeId, &'static str)> {
    let mut needs = Needs::default();
    (kind.needs)(&mut needs);
    needs.0
}
