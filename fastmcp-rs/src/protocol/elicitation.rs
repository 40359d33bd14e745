//! Asking the user: the wire shapes and the answer.

use std::{error, fmt};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::forms::{FormError, requested_schema};
use super::version::Revision;

/// The parameters of `elicitation/create` (spec: client/elicitation; from 2025-06-18).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "ElicitWire")]
#[non_exhaustive]
pub enum ElicitParams {
    /// Ask for fields in a form. Never for secrets: the spec demands URL mode for those.
    Form(FormParams),
    /// Send the user to a page; from 2025-11-25, and only if the client declared `elicitation.url`.
    Url(UrlParams),
}

impl ElicitParams {
    /// What the user is told.
    pub fn message(&self) -> &str {
        match self {
            ElicitParams::Form(form) => &form.message,
            ElicitParams::Url(url) => &url.message,
        }
    }
}

/// A form (spec: client/elicitation, "Form Mode").
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FormParams {
    /// What the user is told.
    pub message: String,
    /// A flat object schema; [`requested_schema`] makes one.
    pub requested_schema: Value,
}

impl FormParams {
    /// A form with these fields.
    pub fn new(message: impl Into<String>, requested_schema: Value) -> Self {
        Self { message: message.into(), requested_schema }
    }

    /// The same form with the schema cut to what `revision` can ask; see [`requested_schema`] for the error.
    pub fn for_revision(&self, revision: Revision) -> Result<Self, FormError> {
        let schema = requested_schema(&self.requested_schema, revision)?;
        Ok(Self { message: self.message.clone(), requested_schema: schema })
    }
}

/// A page to send the user to (spec: client/elicitation, "URL Mode").
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UrlParams {
    /// What the user is told.
    pub message: String,
    /// Where to go. It must hold no secrets and not be pre-authenticated, and should be `https:`.
    pub url: String,
    /// Names the request on 2025-11-25, which requires it; 2026-07-28 has no such member and it is not sent there.
    pub elicitation_id: Option<String>,
}

impl UrlParams {
    /// Send the user to this page.
    pub fn new(message: impl Into<String>, url: impl Into<String>) -> Self {
        Self { message: message.into(), url: url.into(), elicitation_id: None }
    }

    /// Name the request; unguessable, unique.
    #[must_use]
    pub fn elicitation_id(mut self, id: impl Into<String>) -> Self {
        self.elicitation_id = Some(id.into());
        self
    }
}

/// What a peer sends, before we know the mode.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ElicitWire {
    #[serde(default)]
    mode: Option<String>,
    message: String,
    #[serde(default)]
    requested_schema: Option<Value>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    elicitation_id: Option<String>,
}

impl TryFrom<ElicitWire> for ElicitParams {
    type Error = String;

    fn try_from(wire: ElicitWire) -> Result<Self, Self::Error> {
        // An absent mode is the form of 2025-06-18, which knew no other.
        match wire.mode.as_deref().unwrap_or("form") {
            "form" => {
                let schema = wire.requested_schema.ok_or("a form needs `requestedSchema`")?;
                Ok(ElicitParams::Form(FormParams::new(wire.message, schema)))
            }
            "url" => Ok(ElicitParams::Url(UrlParams {
                message: wire.message,
                url: wire.url.ok_or("URL mode needs `url`")?,
                elicitation_id: wire.elicitation_id,
            })),
            other => Err(format!("unknown elicitation mode `{}`", other.escape_debug())),
        }
    }
}

/// What the user did (spec: client/elicitation, "Response Actions").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ElicitAction {
    /// Submitted the form, or agreed to open the URL (which is consent, not completion).
    Accept,
    /// Said no.
    Decline,
    /// Closed it without choosing.
    Cancel,
}

/// What a client answers to `elicitation/create` (spec: schema, `ElicitResult`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ElicitResult {
    /// What the user did.
    pub action: ElicitAction,
    /// The fields, if a form was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Map<String, Value>>,
}

impl ElicitResult {
    /// The user submitted these fields.
    pub fn accept(content: Map<String, Value>) -> Self {
        Self { action: ElicitAction::Accept, content: Some(content) }
    }

    /// The user said no.
    pub fn decline() -> Self {
        Self { action: ElicitAction::Decline, content: None }
    }

    /// The user closed it.
    pub fn cancel() -> Self {
        Self { action: ElicitAction::Cancel, content: None }
    }

    /// Read the fields as a `T`; the error says that the client accepted and yet sent something else.
    pub fn read<T: DeserializeOwned>(self) -> Result<Elicited<T>, serde_json::Error> {
        Ok(match self.action {
            ElicitAction::Accept => {
                Elicited::Accepted(serde_json::from_value(Value::Object(self.content.unwrap_or_default()))?)
            }
            ElicitAction::Decline => Elicited::Declined,
            ElicitAction::Cancel => Elicited::Cancelled,
        })
    }
}

/// What came of asking the user (spec: client/elicitation, "Response Actions").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "the user may have declined"]
pub enum Elicited<T> {
    /// The user answered.
    Accepted(T),
    /// The user said no.
    Declined,
    /// The user closed the question without choosing.
    Cancelled,
}

impl<T> Elicited<T> {
    /// The answer, if there is one.
    pub fn accepted(self) -> Option<T> {
        match self {
            Elicited::Accepted(answer) => Some(answer),
            Elicited::Declined | Elicited::Cancelled => None,
        }
    }

    /// Whether there is an answer.
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Elicited::Accepted(_))
    }

    /// The answer, or an error to return with `?`.
    pub fn ok_or_declined(self) -> Result<T, NotAccepted> {
        match self {
            Elicited::Accepted(answer) => Ok(answer),
            Elicited::Declined => Err(NotAccepted::Declined),
            Elicited::Cancelled => Err(NotAccepted::Cancelled),
        }
    }

    /// Change the answer, if there is one.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Elicited<U> {
        match self {
            Elicited::Accepted(answer) => Elicited::Accepted(change(answer)),
            Elicited::Declined => Elicited::Declined,
            Elicited::Cancelled => Elicited::Cancelled,
        }
    }
}

/// The user did not answer; see [`Elicited::ok_or_declined`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAccepted {
    /// The user said no.
    Declined,
    /// The user closed the question without choosing.
    Cancelled,
}

impl fmt::Display for NotAccepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotAccepted::Declined => "the user declined",
            NotAccepted::Cancelled => "the user cancelled",
        })
    }
}

impl error::Error for NotAccepted {}
#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn an_absent_mode_is_a_form() {
        let form: ElicitParams = from_value(json!({"message": "m", "requestedSchema": {}, "task": {}})).unwrap();
        assert_eq!(form, ElicitParams::Form(FormParams::new("m", json!({}))));
        let url: ElicitParams = from_value(json!({"mode": "url", "message": "m", "url": "https://a"})).unwrap();
        assert_eq!(url, ElicitParams::Url(UrlParams::new("m", "https://a")));
    }

    #[test]
    fn an_answer_is_read_by_its_action() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Confirm {
            sure: bool,
        }
        let accept: ElicitResult = from_value(json!({"action": "accept", "content": {"sure": true}})).unwrap();
        assert_eq!(accept.clone().read::<Confirm>().unwrap().accepted(), Some(Confirm { sure: true }));
        let decline: ElicitResult = from_value(json!({"action": "decline", "content": null})).unwrap();
        assert_eq!(to_value(&decline).unwrap(), json!({"action": "decline"}));
        let refused = decline.read::<Confirm>().unwrap().ok_or_declined().unwrap_err();
        assert_eq!(refused.to_string(), "the user declined");
        assert!(accept.read::<Vec<u8>>().is_err());
    }
}
