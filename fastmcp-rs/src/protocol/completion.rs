//! `completion/complete`: what is being typed, and what it may become.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The most values one answer may hold (spec: server/utilities/completion, "Completion Results").
pub const MAX_COMPLETIONS: usize = 100;

/// What `completion/complete` asks (spec: server/utilities/completion, "Requesting Completions").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CompletionParams {
    /// The prompt or the resource template whose argument is typed.
    #[serde(rename = "ref")]
    pub reference: CompletionRef,
    /// The argument being typed.
    pub argument: CompletionArgument,
    /// What was filled in before; clients send it from 2025-06-18.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<CompletionContext>,
}

impl CompletionParams {
    /// Ask what `value` of argument `name` may become.
    pub fn new(reference: CompletionRef, name: impl Into<String>, value: impl Into<String>) -> Self {
        let argument = CompletionArgument { name: name.into(), value: value.into() };
        Self { reference, argument, context: None }
    }

    /// What was filled in before; empty if the client sent none.
    pub fn filled_in(&self) -> impl Iterator<Item = (&str, &str)> {
        self.context.iter().flat_map(|context| &context.arguments).map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// What is being completed (spec: server/utilities/completion, "Reference Types").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
#[non_exhaustive]
pub enum CompletionRef {
    /// An argument of a prompt.
    #[serde(rename = "ref/prompt")]
    Prompt {
        /// The prompt's name.
        name: String,
    },
    /// A variable of a resource template.
    #[serde(rename = "ref/resource")]
    Resource {
        /// The template, or a URI that it matches.
        uri: String,
    },
}

/// The argument being typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CompletionArgument {
    /// Its name.
    pub name: String,
    /// What has been typed so far.
    pub value: String,
}

/// What was filled in before (from 2025-06-18).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CompletionContext {
    /// Arguments and their values.
    #[serde(default)]
    pub arguments: BTreeMap<String, String>,
}

/// The `completion` object of the answer (spec: server/utilities/completion, "Completion Results").
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Completion {
    /// The best values first; at most 100.
    pub values: Vec<String>,
    /// How many there are, sent or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Whether there are more than were sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_more: Option<bool>,
}

impl Completion {
    /// These values; what is beyond the 100 that the spec allows is cut off, counted in `total` and told by `hasMore`.
    pub fn new<S: Into<String>>(values: impl IntoIterator<Item = S>) -> Self {
        let mut rest = values.into_iter();
        let values: Vec<String> = rest.by_ref().take(MAX_COMPLETIONS).map(Into::into).collect();
        let total = values.len() + rest.count();
        Self { has_more: Some(total > values.len()), total: Some(total as u64), values }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn both_references_are_read_with_unknown_members() {
        let prompt: CompletionParams = from_value(json!({
            "ref": {"type": "ref/prompt", "name": "p", "title": "P"},
            "argument": {"name": "a", "value": "x", "new": 1},
            "context": {"arguments": {"b": "y"}},
        }))
        .unwrap();
        assert_eq!(prompt.reference, CompletionRef::Prompt { name: "p".into() });
        assert_eq!(prompt.filled_in().collect::<Vec<_>>(), [("b", "y")]);
        let resource: CompletionParams = from_value(json!({
            "ref": {"type": "ref/resource", "uri": "a://{b}"},
            "argument": {"name": "b", "value": ""},
        }))
        .unwrap();
        assert_eq!(resource.reference, CompletionRef::Resource { uri: "a://{b}".into() });
        assert_eq!(resource.filled_in().count(), 0);
    }

    #[test]
    fn no_optional_is_written_as_null() {
        let params = CompletionParams::new(CompletionRef::Prompt { name: "p".into() }, "a", "x");
        assert_eq!(
            to_value(params).unwrap(),
            json!({"ref": {"type": "ref/prompt", "name": "p"}, "argument": {"name": "a", "value": "x"}})
        );
        assert_eq!(to_value(Completion::default()).unwrap(), json!({"values": []}));
    }

    #[test]
    fn at_most_a_hundred_values_are_sent_and_the_rest_is_told() {
        let few = Completion::new(["a", "b"]);
        assert_eq!(to_value(few).unwrap(), json!({"values": ["a", "b"], "total": 2, "hasMore": false}));
        let many = Completion::new((0..250).map(|n| n.to_string()));
        assert_eq!((many.values.len(), many.total, many.has_more), (100, Some(250), Some(true)));
    }
}
