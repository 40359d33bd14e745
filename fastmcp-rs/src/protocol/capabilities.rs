//! What a client can do, read once into booleans, and what a server says it can do.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// What a client declared, in `initialize` or in a modern request's `_meta` (spec: basic/lifecycle, "Capability
/// Negotiation"; basic, "_meta").
///
/// Reading is lenient: unknown members are skipped, `null` and `false` mean not declared, anything else means declared.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ClientCapabilities {
    /// It can list roots.
    pub roots: bool,
    /// It tells when the roots change (legacy only).
    pub roots_list_changed: bool,
    /// It can sample.
    pub sampling: bool,
    /// `includeContext` may be other than `none`.
    pub sampling_context: bool,
    /// Sampling may carry tools.
    pub sampling_tools: bool,
    /// It can show forms: `elicitation` is declared and is not `url` alone (spec: client/elicitation, "Capabilities").
    pub elicitation_form: bool,
    /// It can open URLs for the user.
    pub elicitation_url: bool,
    /// Extensions by id, with their settings (spec: basic, SEP-2133); accepted from legacy clients too.
    pub extensions: Map<String, Value>,
    /// Whatever is not in the spec.
    pub experimental: Map<String, Value>,
}

impl ClientCapabilities {
    /// Nothing declared.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether it takes part in the extension of this id.
    pub fn has_extension(&self, id: &str) -> bool {
        self.extensions.contains_key(id)
    }

    /// The settings it gave for the extension of this id.
    pub fn extension(&self, id: &str) -> Option<&Value> {
        self.extensions.get(id)
    }
}

impl<'de> Deserialize<'de> for ClientCapabilities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;

        impl<'de> Visitor<'de> for All {
            type Value = ClientCapabilities;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of client capabilities")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut all = ClientCapabilities::default();
                while let Some(Key(key)) = map.next_key()? {
                    match &*key {
                        "roots" => {
                            let [declared, changed, _] = map.next_value_seed(Declared(["listChanged", ""]))?;
                            (all.roots, all.roots_list_changed) = (declared, changed);
                        }
                        "sampling" => {
                            let [declared, context, tools] = map.next_value_seed(Declared(["context", "tools"]))?;
                            (all.sampling, all.sampling_context, all.sampling_tools) = (declared, context, tools);
                        }
                        "elicitation" => {
                            let [declared, form, url] = map.next_value_seed(Declared(["form", "url"]))?;
                            // `{}` is how 2025-06-18 says form; who names a mode names all it has.
                            (all.elicitation_form, all.elicitation_url) = (declared && (form || !url), url);
                        }
                        "extensions" => all.extensions = object(map.next_value()?),
                        "experimental" => all.experimental = object(map.next_value()?),
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(all)
            }
        }

        deserializer.deserialize_map(All)
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// A key, borrowed where the input allows it.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}

/// Whether a capability is declared, and which of two members it has; built without keeping anything else.
struct Declared([&'static str; 2]);

impl<'de> DeserializeSeed<'de> for Declared {
    type Value = [bool; 3];

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Declared {
    type Value = [bool; 3];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a capability")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let [mut first, mut second] = [false; 2];
        while let Some(Key(key)) = map.next_key()? {
            let [declared, ..] = map.next_value_seed(Declared([""; 2]))?;
            if key == self.0[0] {
                first = declared;
            } else if key == self.0[1] {
                second = declared;
            }
        }
        Ok([true, first, second])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok([true, false, false])
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok([false; 3])
    }

    fn visit_bool<E>(self, declared: bool) -> Result<Self::Value, E> {
        Ok([declared, false, false])
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok([true, false, false])
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok([true, false, false])
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok([true, false, false])
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok([true, false, false])
    }
}

/// What a server says it can do; declare exactly what is served (spec: basic/lifecycle, "Capability Negotiation").
///
/// Written per revision: `completions` from 2025-03-26, `extensions` from 2026-07-28.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ServerCapabilities {
    /// It completes arguments.
    pub completions: bool,
    /// It sends log messages (deprecated in 2026-07-28, still there).
    pub logging: bool,
    /// It has prompts.
    pub prompts: Option<ListCapability>,
    /// It has resources.
    pub resources: Option<ResourcesCapability>,
    /// It has tools.
    pub tools: Option<ListCapability>,
    /// Extensions by id, with their settings; `{}` means supported without settings.
    pub extensions: Map<String, Value>,
    /// Whatever is not in the spec.
    pub experimental: Map<String, Value>,
}

/// A kind of component that is listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListCapability {
    /// It tells when the list changes.
    pub list_changed: bool,
}

/// The resources' capability.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourcesCapability {
    /// It tells subscribers when a resource changes.
    pub subscribe: bool,
    /// It tells when the list changes.
    pub list_changed: bool,
}

impl ServerCapabilities {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a server declared, read leniently: `null` and `false` mean not declared, anything else means declared.
    #[cfg(feature = "client")]
    pub(crate) fn read(declared: &Value) -> Self {
        let given =
            |value: Option<&Value>| value.filter(|value| !matches!(value, Value::Null | Value::Bool(false))).cloned();
        let list = |name: &str| given(declared.get(name));
        let has = |of: &Value, member: &str| of.get(member).is_some_and(|value| *value == Value::Bool(true));
        Self {
            completions: list("completions").is_some(),
            logging: list("logging").is_some(),
            prompts: list("prompts").map(|it| ListCapability { list_changed: has(&it, "listChanged") }),
            resources: list("resources").map(|it| ResourcesCapability {
                subscribe: has(&it, "subscribe"),
                list_changed: has(&it, "listChanged"),
            }),
            tools: list("tools").map(|it| ListCapability { list_changed: has(&it, "listChanged") }),
            extensions: list("extensions").map(object).unwrap_or_default(),
            experimental: list("experimental").map(object).unwrap_or_default(),
        }
    }

    /// It has tools.
    #[must_use]
    pub fn tools(mut self, list_changed: bool) -> Self {
        self.tools = Some(ListCapability { list_changed });
        self
    }

    /// It has prompts.
    #[must_use]
    pub fn prompts(mut self, list_changed: bool) -> Self {
        self.prompts = Some(ListCapability { list_changed });
        self
    }

    /// It has resources.
    #[must_use]
    pub fn resources(mut self, subscribe: bool, list_changed: bool) -> Self {
        self.resources = Some(ResourcesCapability { subscribe, list_changed });
        self
    }

    /// It completes arguments.
    #[must_use]
    pub fn completions(mut self) -> Self {
        self.completions = true;
        self
    }

    /// It sends log messages.
    #[must_use]
    pub fn logging(mut self) -> Self {
        self.logging = true;
        self
    }

    /// It supports an extension, with these settings (an object).
    #[must_use]
    pub fn extension(mut self, id: impl Into<String>, settings: impl Into<Value>) -> Self {
        self.extensions.insert(id.into(), settings.into());
        self
    }

    /// Something that is not in the spec.
    #[must_use]
    pub fn experimental(mut self, name: impl Into<String>, settings: impl Into<Value>) -> Self {
        self.experimental.insert(name.into(), settings.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_str, from_value, json, to_value};

    use super::{
        super::{shape::Shaped, version::Revision},
        *,
    };

    #[expect(clippy::needless_pass_by_value, reason = "called with `json!`")]
    fn modes(elicitation: Value) -> (bool, bool) {
        let read: ClientCapabilities = from_value(json!({"elicitation": elicitation})).unwrap();
        (read.elicitation_form, read.elicitation_url)
    }

    #[test]
    fn elicitation_without_modes_means_form_only() {
        assert_eq!(modes(json!({})), (true, false));
        assert_eq!(modes(json!({"form": {}})), (true, false));
        assert_eq!(modes(json!({"url": {}})), (false, true));
        assert_eq!(modes(json!({"form": {}, "url": {}})), (true, true));
        assert_eq!(modes(json!({"form": {"applyDefaults": true}, "voice": {}})), (true, false));
        assert_eq!(modes(json!({"voice": {"a": [1]}})), (true, false));
        assert_eq!(modes(json!({"url": null})), (true, false));
        assert_eq!(modes(json!(null)), (false, false));
    }

    #[test]
    fn a_client_is_read_leniently() {
        let text = r#"{
            "roots": {"listChanged": true, "x": {"y": [1, {"z": 2}]}},
            "sampling": {"tools": {}, "context": null},
            "tasks": {"list": {}, "requests": {"elicitation": {"create": {}}}},
            "elicitation": true,
            "extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html"]}},
            "experimental": [],
            "sur\u0070rise": [1.5, "a", -1]
        }"#;
        let read: ClientCapabilities = from_str(text).unwrap();
        assert!(read.roots && read.roots_list_changed);
        assert!(read.sampling && read.sampling_tools && !read.sampling_context);
        assert!(read.elicitation_form && !read.elicitation_url);
        assert!(read.has_extension("io.modelcontextprotocol/ui") && read.experimental.is_empty());
        assert_eq!(from_value::<ClientCapabilities>(from_str(text).unwrap()).unwrap(), read);
        assert_eq!(from_str::<ClientCapabilities>("{}").unwrap(), ClientCapabilities::new());
        assert!(from_str::<ClientCapabilities>("[]").is_err());
    }

    #[test]
    fn a_clients_words_survive_a_round_trip() {
        for wire in [
            json!({}),
            json!({"elicitation": {"form": {}}}),
            json!({"elicitation": {"url": {}}}),
            json!({"elicitation": {"form": {}, "url": {}}, "sampling": {"tools": {}}, "roots": {}}),
        ] {
            let read: ClientCapabilities = from_value(wire.clone()).unwrap();
            assert_eq!(to_value(&read).unwrap(), wire);
        }
    }

    #[test]
    fn a_server_declares_what_the_revision_knows() {
        let all = ServerCapabilities::new()
            .tools(true)
            .prompts(false)
            .resources(true, true)
            .completions()
            .logging()
            .extension("io.modelcontextprotocol/ui", json!({}));
        let at = |revision| to_value(Shaped(&all, revision)).unwrap();
        let mut expected = json!({
            "logging": {},
            "prompts": {},
            "resources": {"subscribe": true, "listChanged": true},
            "tools": {"listChanged": true},
        });
        assert_eq!(at(Revision::V2024_11_05), expected);
        expected["completions"] = json!({});
        assert_eq!(at(Revision::V2025_03_26), expected);
        assert_eq!(at(Revision::V2025_11_25), expected);
        expected["extensions"] = json!({"io.modelcontextprotocol/ui": {}});
        assert_eq!(at(Revision::V2026_07_28), expected);
        assert_eq!(to_value(ServerCapabilities::new()).unwrap(), json!({}));
    }
}
