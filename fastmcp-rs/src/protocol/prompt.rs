//! Prompts: their messages, and what `prompts/list` says about them.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    content::{Content, Role, insert_meta},
    icon::Icon,
};

/// One message of a conversation (spec: server/prompts, "PromptMessage").
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said: one block.
    pub content: Content,
}

impl Message {
    /// The user says this.
    pub fn user(content: impl Into<Content>) -> Self {
        Self { role: Role::User, content: content.into() }
    }

    /// The model says this.
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self { role: Role::Assistant, content: content.into() }
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Message::user(text)
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Message::user(text)
    }
}

/// What `prompts/get` answers (spec: schema, `GetPromptResult`).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct PromptResult {
    /// What the prompt does.
    #[serde(default)]
    pub description: Option<String>,
    /// The conversation.
    pub messages: Vec<Message>,
    /// The result's `_meta`.
    #[serde(default, rename = "_meta")]
    pub meta: Option<Map<String, Value>>,
}

impl PromptResult {
    /// A conversation.
    pub fn new<M: Into<Message>>(messages: impl IntoIterator<Item = M>) -> Self {
        Self { description: None, messages: messages.into_iter().map(Into::into).collect(), meta: None }
    }

    /// One message, said by the user.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new([Message::user(text.into())])
    }

    /// Say what the prompt does.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Add one key to the result's `_meta`.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        insert_meta(&mut self.meta, key, value);
        self
    }
}

/// One entry of `prompts/list` (spec: server/prompts, "Prompt").
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Prompt {
    /// What to pass to `prompts/get`.
    pub name: String,
    /// The name people see; sent from 2025-06-18.
    #[serde(default)]
    pub title: Option<String>,
    /// What it does.
    #[serde(default)]
    pub description: Option<String>,
    /// What it asks for; all are strings on the wire.
    #[serde(default)]
    pub arguments: Vec<PromptArgument>,
    /// Icons; sent from 2025-11-25.
    #[serde(default)]
    pub icons: Vec<Icon>,
    /// `_meta`; sent from 2025-06-18.
    #[serde(default, rename = "_meta")]
    pub meta: Option<Map<String, Value>>,
}

impl Prompt {
    /// A prompt of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The name people see.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// What it does.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Add an argument.
    #[must_use]
    pub fn argument(mut self, argument: PromptArgument) -> Self {
        self.arguments.push(argument);
        self
    }

    /// Add an icon.
    #[must_use]
    pub fn icon(mut self, icon: impl Into<Icon>) -> Self {
        self.icons.push(icon.into());
        self
    }

    /// Add one key to `_meta`.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        insert_meta(&mut self.meta, key, value);
        self
    }
}

/// One argument of a prompt (spec: schema, `PromptArgument`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct PromptArgument {
    /// Its key in `arguments`.
    pub name: String,
    /// The name people see; sent from 2025-06-18.
    #[serde(default)]
    pub title: Option<String>,
    /// What it means.
    #[serde(default)]
    pub description: Option<String>,
    /// Whether it must be given; absent means no.
    #[serde(default)]
    pub required: Option<bool>,
}

impl PromptArgument {
    /// An argument of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The name people see.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// What it means.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Whether it must be given.
    #[must_use]
    pub fn required(mut self, required: bool) -> Self {
        self.required = Some(required);
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, to_value};

    use super::*;

    #[test]
    fn no_optional_is_written_as_null() {
        assert_eq!(
            to_value(PromptResult::text("hi")).unwrap(),
            json!({"messages": [{"role": "user", "content": {"type": "text", "text": "hi"}}]})
        );
        assert_eq!(to_value(Prompt::new("p")).unwrap(), json!({"name": "p"}));
        assert_eq!(to_value(PromptArgument::new("a")).unwrap(), json!({"name": "a"}));
    }

    #[test]
    fn a_conversation_keeps_its_order_and_roles() {
        let result = PromptResult::new([Message::user("ping"), Message::assistant("pong")]).description("a game");
        assert_eq!(
            to_value(result).unwrap(),
            json!({
                "description": "a game",
                "messages": [
                    {"role": "user", "content": {"type": "text", "text": "ping"}},
                    {"role": "assistant", "content": {"type": "text", "text": "pong"}},
                ],
            })
        );
    }
}
