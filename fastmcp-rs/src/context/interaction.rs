//! Questions from a handler to the client's side: one API on every revision.
//!
//! With a handshake (2025-11-25 and before) a question is a request over the open stream, and the handler waits.
//! On 2026-07-28 there is no such stream: the handler is stopped where it asks, the client gets the questions as the
//! result, sends the same request again with the answers, and the handler runs again from the top; the answers it has
//! by then are given at once (basic/patterns/mrtr). What must happen only once goes into [`Context::once`].

use std::collections::HashMap;
use std::future::Future;
use std::panic::Location;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Waker;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use crate::bounds;
use crate::context::Context;
use crate::error::{InteractionError, ToolError};
use crate::protocol::shape::Shaped;
use crate::protocol::{
    ElicitParams, ElicitResult, Elicited, InputRequest, InputRequired, Root, RootsResult, SamplingRequest,
    SamplingResult,
};
use crate::schema;
use crate::session::lock;

/// The rounds of one request: what was answered before, what is asked now.
#[derive(Default)]
pub(crate) struct Rounds {
    cancellation: CancellationToken,
    /// Questions over an open stream that wait for a person now.
    waiting: AtomicUsize,
    /// The request has been answered or given up: nothing more is said about it.
    ended: AtomicBool,
    earlier: Earlier,
    now: Mutex<Now>,
}

/// What the client brought back: its answers by key, side effects already done, and a handler's own state.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Earlier {
    #[serde(rename = "a", default, skip_serializing_if = "Map::is_empty")]
    pub answers: Map<String, Value>,
    #[serde(rename = "d", default, skip_serializing_if = "Map::is_empty")]
    pub done: Map<String, Value>,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The keys that were asked for in the last round: only these are answered in the next.
    #[serde(rename = "q", default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<String>,
    /// Which state this was read from.
    #[serde(skip)]
    pub id: Option<StateId>,
}

/// Whether a key has the form of those that [`Rounds`] makes, and not of one that an author chose.
pub(crate) fn is_own_key(key: &str) -> bool {
    let mut parts = key.rsplitn(3, '-');
    let (turn, hash) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let is_hex = |byte: u8| byte.is_ascii_hexdigit();
    !turn.is_empty() && turn.bytes().all(|byte| byte.is_ascii_digit()) && hash.len() == 16 && hash.bytes().all(is_hex)
}

/// One state that was given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StateId {
    /// When it expires, in milliseconds since 1970.
    pub expires: u64,
    /// Its own random number.
    pub nonce: [u8; 12],
}

impl StateId {
    /// A name for it that no other state has.
    #[cfg(all(feature = "http", feature = "interaction"))]
    pub(crate) fn key(&self) -> String {
        self.nonce.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[derive(Default)]
struct Now {
    questions: Vec<(String, InputRequest)>,
    done: Map<String, Value>,
    /// How often each place in the source has asked, so that a question in a loop keeps its own answer.
    asked: HashMap<(&'static str, u32, u32), u32>,
    waker: Option<Waker>,
}

impl Rounds {
    pub(crate) fn after(earlier: Earlier) -> Self {
        Self { earlier, ..Self::default() }
    }

    /// The state that the client brought back.
    pub(crate) fn state_id(&self) -> Option<StateId> {
        self.earlier.id
    }

    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Whether the handler waits for a person, which is not the handler's time.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Whether the client has brought anything back.
    pub(crate) fn answered(&self) -> bool {
        !self.earlier.answers.is_empty() || self.earlier.state.is_some()
    }

    pub(crate) fn cancellation(&self) -> &CancellationToken {
        &self.cancellation
    }

    /// The questions of this round and everything to remember, if the handler stopped to ask. Keeps `waker` otherwise,
    /// for questions that come from a task of the handler's own.
    pub(crate) fn suspended(&self, waker: &Waker) -> Option<InputRequired> {
        let mut now = lock(&self.now);
        if now.questions.is_empty() {
            now.waker = Some(waker.clone());
            return None;
        }
        let questions = std::mem::take(&mut now.questions);
        Some(questions.into_iter().fold(InputRequired::new(), |input, (key, request)| input.ask(key, request)))
    }

    /// What the next round must know, with a handler's own state if it set one.
    pub(crate) fn remember(&self, state: Option<String>) -> Earlier {
        let now = lock(&self.now);
        let mut done = self.earlier.done.clone();
        done.extend(now.done.clone());
        let (answers, state) = (self.earlier.answers.clone(), state.or_else(|| self.earlier.state.clone()));
        Earlier { answers, done, state, ..Earlier::default() }
    }

    /// A key that is the same whenever the handler runs: the place that asks, and how often it has asked.
    fn key(&self, what: &str, place: &'static Location<'static>) -> String {
        let mut now = lock(&self.now);
        let count = now.asked.entry((place.file(), place.line(), place.column())).or_default();
        let turn = *count;
        *count += 1;
        // FNV-1a: a short name for the place that does not show the server's paths to the client.
        let hash = place
            .to_string()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        format!("{what}-{hash:016x}-{turn}")
    }

    fn ask(&self, key: String, request: InputRequest) {
        let waker = {
            let mut now = lock(&self.now);
            now.questions.push((key, request));
            now.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Held while a question waits for its answer.
struct Waiting<'a>(&'a Rounds);

impl<'a> Waiting<'a> {
    fn new(rounds: &'a Rounds) -> Self {
        rounds.waiting.fetch_add(1, Ordering::Relaxed);
        Self(rounds)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Context {
    /// Asks questions over the open stream, for a client that knows no other way.
    pub(crate) async fn answers_to(
        &self,
        questions: Vec<(String, InputRequest)>,
    ) -> Result<Map<String, Value>, InteractionError> {
        let mut answers = Map::new();
        for (key, question) in questions {
            answers.insert(key, self.ask_now(&question).await?);
        }
        Ok(answers)
    }

    /// Asks the person behind the client for the fields of `T`: a flat struct of strings, numbers, booleans and enums
    /// (client/elicitation, "Form Mode"). Needs a client that declares `elicitation`, on 2025-06-18 or later.
    ///
    /// # Errors
    /// [`InteractionError`]; with `?` it becomes the right error of the call.
    ///
    /// ```
    /// use fastmcp_rs::prelude::*;
    ///
    /// #[model]
    /// struct Order {
    ///     /// How many.
    ///     amount: u8,
    /// }
    ///
    /// /// Orders tea.
    /// #[tool]
    /// async fn order_tea(ctx: Context) -> Result<String, ToolError> {
    ///     match ctx.elicit::<Order>("How much tea?").await? {
    ///         Elicited::Accepted(order) => Ok(format!("{} cups ordered", order.amount)),
    ///         _ => Ok("no tea, then".to_owned()),
    ///     }
    /// }
    /// ```
    #[track_caller]
    pub fn elicit<T: JsonSchema + DeserializeOwned>(
        &self,
        message: impl Into<String>,
    ) -> impl Future<Output = Result<Elicited<T>, InteractionError>> + Send {
        let mut generator = schema::input_generator();
        let schema = T::json_schema(&mut generator);
        let schema = schema::finish(schema, &mut generator);
        let answer = self.elicit_at(message.into(), schema.clone(), Location::caller());
        async move {
            match answer.await? {
                Elicited::Accepted(content) => schema::read_value(&content, &schema)
                    .map(Elicited::Accepted)
                    .map_err(|error| InteractionError::BadAnswer(error.to_string())),
                Elicited::Declined => Ok(Elicited::Declined),
                _ => Ok(Elicited::Cancelled),
            }
        }
    }

    /// [`elicit`](Self::elicit) with a schema written by hand.
    ///
    /// # Errors
    /// [`InteractionError`].
    #[track_caller]
    pub fn elicit_raw(
        &self,
        message: impl Into<String>,
        schema: Value,
    ) -> impl Future<Output = Result<Elicited<Value>, InteractionError>> + Send {
        self.elicit_at(message.into(), schema, Location::caller())
    }

    /// Asks yes or no. Declining and cancelling are no.
    ///
    /// # Errors
    /// [`InteractionError`].
    #[track_caller]
    pub fn confirm(&self, message: impl Into<String>) -> impl Future<Output = Result<bool, InteractionError>> + Send {
        let schema = json!({
            "type": "object",
            "properties": { "confirm": { "type": "boolean", "title": "Confirm", "description": "Go ahead?" } },
            "required": ["confirm"],
        });
        let answer = self.elicit_at(message.into(), schema, Location::caller());
        async move { Ok(answer.await?.accepted().is_some_and(|content| content["confirm"] == true)) }
    }

    /// Sends the person to a page, for what must not pass through the client, such as credentials
    /// (client/elicitation, "URL Mode"; 2025-11-25 and later). Accepting means that the person agreed to go, not that they are done.
    ///
    /// # Errors
    /// [`InteractionError`].
    #[track_caller]
    pub fn elicit_url(
        &self,
        message: impl Into<String>,
        url: impl Into<String>,
    ) -> impl Future<Output = Result<Elicited<()>, InteractionError>> + Send {
        let place = Location::caller();
        let (message, url) = (message.into(), url.into());
        async move {
            let mut params = crate::protocol::UrlParams::new(message, url);
            if self.revision().has_elicitation_ids() {
                params = params.elicitation_id(self.rounds().key("url", place));
            }
            let request = InputRequest::Elicit(ElicitParams::Url(params));
            let answer: ElicitResult = self
                .ask(request, place, |answer| serde_json::from_value(answer).map_err(|error| error.to_string()))
                .await?;
            Ok(match answer.action {
                crate::protocol::ElicitAction::Accept => Elicited::Accepted(()),
                crate::protocol::ElicitAction::Decline => Elicited::Declined,
                _ => Elicited::Cancelled,
            })
        }
    }

    async fn elicit_at(
        &self,
        message: String,
        schema: Value,
        place: &'static Location<'static>,
    ) -> Result<Elicited<Value>, InteractionError> {
        if !self.revision().has_forms() {
            return Err(InteractionError::Unsupported(json!({ "elicitation": {} })));
        }
        let schema = crate::protocol::requested_schema(&schema, self.revision())
            .map_err(|error| InteractionError::BadQuestion(error.to_string()))?;
        let check =
            schema::Validator::compile(&schema).map_err(|error| InteractionError::BadQuestion(error.to_string()))?;
        let request = InputRequest::elicit(message, schema);
        self.ask(request, place, move |answer| {
            let answer: ElicitResult = serde_json::from_value(answer).map_err(|error| error.to_string())?;
            let answer = answer.read::<Value>().map_err(|error| error.to_string())?;
            if let Elicited::Accepted(content) = &answer {
                let faults = check.faults(content);
                if !faults.is_empty() {
                    return Err(faults.to_string());
                }
            }
            Ok(answer)
        })
        .await
    }

    /// Asks the client's model for a completion (client/sampling). Needs a client that declares `sampling`.
    ///
    /// # Errors
    /// [`InteractionError`].
    #[track_caller]
    pub fn sample(
        &self,
        request: SamplingRequest,
    ) -> impl Future<Output = Result<SamplingResult, InteractionError>> + Send {
        let place = Location::caller();
        self.ask(InputRequest::sample(request), place, |answer| {
            serde_json::from_value(answer).map_err(|error| error.to_string())
        })
    }

    /// Asks for the directories that the client works in (client/roots). Needs a client that declares `roots`.
    ///
    /// # Errors
    /// [`InteractionError`].
    #[track_caller]
    pub fn roots(&self) -> impl Future<Output = Result<Vec<Root>, InteractionError>> + Send {
        let place = Location::caller();
        let answer = self.ask(InputRequest::roots(), place, |answer| {
            serde_json::from_value::<RootsResult>(answer).map_err(|error| error.to_string())
        });
        async move { Ok(answer.await?.roots) }
    }

    /// Runs `effect` once for a call, however often the handler is run again to get answers: on 2026-07-28 its value is
    /// remembered, sealed, in what the client brings back. ReplicaLink it simply runs.
    ///
    /// # Errors
    /// When the remembered value cannot be read as `T` any more.
    pub async fn once<T: Serialize + DeserializeOwned>(
        &self,
        key: &str,
        effect: impl Future<Output = T> + Send,
    ) -> Result<T, ToolError> {
        let rounds = self.rounds();
        if let Some(value) = rounds.earlier.done.get(key) {
            return Ok(T::deserialize(value)?);
        }
        let value = effect.await;
        lock(&rounds.now).done.insert(key.to_owned(), serde_json::to_value(&value)?);
        Ok(value)
    }

    /// The client's answer to a question that the handler asked by returning [`InputRequired`].
    #[must_use]
    pub fn input_response(&self, key: &str) -> Option<&Value> {
        self.rounds().earlier.answers.get(key)
    }

    /// The state that the handler set in the [`InputRequired`] it returned. It was sealed on its way through the client.
    #[must_use]
    pub fn request_state(&self) -> Option<String> {
        self.rounds().earlier.state.clone()
    }

    /// Whether the client can be asked for a form.
    #[must_use]
    pub fn client_supports_elicitation(&self) -> bool {
        self.client_capabilities().elicitation_form && self.revision().has_forms()
    }

    /// Whether the client can sample.
    #[must_use]
    pub fn client_supports_sampling(&self) -> bool {
        self.client_capabilities().sampling
    }

    /// Whether the client can list roots.
    #[must_use]
    pub fn client_supports_roots(&self) -> bool {
        self.client_capabilities().roots
    }

    async fn ask<T>(
        &self,
        request: InputRequest,
        place: &'static Location<'static>,
        read: impl Fn(Value) -> Result<T, String> + Send,
    ) -> Result<T, InteractionError> {
        let revision = self.revision();
        let exists = match &request {
            InputRequest::Elicit(ElicitParams::Form(_)) => revision.has_forms(),
            InputRequest::Elicit(ElicitParams::Url(_)) => revision.has_url_elicitation(),
            _ => true,
        };
        if !exists {
            return Err(InteractionError::Unsupported(json!({ "elicitation": {} })));
        }
        if !revision.asks_in_place() {
            let rounds = self.rounds();
            let key = rounds.key(request.method().rsplit_once('/').map_or("ask", |(area, _)| area), place);
            if let Some(answer) = rounds.earlier.answers.get(&key)
                // An answer of the wrong form is asked for again.
                && let Ok(answer) = read(answer.clone())
            {
                return Ok(answer);
            }
            if let Some(required) = request.undeclared(self.client_capabilities()) {
                return Err(InteractionError::Unsupported(required));
            }
            rounds.ask(key, request);
            // The handler goes no further in this round; whoever runs it sees the question and answers the client.
            return std::future::pending().await;
        }
        read(self.ask_now(&request).await?).map_err(InteractionError::BadAnswer)
    }

    /// Asks over the open stream, and waits.
    async fn ask_now(&self, request: &InputRequest) -> Result<Value, InteractionError> {
        let revision = self.revision();
        if let Some(required) = request.undeclared(self.client_capabilities()) {
            return Err(InteractionError::Unsupported(required));
        }
        if self.rounds().has_ended() {
            return Err(InteractionError::Disconnected);
        }
        let cut;
        let request = match request {
            // A form written by hand is cut to what the revision can show.
            InputRequest::Elicit(ElicitParams::Form(form)) => {
                let form =
                    form.for_revision(revision).map_err(|error| InteractionError::BadQuestion(error.to_string()))?;
                cut = InputRequest::Elicit(ElicitParams::Form(form));
                &cut
            }
            other => other,
        };
        let (Some(session), Some(notifier)) = (self.session_handle(), self.notifier()) else {
            return Err(InteractionError::Disconnected);
        };
        let asked = serde_json::to_value(Shaped(request, revision))
            .map_err(|error| InteractionError::BadQuestion(error.to_string()))?;
        let waiting = Waiting::new(self.rounds());
        let answer =
            tokio::time::timeout(bounds::ANSWER, session.ask(notifier, request.method(), &asked["params"])).await;
        drop(waiting);
        let answer = answer.map_err(|_| InteractionError::Disconnected)??;
        serde_json::from_str(answer.get()).map_err(|error| InteractionError::BadAnswer(error.to_string()))
    }
}
