//! One call on its way into a function: arguments are split, read strictly, then leniently, and all faults are gathered.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::Deserializer as _;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::param::{Slot, Slots, ToolArg, settle};
use super::plain;
use super::signature::{Argument, Signature};
use super::stall;
use super::tables::{Param, Service};
use super::tool::Common;
use crate::context::{Context, FromContext, Origin};
use crate::error::ToolError;
use crate::future::BoxFuture;
use crate::schema::{Faults, Pointer};
use crate::text::sanitize;

/// What a generated `call` function gives back: a handler ready to run, or a refusal.
#[doc(hidden)]
pub enum Reply<T> {
    Run(Pin<Box<dyn Future<Output = Result<T, ToolError>> + Send>>),
    /// The same of a plain function, which holds up nobody however long it takes.
    Plain(Pin<Box<dyn Future<Output = Result<T, ToolError>> + Send>>),
    Refused(ToolError),
}

impl<T> Reply<T> {
    /// Runs a plain function on the blocking pool, once its parameters are there.
    ///
    /// What this and its siblings are given is a closure: rustc takes far longer over an `async` block, and there is one for
    /// every function.
    pub fn blocking<S: Slots>(
        context: Option<Context>,
        mut slots: S,
        work: impl FnOnce(S::Values) -> Result<T, ToolError> + Send + 'static,
    ) -> Self
    where
        T: Send + 'static,
    {
        let caller = plain::caller();
        Self::Plain(Box::pin(async move {
            settle(&mut slots, context).await?;
            plain::run(caller, move || work(slots.values())).await?
        }))
    }

    /// Runs a plain function in place.
    pub fn inline<S: Slots>(
        context: Option<Context>,
        mut slots: S,
        work: impl FnOnce(S::Values) -> Result<T, ToolError> + Send + 'static,
    ) -> Self {
        Self::Run(Box::pin(async move {
            settle(&mut slots, context).await?;
            work(slots.values())
        }))
    }

    /// Runs an `async` function.
    pub fn run<S: Slots, F>(
        context: Option<Context>,
        mut slots: S,
        work: impl FnOnce(S::Values) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<T, ToolError>> + Send + 'static,
    {
        Self::Run(Box::pin(async move {
            settle(&mut slots, context).await?;
            work(slots.values()).await
        }))
    }

    pub(crate) fn into_future(self, common: &Common) -> BoxFuture<'static, Result<T, ToolError>>
    where
        T: Send + 'static,
    {
        match self {
            Self::Run(handler) => stall::aside(handler, common),
            Self::Plain(handler) => {
                common.pace.set_plain();
                handler
            }
            Self::Refused(error) => Box::pin(std::future::ready(Err(error))),
        }
    }
}

/// One call: what was given, what is wrong with it, and who asks.
#[doc(hidden)]
pub struct Call<'a> {
    signature: &'a Signature,
    given: Given<'a>,
    faults: Faults,
    origin: &'a Origin<'a>,
    service: Option<&'a Arc<dyn Any + Send + Sync>>,
}

/// The values by parameter, as the wire has them.
enum Given<'a> {
    /// Raw JSON: a tool's arguments.
    Json { slots: Vec<Option<&'a RawValue>>, rest: Option<Box<RawValue>> },
    /// Text: URI variables and prompt arguments.
    Text(Vec<Option<Cow<'a, str>>>),
}

impl<'a> Call<'a> {
    /// Splits a tool's `arguments` object; what is wrong with it becomes faults, not an error.
    pub(crate) fn of_tool(
        signature: &'a Signature,
        arguments: Option<&'a RawValue>,
        origin: &'a Origin<'a>,
        service: Option<&'a Arc<dyn Any + Send + Sync>>,
    ) -> Self {
        plain::set_caller(origin);
        let mut faults = Faults::default();
        let mut slots = vec![None; signature.arguments.len()];
        let mut rest = None;
        if let Some(raw) = arguments {
            let split = Split { signature, slots: &mut slots, extra: Vec::new(), faults: &mut faults };
            match serde_json::Deserializer::from_str(raw.get()).deserialize_map(split) {
                Ok(extra) if signature.flatten.is_some() => rest = Some(object_of(&extra)),
                Ok(_) => {}
                Err(_) => faults.push(
                    &Pointer::root(),
                    format!("the arguments must be one JSON object, got {}", sanitize::bounded(raw.get(), 64)),
                ),
            }
        } else if signature.flatten.is_some() {
            rest = Some(object_of(&[]));
        }
        Self { signature, given: Given::Json { slots, rest }, faults, origin, service }
    }

    /// Takes texts by parameter: URI variables, or a prompt's arguments.
    pub(crate) fn of_text(
        signature: &'a Signature,
        texts: Vec<Option<Cow<'a, str>>>,
        origin: &'a Origin<'a>,
        service: Option<&'a Arc<dyn Any + Send + Sync>>,
    ) -> Self {
        plain::set_caller(origin);
        Self { signature, given: Given::Text(texts), faults: Faults::default(), origin, service }
    }

    pub(crate) fn fault(&mut self, name: &str, message: impl Into<String>) {
        self.faults.push(&Pointer::at(name), message);
    }

    /// Reads one parameter; a fault is remembered and `None` returned.
    pub fn read<T: ToolArg<M>, M>(&mut self, index: usize) -> Option<Slot<T>> {
        T::read(self, index, None)
    }

    /// Reads one parameter that has a default.
    pub fn read_or<T: ToolArg<M>, M>(&mut self, index: usize, default: fn() -> T) -> Option<Slot<T>> {
        T::read(self, index, Some(default))
    }

    /// Reads one injected parameter, of a kind of call where everything else is a placeholder.
    pub fn read_injected<T: FromContext>(&mut self, _: usize) -> Option<Slot<T>> {
        Some(Slot::injected())
    }

    /// Whether nothing was wrong.
    #[must_use]
    pub fn sound(&self) -> bool {
        self.faults.is_empty()
    }

    /// The refusal that lists every fault.
    #[must_use]
    pub fn refuse<T>(&mut self) -> Reply<T> {
        Reply::Refused(self.faults_as_error())
    }

    pub(crate) fn faults_as_error(&mut self) -> ToolError {
        let faults = std::mem::take(&mut self.faults);
        let list = faults
            .iter()
            .map(|fault| serde_json::json!({ "pointer": fault.pointer, "message": fault.message }))
            .collect();
        ToolError::invalid_params(format!("The arguments are not valid:\n{faults}")).details(Value::Array(list))
    }

    /// The context, if some parameter is injected.
    #[must_use]
    pub fn context(&self) -> Option<Context> {
        self.signature.needs_context.then(|| Context::of(self.origin))
    }

    /// The instance that a method is called on.
    #[must_use]
    pub fn service<S: Service>(&self) -> Arc<S> {
        let service = self.service.expect("methods are registered together with their instance");
        Arc::clone(service)
            .downcast()
            .unwrap_or_else(|_| unreachable!("methods are registered with an instance of their own type"))
    }

    /// The text of every argument, given or default, for a prompt that is its own documentation.
    #[must_use]
    pub fn texts(&self) -> Vec<(&'static str, String)> {
        let Given::Text(texts) = &self.given else { return Vec::new() };
        let of = |(argument, text): (&Argument, &Option<Cow<'_, str>>)| {
            let text = text.as_deref().map(ToOwned::to_owned);
            (argument.name, text.or_else(|| argument.default_text()).unwrap_or_default())
        };
        self.signature.arguments.iter().zip(texts).map(of).collect()
    }

    pub(crate) fn argument<T: DeserializeOwned>(&mut self, index: usize, default: Option<fn() -> T>) -> Option<T> {
        let signature = self.signature;
        let argument = &signature.arguments[index];
        let Given::Json { slots, rest } = &self.given else { return None };
        let raw = if argument.flatten { rest.as_deref() } else { slots[index] };
        let Some(raw) = raw else { return self.absent(argument, default) };
        // A `rest` object lives in the call, so its text is copied before faults can be written.
        let owned = argument.flatten.then(|| raw.to_owned());
        let text = owned.as_deref().map_or_else(|| slots[index].map_or("null", RawValue::get), RawValue::get);
        match serde_json::from_str::<T>(text) {
            Ok(value) => {
                let before = self.faults.len();
                if let Some(check) = &argument.check {
                    check.raw(text, &argument.at(), &mut self.faults);
                }
                (self.faults.len() == before).then_some(value)
            }
            Err(_) if text == "null" => self.absent(argument, default),
            Err(error) => self.lenient(argument, text, &error),
        }
    }

    fn absent<T: DeserializeOwned>(&mut self, argument: &Argument, default: Option<fn() -> T>) -> Option<T> {
        if let Some(default) = default {
            return Some(default());
        }
        let value = match &argument.default {
            Some(default) => serde_json::from_str(default.get()).ok(),
            None => super::param::absent(),
        };
        if value.is_none() {
            self.faults.push(&argument.at(), format!("missing required argument `{}`", argument.name));
        }
        value
    }

    /// The strict reading failed: try again with strings read as what the schema asks for, else say what is wrong.
    #[cold]
    fn lenient<T: DeserializeOwned>(
        &mut self,
        argument: &Argument,
        text: &str,
        strict: &serde_json::Error,
    ) -> Option<T> {
        let before = self.faults.len();
        let mut value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => {
                self.faults.push(&argument.at(), format!("cannot be read: {error}"));
                return None;
            }
        };
        if self.signature.coerce(argument, &mut value, self.origin.lenient)
            && let Ok(read) = T::deserialize(&value)
        {
            if let Some(check) = &argument.check {
                check.run(&value, &mut argument.at(), &mut self.faults);
            }
            if self.faults.len() == before {
                tracing::debug!(
                    argument = argument.name,
                    "an argument sent as a string was read as the type that its schema asks for"
                );
                return Some(read);
            }
            return None;
        }
        argument.full.run(&value, &mut argument.at(), &mut self.faults);
        if self.faults.len() == before {
            // The schema cannot say everything that the type wants.
            self.faults.push(&argument.at(), without_position(strict));
        }
        None
    }

    pub(crate) fn text_argument<T>(
        &mut self,
        index: usize,
        default: Option<fn() -> T>,
        absent: Option<T>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let argument = &self.signature.arguments[index];
        let Given::Text(texts) = &mut self.given else { return None };
        let Some(text) = texts[index].clone() else {
            if let Some(default) = default {
                return Some(default());
            }
            let value = argument.default_text().and_then(|text| read(&text).ok()).or(absent);
            if value.is_none() {
                self.faults.push(&argument.at(), format!("missing required argument `{}`", argument.name));
            }
            return value;
        };
        let before = self.faults.len();
        let value = match read(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                let got = sanitize::bounded(&text, 64);
                self.faults.push(&argument.at(), format!("\"{got}\" cannot be read: {error}"));
                None
            }
        };
        if let Some(check) = &argument.check {
            check.run(&text_as_json(&text, argument), &mut argument.at(), &mut self.faults);
        }
        value.filter(|_| self.faults.len() == before)
    }
}

/// The JSON that a text stands for where a rule is checked: a number for a numeric rule, the string otherwise.
fn text_as_json(text: &str, argument: &Argument) -> Value {
    if argument.numeric_rule
        && let Ok(number @ Value::Number(_)) = serde_json::from_str(text)
    {
        return number;
    }
    Value::String(text.to_owned())
}

pub(crate) fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

fn object_of(members: &[(String, &RawValue)]) -> Box<RawValue> {
    let mut out = String::from("{");
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&Value::String(name.clone()).to_string());
        out.push(':');
        out.push_str(value.get());
    }
    out.push('}');
    RawValue::from_string(out).expect("an object of JSON values is JSON")
}

/// Splits an arguments object by parameter.
struct Split<'s, 'a> {
    signature: &'a Signature,
    slots: &'s mut [Option<&'a RawValue>],
    extra: Vec<(String, &'a RawValue)>,
    faults: &'s mut Faults,
}

impl<'a> Visitor<'a> for Split<'_, 'a> {
    type Value = Vec<(String, &'a RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some(name) = map.next_key_seed(Name)? {
            match self.signature.position(&name) {
                Some(index) if self.slots[index].is_none() => self.slots[index] = Some(map.next_value()?),
                Some(_) => {
                    map.next_value::<IgnoredAny>()?;
                    self.faults.push(&Pointer::at(&name), format!("`{name}` is given twice"));
                }
                None if self.signature.takes_extra(&name) => self.extra.push((name.into_owned(), map.next_value()?)),
                None => {
                    map.next_value::<IgnoredAny>()?;
                    // Looking for the nearest name is for those who will be told it.
                    let what = if self.faults.len() < 32 { self.signature.unknown(&name) } else { String::new() };
                    self.faults.push(&Pointer::at(&name), what);
                }
            }
        }
        Ok(self.extra)
    }
}

/// An object's key, borrowed when nothing in it is escaped.
struct Name;

impl<'a> serde::de::DeserializeSeed<'a> for Name {
    type Value = Cow<'a, str>;

    fn deserialize<D: serde::Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Name {
    type Value = Cow<'a, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'a str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

/// A value that is published as JSON: a default, an example, `meta`, a schema.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as JSON",
    label = "clients are told this value, as JSON",
    note = "put `#[model]` on `{Self}`, or derive `serde::Serialize`"
)]
pub trait Published: serde::Serialize {}

#[diagnostic::do_not_recommend]
impl<T: serde::Serialize + ?Sized> Published for T {}

#[doc(hidden)]
pub fn json<T: Published + ?Sized>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// What a field of a model is.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a model",
    label = "not a model",
    note = "put `#[model]` on your own type that this is or holds",
    note = "for a type of another crate, look for a `serde` and a `schemars` feature there, or say `#[serde(with = \"..\")]` and `#[schemars(with = \"..\")]`"
)]
pub trait ModelPart {}

#[diagnostic::do_not_recommend]
impl<T: serde::Serialize + DeserializeOwned + schemars::JsonSchema> ModelPart for T {}

#[doc(hidden)]
pub const fn model_part<T: ModelPart>() {}

/// Fills `{name}` placeholders of a prompt that is its own documentation. `{{` and the `}}` that closes it are braces.
#[doc(hidden)]
#[must_use]
pub fn fill(docs: &str, texts: &[(&'static str, String)]) -> String {
    let text = super::docs::Docs::read(docs).description.unwrap_or_default();
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let mut escaped = 0_usize;
    while let Some(brace) = rest.find(['{', '}']) {
        out.push_str(&rest[..brace]);
        rest = &rest[brace..];
        if let Some(behind) = rest.strip_prefix("{{") {
            out.push('{');
            escaped += 1;
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix("}}").filter(|_| escaped > 0) {
            out.push('}');
            escaped -= 1;
            rest = behind;
        } else if let Some((name, behind)) = rest.strip_prefix('{').and_then(|inside| inside.split_once('}'))
            && let Some((_, value)) = texts.iter().find(|(known, _)| *known == name)
        {
            out.push_str(value);
            rest = behind;
        } else {
            out.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

impl Param {
    pub(crate) fn argument_docs(&self) -> Option<String> {
        super::docs::Docs::read(self.docs).description
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_and_other_braces_stay() {
        let texts = [("city", "Rome".to_owned()), ("days", "{city}".to_owned())];
        let filled = |docs| fill(docs, &texts);
        assert_eq!(filled(" To {city} for {days} days."), "To Rome for {city} days.");
        assert_eq!(filled(" {{city}} {{ {city} }}"), "{city} { Rome }");
        assert_eq!(filled(" {\"a\": {\"b\": {}}} { city } {town} {"), "{\"a\": {\"b\": {}}} { city } {town} {");
    }
}
