//! What the program that a client belongs to is told, and what it answers.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::dialogue::Changed;
use crate::error::BoxError;
use crate::future::BoxFuture;
use crate::protocol::{
    ClientCapabilities, ElicitAction, ElicitResult, FormParams, LogLevel, Root, SamplingRequest, SamplingResult,
    UrlParams,
};

/// How far a call has come (spec: basic/utilities/progress).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ProgressUpdate {
    /// How much is done; it grows with each message.
    pub done: f64,
    /// How much there is to do, if that is known.
    pub total: Option<f64>,
    /// The step at hand, for people.
    pub message: Option<String>,
}

/// A log message of a server's (spec: server/utilities/logging).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ServerLog {
    /// How much it matters.
    pub level: LogLevel,
    /// The part of the server that says it.
    #[serde(default)]
    pub logger: Option<String>,
    /// What it says: any JSON.
    #[serde(default)]
    pub data: Value,
}

impl ServerLog {
    /// The message as text: a string itself, the `message` of an object, or JSON. It is the server's; whoever prints it on a
    /// terminal has to take control characters out.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.data {
            Value::String(text) => text.clone(),
            Value::Object(members) if members.get("message").is_some_and(Value::is_string) => {
                members["message"].as_str().unwrap_or_default().to_owned()
            }
            other => other.to_string(),
        }
    }
}

/// A form that a server wants to be filled in (spec: client/elicitation, "Form Mode").
///
/// Whatever the answer leaves out is filled in with the form's defaults, and what comes of that is held against the form before it
/// is sent.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Elicitation {
    /// What the user is told. It is the server's text.
    pub message: String,
    /// The form: a flat object schema.
    pub schema: Value,
}

impl Elicitation {
    pub(super) fn of(form: FormParams) -> Self {
        Self { message: form.message, schema: form.requested_schema }
    }

    /// The fields of the form, each with its schema, in the order of their names.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Value)> {
        let properties = self.schema.get("properties").and_then(Value::as_object);
        properties.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema))
    }

    /// The user submitted these fields, an object. Anything else is sent as a form without fields.
    #[must_use]
    pub fn accept(&self, fields: impl serde::Serialize) -> ElicitResult {
        let fields = match serde_json::to_value(fields) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        ElicitResult::accept(fields)
    }

    /// The user said no.
    #[must_use]
    pub fn decline(&self) -> ElicitResult {
        ElicitResult::decline()
    }

    /// The user closed it.
    #[must_use]
    pub fn cancel(&self) -> ElicitResult {
        ElicitResult::cancel()
    }
}

/// A page that a server wants the user to be sent to (spec: client/elicitation, "URL Mode").
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UrlElicitation {
    /// What the user is told. It is the server's text.
    pub message: String,
    /// Where to go. The user must see it, and agree, before it is opened.
    pub url: String,
}

impl UrlElicitation {
    pub(super) fn of(url: UrlParams) -> Self {
        Self { message: url.message, url: url.url }
    }

    /// The user agreed to go there. Whether they did there what was wanted, only the server learns.
    #[must_use]
    pub fn done(&self) -> ElicitResult {
        ElicitResult { action: ElicitAction::Accept, content: None }
    }

    /// The user said no.
    #[must_use]
    pub fn decline(&self) -> ElicitResult {
        ElicitResult::decline()
    }

    /// The user closed it.
    #[must_use]
    pub fn cancel(&self) -> ElicitResult {
        ElicitResult::cancel()
    }
}

/// What answers one kind of question, one after another.
pub(super) struct Answerer<Q, A> {
    answer: Box<dyn Fn(Q) -> BoxFuture<'static, Result<A, BoxError>> + Send + Sync>,
    /// A person answers one question at a time.
    turn: tokio::sync::Mutex<()>,
}

impl<Q, A> Answerer<Q, A> {
    pub(super) fn new<F, Fut, E>(answer: F) -> Self
    where
        F: Fn(Q) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<A, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        let answer = move |question| -> BoxFuture<'static, Result<A, BoxError>> {
            let answer = answer(question);
            Box::pin(async move { answer.await.map_err(Into::into) })
        };
        Self { answer: Box::new(answer), turn: tokio::sync::Mutex::new(()) }
    }

    pub(super) async fn ask(&self, question: Q) -> Result<A, BoxError> {
        let _turn = self.turn.lock().await;
        (self.answer)(question).await
    }
}

type Told<T> = Arc<dyn Fn(T) + Send + Sync>;
type ToldText = Arc<dyn Fn(&str) + Send + Sync>;
type Forgets = Box<dyn Fn(&Changed) + Send + Sync>;

/// All of it.
#[derive(Default)]
pub(super) struct ClientHooks {
    pub elicit: Option<Answerer<Elicitation, ElicitResult>>,
    pub elicit_url: Option<Answerer<UrlElicitation, ElicitResult>>,
    pub sample: Option<Answerer<SamplingRequest, SamplingResult>>,
    pub sampling_tools: bool,
    pub sampling_context: bool,
    pub roots: std::sync::Mutex<Option<Vec<Root>>>,
    pub log: Option<Told<ServerLog>>,
    pub stderr: Option<ToldText>,
    pub problem: Option<ToldText>,
    pub extensions: Map<String, Value>,
    pub experimental: Map<String, Value>,
    /// What has to be forgotten when a list or a resource changes.
    pub forget: std::sync::OnceLock<Forgets>,
}

impl ClientHooks {
    /// What a client with these can do.
    pub(super) fn capabilities(&self) -> ClientCapabilities {
        let mut all = ClientCapabilities::new();
        all.roots = crate::session::lock(&self.roots).is_some();
        all.roots_list_changed = all.roots;
        all.sampling = self.sample.is_some();
        all.sampling_context = all.sampling && self.sampling_context;
        all.sampling_tools = all.sampling && self.sampling_tools;
        all.elicitation_form = self.elicit.is_some();
        all.elicitation_url = self.elicit_url.is_some();
        all.extensions = self.extensions.clone();
        all.experimental = self.experimental.clone();
        all
    }

    pub(super) fn changed(&self, change: &Changed) {
        if let Some(forget) = self.forget.get() {
            forget(change);
        }
    }
}

impl fmt::Debug for ClientHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").field("capabilities", &self.capabilities()).finish_non_exhaustive()
    }
}
