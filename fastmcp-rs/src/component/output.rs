//! What a function returns, as a result: decided by traits, through aliases of `Result` as well as `Result` itself.

use std::any::{Any, TypeId};
use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::error::{BoxError, ToolError};
use crate::protocol::{Audio, Content, File, Image, InputRequired, Message, PromptResult, ResourceContents};
use crate::result::{ReadContent, ReadResult, ToolResult};
use crate::text::finite::{is_finite, to_json};

/// A value sent as JSON where another form would be chosen: `Json("text")` is a JSON string, not plain text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// Bytes as a resource's content; from `Vec<u8>` or anything that converts to it, such as `bytes::Bytes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl<T: Into<Vec<u8>>> From<T> for Bytes {
    fn from(bytes: T) -> Self {
        Self(bytes.into())
    }
}

/// A type that a tool can return: text, numbers, any `Serialize + JsonSchema` value, content blocks, [`ToolResult`], and `Result` of those.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a tool",
    label = "not something a client can be sent",
    note = "put `#[model]` on your own type that this is or holds, or derive `serde::Serialize` and `fastmcp_rs::schemars::JsonSchema` for it",
    note = "or return `String`, `Image`, `Content`, several as `Vec<Content>`, `ToolResult`, or a `Result` of one of them"
)]
pub trait ToolOutput: Send + 'static {
    /// The output schema, for results that carry structured content.
    fn schema(generator: &mut SchemaGenerator) -> Option<Schema>
    where
        Self: Sized,
    {
        let _ = generator;
        None
    }

    /// The value as a result.
    ///
    /// # Errors
    /// When the value cannot be sent: a file that cannot be read, a map whose keys are not strings.
    fn into_result(self) -> Result<ToolResult, ToolError>;
}

/// Types that are blocks or text, not structured values, although they could be serialized.
enum Plainly {
    Blocks(Vec<Content>),
    Text(String),
    Nothing,
}

/// The types that are plain: how each becomes so, and the question whether a type is one of them. The comparison of type
/// ids is settled when the program is compiled.
macro_rules! plain_types {
    ($($type:ty => |$value:ident| $plain:expr;)*) => {
        fn plainly<T: 'static>(value: T) -> Result<Plainly, T> {
            let mut slot = Some(value);
            let any: &mut dyn Any = &mut slot;
            $(if let Some($value) = any.downcast_mut::<Option<$type>>().and_then(Option::take) {
                return Ok($plain);
            })*
            Err(slot.expect("nothing took the value"))
        }

        fn is_plain<T: 'static>() -> bool {
            [$(TypeId::of::<$type>()),*].contains(&TypeId::of::<T>())
        }
    };
}

plain_types! {
    String => |text| Plainly::Text(text);
    &'static str => |text| Plainly::Text(text.to_owned());
    Cow<'static, str> => |text| Plainly::Text(text.into_owned());
    Box<str> => |text| Plainly::Text(text.into());
    Option<String> => |text| text.map_or(Plainly::Nothing, Plainly::Text);
    Content => |content| Plainly::Blocks(vec![content]);
    Vec<Content> => |contents| Plainly::Blocks(contents);
    () => |_nothing| Plainly::Nothing;
}

/// A block counts as a value, so that the one implementation for values takes it (and `plainly` puts it aside); this schema is
/// seen only where a block is a member of something else.
impl JsonSchema for Content {
    fn schema_name() -> Cow<'static, str> {
        "Content".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "type": "object",
            "properties": { "type": { "type": "string" } },
            "required": ["type"],
        })
    }
}

/// A value that serde_json refused, or would have written with a null in place of a number.
fn unwritable<T: Serialize + ?Sized>(value: &T, error: serde_json::Error) -> ToolError {
    if !is_finite(value) {
        return ToolError::masked(error);
    }
    tracing::error!(error = crate::text::sanitize::error(&error), "a result could not be written as JSON");
    ToolError::internal("the result could not be written as JSON")
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + JsonSchema + Send + 'static> ToolOutput for T {
    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        (!is_plain::<T>()).then(|| generator.subschema_for::<T>())
    }

    fn into_result(self) -> Result<ToolResult, ToolError> {
        match plainly(self) {
            Ok(Plainly::Text(text)) => Ok(ToolResult::text(text)),
            Ok(Plainly::Blocks(content)) => Ok(ToolResult { content, ..ToolResult::new() }),
            Ok(Plainly::Nothing) => Ok(ToolResult::new()),
            Err(value) => ToolResult::new().with_structured(&value).map_err(|error| unwritable(&value, error)),
        }
    }
}

impl<T: Serialize + JsonSchema + Send + 'static> ToolOutput for Json<T> {
    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<T>())
    }

    fn into_result(self) -> Result<ToolResult, ToolError> {
        ToolResult::new().with_structured(&self.0).map_err(|error| unwritable(&self.0, error))
    }
}

impl ToolOutput for ToolResult {
    fn into_result(self) -> Result<ToolResult, ToolError> {
        Ok(self)
    }
}

impl ToolOutput for InputRequired {
    fn into_result(self) -> Result<ToolResult, ToolError> {
        Err(self.into())
    }
}

macro_rules! media {
    ($($type:ty),*) => {
        $(impl ToolOutput for $type {
            fn into_result(self) -> Result<ToolResult, ToolError> {
                Ok(ToolResult::new().with_content(self.into_content()?))
            }
        })*
    };
}

media!(Image, Audio, File);

/// A type that a resource can return: text, bytes, any serializable value (as JSON), [`ResourceContents`], several of them, and `Result` of those.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the content of a resource",
    label = "neither text, nor bytes, nor serializable",
    note = "put `#[model]` on your own type that this is or holds, or derive `serde::Serialize` for it",
    note = "or return `String`, `Vec<u8>` (for pictures and the like, with `mime_type = \"..\"`), `ResourceContents`, or a `Result` of one of them"
)]
pub trait ResourceOutput: Send + 'static {
    /// The value as a resource's contents.
    ///
    /// # Errors
    /// When the value cannot be sent.
    fn into_contents(self) -> Result<ReadResult, ToolError>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + Send + 'static> ResourceOutput for T {
    fn into_contents(self) -> Result<ReadResult, ToolError> {
        let mut slot = Some(self);
        let any: &mut dyn Any = &mut slot;
        if let Some(bytes) = any.downcast_mut::<Option<Vec<u8>>>().and_then(Option::take) {
            return Ok(ReadResult::blob(bytes));
        }
        if let Some(input) = any.downcast_mut::<Option<InputRequired>>().and_then(Option::take) {
            return Err(input.into());
        }
        if let Some(contents) = any.downcast_mut::<Option<ResourceContents>>().and_then(Option::take) {
            return Ok(ReadResult::new(vec![contents]));
        }
        if let Some(contents) = any.downcast_mut::<Option<Vec<ResourceContents>>>().and_then(Option::take) {
            return Ok(ReadResult::new(contents));
        }
        match plainly(slot.expect("nothing took the value")) {
            Ok(Plainly::Text(text)) => Ok(ReadResult::text(text)),
            Ok(Plainly::Nothing) => Ok(ReadResult::text("")),
            Ok(Plainly::Blocks(_)) => Err(ToolError::internal("a resource returns contents, not content blocks")),
            Err(value) => json_contents(&value),
        }
    }
}

fn json_contents<T: Serialize>(value: &T) -> Result<ReadResult, ToolError> {
    let json = to_json(value).map_err(|error| unwritable(value, error))?;
    Ok(ReadResult { contents: vec![ReadContent::Json(json)], meta: None })
}

impl<T: Serialize + Send + 'static> ResourceOutput for Json<T> {
    fn into_contents(self) -> Result<ReadResult, ToolError> {
        json_contents(&self.0)
    }
}

impl ResourceOutput for Bytes {
    fn into_contents(self) -> Result<ReadResult, ToolError> {
        Ok(ReadResult::blob(self.0))
    }
}

impl ResourceOutput for ReadResult {
    fn into_contents(self) -> Result<ReadResult, ToolError> {
        Ok(self)
    }
}

/// A type that a prompt can return: text, [`Message`], several of them, [`PromptResult`], and `Result` of those.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a prompt",
    label = "not messages",
    note = "return `String`, `Message`, `Vec<Message>`, a tuple of strings, `PromptResult`, or a `Result` of one of them"
)]
pub trait PromptOutput: Send + 'static {
    /// The value as messages.
    ///
    /// # Errors
    /// When the value cannot be sent.
    fn into_messages(self) -> Result<PromptResult, ToolError>;
}

impl PromptOutput for PromptResult {
    fn into_messages(self) -> Result<PromptResult, ToolError> {
        Ok(self)
    }
}

impl PromptOutput for InputRequired {
    fn into_messages(self) -> Result<PromptResult, ToolError> {
        Err(self.into())
    }
}

impl PromptOutput for Message {
    fn into_messages(self) -> Result<PromptResult, ToolError> {
        Ok(PromptResult::new(vec![self]))
    }
}

impl PromptOutput for Vec<Message> {
    fn into_messages(self) -> Result<PromptResult, ToolError> {
        Ok(PromptResult::new(self))
    }
}

macro_rules! prompt_texts {
    ($($type:ty),*) => {
        $(impl PromptOutput for $type {
            fn into_messages(self) -> Result<PromptResult, ToolError> {
                Ok(PromptResult::text(self))
            }
        })*
    };
}

prompt_texts!(String, &'static str, Cow<'static, str>);

macro_rules! prompt_tuples {
    ($(($($name:ident)+))*) => {
        $(impl<$($name: Into<String> + Send + 'static),+> PromptOutput for ($($name,)+) {
            #[allow(non_snake_case, reason = "the type parameters name the fields")]
            fn into_messages(self) -> Result<PromptResult, ToolError> {
                let ($($name,)+) = self;
                Ok(PromptResult::new(vec![$(Message::user(Into::<String>::into($name))),+]))
            }
        })*
    };
}

prompt_tuples! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) }

/// An error that a handler may return: anything that boxes as a standard error (`std` errors, `anyhow::Error`, `String`), and [`ToolError`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a tool, a resource or a prompt",
    label = "not an error type",
    note = "use `ToolError`, `String`, `anyhow::Error`, `Box<dyn std::error::Error + Send + Sync>`, or a type that implements all three",
    note = "`.map_err(|error| ToolError::internal(..))` turns anything into the first"
)]
pub trait HandlerError: Send + 'static {
    #[doc(hidden)]
    fn into_tool_error(self) -> ToolError;
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError> + Send + 'static> HandlerError for E {
    fn into_tool_error(self) -> ToolError {
        // `String` and `&str` errors are the author's own words.
        let mut slot = Some(self);
        let any: &mut dyn Any = &mut slot;
        if let Some(error) = any.downcast_mut::<Option<ToolError>>().and_then(Option::take) {
            return error;
        }
        if let Some(text) = any.downcast_mut::<Option<String>>().and_then(Option::take) {
            return ToolError::internal(text);
        }
        if let Some(text) = any.downcast_mut::<Option<&'static str>>().and_then(Option::take) {
            return ToolError::internal(text);
        }
        ToolError::masked(slot.expect("nothing took the error"))
    }
}

/// A function's return type, from which autoref dispatch picks `Result` apart from everything else.
#[doc(hidden)]
pub struct Returned<R>(PhantomData<fn() -> R>);

impl<R> Returned<R> {
    pub const NEW: Self = Self(PhantomData);
}

#[doc(hidden)]
pub struct ReturnedResult<T, E>(PhantomData<fn() -> (T, E)>);

#[doc(hidden)]
pub struct ReturnedValue<T>(PhantomData<fn() -> T>);

#[doc(hidden)]
pub trait PickResult<T, E> {
    fn pick(&self) -> ReturnedResult<T, E> {
        ReturnedResult(PhantomData)
    }
}

impl<T, E> PickResult<T, E> for &Returned<Result<T, E>> {}

#[doc(hidden)]
pub trait PickValue<T> {
    fn pick(&self) -> ReturnedValue<T> {
        ReturnedValue(PhantomData)
    }
}

impl<T> PickValue<T> for Returned<T> {}

impl<T> ReturnedValue<T> {
    pub fn tool(&self, value: T) -> Result<ToolResult, ToolError>
    where
        T: ToolOutput,
    {
        value.into_result()
    }

    pub fn tool_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema>
    where
        T: ToolOutput,
    {
        T::schema(generator)
    }

    pub fn resource(&self, value: T) -> Result<ReadResult, ToolError>
    where
        T: ResourceOutput,
    {
        value.into_contents()
    }

    pub fn prompt(&self, value: T) -> Result<PromptResult, ToolError>
    where
        T: PromptOutput,
    {
        value.into_messages()
    }
}

impl<T, E> ReturnedResult<T, E> {
    pub fn tool(&self, value: Result<T, E>) -> Result<ToolResult, ToolError>
    where
        T: ToolOutput,
        E: HandlerError,
    {
        value.map_err(HandlerError::into_tool_error)?.into_result()
    }

    pub fn tool_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema>
    where
        T: ToolOutput,
    {
        T::schema(generator)
    }

    pub fn resource(&self, value: Result<T, E>) -> Result<ReadResult, ToolError>
    where
        T: ResourceOutput,
        E: HandlerError,
    {
        value.map_err(HandlerError::into_tool_error)?.into_contents()
    }

    pub fn prompt(&self, value: Result<T, E>) -> Result<PromptResult, ToolError>
    where
        T: PromptOutput,
        E: HandlerError,
    {
        value.map_err(HandlerError::into_tool_error)?.into_messages()
    }
}
