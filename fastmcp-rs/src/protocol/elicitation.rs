//! Asking the user: the wire shapes, the flat schema a form may have, and the answer.

use std::{error, fmt};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

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
    pub fn for_revision(&self, revision: Revision) -> Result<Self, String> {
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

/// Turn a struct's JSON Schema into the flat subset a form may ask for (spec: client/elicitation, "Requested Schema").
///
/// What the subset cannot say but an answer can be checked for later (`pattern`, other formats, exclusive bounds of
/// fractions) is left out; local `$ref`s are followed, and `null` is taken out of a type and the field out of
/// `required`. What cannot be asked at all (a nested object, a list of anything but choices) is an error that names
/// every such property and says why. Running it on its own result changes nothing.
pub fn requested_schema(schema: &Value, revision: Revision) -> Result<Value, String> {
    if revision < Revision::V2025_06_18 {
        return Err(format!("elicitation does not exist in revision {}", revision.as_str()));
    }
    let (root, _) = flatten(schema, schema)?;
    if root.get("type").and_then(Value::as_str) != Some("object") {
        return Err("a form is an object with named fields: ask for a struct".to_owned());
    }
    let mut fields = Map::new();
    let mut optional = Vec::new();
    let mut faults = Vec::new();
    for (name, property) in root.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let asked = flatten(schema, property).and_then(|(property, nullable)| {
            if nullable {
                optional.push(name.as_str());
            }
            field(schema, &property, revision)
        });
        match asked {
            Ok(field) => drop(fields.insert(name.clone(), Value::Object(field))),
            Err(reason) => faults.push(format!("`{name}` cannot be asked in a form: {reason}")),
        }
    }
    if !faults.is_empty() {
        return Err(faults.join("; "));
    }
    let required: Vec<Value> = root
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|name| name.as_str().is_some_and(|name| fields.contains_key(name) && !optional.contains(&name)))
        .cloned()
        .collect();
    let mut form = Map::new();
    form.insert("type".to_owned(), json!("object"));
    form.insert("properties".to_owned(), Value::Object(fields));
    if !required.is_empty() {
        form.insert("required".to_owned(), Value::Array(required));
    }
    Ok(Value::Object(form))
}

/// How many `$ref`s, `allOf`s and the like may stand around one schema before we take it for a circle.
const MAX_INDIRECTIONS: usize = 16;

/// Follow `$ref`, unwrap a lone `allOf`, and take `null` out; says whether there was one.
fn flatten(root: &Value, node: &Value) -> Result<(Map<String, Value>, bool), String> {
    let mut schema = node.as_object().ok_or("its schema allows anything")?.clone();
    let mut nullable = false;
    for _ in 0..MAX_INDIRECTIONS {
        if let Some(reference) = schema.remove("$ref") {
            let target = reference
                .as_str()
                .and_then(|reference| root.pointer(reference.strip_prefix('#')?))
                .ok_or_else(|| format!("its schema is elsewhere, at {reference}"))?;
            schema = overlay(target, schema)?;
            continue;
        }
        if let Some(Value::Array(parts)) = schema.get_mut("allOf")
            && parts.len() == 1
        {
            let only = parts.remove(0);
            schema.remove("allOf");
            schema = overlay(&only, schema)?;
            continue;
        }
        if let Some(only) = take_null(&mut schema, &mut nullable) {
            schema = overlay(&only, schema)?;
            continue;
        }
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            let before = types.len();
            types.retain(|ty| ty != "null");
            nullable |= types.len() < before;
            match types.as_slice() {
                [only] => {
                    let only = only.clone();
                    schema.insert("type".to_owned(), only);
                }
                _ => return Err("it may be of several types".to_owned()),
            }
        }
        if let Some(Value::Array(choices)) = schema.get_mut("enum") {
            let before = choices.len();
            choices.retain(|choice| !choice.is_null());
            nullable |= choices.len() < before;
        }
        return Ok((schema, nullable));
    }
    Err("its schema refers to itself".to_owned())
}

/// `anyOf`/`oneOf` of something and `null`: take the `null` out, and the something too if it is then alone.
fn take_null(schema: &mut Map<String, Value>, nullable: &mut bool) -> Option<Value> {
    for key in ["anyOf", "oneOf"] {
        if let Some(Value::Array(options)) = schema.get_mut(key) {
            let before = options.len();
            options.retain(|option| option.get("type").is_none_or(|ty| ty != "null"));
            if options.len() < before {
                *nullable = true;
                if options.len() == 1 {
                    let only = options.remove(0);
                    schema.remove(key);
                    return Some(only);
                }
            }
        }
    }
    None
}

/// `target` with what stood beside the reference laid over it: a field's own description wins over its type's.
fn overlay(target: &Value, beside: Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut merged = target.as_object().ok_or("its schema allows anything")?.clone();
    merged.extend(beside);
    Ok(merged)
}

/// One property, in the subset.
fn field(root: &Value, schema: &Map<String, Value>, revision: Revision) -> Result<Map<String, Value>, String> {
    let mut out = Map::new();
    copy(schema, &mut out, &["title", "description"], Value::is_string);
    let newer = revision >= Revision::V2025_11_25;

    if let Some(choices) = choices(root, schema)? {
        out.insert("type".to_owned(), json!("string"));
        if !choices.titled {
            out.insert("enum".to_owned(), choices.values());
        } else if newer && !schema.contains_key("enumNames") {
            out.insert("oneOf".to_owned(), choices.with_titles());
        } else {
            out.insert("enum".to_owned(), choices.values());
            out.insert("enumNames".to_owned(), choices.titles());
        }
        if newer {
            copy(schema, &mut out, &["default"], |default| choices.contain(default));
        }
        return Ok(out);
    }

    let ty = schema.get("type").and_then(Value::as_str).ok_or("its type is not stated")?;
    out.insert("type".to_owned(), json!(ty));
    match ty {
        "string" => {
            copy(schema, &mut out, &["minLength", "maxLength"], Value::is_u64);
            copy(schema, &mut out, &["format"], |format| {
                matches!(format.as_str(), Some("email" | "uri" | "date" | "date-time"))
            });
            if newer {
                copy(schema, &mut out, &["default"], Value::is_string);
            }
        }
        "number" | "integer" => {
            copy(schema, &mut out, &["minimum", "maximum"], Value::is_number);
            if ty == "integer" {
                inclusive(schema, &mut out, "exclusiveMinimum", "minimum", 1);
                inclusive(schema, &mut out, "exclusiveMaximum", "maximum", -1);
            }
            if newer {
                copy(schema, &mut out, &["default"], Value::is_number);
            }
        }
        "boolean" => copy(schema, &mut out, &["default"], Value::is_boolean),
        "array" => {
            if !newer {
                return Err(format!("choosing several is not possible before {}", Revision::V2025_11_25.as_str()));
            }
            let items = schema.get("items").map(|items| flatten(root, items)).transpose()?;
            let choices = match &items {
                Some((items, _)) => choices(root, items)?,
                None => None,
            }
            .ok_or("it is a list, and a form can only offer a list of choices (an enum's)")?;
            copy(schema, &mut out, &["minItems", "maxItems"], Value::is_u64);
            copy(schema, &mut out, &["default"], |default| {
                default.as_array().is_some_and(|chosen| chosen.iter().all(|choice| choices.contain(choice)))
            });
            let items = if choices.titled {
                json!({"anyOf": choices.with_titles()})
            } else {
                json!({"type": "string", "enum": choices.values()})
            };
            out.insert("items".to_owned(), items);
        }
        "object" => return Err("it is an object, and a form is flat: ask for its fields one by one".to_owned()),
        other => return Err(format!("its type is `{other}`")),
    }
    Ok(out)
}

/// Copy the members that the subset would accept; the others fall away silently, and `null` defaults with them.
fn copy(from: &Map<String, Value>, to: &mut Map<String, Value>, keys: &[&str], accepts: impl Fn(&Value) -> bool) {
    for &key in keys {
        if let Some(value) = from.get(key).filter(|value| accepts(value)) {
            to.insert(key.to_owned(), value.clone());
        }
    }
}

/// The subset has no exclusive bounds; for integers there is a way to say the same.
fn inclusive(from: &Map<String, Value>, to: &mut Map<String, Value>, exclusive: &str, bound: &str, step: i64) {
    if let Some(limit) = from.get(exclusive).and_then(Value::as_i64).and_then(|limit| limit.checked_add(step)) {
        to.entry(bound).or_insert_with(|| json!(limit));
    }
}

/// A closed set of strings, each perhaps with a title.
struct Choices {
    choices: Vec<(String, Option<String>)>,
    titled: bool,
}

impl Choices {
    fn new(choices: Vec<(String, Option<String>)>) -> Self {
        let titled = choices.iter().any(|(_, title)| title.is_some());
        Self { choices, titled }
    }

    fn values(&self) -> Value {
        self.choices.iter().map(|(value, _)| value.as_str()).collect()
    }

    fn titles(&self) -> Value {
        self.choices.iter().map(|(value, title)| title.as_deref().unwrap_or(value)).collect()
    }

    fn with_titles(&self) -> Value {
        self.choices
            .iter()
            .map(|(value, title)| json!({"const": value, "title": title.as_deref().unwrap_or(value)}))
            .collect()
    }

    fn contain(&self, value: &Value) -> bool {
        value.as_str().is_some_and(|value| self.choices.iter().any(|(choice, _)| choice == value))
    }
}

/// The choices a schema offers: `enum` (perhaps with `enumNames`), `const`, or `oneOf`/`anyOf` of those, which is how
/// an enum with documented variants is derived; a variant's documentation then serves as its title.
fn choices(root: &Value, schema: &Map<String, Value>) -> Result<Option<Choices>, String> {
    const NOT_TEXT: &str = "its choices are not all strings";
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let names = schema.get("enumNames").and_then(Value::as_array);
        return values
            .iter()
            .enumerate()
            .map(|(i, value)| {
                let title = names.and_then(|names| names.get(i)?.as_str()).map(str::to_owned);
                Ok((value.as_str().ok_or(NOT_TEXT)?.to_owned(), title))
            })
            .collect::<Result<Vec<_>, String>>()
            .map(|choices| Some(Choices::new(choices)));
    }
    if let Some(value) = schema.get("const") {
        return Ok(Some(Choices::new(vec![(value.as_str().ok_or(NOT_TEXT)?.to_owned(), None)])));
    }
    let Some(options) = ["oneOf", "anyOf"].iter().find_map(|key| schema.get(*key)?.as_array()) else {
        return Ok(None);
    };
    let mut all = Vec::new();
    for option in options {
        let (option, _) = flatten(root, option)?;
        let title = ["title", "description"].iter().find_map(|key| option.get(*key)?.as_str());
        if option.contains_key("oneOf") || option.contains_key("anyOf") {
            return Err("it may have several shapes".to_owned());
        }
        match choices(root, &option)? {
            // A title beside several values is the set's, not a value's.
            Some(inner) if inner.choices.len() == 1 => {
                all.extend(inner.choices.into_iter().map(|(value, own)| (value, own.or(title.map(str::to_owned)))));
            }
            Some(inner) => all.extend(inner.choices),
            None => return Err("it may have several shapes".to_owned()),
        }
    }
    Ok(Some(Choices::new(all)))
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "called with `json!`")]
    fn ask(property: Value, revision: Revision) -> Result<Value, String> {
        let schema = json!({
            "type": "object",
            "properties": {"it": property},
            "required": ["it"],
            "$defs": {
                "Size": {"type": "string", "enum": ["s", "m"]},
                "Way": {"oneOf": [
                    {"type": "string", "const": "air", "description": "By air."},
                    {"type": "string", "enum": ["sea", "rail"]},
                ]},
                "Loop": {"$ref": "#/$defs/Loop"},
                "Place": {"type": "object", "properties": {}},
            },
        });
        let asked = requested_schema(&schema, revision)?;
        assert_eq!(requested_schema(&asked, revision).as_ref(), Ok(&asked), "asking the result changes it");
        Ok(asked["properties"]["it"].clone())
    }

    const OLD: Revision = Revision::V2025_06_18;
    const NEW: Revision = Revision::V2026_07_28;

    #[test]
    fn primitives_keep_what_the_subset_knows() {
        let text = json!({
            "type": "string", "title": "T", "description": "D", "minLength": 1, "maxLength": 9,
            "pattern": "^a", "format": "email", "default": "a@b",
        });
        let mut expected = text.clone();
        expected.as_object_mut().unwrap().remove("pattern");
        assert_eq!(ask(text.clone(), NEW), Ok(expected.clone()));
        expected.as_object_mut().unwrap().remove("default");
        assert_eq!(ask(text, OLD), Ok(expected));
        assert_eq!(ask(json!({"type": "string", "format": "uuid"}), NEW), Ok(json!({"type": "string"})));
        assert_eq!(
            ask(json!({"type": "integer", "format": "uint8", "minimum": 0, "exclusiveMaximum": 10, "default": 3}), NEW),
            Ok(json!({"type": "integer", "minimum": 0, "maximum": 9, "default": 3}))
        );
        assert_eq!(
            ask(json!({"type": "boolean", "default": true}), OLD),
            Ok(json!({"type": "boolean", "default": true}))
        );
    }

    #[test]
    fn enums_are_titled_in_the_way_of_each_revision() {
        let size = json!({"$ref": "#/$defs/Size", "description": "D", "default": "m"});
        assert_eq!(
            ask(size.clone(), NEW),
            Ok(json!({"type": "string", "enum": ["s", "m"], "description": "D", "default": "m"}))
        );
        assert_eq!(ask(size, OLD), Ok(json!({"type": "string", "enum": ["s", "m"], "description": "D"})));
        let way = json!({"$ref": "#/$defs/Way"});
        assert_eq!(
            ask(way.clone(), NEW),
            Ok(json!({"type": "string", "oneOf": [
                {"const": "air", "title": "By air."},
                {"const": "sea", "title": "sea"},
                {"const": "rail", "title": "rail"},
            ]}))
        );
        assert_eq!(
            ask(way, OLD),
            Ok(json!({"type": "string", "enum": ["air", "sea", "rail"], "enumNames": ["By air.", "sea", "rail"]}))
        );
    }

    #[test]
    fn several_choices_begin_with_2025_11_25() {
        let sizes = json!({
            "type": "array", "items": {"$ref": "#/$defs/Size"},
            "minItems": 1, "uniqueItems": true, "default": ["s"],
        });
        assert_eq!(
            ask(sizes.clone(), Revision::V2025_11_25),
            Ok(json!({
                "type": "array", "items": {"type": "string", "enum": ["s", "m"]}, "minItems": 1, "default": ["s"],
            }))
        );
        assert_eq!(
            ask(json!({"type": "array", "items": {"$ref": "#/$defs/Way"}}), NEW).unwrap()["items"]["anyOf"][0],
            json!({"const": "air", "title": "By air."})
        );
        assert_eq!(
            ask(sizes, OLD),
            Err("`it` cannot be asked in a form: choosing several is not possible before 2025-11-25".into())
        );
    }

    #[test]
    fn null_is_taken_out_and_the_field_is_not_required() {
        let schema = json!({
            "type": "object",
            "properties": {
                "a": {"type": ["string", "null"], "default": null},
                "b": {"anyOf": [{"$ref": "#/$defs/Size"}, {"type": "null"}]},
                "c": {"type": "boolean"},
            },
            "required": ["a", "b", "c"],
            "additionalProperties": false,
            "$defs": {"Size": {"type": "string", "enum": ["s", "m"]}},
        });
        assert_eq!(
            requested_schema(&schema, NEW),
            Ok(json!({
                "type": "object",
                "properties": {
                    "a": {"type": "string"},
                    "b": {"type": "string", "enum": ["s", "m"]},
                    "c": {"type": "boolean"},
                },
                "required": ["c"],
            }))
        );
    }

    #[test]
    fn what_cannot_be_asked_is_named_all_at_once() {
        let schema = json!({"type": "object", "properties": {
            "any": true,
            "list": {"type": "array", "items": {"type": "string"}},
            "nested": {"type": "object"},
            "number_choice": {"enum": [1, 2]},
            "ok": {"type": "string"},
        }});
        assert_eq!(
            requested_schema(&schema, NEW).unwrap_err(),
            "`any` cannot be asked in a form: its schema allows anything; \
             `list` cannot be asked in a form: it is a list, and a form can only offer a list of choices (an enum's); \
             `nested` cannot be asked in a form: it is an object, and a form is flat: ask for its fields one by one; \
             `number_choice` cannot be asked in a form: its choices are not all strings"
        );
        assert!(ask(json!({"$ref": "#/$defs/Place"}), NEW).unwrap_err().contains("it is an object"));
        assert!(ask(json!({"$ref": "#/$defs/Loop"}), NEW).unwrap_err().contains("refers to itself"));
        assert!(requested_schema(&json!({"type": "string"}), NEW).unwrap_err().contains("ask for a struct"));
        assert!(requested_schema(&json!({"type": "object"}), Revision::V2025_03_26).is_err());
    }

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
