//! The flat schema that a form may have, made from a struct's.

use std::{error, fmt};

use serde_json::{Map, Value, json};

use super::version::Revision;

/// Turn a struct's JSON Schema into the flat subset a form may ask for (spec: client/elicitation, "Requested Schema").
///
/// What the subset cannot say but an answer can be checked for later (`pattern`, other formats, exclusive bounds of
/// fractions) is left out; local `$ref`s are followed, and `null` is taken out of a type and the field out of
/// `required`. What cannot be asked at all (a nested object, a list of anything but choices) is an error that names
/// every such property and says why. Running it on its own result changes nothing.
pub fn requested_schema(schema: &Value, revision: Revision) -> Result<Value, FormError> {
    if revision < Revision::V2025_06_18 {
        return Err(FormError(Kind::Revision(revision)));
    }
    let (root, _) = flatten(schema, schema).map_err(|what| FormError(Kind::Root(what)))?;
    if root.get("type").and_then(Value::as_str) != Some("object") {
        return Err(FormError(Kind::NotAnObject));
    }
    let mut fields = Map::new();
    let mut optional = Vec::new();
    let mut obstacles = Vec::new();
    for (name, property) in root.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let asked = flatten(schema, property).and_then(|(property, nullable)| {
            if nullable {
                optional.push(name.as_str());
            }
            field(schema, &property, revision)
        });
        match asked {
            Ok(field) => drop(fields.insert(name.clone(), Value::Object(field))),
            Err(what) => obstacles.push((name.clone(), what)),
        }
    }
    if !obstacles.is_empty() {
        return Err(FormError(Kind::Fields(obstacles)));
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

/// Why a schema cannot be asked for in a form. Its text names every field that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormError(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Revision(Revision),
    NotAnObject,
    Root(Obstacle),
    Fields(Vec<(String, Obstacle)>),
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Obstacle {
    Anything,
    ReplicaLink(String),
    Circular,
    SeveralTypes,
    SeveralShapes,
    Untyped,
    Type(String),
    Object,
    List,
    SeveralChoices,
    ChoicesNotText,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Obstacle::Anything => "its schema allows anything",
            Obstacle::ReplicaLink(reference) => return write!(f, "its schema is elsewhere, at {reference}"),
            Obstacle::Circular => "its schema refers to itself",
            Obstacle::SeveralTypes => "it may be of several types",
            Obstacle::SeveralShapes => "it may have several shapes",
            Obstacle::Untyped => "its type is not stated",
            Obstacle::Type(name) => return write!(f, "its type is `{name}`"),
            Obstacle::Object => "it is an object, and a form is flat: ask for its fields one by one",
            Obstacle::List => "it is a list, and a form can only offer a list of choices (an enum's)",
            Obstacle::SeveralChoices => {
                let first = Revision::V2025_11_25.as_str();
                return write!(f, "choosing several is not possible before {first}");
            }
            Obstacle::ChoicesNotText => "its choices are not all strings",
        })
    }
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Revision(revision) => write!(f, "elicitation does not exist in revision {}", revision.as_str()),
            Kind::NotAnObject => f.write_str("a form is an object with named fields: ask for a struct"),
            Kind::Root(what) => what.fmt(f),
            Kind::Fields(fields) => {
                for (index, (name, what)) in fields.iter().enumerate() {
                    let before = if index > 0 { "; " } else { "" };
                    write!(f, "{before}`{name}` cannot be asked in a form: {what}")?;
                }
                Ok(())
            }
        }
    }
}

impl error::Error for FormError {}

/// How many `$ref`s, `allOf`s and the like may stand around one schema before we take it for a circle.
const MAX_INDIRECTIONS: usize = 16;

/// Follow `$ref`, unwrap a lone `allOf`, and take `null` out; says whether there was one.
fn flatten(root: &Value, node: &Value) -> Result<(Map<String, Value>, bool), Obstacle> {
    let mut schema = node.as_object().ok_or(Obstacle::Anything)?.clone();
    let mut nullable = false;
    for _ in 0..MAX_INDIRECTIONS {
        if let Some(reference) = schema.remove("$ref") {
            let target = reference
                .as_str()
                .and_then(|reference| root.pointer(reference.strip_prefix('#')?))
                .ok_or_else(|| Obstacle::ReplicaLink(reference.to_string()))?;
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
                _ => return Err(Obstacle::SeveralTypes),
            }
        }
        if let Some(Value::Array(choices)) = schema.get_mut("enum") {
            let before = choices.len();
            choices.retain(|choice| !choice.is_null());
            nullable |= choices.len() < before;
        }
        return Ok((schema, nullable));
    }
    Err(Obstacle::Circular)
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
fn overlay(target: &Value, beside: Map<String, Value>) -> Result<Map<String, Value>, Obstacle> {
    let mut merged = target.as_object().ok_or(Obstacle::Anything)?.clone();
    merged.extend(beside);
    Ok(merged)
}

/// One property, in the subset.
fn field(root: &Value, schema: &Map<String, Value>, revision: Revision) -> Result<Map<String, Value>, Obstacle> {
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

    let ty = schema.get("type").and_then(Value::as_str).ok_or(Obstacle::Untyped)?;
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
                return Err(Obstacle::SeveralChoices);
            }
            let items = schema.get("items").map(|items| flatten(root, items)).transpose()?;
            let choices = match &items {
                Some((items, _)) => choices(root, items)?,
                None => None,
            }
            .ok_or(Obstacle::List)?;
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
        "object" => return Err(Obstacle::Object),
        other => return Err(Obstacle::Type(other.to_owned())),
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
fn choices(root: &Value, schema: &Map<String, Value>) -> Result<Option<Choices>, Obstacle> {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let names = schema.get("enumNames").and_then(Value::as_array);
        return values
            .iter()
            .enumerate()
            .map(|(i, value)| {
                let title = names.and_then(|names| names.get(i)?.as_str()).map(str::to_owned);
                Ok((value.as_str().ok_or(Obstacle::ChoicesNotText)?.to_owned(), title))
            })
            .collect::<Result<Vec<_>, Obstacle>>()
            .map(|choices| Some(Choices::new(choices)));
    }
    if let Some(value) = schema.get("const") {
        return Ok(Some(Choices::new(vec![(value.as_str().ok_or(Obstacle::ChoicesNotText)?.to_owned(), None)])));
    }
    let Some(options) = ["oneOf", "anyOf"].iter().find_map(|key| schema.get(*key)?.as_array()) else {
        return Ok(None);
    };
    let mut all = Vec::new();
    for option in options {
        let (option, _) = flatten(root, option)?;
        let title = ["title", "description"].iter().find_map(|key| option.get(*key)?.as_str());
        if option.contains_key("oneOf") || option.contains_key("anyOf") {
            return Err(Obstacle::SeveralShapes);
        }
        match choices(root, &option)? {
            // A title beside several values is the set's, not a value's.
            Some(inner) if inner.choices.len() == 1 => {
                all.extend(inner.choices.into_iter().map(|(value, own)| (value, own.or(title.map(str::to_owned)))));
            }
            Some(inner) => all.extend(inner.choices),
            None => return Err(Obstacle::SeveralShapes),
        }
    }
    Ok(Some(Choices::new(all)))
}
#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn requested_schema(schema: &Value, revision: Revision) -> Result<Value, String> {
        super::requested_schema(schema, revision).map_err(|error| error.to_string())
    }

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
}
