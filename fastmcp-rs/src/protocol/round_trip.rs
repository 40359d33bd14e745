//! Multi round-trip requests: a result that asks before it answers (2026-07-28).

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value, json};

use super::{
    capabilities::ClientCapabilities,
    content::insert_meta,
    elicitation::{ElicitParams, FormParams, UrlParams},
    sampling::{IncludeContext, SamplingRequest},
};

/// What a server may ask of a client (spec: basic/patterns/mrtr, `InputRequest`; in older revisions the same things are
/// requests of their own).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "InputRequestWire")]
#[non_exhaustive]
pub enum InputRequest {
    /// Ask the user.
    Elicit(ElicitParams),
    /// Ask the model.
    Sample(Box<SamplingRequest>),
    /// Ask for the roots.
    Roots,
}

impl InputRequest {
    /// Ask the user to fill in a form; [`requested_schema`](super::requested_schema) makes the schema.
    pub fn elicit(message: impl Into<String>, requested_schema: Value) -> Self {
        InputRequest::Elicit(ElicitParams::Form(FormParams::new(message, requested_schema)))
    }

    /// Send the user to a page.
    pub fn elicit_url(message: impl Into<String>, url: impl Into<String>) -> Self {
        InputRequest::Elicit(ElicitParams::Url(UrlParams::new(message, url)))
    }

    /// Ask the model.
    pub fn sample(request: SamplingRequest) -> Self {
        InputRequest::Sample(Box::new(request))
    }

    /// Ask for the roots.
    pub fn roots() -> Self {
        InputRequest::Roots
    }

    /// The method's name on the wire.
    pub fn method(&self) -> &'static str {
        match self {
            InputRequest::Elicit(_) => "elicitation/create",
            InputRequest::Sample(_) => "sampling/createMessage",
            InputRequest::Roots => "roots/list",
        }
    }

    /// The capabilities this needs and the client did not declare, in the form of `-32021`'s `requiredCapabilities`;
    /// `None` if it may be sent (spec: basic/patterns/mrtr; client/elicitation, client/sampling "Capabilities").
    pub fn undeclared(&self, client: &ClientCapabilities) -> Option<Value> {
        match self {
            InputRequest::Elicit(ElicitParams::Form(_)) => {
                // `{}` would be read as form by older clients, but a client of `url` alone must see what is missing.
                (!client.elicitation_form).then(|| json!({"elicitation": {"form": {}}}))
            }
            InputRequest::Elicit(ElicitParams::Url(_)) => {
                (!client.elicitation_url).then(|| json!({"elicitation": {"url": {}}}))
            }
            InputRequest::Sample(request) => {
                let mut needed = Map::new();
                if request.tools.is_some() || request.tool_choice.is_some() {
                    needed.insert("tools".to_owned(), json!({}));
                }
                if request.include_context.is_some_and(|context| context != IncludeContext::None) {
                    needed.insert("context".to_owned(), json!({}));
                }
                let declared = client.sampling
                    && (client.sampling_tools || !needed.contains_key("tools"))
                    && (client.sampling_context || !needed.contains_key("context"));
                (!declared).then(|| json!({"sampling": needed}))
            }
            InputRequest::Roots => (!client.roots).then(|| json!({"roots": {}})),
        }
    }
}

#[derive(Deserialize)]
struct InputRequestWire {
    method: String,
    #[serde(default)]
    params: Value,
}

impl TryFrom<InputRequestWire> for InputRequest {
    type Error = String;

    fn try_from(wire: InputRequestWire) -> Result<Self, Self::Error> {
        match wire.method.as_str() {
            "elicitation/create" => serde_json::from_value(wire.params).map(InputRequest::Elicit),
            "sampling/createMessage" => serde_json::from_value(wire.params).map(InputRequest::Sample),
            "roots/list" => Ok(InputRequest::Roots),
            other => return Err(format!("unknown input request `{}`", other.escape_debug())),
        }
        .map_err(|error| error.to_string())
    }
}

/// A result that asks first: the client answers by sending the same request again with `inputResponses` (spec:
/// basic/patterns/mrtr, `InputRequiredResult`). Only for `tools/call`, `prompts/get` and `resources/read`.
///
/// Handlers seldom need it, since a `Context` asks in every revision; it is for those that keep their state themselves.
///
/// ```
/// use fastmcp_rs::prelude::*;
/// use serde_json::json;
///
/// /// Greets whoever answers.
/// #[tool]
/// fn greet(ctx: Context) -> Result<String, ToolError> {
///     if let Some(answer) = ctx.input_response("user_name") {
///         return Ok(format!("Hello, {}!", answer["content"]["name"].as_str().unwrap_or("whoever you are")));
///     }
///     let form = json!({ "type": "object", "properties": { "name": { "type": "string" } } });
///     Err(InputRequired::new().ask("user_name", InputRequest::elicit("Your name?", form)).state("step-1").into())
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct InputRequired {
    /// What is asked, each under a key that the answer repeats; in order.
    #[serde(default, rename = "inputRequests", deserialize_with = "in_order")]
    pub requests: Vec<(String, InputRequest)>,
    /// What the client hands back unchanged. It is in the client's hands: the runtime seals it, or the author must.
    #[serde(default, rename = "requestState")]
    pub state: Option<String>,
    /// The result's `_meta`.
    #[serde(default, rename = "_meta")]
    pub meta: Option<Map<String, Value>>,
}

impl InputRequired {
    /// Nothing asked yet; the spec wants a request or a state, see [`is_empty`](Self::is_empty).
    pub fn new() -> Self {
        Self::default()
    }

    /// Ask something under this key; the same key again replaces what was asked, for keys are unique.
    #[must_use]
    pub fn ask(mut self, key: impl Into<String>, request: InputRequest) -> Self {
        let key = key.into();
        match self.requests.iter_mut().find(|(asked, _)| *asked == key) {
            Some((_, asked)) => *asked = request,
            None => self.requests.push((key, request)),
        }
        self
    }

    /// What the client hands back; alone, without a request, it means "try again".
    #[must_use]
    pub fn state(mut self, state: impl Into<String>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Add one key to the result's `_meta`.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        insert_meta(&mut self.meta, key, value);
        self
    }

    /// Whether it asks nothing and carries nothing, which the spec does not allow to be sent.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.state.is_none()
    }
}

fn in_order<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, InputRequest)>, D::Error> {
    struct Entries;

    impl<'de> Visitor<'de> for Entries {
        type Value = Vec<(String, InputRequest)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of input requests")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }

    deserializer.deserialize_map(Entries)
}

#[cfg(test)]
mod tests {
    use serde_json::{from_str, from_value, to_string, to_value};

    use super::*;

    fn form() -> Value {
        json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]})
    }

    #[test]
    fn requests_are_written_in_the_order_they_were_asked() {
        let result = InputRequired::new()
            .ask("user_name", InputRequest::elicit("Your name?", form()))
            .ask("a", InputRequest::roots())
            .state("step-1");
        let text = to_string(&result).unwrap();
        assert!(text.find("user_name") < text.find("\"a\""), "{text}");
        assert_eq!(
            to_value(&result).unwrap(),
            json!({
                "resultType": "input_required",
                "inputRequests": {
                    "user_name": {
                        "method": "elicitation/create",
                        "params": {"mode": "form", "message": "Your name?", "requestedSchema": form()},
                    },
                    "a": {"method": "roots/list", "params": {}},
                },
                "requestState": "step-1",
            })
        );
        assert_eq!(from_str::<InputRequired>(&text).unwrap(), result);
    }

    #[test]
    fn no_optional_is_written_as_null() {
        assert_eq!(
            to_value(InputRequired::new().state("s")).unwrap(),
            json!({"resultType": "input_required", "requestState": "s"})
        );
        assert!(InputRequired::new().is_empty());
    }

    #[test]
    fn a_key_asked_twice_is_asked_once() {
        let result =
            InputRequired::new().ask("k", InputRequest::roots()).ask("k", InputRequest::elicit_url("m", "https://a"));
        assert_eq!(result.requests, [("k".to_owned(), InputRequest::elicit_url("m", "https://a"))]);
    }

    #[test]
    fn every_request_survives_a_round_trip() {
        for request in [
            InputRequest::elicit("m", form()),
            InputRequest::elicit_url("m", "https://a"),
            InputRequest::sample(SamplingRequest::new("hi")),
            InputRequest::roots(),
        ] {
            assert_eq!(from_value::<InputRequest>(to_value(&request).unwrap()).unwrap(), request);
        }
        assert_eq!(from_value::<InputRequest>(json!({"method": "roots/list"})).unwrap(), InputRequest::Roots);
        assert!(from_value::<InputRequest>(json!({"method": "tools/call"})).is_err());
    }

    #[test]
    fn what_the_client_lacks_is_named_as_an_object_of_objects() {
        let client: ClientCapabilities = from_value(json!({"elicitation": {"url": {}}, "sampling": {}})).unwrap();
        let lacks = |request: InputRequest| request.undeclared(&client);
        assert_eq!(lacks(InputRequest::elicit("m", form())), Some(json!({"elicitation": {"form": {}}})));
        assert_eq!(lacks(InputRequest::elicit_url("m", "https://a")), None);
        assert_eq!(lacks(InputRequest::sample(SamplingRequest::new("hi"))), None);
        assert_eq!(
            lacks(InputRequest::sample(SamplingRequest::new("hi").tools([]))),
            Some(json!({"sampling": {"tools": {}}}))
        );
        assert_eq!(lacks(InputRequest::roots()), Some(json!({"roots": {}})));
    }
}
