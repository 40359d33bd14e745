//! Asking the client's model to say something (deprecated in 2026-07-28, still served).

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, value::MapAccessDeserializer},
};
use serde_json::{Map, Value};

use super::{
    content::{AudioContent, Content, ImageContent, Role, TextContent, insert_meta},
    prompt::Message,
    tool::Tool,
};

/// The parameters of `sampling/createMessage` (spec: client/sampling, "Creating Messages").
///
/// ```
/// use fastmcp_rs::SamplingRequest;
///
/// let request = SamplingRequest::new("Translate to French: good morning").max_tokens(50).temperature(0.2);
/// assert_eq!(request.messages.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SamplingRequest {
    /// The conversation so far.
    pub messages: Vec<SamplingMessage>,
    /// The most tokens to produce; the protocol requires one, and it is 1024 unless said otherwise.
    pub max_tokens: u64,
    /// What the model should be told about its task.
    #[serde(default)]
    pub system_prompt: Option<String>,
    /// How varied the answer may be.
    #[serde(default)]
    pub temperature: Option<f64>,
    /// Where to stop.
    #[serde(default)]
    pub stop_sequences: Option<Vec<String>>,
    /// Which model would suit.
    #[serde(default)]
    pub model_preferences: Option<ModelPreferences>,
    /// What else the client should show the model; anything but `None` needs the client's `sampling.context`.
    #[serde(default)]
    pub include_context: Option<IncludeContext>,
    /// For the model's provider; free of form.
    #[serde(default)]
    pub metadata: Option<Map<String, Value>>,
    /// Tools the model may use; from 2025-11-25, and needs the client's `sampling.tools`.
    #[serde(default)]
    pub tools: Option<Vec<Tool>>,
    /// Whether it must use them; from 2025-11-25.
    #[serde(default)]
    pub tool_choice: Option<ToolChoice>,
}

impl SamplingRequest {
    /// Begin with one message; a string is said by the user.
    pub fn new(message: impl Into<SamplingMessage>) -> Self {
        Self {
            messages: vec![message.into()],
            max_tokens: 1024,
            system_prompt: None,
            temperature: None,
            stop_sequences: None,
            model_preferences: None,
            include_context: None,
            metadata: None,
            tools: None,
            tool_choice: None,
        }
    }

    /// Add a message.
    #[must_use]
    pub fn message(mut self, message: impl Into<SamplingMessage>) -> Self {
        self.messages.push(message.into());
        self
    }

    /// What the model should be told about its task.
    #[must_use]
    pub fn system_prompt(mut self, prompt: impl Into<String>) -> Self {
        self.system_prompt = Some(prompt.into());
        self
    }

    /// The most tokens to produce.
    #[must_use]
    pub fn max_tokens(mut self, tokens: u64) -> Self {
        self.max_tokens = tokens;
        self
    }

    /// How varied the answer may be.
    #[must_use]
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.temperature = Some(temperature);
        self
    }

    /// Where to stop.
    #[must_use]
    pub fn stop_sequences<S: Into<String>>(mut self, sequences: impl IntoIterator<Item = S>) -> Self {
        self.stop_sequences = Some(sequences.into_iter().map(Into::into).collect());
        self
    }

    /// Which model would suit.
    #[must_use]
    pub fn model_preferences(mut self, preferences: ModelPreferences) -> Self {
        self.model_preferences = Some(preferences);
        self
    }

    /// What else the client should show the model.
    #[must_use]
    pub fn include_context(mut self, context: IncludeContext) -> Self {
        self.include_context = Some(context);
        self
    }

    /// Add one key to the provider's metadata.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        insert_meta(&mut self.metadata, key, value);
        self
    }

    /// Tools the model may use.
    #[must_use]
    pub fn tools(mut self, tools: impl IntoIterator<Item = Tool>) -> Self {
        self.tools = Some(tools.into_iter().collect());
        self
    }

    /// Whether it must use them.
    #[must_use]
    pub fn tool_choice(mut self, choice: ToolChoice) -> Self {
        self.tool_choice = Some(choice);
        self
    }
}

/// One message to or from the model (spec: schema, `SamplingMessage`).
///
/// Several blocks in one message exist from 2025-11-25; older clients get one message per block.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct SamplingMessage {
    /// Who says it.
    pub role: Role,
    /// What is said.
    #[serde(deserialize_with = "one_or_many")]
    pub content: Vec<SamplingContent>,
    /// `_meta`; sent from 2025-11-25.
    #[serde(default, rename = "_meta")]
    pub meta: Option<Map<String, Value>>,
}

impl SamplingMessage {
    /// A message of these blocks.
    pub fn new<C: Into<SamplingContent>>(role: Role, content: impl IntoIterator<Item = C>) -> Self {
        Self { role, content: content.into_iter().map(Into::into).collect(), meta: None }
    }

    /// The user says this.
    pub fn user(content: impl Into<SamplingContent>) -> Self {
        Self::new(Role::User, [content.into()])
    }

    /// The model says this.
    pub fn assistant(content: impl Into<SamplingContent>) -> Self {
        Self::new(Role::Assistant, [content.into()])
    }
}

impl From<&str> for SamplingMessage {
    fn from(text: &str) -> Self {
        SamplingMessage::user(text)
    }
}

impl From<String> for SamplingMessage {
    fn from(text: String) -> Self {
        SamplingMessage::user(text)
    }
}

impl From<Message> for SamplingMessage {
    fn from(message: Message) -> Self {
        Self::new(message.role, [message.content])
    }
}

/// One block of a sampling message (spec: schema, `SamplingMessageContentBlock`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum SamplingContent {
    /// Text.
    Text(TextContent),
    /// A picture.
    Image(ImageContent),
    /// A sound; from 2025-03-26.
    Audio(AudioContent),
    /// The model wants a tool used; from 2025-11-25.
    ToolUse(ToolUseContent),
    /// What the tool answered; from 2025-11-25.
    ToolResult(ToolResultContent),
}

impl From<&str> for SamplingContent {
    fn from(text: &str) -> Self {
        SamplingContent::Text(TextContent::new(text))
    }
}

impl From<String> for SamplingContent {
    fn from(text: String) -> Self {
        SamplingContent::Text(TextContent::new(text))
    }
}

/// Sampling knows no resources: their text, or else their URI, is sent as text.
impl From<Content> for SamplingContent {
    fn from(content: Content) -> Self {
        match content {
            Content::Text(block) => SamplingContent::Text(block),
            Content::Image(block) => SamplingContent::Image(block),
            Content::Audio(block) => SamplingContent::Audio(block),
            Content::ResourceLink(link) => link.uri.into(),
            Content::Resource(block) => match block.resource.as_text() {
                Some(text) => text.into(),
                None => block.resource.uri.into(),
            },
            #[cfg(feature = "client")]
            Content::Unknown(members) => Value::Object(members).to_string().into(),
        }
    }
}

/// The model wants a tool used (spec: client/sampling, "Sampling with Tools"; from 2025-11-25).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ToolUseContent {
    /// To be repeated by the [`ToolResultContent`].
    pub id: String,
    /// Which tool.
    pub name: String,
    /// Its arguments.
    pub input: Map<String, Value>,
    /// `_meta`.
    #[serde(default, rename = "_meta")]
    pub meta: Option<Map<String, Value>>,
}

/// What a tool answered (spec: client/sampling, "Sampling with Tools"; from 2025-11-25). A user message that holds one
/// holds nothing else, and every use is answered.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ToolResultContent {
    /// The [`ToolUseContent::id`].
    pub tool_use_id: String,
    /// What it answered.
    pub content: Vec<Content>,
    /// The same in a structure; any JSON from 2026-07-28, an object before.
    #[serde(default)]
    pub structured_content: Option<Value>,
    /// Whether it failed.
    #[serde(default)]
    pub is_error: Option<bool>,
    /// `_meta`.
    #[serde(default, rename = "_meta")]
    pub meta: Option<Map<String, Value>>,
}

impl ToolResultContent {
    /// The answer to the use of this id.
    pub fn new(tool_use_id: impl Into<String>, content: impl IntoIterator<Item = Content>) -> Self {
        Self {
            tool_use_id: tool_use_id.into(),
            content: content.into_iter().collect(),
            structured_content: None,
            is_error: None,
            meta: None,
        }
    }
}

impl From<ToolResultContent> for SamplingContent {
    fn from(result: ToolResultContent) -> Self {
        SamplingContent::ToolResult(result)
    }
}

/// Which model would suit; hints that the client weighs (spec: client/sampling, "Model Preferences").
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ModelPreferences {
    /// Parts of names, the dearest first.
    #[serde(default)]
    pub hints: Vec<ModelHint>,
    /// How much a low price matters, 0.0 to 1.0.
    #[serde(default)]
    pub cost_priority: Option<f64>,
    /// How much speed matters, 0.0 to 1.0.
    #[serde(default)]
    pub speed_priority: Option<f64>,
    /// How much intelligence matters, 0.0 to 1.0.
    #[serde(default)]
    pub intelligence_priority: Option<f64>,
}

impl ModelPreferences {
    /// No preference yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Add a part of a model's name, for example `sonnet`.
    #[must_use]
    pub fn hint(mut self, name: impl Into<String>) -> Self {
        self.hints.push(ModelHint { name: Some(name.into()) });
        self
    }

    /// How much a low price matters, 0.0 to 1.0.
    #[must_use]
    pub fn cost(mut self, priority: f64) -> Self {
        self.cost_priority = Some(priority);
        self
    }

    /// How much speed matters, 0.0 to 1.0.
    #[must_use]
    pub fn speed(mut self, priority: f64) -> Self {
        self.speed_priority = Some(priority);
        self
    }

    /// How much intelligence matters, 0.0 to 1.0.
    #[must_use]
    pub fn intelligence(mut self, priority: f64) -> Self {
        self.intelligence_priority = Some(priority);
        self
    }
}

/// A part of a model's name (spec: schema, `ModelHint`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelHint {
    /// For example `claude-3-5-sonnet` or `sonnet`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What else the client should show the model (spec: schema, `includeContext`; soft-deprecated from 2025-11-25).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum IncludeContext {
    /// Nothing.
    None,
    /// What comes from this server.
    ThisServer,
    /// What comes from all servers.
    AllServers,
}

/// Whether the model must use a tool (spec: schema, `ToolChoice`; from 2025-11-25).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "ToolChoiceWire", from = "ToolChoiceWire")]
pub enum ToolChoice {
    /// As it likes.
    Auto,
    /// At least one.
    Required,
    /// None at all.
    None,
}

/// The wire puts the word into an object, and allows it to be absent.
#[derive(Serialize, Deserialize)]
struct ToolChoiceWire {
    #[serde(default)]
    mode: Mode,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    #[default]
    Auto,
    Required,
    None,
}

impl From<ToolChoice> for ToolChoiceWire {
    fn from(choice: ToolChoice) -> Self {
        let mode = match choice {
            ToolChoice::Auto => Mode::Auto,
            ToolChoice::Required => Mode::Required,
            ToolChoice::None => Mode::None,
        };
        Self { mode }
    }
}

impl From<ToolChoiceWire> for ToolChoice {
    fn from(wire: ToolChoiceWire) -> Self {
        match wire.mode {
            Mode::Auto => ToolChoice::Auto,
            Mode::Required => ToolChoice::Required,
            Mode::None => ToolChoice::None,
        }
    }
}

/// What a client answers to `sampling/createMessage` (spec: schema, `CreateMessageResult`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SamplingResult {
    /// Who says it; in practice the assistant.
    pub role: Role,
    /// What was said: one block before 2025-11-25, one or several since.
    #[serde(deserialize_with = "one_or_many")]
    pub content: Vec<SamplingContent>,
    /// Which model said it.
    pub model: String,
    /// Why it stopped: `endTurn`, `stopSequence`, `maxTokens`, `toolUse`, or the provider's own word.
    #[serde(default)]
    pub stop_reason: Option<String>,
    /// The result's `_meta`.
    #[serde(default, rename = "_meta")]
    pub meta: Option<Map<String, Value>>,
}

impl SamplingResult {
    /// What this model said.
    pub fn new<C: Into<SamplingContent>>(model: impl Into<String>, content: impl IntoIterator<Item = C>) -> Self {
        Self {
            role: Role::Assistant,
            content: content.into_iter().map(Into::into).collect(),
            model: model.into(),
            stop_reason: None,
            meta: None,
        }
    }

    /// What a model said that need not be named.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new("unnamed", [SamplingContent::from(text.into())])
    }

    /// All that was said in text; blocks that are not text are skipped.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.content
            .iter()
            .filter_map(|block| match block {
                SamplingContent::Text(text) => Some(text.text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// The tools the model wants used.
    pub fn tool_uses(&self) -> impl Iterator<Item = &ToolUseContent> {
        self.content.iter().filter_map(|block| match block {
            SamplingContent::ToolUse(tool_use) => Some(tool_use),
            _ => None,
        })
    }
}

/// A block, or an array of blocks. Not an untagged enum, whose error would hide which block is wrong.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SamplingContent>, D::Error> {
    struct OneOrMany;

    impl<'de> de::Visitor<'de> for OneOrMany {
        type Value = Vec<SamplingContent>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a content block or an array of content blocks")
        }

        fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            SamplingContent::deserialize(MapAccessDeserializer::new(map)).map(|block| vec![block])
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut blocks = Vec::new();
            while let Some(block) = seq.next_element()? {
                blocks.push(block);
            }
            Ok(blocks)
        }
    }

    deserializer.deserialize_any(OneOrMany)
}

#[cfg(test)]
mod tests {
    use serde_json::{from_str, from_value, json, to_value};

    use super::*;

    #[test]
    fn no_optional_is_written_as_null() {
        assert_eq!(
            to_value(SamplingRequest::new("hi")).unwrap(),
            json!({
                "messages": [{"role": "user", "content": {"type": "text", "text": "hi"}}],
                "maxTokens": 1024,
            })
        );
        assert_eq!(
            to_value(SamplingRequest::new("hi").temperature(f64::NAN).model_preferences(ModelPreferences::new()))
                .unwrap(),
            json!({
                "messages": [{"role": "user", "content": {"type": "text", "text": "hi"}}],
                "maxTokens": 1024,
                "modelPreferences": {},
            })
        );
    }

    #[test]
    fn every_member_survives_a_round_trip() {
        let request = SamplingRequest::new("hi")
            .message(Message::assistant("hello"))
            .system_prompt("be kind")
            .max_tokens(9)
            .temperature(0.5)
            .stop_sequences(["."])
            .model_preferences(ModelPreferences::new().hint("sonnet").cost(0.1).speed(0.2).intelligence(0.3))
            .include_context(IncludeContext::ThisServer)
            .metadata("k", 1)
            .tools([Tool::new("t", json!({"type": "object"}))])
            .tool_choice(ToolChoice::Required);
        let wire = to_value(&request).unwrap();
        assert_eq!(wire["toolChoice"], json!({"mode": "required"}));
        assert_eq!(wire["includeContext"], json!("thisServer"));
        assert_eq!(wire["modelPreferences"]["hints"], json!([{"name": "sonnet"}]));
        assert_eq!(from_value::<SamplingRequest>(wire).unwrap(), request);
    }

    #[test]
    fn an_answer_is_one_block_or_several() {
        let one: SamplingResult =
            from_str(r#"{"role":"assistant","model":"m","content":{"type":"text","text":"hi"},"new":1}"#).unwrap();
        assert_eq!(one.to_text(), "hi");
        let many: SamplingResult = from_value(json!({
            "role": "assistant", "model": "m", "stopReason": "toolUse",
            "content": [
                {"type": "text", "text": "let me "},
                {"type": "tool_use", "id": "1", "name": "t", "input": {}},
                {"type": "text", "text": "look"},
            ],
        }))
        .unwrap();
        assert_eq!(many.to_text(), "let me look");
        assert_eq!(many.tool_uses().map(|tool| tool.name.as_str()).collect::<Vec<_>>(), ["t"]);
        assert_eq!(many.stop_reason.as_deref(), Some("toolUse"));
        assert!(from_value::<SamplingResult>(json!({"role": "assistant", "model": "m", "content": 1})).is_err());
    }

    #[test]
    fn a_tool_choice_without_a_mode_is_auto() {
        assert_eq!(from_value::<ToolChoice>(json!({})).unwrap(), ToolChoice::Auto);
    }
}
