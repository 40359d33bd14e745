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

use super::guard::{self, ReadWatch};
use super::hold::{HeldArgument, Unread};
use super::param::{Slot, Slots, ToolArg, settle};
use super::plain;
use super::signature::{Argument, Signature};
use super::stall;
use super::tables::{Param, Service};
use super::tool::Common;
use crate::bounds;
use crate::context::{Context, FromContext, Origin};
use crate::error::ToolError;
use crate::future::BoxFuture;
use crate::schema::json::{JsonTree, write_text};
use crate::schema::{Faults, Pointer, scan};
use crate::text::sanitize;

/// A handler under way.
type HandlerFuture<T> = BoxFuture<'static, Result<T, ToolError>>;

/// What a generated `call` function gives back: a handler ready to run, or a refusal.
#[doc(hidden)]
pub enum Handling<T> {
    Run(Pin<Box<dyn Future<Output = Result<T, ToolError>> + Send>>),
    /// The same of a plain function, which holds up nobody however long it takes.
    Plain(Pin<Box<dyn Future<Output = Result<T, ToolError>> + Send>>),
    Refused(ToolError),
}

impl<T> Handling<T> {
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

    /// The handler, or as an error the future of its refusal.
    fn into_future_unless_refused(self, common: &Common) -> Result<HandlerFuture<T>, HandlerFuture<T>>
    where
        T: Send + 'static,
    {
        match self {
            Self::Run(handler) => Ok(stall::aside(handler, common)),
            Self::Plain(handler) => {
                common.pace.set_plain();
                Ok(handler)
            }
            Self::Refused(error) => Err(Box::pin(std::future::ready(Err(error)))),
        }
    }
}

/// One call: what was given, what is wrong with it, and who asks.
#[doc(hidden)]
pub struct Call<'a> {
    signature: &'a Signature,
    given: RawArguments<'a>,
    faults: Faults,
    origin: &'a Origin<'a>,
    service: Option<&'a Arc<dyn Any + Send + Sync>>,
    /// How many bytes of arguments may still be held against rules here.
    inline: usize,
    /// What is to be held against rules on the blocking pool, before the function runs.
    deferred: Vec<Deferred>,
}

/// An argument that is too long to be held against its rules where the call is read.
struct Deferred {
    held: Arc<HeldArgument>,
    text: String,
    lists: bool,
}

/// The values by parameter, as the wire has them.
enum RawArguments<'a> {
    /// Raw JSON: a tool's arguments.
    Json { slots: Vec<Option<&'a RawValue>>, rest: Option<String> },
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
            let mut split =
                Split { signature, slots: &mut slots, extra: Vec::new(), doubtful: Vec::new(), faults: &mut faults };
            match serde_json::Deserializer::from_str(raw.get()).deserialize_map(&mut split) {
                Ok(()) => {
                    if let Some(index) = signature.flatten {
                        split.settle(&signature.arguments[index].held);
                        rest = Some(object_of(split.extra.iter().map(|(name, value)| (name.as_str(), *value))));
                    }
                }
                Err(_) => faults.push(
                    &Pointer::root(),
                    format!("the arguments must be one JSON object, got {}", sanitize::bounded(raw.get(), 64)),
                ),
            }
        } else if signature.flatten.is_some() {
            rest = Some("{}".to_owned());
        }
        Self::new(signature, RawArguments::Json { slots, rest }, faults, origin, service)
    }

    fn new(
        signature: &'a Signature,
        given: RawArguments<'a>,
        faults: Faults,
        origin: &'a Origin<'a>,
        service: Option<&'a Arc<dyn Any + Send + Sync>>,
    ) -> Self {
        let inline = bounds::CHECKED_INLINE;
        Self { signature, given, faults, origin, service, inline, deferred: Vec::new() }
    }

    /// Takes texts by parameter: URI variables, or a prompt's arguments.
    pub(crate) fn of_text(
        signature: &'a Signature,
        texts: Vec<Option<Cow<'a, str>>>,
        origin: &'a Origin<'a>,
        service: Option<&'a Arc<dyn Any + Send + Sync>>,
    ) -> Self {
        plain::set_caller(origin);
        Self::new(signature, RawArguments::Text(texts), Faults::default(), origin, service)
    }

    /// A name that no parameter has.
    pub(crate) fn unknown(&mut self, name: &str) {
        let hint = self.faults.may_hint();
        self.faults.push(&Pointer::at(name), self.signature.unknown(name, hint));
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
    pub fn refuse<T>(&mut self) -> Handling<T> {
        Handling::Refused(self.faults_as_error())
    }

    pub(crate) fn faults_as_error(&mut self) -> ToolError {
        refusal(&std::mem::take(&mut self.faults))
    }

    /// The handler's future; what is still to be held against rules comes first.
    pub(crate) fn finish<T: Send + 'static>(
        self,
        handling: Handling<T>,
        common: &Common,
    ) -> BoxFuture<'static, Result<T, ToolError>> {
        let handler = handling.into_future_unless_refused(common);
        match handler {
            Ok(handler) if self.deferred.is_empty() => handler,
            Ok(handler) => {
                let deferred = self.deferred;
                Box::pin(async move {
                    let faults = blocking(move || {
                        let mut faults = Faults::default();
                        for one in &deferred {
                            one.held.hold(&one.text, one.lists, &mut faults);
                        }
                        faults
                    })
                    .await?;
                    if !faults.is_empty() {
                        return Err(refusal(&faults));
                    }
                    handler.await
                })
            }
            Err(refused) => refused,
        }
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
        let RawArguments::Text(texts) = &self.given else { return Vec::new() };
        let of = |(argument, text): (&Argument, &Option<Cow<'_, str>>)| {
            let text = text.as_deref().map(ToOwned::to_owned);
            (argument.name, text.or_else(|| argument.default_text()).unwrap_or_default())
        };
        self.signature.arguments.iter().zip(texts).map(of).collect()
    }

    pub(crate) fn argument<T: DeserializeOwned>(&mut self, index: usize, default: Option<fn() -> T>) -> Option<T> {
        let signature = self.signature;
        let argument = &signature.arguments[index];
        let RawArguments::Json { slots, rest } = &mut self.given else { return None };
        if argument.flatten {
            let rest = rest.take()?;
            // Nothing given at all is what leaving out any other argument is.
            let nothing =
                if rest == "{}" { default.map(|default| default()).or_else(super::param::absent) } else { None };
            return nothing.or_else(|| self.given(argument, &rest, None));
        }
        match slots[index] {
            Some(raw) => self.given(argument, raw.get(), default),
            None => self.absent(argument, default),
        }
    }

    fn given<T: DeserializeOwned>(&mut self, argument: &Argument, text: &str, default: Option<fn() -> T>) -> Option<T> {
        let watch = ReadWatch::default();
        match guard::read::<T>(text, &watch) {
            Ok(value) => {
                let ordinary = !argument.held.beyond && !watch.odd() && !watch.open();
                (ordinary || self.hold(argument, text, &watch)).then_some(value)
            }
            Err(_) if text == "null" => self.absent(argument, default),
            Err(error) => self.lenient(argument, text, &watch, error.into()),
        }
    }

    /// Holds an argument that was read against what its schema says beyond the type.
    fn hold(&mut self, argument: &Argument, text: &str, watch: &ReadWatch) -> bool {
        let held = &argument.held;
        let lists = watch.odd() && held.validator.is_silently_broken();
        if !(held.beyond || lists || watch.open() && scan::may_repeat(text)) {
            return true;
        }
        let before = self.faults.len();
        let long = text.len() > self.inline;
        let scalar = !lists
            && !watch.open()
            && held.validator.hold_scalar(text, &held.at(), if long { 0 } else { usize::MAX }, &mut self.faults);
        if self.faults.len() > before {
            return false;
        }
        if held.validator.takes_time() || !scalar {
            if long {
                self.deferred.push(Deferred { held: Arc::clone(held), text: text.to_owned(), lists });
                return true;
            }
            self.inline -= text.len();
        }
        if !scalar {
            held.hold(text, lists, &mut self.faults);
        }
        self.faults.len() == before
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
        watch: &ReadWatch,
        mut why: Unread,
    ) -> Option<T> {
        if watch.too_heavy() {
            self.faults.push(&argument.at(), "has too many values");
            return None;
        }
        let mut last = Cow::Borrowed(text);
        for meant in argument.held.meant(text, self.origin.lenient) {
            let watch = ReadWatch::default();
            match guard::read::<T>(&meant, &watch) {
                Ok(value) => {
                    tracing::debug!(
                        argument = argument.name,
                        "an argument that its type refuses was read as what its schema asks for"
                    );
                    return self.hold(argument, &meant, &watch).then_some(value);
                }
                Err(error) => (why, last) = (error.into(), Cow::Owned(meant)),
            }
        }
        argument.held.explain(&last, &why, &mut self.faults);
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
        let RawArguments::Text(texts) = &mut self.given else { return None };
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
        if argument.held.beyond && value.is_some() {
            self.hold_text(argument, &text);
        }
        value.filter(|_| self.faults.len() == before)
    }

    /// Holds a text that was read against its rules: as the number that it stands for where the rule is about numbers.
    fn hold_text(&mut self, argument: &Argument, text: &str) {
        let held = &argument.held;
        if argument.numeric_rule {
            match number_in(text) {
                Some(number) => {
                    held.validator.run(&JsonTree::Number(number.into()), &mut argument.at(), &mut self.faults);
                }
                // What cannot be held against its rule is refused.
                None => {
                    let got = sanitize::bounded(text, 64);
                    self.faults.push(&argument.at(), format!("must be a number, got \"{got}\""));
                }
            }
        } else if text.len() > self.inline && held.validator.takes_time() {
            let mut json = String::with_capacity(text.len() + 2);
            write_text(text, &mut json);
            self.deferred.push(Deferred { held: Arc::clone(held), text: json, lists: false });
        } else {
            self.inline = self.inline.saturating_sub(text.len());
            held.validator.run(&JsonTree::Text(text.into()), &mut argument.at(), &mut self.faults);
        }
    }
}

/// The number that a text stands for, as JSON writes it: `FromStr` takes `+15`, `015` and `.5` as well.
fn number_in(text: &str) -> Option<String> {
    let text = text.trim();
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = digits.trim_start_matches('0');
    let whole = if digits.starts_with(|c: char| c.is_ascii_digit()) { "" } else { "0" };
    // `5.` is a float to Rust and to nobody else.
    let (digits, exponent) = match digits.find(['e', 'E']) {
        Some(at) => digits.split_at(at),
        None => (digits, ""),
    };
    let digits = digits.strip_suffix('.').unwrap_or(digits);
    let number = format!("{sign}{whole}{digits}{exponent}");
    serde_json::from_str::<serde_json::Number>(&number).is_ok().then_some(number)
}

/// The refusal that lists every fault.
pub(crate) fn refusal(faults: &Faults) -> ToolError {
    let list =
        faults.iter().map(|fault| serde_json::json!({ "pointer": fault.pointer, "message": fault.message })).collect();
    ToolError::invalid_params(format!("The arguments are not valid:\n{faults}")).with_details(Value::Array(list))
}

pub(crate) fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

fn object_of<'v>(members: impl Iterator<Item = (&'v str, &'v RawValue)>) -> String {
    let mut out = String::from("{");
    for (index, (name, value)) in members.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_text(name, &mut out);
        out.push(':');
        out.push_str(value.get());
    }
    out.push('}');
    out
}

/// Splits an arguments object by parameter.
struct Split<'s, 'a> {
    signature: &'a Signature,
    slots: &'s mut [Option<&'a RawValue>],
    /// What belongs to a flattened parameter, and what only its type can tell.
    extra: Vec<(String, &'a RawValue)>,
    doubtful: Vec<(String, &'a RawValue)>,
    faults: &'s mut Faults,
}

impl Split<'_, '_> {
    /// Asks the type of the flattened parameter about the members that its schema does not name: serde knows other names
    /// of fields, which no schema shows. A member that it looks at makes a difference if it comes twice.
    fn settle(&mut self, held: &HeldArgument) {
        if self.doubtful.is_empty() {
            return;
        }
        let said = |members: &[(String, &RawValue)], first: Option<&(String, &RawValue)>| {
            let first = first.into_iter().flat_map(|member| [member, member]);
            let all = first.chain(members).map(|(name, value)| (name.as_str(), *value));
            (held.reads)(&object_of(all)).err().map(|why| why.words)
        };
        let mut before = said(&self.extra, None);
        for (index, member) in std::mem::take(&mut self.doubtful).into_iter().enumerate() {
            // Whoever sends that many unknown names means none of them.
            let after = if index < 32 { said(&self.extra, Some(&member)) } else { before.clone() };
            if after != before && !after.as_ref().is_some_and(|words| words.starts_with("unknown field")) {
                self.extra.push(member);
                before = said(&self.extra, None);
            } else {
                self.unknown(&member.0);
            }
        }
    }

    fn unknown(&mut self, name: &str) {
        // Looking for the nearest name is for those who will be told it.
        let hint = self.faults.may_hint();
        self.faults.push(&Pointer::at(name), self.signature.unknown(name, hint));
    }
}

impl<'a> Visitor<'a> for &mut Split<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Name)? {
            match self.signature.position(&name) {
                Some(index) if self.slots[index].is_none() => self.slots[index] = Some(map.next_value()?),
                Some(_) => {
                    map.next_value::<IgnoredAny>()?;
                    self.faults.push(&Pointer::at(&name), format!("`{name}` is given twice"));
                }
                None => match self.signature.takes_extra(&name) {
                    Some(true) => self.extra.push((name.into_owned(), map.next_value()?)),
                    None => self.doubtful.push((name.into_owned(), map.next_value()?)),
                    Some(false) => {
                        map.next_value::<IgnoredAny>()?;
                        self.unknown(&name);
                    }
                },
            }
        }
        Ok(())
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

/// Runs a plain function on the blocking pool, so that it cannot stall the connections that other calls are on.
pub(crate) async fn blocking<T: Send + 'static>(function: impl FnOnce() -> T + Send + 'static) -> Result<T, ToolError> {
    let span = tracing::Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(function)).await {
        Ok(value) => Ok(value),
        // A panic goes on where every handler's panic is caught; the pool only cancels when the process ends.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(ToolError::unavailable("the server is shutting down")),
        },
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
        if let Some(after) = rest.strip_prefix("{{") {
            out.push('{');
            escaped += 1;
            rest = after;
        } else if let Some(after) = rest.strip_prefix("}}").filter(|_| escaped > 0) {
            out.push('}');
            escaped -= 1;
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('{').and_then(|inside| inside.split_once('}'))
            && let Some((_, value)) = texts.iter().find(|(known, _)| *known == name)
        {
            out.push_str(value);
            rest = after;
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
    fn a_text_is_held_as_the_number_that_it_stands_for() {
        for (text, number) in [
            ("15", Some("15")),
            ("+15", Some("15")),
            ("015", Some("15")),
            ("-007", Some("-7")),
            ("0", Some("0")),
            ("000", Some("0")),
            (".5", Some("0.5")),
            ("5.", Some("5")),
            ("+00.50e1", Some("0.50e1")),
            ("1e400", None),
            ("NaN", None),
            ("inf", None),
            ("-infinity", None),
            ("fifteen", None),
            ("0x0F", None),
            ("1_5", None),
            ("", None),
            ("+.", None),
        ] {
            assert_eq!(number_in(text).as_deref(), number, "{text}");
        }
    }

    #[test]
    fn placeholders_are_filled_and_other_braces_stay() {
        let texts = [("city", "Rome".to_owned()), ("days", "{city}".to_owned())];
        let filled = |docs| fill(docs, &texts);
        assert_eq!(filled(" To {city} for {days} days."), "To Rome for {city} days.");
        assert_eq!(filled(" {{city}} {{ {city} }}"), "{city} { Rome }");
        assert_eq!(filled(" {\"a\": {\"b\": {}}} { city } {town} {"), "{\"a\": {\"b\": {}}} { city } {town} {");
    }
}
