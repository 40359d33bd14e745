//! From a schema to the nodes of a [`Validator`]: each place of the schema becomes one node, references point at nodes.
//!
//! Keywords that are not understood are annotations, unless they are known to assert something: those are refused,
//! so that nothing is published that is not enforced.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use regex_lite::Regex;
use serde_json::{Map, Value};

use super::arrays::ArrayRules;
use super::fault::ECHO;
use super::formats::Format;
use super::literals::Literals;
use super::logic::Logic;
use super::numbers::{Limit, NumberRules, Width};
use super::objects::{Additional, ObjectRules};
use super::strings::StringRules;
use super::types::{ALL, type_bit};
use super::{Node, Validator};
use crate::schema::derive::is_anything;
use crate::schema::walk::{LIST, NAMED, ONE, unescape};
use crate::text::sanitize::bounded;

/// Schemas nested deeper than this are refused.
const SCHEMA_DEEP: usize = 128;

/// A schema that can't be enforced: which keyword, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unsupported {
    pub keyword: String,
    /// JSON pointer of the schema that has the keyword.
    pub pointer: String,
    pub reason: String,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` at `{}/`: {}", self.keyword, self.pointer, self.reason)
    }
}

impl std::error::Error for Unsupported {}

/// Turns a schema into nodes, each pointer once, so that references can go in circles.
pub(super) struct Compiler<'a> {
    root: &'a Value,
    nodes: Vec<Node>,
    seen: HashMap<String, usize>,
    anchors: HashMap<&'a str, String>,
    id: Option<&'a str>,
    derived: bool,
    /// Schemas that have a node but are not in it yet. A queue and not recursion: references make long chains.
    queue: Vec<(usize, String, &'a Value)>,
    unbounded: Vec<String>,
}

impl<'a> Compiler<'a> {
    pub(super) fn run(root: &'a Value, pointer: &str, derived: bool) -> Result<Validator, Unsupported> {
        let mut compiler = Compiler {
            root,
            nodes: Vec::new(),
            seen: HashMap::new(),
            anchors: HashMap::new(),
            id: root.get("$id").and_then(Value::as_str).filter(|id| !id.is_empty()),
            derived,
            queue: Vec::new(),
            unbounded: Vec::new(),
        };
        compiler.anchors_in(root, &mut String::new(), 0)?;
        let schema = root.pointer(pointer).ok_or_else(|| Unsupported {
            keyword: "$ref".into(),
            pointer: pointer.into(),
            reason: "there is nothing at this place".into(),
        })?;
        let root = compiler.schema(schema, pointer.to_owned());
        while let Some((index, pointer, schema)) = compiler.queue.pop() {
            let node = compiler.node(schema, &pointer)?;
            if let Some(place) = compiler.nodes.get_mut(index) {
                *place = node;
            }
        }
        let optional = derived && is_optional(compiler.root, pointer);
        let pattern = |node: &Node| node.string.as_ref().is_some_and(|rules| rules.pattern.is_some());
        let structural = |node: &Node| node.object.as_ref().is_some_and(|rules| !rules.properties.is_empty());
        let single = |node: &Node| node.number.as_ref().is_some_and(|rules| matches!(rules.width, Some(Width::Single)));
        let scalar =
            compiler.nodes.get(root).is_some_and(|node| node.plain && node.array.is_none() && node.object.is_none());
        let takes_time = !scalar || compiler.nodes.iter().any(pattern);
        let silent = compiler.nodes.iter().any(|node| structural(node) || single(node));
        Ok(Validator {
            nodes: compiler.nodes,
            root,
            derived,
            optional,
            unbounded: compiler.unbounded,
            takes_time,
            silent,
        })
    }

    /// Notes where the anchors in a schema are. `place` is the pointer to the schema.
    fn anchors_in(&mut self, schema: &'a Value, place: &mut String, depth: usize) -> Result<(), Unsupported> {
        let Value::Object(map) = schema else {
            return Ok(());
        };
        if depth > SCHEMA_DEEP {
            return Err(reject("$defs", place, "schemas are nested too deeply"));
        }
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(name) = map.get(keyword).and_then(Value::as_str) {
                self.anchors.entry(name).or_insert_with(|| place.clone());
            }
        }
        let here = place.len();
        for (keyword, value) in map {
            match value {
                Value::Array(list) if LIST.contains(&keyword.as_str()) => {
                    for (index, one) in list.iter().enumerate() {
                        step(place, keyword);
                        step(place, &index.to_string());
                        self.anchors_in(one, place, depth + 1)?;
                        place.truncate(here);
                    }
                }
                Value::Object(named) if NAMED.contains(&keyword.as_str()) => {
                    for (name, one) in named {
                        step(place, keyword);
                        step(place, name);
                        self.anchors_in(one, place, depth + 1)?;
                        place.truncate(here);
                    }
                }
                Value::Object(_) if ONE.contains(&keyword.as_str()) => {
                    step(place, keyword);
                    self.anchors_in(value, place, depth + 1)?;
                    place.truncate(here);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The node of a schema; it is filled in when its turn comes.
    fn schema(&mut self, schema: &'a Value, pointer: String) -> usize {
        if let Some(known) = self.seen.get(&pointer) {
            return *known;
        }
        let index = self.nodes.len();
        self.nodes.push(Node::default());
        self.seen.insert(pointer.clone(), index);
        self.queue.push((index, pointer, schema));
        index
    }

    fn node(&mut self, schema: &'a Value, pointer: &str) -> Result<Node, Unsupported> {
        match schema {
            Value::Bool(true) => Ok(Node { types: ALL, ..Node::default() }),
            Value::Bool(false) => Ok(Node::default()),
            Value::Object(map) if self.derived && is_anything(map) => Ok(Node { types: ALL, ..Node::default() }),
            Value::Object(map) => self.keywords(map, pointer),
            _ => Err(reject("schema", pointer, "a schema is an object or a boolean")),
        }
    }

    fn keywords(&mut self, map: &'a Map<String, Value>, here: &str) -> Result<Node, Unsupported> {
        let mut node = Node { types: ALL, ..Node::default() };
        let mut number = NumberRules::default();
        let mut string = StringRules::default();
        let mut array = ArrayRules::default();
        let mut object = ObjectRules::default();
        let mut logic = Logic::default();
        let (mut numeric, mut textual, mut listy, mut keyed, mut logical) = (false, false, false, false, false);
        let (mut least, mut most) = (1, None);

        for (keyword, value) in map {
            let key = keyword.as_str();
            let bad = |reason: &str| reject(key, here, reason);
            let length = || {
                let whole = value
                    .as_u64()
                    .or_else(|| value.as_f64().filter(|f| f.fract() == 0.0 && *f >= 0.0).map(|f| f as u64));
                whole.map(Some).ok_or_else(|| bad("must be a whole number of at least 0"))
            };
            let bound = || match value {
                Value::Number(n) => Ok(Limit::of(n)),
                _ => Err(bad("must be a number")),
            };
            let inside = |part: &str| format!("{here}/{}{part}", escape(key));
            match key {
                "type" => {
                    let names = match value {
                        Value::String(one) => vec![one.as_str()],
                        Value::Array(many) => many.iter().map(|t| t.as_str().unwrap_or_default()).collect(),
                        _ => return Err(bad("must be a type or a list of types")),
                    };
                    node.types = 0;
                    for name in names {
                        node.types |= type_bit(name).ok_or_else(|| bad("names an unknown type"))?;
                    }
                }
                "enum" => match value {
                    Value::Array(values) => node.literals = Some(Box::new(Literals::new(values))),
                    _ => return Err(bad("must be a list of values")),
                },
                "const" => node.literals = Some(Box::new(Literals::new(std::slice::from_ref(value)))),
                "minimum" => (number.minimum, numeric) = (bound()?, true),
                "maximum" => (number.maximum, numeric) = (bound()?, true),
                "exclusiveMinimum" => (number.above, numeric) = (bound()?, true),
                "exclusiveMaximum" => (number.below, numeric) = (bound()?, true),
                "multipleOf" => {
                    (number.multiple, numeric) = (bound()?, true);
                    if value.as_f64().is_none_or(|f| f <= 0.0) {
                        return Err(bad("must be greater than 0"));
                    }
                }
                "minLength" => (string.min, textual) = (length()?, true),
                "maxLength" => (string.max, textual) = (length()?, true),
                "pattern" => {
                    let text = value.as_str().ok_or_else(|| bad("must be a string"))?;
                    (string.pattern, textual) = (Some(regex(text).map_err(|why| bad(&why))?), true);
                }
                "format" => {
                    string.format = value.as_str().and_then(Format::named);
                    textual |= string.format.is_some();
                    // In a schema that somebody wrote, these are words only.
                    number.width = value.as_str().filter(|_| self.derived).and_then(Width::named);
                    numeric |= number.width.is_some();
                }
                "minItems" => (array.min, listy) = (length()?, true),
                "maxItems" => (array.max, listy) = (length()?, true),
                "uniqueItems" => (array.unique, listy) = (value == &Value::Bool(true), true),
                // A list under `items` is how drafts before 2020-12 wrote `prefixItems`.
                "prefixItems" | "items" if value.is_array() => {
                    array.prefix = self.list(value, here, key)?;
                    listy = true;
                }
                "items" => {
                    array.items = Some(self.schema(value, inside("")));
                    listy = true;
                }
                "additionalItems" if map.get("items").is_some_and(Value::is_array) => {
                    array.items = Some(self.schema(value, inside("")));
                    listy = true;
                }
                "contains" => {
                    let node = self.schema(value, inside(""));
                    array.contains = Some((node, 1, None));
                    listy = true;
                }
                "minContains" => least = length()?.unwrap_or(1),
                "maxContains" => most = length()?,
                "properties" => {
                    let named = value.as_object().ok_or_else(|| bad("must be an object"))?;
                    for (name, schema) in named {
                        let at = inside(&format!("/{}", escape(name)));
                        object.properties.insert(name.clone(), self.schema(schema, at));
                    }
                    keyed = true;
                }
                "patternProperties" => {
                    let named = value.as_object().ok_or_else(|| bad("must be an object"))?;
                    for (name, schema) in named {
                        let at = inside(&format!("/{}", escape(name)));
                        let pattern = regex(name).map_err(|why| bad(&why))?;
                        object.patterns.push((pattern, self.schema(schema, at)));
                    }
                    keyed = true;
                }
                "additionalProperties" => {
                    object.additional = match value {
                        Value::Bool(true) => Additional::Any,
                        Value::Bool(false) => Additional::Refused,
                        schema => Additional::Checked(self.schema(schema, inside(""))),
                    };
                    keyed = true;
                }
                "propertyNames" => {
                    object.names = Some(self.schema(value, inside("")));
                    keyed = true;
                }
                "required" => {
                    (object.required, keyed) = (strings(value).ok_or_else(|| bad("must be a list of names"))?, true);
                }
                "minProperties" => (object.min, keyed) = (length()?, true),
                "maxProperties" => (object.max, keyed) = (length()?, true),
                "dependentRequired" | "dependentSchemas" | "dependencies" => {
                    let named = value.as_object().ok_or_else(|| bad("must be an object"))?;
                    for (name, rule) in named {
                        if rule.is_array() && key != "dependentSchemas" {
                            let others = strings(rule).ok_or_else(|| bad("must be lists of names"))?;
                            object.needs.push((name.clone(), others));
                        } else if key == "dependentRequired" {
                            return Err(bad("must be lists of names"));
                        } else {
                            let at = inside(&format!("/{}", escape(name)));
                            object.implies.push((name.clone(), self.schema(rule, at)));
                        }
                    }
                    keyed = true;
                }
                "allOf" => (logic.all, logical) = (self.list(value, here, key)?, true),
                "anyOf" => (logic.any, logical) = (Some(self.list(value, here, key)?), true),
                "oneOf" => (logic.one, logical) = (Some(self.list(value, here, key)?), true),
                "not" => {
                    logic.not = Some(self.schema(value, inside("")));
                    logical = true;
                }
                "if" => {
                    let condition = self.schema(value, inside(""));
                    let mut branch =
                        |name: &str| map.get(name).map(|schema| self.schema(schema, format!("{here}/{name}")));
                    logic.condition = Some((condition, branch("then"), branch("else")));
                    logical = true;
                }
                "$ref" => {
                    let text = value.as_str().ok_or_else(|| bad("must be a string"))?;
                    logic.reference = Some(self.reference(text, here)?);
                    logical = true;
                }
                "$id" | "id" if here.is_empty() => {}
                "$id" => return Err(bad("only the root may have one")),
                "$dynamicRef" | "$recursiveRef" => {
                    return Err(bad("dynamic references are not supported"));
                }
                "unevaluatedProperties" | "unevaluatedItems" if value != &Value::Bool(true) => {
                    return Err(bad("not supported: write `additionalProperties` or `items`"));
                }
                // Annotations, definitions that are compiled when used, and words of other vocabularies.
                _ => {}
            }
        }
        if let Some((node, _, _)) = array.contains {
            array.contains = Some((node, least, most));
        }
        node.plain = !logical && node.literals.as_ref().is_none_or(|literals| literals.are_scalar());
        if let (Some(pattern), None) = (&string.pattern, string.max) {
            self.unbounded.push(pattern.as_str().to_owned());
        }
        node.number = numeric.then(|| Box::new(number));
        node.string = textual.then(|| Box::new(string));
        node.array = listy.then(|| Box::new(array));
        node.object = keyed.then(|| Box::new(object));
        node.logic = logical.then(|| Box::new(logic));
        Ok(node)
    }

    fn list(&mut self, value: &'a Value, here: &str, keyword: &str) -> Result<Vec<usize>, Unsupported> {
        let list = value.as_array().ok_or_else(|| reject(keyword, here, "must be a list of schemas"))?;
        let each = list.iter().enumerate();
        Ok(each.map(|(index, schema)| self.schema(schema, format!("{here}/{keyword}/{index}"))).collect())
    }

    fn reference(&mut self, text: &str, here: &str) -> Result<usize, Unsupported> {
        let local = match self.id {
            Some(id) => text.strip_prefix(id.trim_end_matches('#')).unwrap_or(text),
            None => text,
        };
        let pointer = match local.strip_prefix('#') {
            None if local.is_empty() => String::new(),
            None => {
                return Err(reject("$ref", here, &format!("\"{}\" is not in this schema", bounded(text, ECHO))));
            }
            Some("") => String::new(),
            Some(fragment) if fragment.starts_with('/') => {
                fragment.split('/').skip(1).map(|token| format!("/{}", escape(&unescape(token)))).collect()
            }
            Some(anchor) => match self.anchors.get(anchor) {
                Some(pointer) => pointer.clone(),
                None => {
                    return Err(reject("$ref", here, &format!("no anchor \"{}\"", bounded(anchor, ECHO))));
                }
            },
        };
        let root = self.root;
        let Some(target) = root.pointer(&pointer) else {
            return Err(reject("$ref", here, &format!("there is nothing at \"{}\"", bounded(text, ECHO))));
        };
        Ok(self.schema(target, pointer))
    }
}

/// Whether the pointer leads to a property that its object does not require.
fn is_optional(root: &Value, pointer: &str) -> bool {
    let Some((properties, name)) = pointer.rsplit_once('/') else {
        return false;
    };
    let Some(object) = properties.strip_suffix("/properties") else {
        return false;
    };
    let name = name.replace("~1", "/").replace("~0", "~");
    let required = root.pointer(object).and_then(|object| object.get("required")).and_then(Value::as_array);
    !required.is_some_and(|required| required.iter().any(|known| known.as_str() == Some(&name)))
}

fn reject(keyword: &str, pointer: &str, reason: &str) -> Unsupported {
    Unsupported { keyword: keyword.into(), pointer: pointer.into(), reason: reason.into() }
}

fn regex(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| format!("the pattern is not one that can be checked: {error}"))
}

fn strings(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}

fn escape(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) { key.replace('~', "~0").replace('/', "~1").into() } else { key.into() }
}

/// One step further in a JSON pointer.
fn step(pointer: &mut String, key: &str) {
    pointer.push('/');
    pointer.push_str(&escape(key));
}
