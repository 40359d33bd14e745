//! What a client can ask a server, one method for each.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::error::ClientError;
use super::exchange::Query;
use super::letter::ParamList;
use super::requested::Requested;
use super::{Client, results, rounds};
use crate::protocol::{
    Completion, CompletionArgument, CompletionContext, CompletionRef, LogLevel, PromptResult, ResourceResult, Root,
    method,
};
use crate::result::ToolResult;

impl Client {
    /// Calls a tool and reads its result as a `T`: from its structured content, or else from its text. The arguments are anything
    /// that serializes to an object, or `()`.
    ///
    /// # Errors
    /// When the tool fails ([`ClientError::Tool`]), its result is no `T` ([`ClientError::Decode`]), or there is no result.
    pub async fn call<T: DeserializeOwned>(&self, tool: &str, arguments: impl Serialize) -> Result<T, ClientError> {
        results::value(tool, self.call_tool(tool, arguments).await?)
    }

    /// Calls a tool. A tool that fails gives a result whose [`is_error`](ToolResult::is_error) is true.
    ///
    /// # Errors
    /// When there is no such tool, or no result.
    pub async fn call_tool(&self, tool: &str, arguments: impl Serialize) -> Result<ToolResult, ClientError> {
        self.request_tool(tool, arguments).await
    }

    /// Reads a resource.
    ///
    /// # Errors
    /// When there is no such resource, or reading it failed.
    pub async fn read_resource(&self, uri: &str) -> Result<ResourceResult, ClientError> {
        self.request_resource(uri).await
    }

    /// Fills in a prompt. Its arguments are names and texts, such as `[("city", "Oslo")]`, or anything that serializes to an object.
    ///
    /// # Errors
    /// When there is no such prompt, or it failed.
    pub async fn get_prompt(&self, prompt: &str, arguments: impl PromptArguments) -> Result<PromptResult, ClientError> {
        self.request_prompt(prompt, arguments).await
    }

    /// A call of a tool, with settings of its own.
    pub fn request_tool(&self, tool: &str, arguments: impl Serialize) -> Requested<ToolResult> {
        let members = ParamList::default().with("name", tool).and_then(|it| with_object(it, &arguments));
        Requested::new(self, method::TOOLS_CALL, tool, members, results::tool).arguments(&arguments)
    }

    /// The reading of a resource, with settings of its own.
    pub fn request_resource(&self, uri: &str) -> Requested<ResourceResult> {
        let members = ParamList::default().with("uri", uri);
        Requested::new(self, method::RESOURCES_READ, uri, members, results::resource)
    }

    /// The filling in of a prompt, with settings of its own.
    pub fn request_prompt(&self, prompt: &str, arguments: impl PromptArguments) -> Requested<PromptResult> {
        let members = ParamList::default().with("name", prompt);
        let members = members.and_then(|it| with_object(it, &arguments.into_json()));
        Requested::new(self, method::PROMPTS_GET, prompt, members, results::prompt)
    }

    /// Asks what an argument that is being typed may become. `filled_in` are the arguments that are known already; servers see them
    /// from 2025-06-18 on.
    ///
    /// # Errors
    /// When the server does not complete, or refuses.
    pub async fn complete(
        &self,
        reference: CompletionRef,
        argument: &str,
        typed: &str,
        filled_in: impl IntoIterator<Item = (&str, &str)>,
    ) -> Result<Completion, ClientError> {
        let argument = CompletionArgument { name: argument.to_owned(), value: typed.to_owned() };
        let arguments = filled_in.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let context = CompletionContext { arguments };
        let mut members = ParamList::default().with("ref", &reference)?.with("argument", &argument)?;
        if self.revision().has_structured() && !context.arguments.is_empty() {
            members = members.with("context", &context)?;
        }
        results::completion(&self.ask(Query::new(method::COMPLETE, members, self.settings().limits)).await?)
    }

    /// Asks whether the server answers. Since 2026-07-28 has no `ping`, it is asked what it is there.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), ClientError> {
        let method = if self.revision().has_handshake() { method::PING } else { method::DISCOVER };
        self.ask(Query::new(method, ParamList::default(), self.settings().limits)).await.map(drop)
    }

    /// Says from which level on log messages are wanted. On 2026-07-28 each request says so, and this has no effect; set it on the
    /// [builder](super::ClientBuilder::log_level).
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn set_log_level(&self, level: LogLevel) -> Result<(), ClientError> {
        if !self.revision().has_handshake() {
            return Ok(());
        }
        let members = ParamList::default().with("level", &level)?;
        self.ask(Query::new(method::SET_LEVEL, members, self.settings().limits)).await.map(drop)
    }

    /// Replaces the roots, and tells the server if its revision has that. Only a client that was given roots when it was built has
    /// declared that it has any.
    ///
    /// # Errors
    /// When it was given none, or the server cannot be told.
    pub async fn set_roots(&self, roots: impl IntoIterator<Item = Root>) -> Result<(), ClientError> {
        let conversation = &self.link().conversation;
        {
            let mut declared = crate::session::lock(&conversation.hooks.roots);
            if declared.is_none() {
                return Err(ClientError::request("a client that was built without roots has not declared any"));
            }
            *declared = Some(roots.into_iter().collect());
        }
        if !self.revision().has_handshake() {
            return Ok(());
        }
        self.link().notify(self.revision(), method::ROOTS_CHANGED, &ParamList::default()).await
    }

    /// Sends a request in the revision of the conversation.
    pub(super) async fn ask(&self, ask: Query) -> Result<Box<RawValue>, ClientError> {
        let result = self.link().ask(self.revision(), ask).await?;
        match &*results::kind(&result) {
            "complete" => Ok(result),
            other => Err(rounds::unknown_kind(other)),
        }
    }
}

/// The arguments of a prompt: pairs of names and texts, `()`, or a JSON object.
pub trait PromptArguments {
    #[doc(hidden)]
    fn into_json(self) -> Value;
}

impl PromptArguments for () {
    fn into_json(self) -> Value {
        Value::Null
    }
}

impl PromptArguments for Value {
    fn into_json(self) -> Value {
        self
    }
}

impl<K: Into<String>, V: Into<String>, const N: usize> PromptArguments for [(K, V); N] {
    fn into_json(self) -> Value {
        texts(self)
    }
}

impl<K: Into<String>, V: Into<String>> PromptArguments for Vec<(K, V)> {
    fn into_json(self) -> Value {
        texts(self)
    }
}

impl<K: Into<String>, V: Into<String>> PromptArguments for std::collections::HashMap<K, V> {
    fn into_json(self) -> Value {
        texts(self)
    }
}

fn texts<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Value {
    pairs.into_iter().map(|(name, value)| (name.into(), Value::String(value.into()))).collect()
}

/// Adds arguments, which have to be an object; `null` and `()` are none.
fn with_object(members: ParamList, arguments: &impl Serialize) -> Result<ParamList, ClientError> {
    let json = serde_json::value::to_raw_value(arguments)
        .map_err(|error| ClientError::request(format!("the arguments are no JSON: {error}")))?;
    match json.get().as_bytes().first() {
        Some(b'{') => members.with("arguments", arguments),
        Some(b'n') => Ok(members),
        _ => Err(ClientError::request("arguments are an object, such as `json!({ \"a\": 1 })`")),
    }
}
