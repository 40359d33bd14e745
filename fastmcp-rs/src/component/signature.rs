//! A function's parameters, compiled once at start-up: the published schema, and what enforces it.

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::docs::Docs;
use super::param::{ParamKind, needs_of};
use super::tables::{Bound, Complete, Param, Rule};
use crate::schema::{self, Pointer, Validator};
use crate::text::{sanitize, suggest};

/// The compiled parameters of one component.
pub(crate) struct Signature {
    pub arguments: Vec<Argument>,
    /// The root schema, as published; also the place of `$defs`.
    pub schema: Value,
    pub needs_context: bool,
    pub flatten: Option<usize>,
    extra: Extra,
}

/// Which members beside the named ones are taken.
enum Extra {
    None,
    Known(Vec<String>),
    Any,
}

/// One compiled parameter; an injected one only holds its place.
pub(crate) struct Argument {
    pub name: &'static str,
    /// Where its schema is: within the root, or by itself.
    pub place: Place,
    /// What the type does not enforce by itself.
    pub check: Option<Validator>,
    /// The whole schema, for words about what is wrong.
    pub full: Validator,
    pub default: Option<Box<RawValue>>,
    pub required: bool,
    pub injected: bool,
    pub flatten: bool,
    /// Whether its value belongs into no log.
    pub sensitive: bool,
    pub numeric_rule: bool,
    pub docs: Option<String>,
    pub complete: Option<Complete>,
    pub needs: Vec<(std::any::TypeId, &'static str)>,
    choices: Vec<String>,
}

impl Argument {
    /// Where its faults are.
    pub(crate) fn at(&self) -> Pointer<'static> {
        if self.flatten { Pointer::root() } else { Pointer::at(self.name) }
    }

    /// The default as text, as a prompt or a URI would have it.
    pub(crate) fn default_text(&self) -> Option<String> {
        let default = self.default.as_ref()?;
        Some(match serde_json::from_str(default.get()) {
            Ok(Value::String(text)) => text,
            _ => default.get().to_owned(),
        })
    }
}

impl Signature {
    /// Compiles a parameter table; problems are for the operator, at start-up.
    pub(crate) fn compile(params: &[Param], docs: &Docs, problems: &mut Vec<String>) -> Self {
        let kinds: Vec<ParamKind> = params.iter().map(|param| (param.kind)()).collect();
        let published = publish(params, &kinds, docs, problems);
        let mut arguments = Vec::with_capacity(params.len());
        for ((param, kind), own) in params.iter().zip(&kinds).zip(&published.own) {
            let full = own.compile(&published.schema, param.name, problems);
            let beyond = own.beyond || !param.rules.is_empty() || param.format.is_some();
            let default =
                param.default.map(|default| default().to_string()).and_then(|text| RawValue::from_string(text).ok());
            if let Some(default) = &default
                && !kind.injected
            {
                check_default(param, kind, default, &full, problems);
            }
            arguments.push(Argument {
                name: param.name,
                check: beyond.then(|| full.clone()),
                full,
                default,
                required: published.required.contains(&param.name),
                injected: kind.injected,
                flatten: param.flatten,
                sensitive: param.sensitive,
                numeric_rule: param.rules.iter().any(|rule| matches!(rule, Rule::Range { .. })),
                docs: argument_docs(param, docs),
                complete: param.complete,
                needs: needs_of(kind),
                choices: (kind.choices)(),
                place: own.place.clone(),
            });
        }
        for (name, _) in &docs.arguments {
            if !params.iter().any(|param| param.name == name) {
                problems.push(format!("the docs describe an argument `{name}`, which the function does not have"));
            }
        }
        Self {
            needs_context: arguments.iter().any(|argument| argument.injected),
            flatten: arguments.iter().position(|argument| argument.flatten),
            extra: published.extra,
            schema: published.schema,
            arguments,
        }
    }

    /// Reads a value that the type refused as what the schema asks for; says whether that changed anything. Without
    /// leniency only `5.0` becomes `5`, which JSON Schema counts as an integer.
    pub(crate) fn coerce(&self, argument: &Argument, value: &mut Value, lenient: bool) -> bool {
        if !lenient && !value.is_number() {
            return false;
        }
        match &argument.place {
            Place::Within(pointer) => {
                self.schema.pointer(pointer).is_some_and(|part| schema::coerce_part(value, &self.schema, part))
            }
            Place::Alone(schema) => schema::coerce(value, schema),
            Place::None => false,
        }
    }

    /// The parameter that an argument of this name belongs to.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.arguments.iter().position(|argument| argument.name == name && !argument.injected && !argument.flatten)
    }

    /// Whether a member that no parameter names belongs to a flattened one.
    pub(crate) fn takes_extra(&self, name: &str) -> bool {
        match &self.extra {
            Extra::None => false,
            Extra::Known(names) => names.iter().any(|known| known == name),
            Extra::Any => true,
        }
    }

    /// The words for an argument that nobody asked for.
    pub(crate) fn unknown(&self, name: &str) -> String {
        unknown(name, &self.names())
    }

    fn names(&self) -> Vec<&str> {
        let own = self
            .arguments
            .iter()
            .filter(|argument| !argument.injected && !argument.flatten)
            .map(|argument| argument.name);
        let extra = match &self.extra {
            Extra::Known(names) => names.as_slice(),
            _ => &[],
        };
        own.chain(extra.iter().map(String::as_str)).collect()
    }
}

/// The fault of an argument that is not among these.
pub(super) fn unknown(name: &str, names: &[&str]) -> String {
    let shown = sanitize::bounded(name, 64);
    match suggest::nearest(name, names.iter().copied()) {
        Some(near) => format!("unknown argument `{shown}`: did you mean `{near}`?"),
        None if names.is_empty() => format!("unknown argument `{shown}`: this takes none"),
        None => format!("unknown argument `{shown}`: the arguments are {}", listed(names)),
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Where the schema of a parameter is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// At a pointer within the root.
    Within(String),
    /// By itself: the schema of a flattened parameter, whose properties went up into the root.
    Alone(Box<Value>),
    /// Nowhere: it is injected.
    None,
}

struct Own {
    place: Place,
    beyond: bool,
}

impl Own {
    fn compile(&self, root: &Value, name: &str, problems: &mut Vec<String>) -> Validator {
        let check = match &self.place {
            Place::Within(pointer) => Validator::derived_part(root, pointer),
            Place::Alone(schema) => Validator::derived(schema),
            Place::None => Ok(Validator::default()),
        };
        check.unwrap_or_else(|unsupported| {
            problems.push(format!("the schema of `{name}` cannot be enforced: {unsupported}"));
            Validator::default()
        })
    }
}

struct Published {
    schema: Value,
    own: Vec<Own>,
    required: Vec<&'static str>,
    extra: Extra,
}

/// Derives the root schema: one object whose properties are the arguments.
fn publish(params: &[Param], kinds: &[ParamKind], docs: &Docs, problems: &mut Vec<String>) -> Published {
    let mut generator = schema::input_generator();
    let mut properties = Map::new();
    for (param, kind) in params.iter().zip(kinds).filter(|(_, kind)| !kind.injected) {
        properties.insert(param.name.to_owned(), Value::from((kind.schema)(&mut generator)));
    }
    let root = schemars::json_schema!({ "type": "object", "properties": properties });
    // Only the form that schemars wrote tells what a type enforces by itself.
    let raw = schema::raw(root.clone(), &mut generator);
    let mut root = schema::finish(root, &mut generator);
    let mut required = Vec::new();
    let mut own = Vec::with_capacity(params.len());
    let mut extra = Extra::None;
    for (param, kind) in params.iter().zip(kinds) {
        if kind.injected {
            own.push(Own { place: Place::None, beyond: false });
            continue;
        }
        let beyond = Validator::beyond_types_part(&raw, &raw["properties"][param.name]);
        let mut property =
            root["properties"].as_object_mut().and_then(|properties| properties.remove(param.name)).unwrap_or_default();
        if param.flatten {
            extra = flatten(&mut root, &property, &mut required, problems);
            if let (Some(alone), Some(defs)) = (property.as_object_mut(), root.get("$defs")) {
                alone.insert("$defs".to_owned(), defs.clone());
            }
            own.push(Own { place: Place::Alone(Box::new(property)), beyond });
            continue;
        }
        describe(&mut property, param, kind, docs, problems);
        if param.default.is_none() && !(kind.optional)() {
            required.push(param.name);
        }
        root["properties"][param.name] = property;
        let pointer = format!("/properties/{}", param.name.replace('~', "~0").replace('/', "~1"));
        own.push(Own { place: Place::Within(pointer), beyond });
    }
    if !required.is_empty() {
        root["required"] = json!(required);
    }
    if !matches!(extra, Extra::Any) {
        root["additionalProperties"] = Value::Bool(false);
    }
    let required = required.into_iter().filter(|name| params.iter().any(|param| param.name == *name)).collect();
    // A description beside a `$ref` has to move; running it again changes nothing else.
    let root = schema::normalise(root);
    Published { schema: root, own, required, extra }
}

/// Moves the properties of a flattened parameter up into the root.
fn flatten(root: &mut Value, property: &Value, required: &mut Vec<&'static str>, problems: &mut Vec<String>) -> Extra {
    let target = match property.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => root.pointer(pointer).cloned().unwrap_or_default(),
        None => property.clone(),
    };
    let Some(properties) = target.get("properties").and_then(Value::as_object) else {
        if target.get("additionalProperties").is_some() {
            return Extra::Any;
        }
        problems.push("a `flatten` parameter must be a struct or a map".to_owned());
        return Extra::None;
    };
    let mut names = Vec::new();
    for (name, property) in properties {
        names.push(name.clone());
        root["properties"][name.as_str()] = property.clone();
    }
    for name in target.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        // Start-up happens once a server; a leaked name keeps the hot structures free of a second kind of string.
        required.push(Box::leak(name.to_owned().into_boxed_str()));
    }
    Extra::Known(names)
}

/// Adds to a property what the parameter's attributes and docs say.
fn describe(property: &mut Value, param: &Param, kind: &ParamKind, docs: &Docs, problems: &mut Vec<String>) {
    for rule in param.rules {
        apply(property, rule, kind, param.name, problems);
    }
    let Some(members) = property.as_object_mut() else { return };
    let mut description = argument_docs(param, docs)
        .or_else(|| members.get("description").and_then(Value::as_str).map(ToOwned::to_owned));
    if let Some(default) = param.default {
        let default = default();
        if !default.is_null() {
            // Several clients delete `default`, so the sentence says it too.
            let said = format!("Default: {default}.");
            description = Some(description.map_or_else(|| said.clone(), |text| format!("{text}\n\n{said}")));
            members.insert("default".into(), default);
        }
    }
    if let Some(description) = description {
        members.insert("description".into(), Value::String(description));
    }
    if let Some(format) = param.format {
        members.insert("format".into(), json!(format));
    }
    if let Some(example) = param.example {
        members.insert("examples".into(), json!([example()]));
    }
    if let Some(header) = param.header {
        members.insert("x-mcp-header".into(), json!(header));
    }
}

fn argument_docs(param: &Param, docs: &Docs) -> Option<String> {
    let listed = || docs.arguments.iter().find(|(name, _)| name == param.name).map(|(_, text)| text.clone());
    param.argument_docs().or_else(listed)
}

/// Writes a rule into the schema, from where it is enforced.
fn apply(property: &mut Value, rule: &Rule, of: &ParamKind, name: &str, problems: &mut Vec<String>) {
    let kind = property.get("type").and_then(Value::as_str).unwrap_or("").to_owned();
    let numeric = matches!(kind.as_str(), "integer" | "number");
    // URI variables and prompt arguments are text; their ranges are about the number that the text holds.
    let text = of.text && kind == "string";
    match *rule {
        Rule::Range { min, max, exclusive_max } => {
            if !numeric && !text {
                problems.push(format!("`{name}` has `range`, which only numbers can have"));
                return;
            }
            if text {
                property["type"] = json!(["string", "number"]);
            }
            if let Some(min) = min {
                property["minimum"] = number(min);
            }
            match max {
                Some(Bound::Int(max)) if exclusive_max && kind == "integer" => {
                    property["maximum"] = number(Bound::Int(max - 1))
                }
                Some(max) if exclusive_max => property["exclusiveMaximum"] = number(max),
                Some(max) => property["maximum"] = number(max),
                None => {}
            }
        }
        Rule::Len { min, max } => {
            let (least, most) = match kind.as_str() {
                "string" => ("minLength", "maxLength"),
                "array" => ("minItems", "maxItems"),
                "object" => ("minProperties", "maxProperties"),
                _ => {
                    problems.push(format!("`{name}` has `len`, which only strings, lists and maps can have"));
                    return;
                }
            };
            if let Some(min) = min {
                property[least] = json!(min);
            }
            if let Some(max) = max {
                property[most] = json!(max);
            }
        }
        Rule::Pattern(pattern) => {
            if kind != "string" {
                problems.push(format!("`{name}` has `pattern`, which only strings can have"));
                return;
            }
            property["pattern"] = json!(pattern);
        }
    }
}

fn number(bound: Bound) -> Value {
    match bound {
        Bound::Int(int) => i64::try_from(int)
            .map(Value::from)
            .or_else(|_| u64::try_from(int).map(Value::from))
            .unwrap_or_else(|_| json!(int as f64)),
        Bound::Float(float) => json!(float),
    }
}

/// A default must be something that the parameter could have been given.
fn check_default(param: &Param, kind: &ParamKind, default: &RawValue, full: &Validator, problems: &mut Vec<String>) {
    if let Err(error) = (kind.reads)(default.get()) {
        problems.push(format!("the default {} of `{}` cannot be read as its type: {error}", default.get(), param.name));
        return;
    }
    let mut faults = schema::Faults::default();
    let numeric = param.rules.iter().any(|rule| matches!(rule, Rule::Range { .. }));
    if kind.text && !numeric && !default.get().starts_with('"') {
        // On the wire it would be a text.
        full.raw(&Value::String(default.get().to_owned()).to_string(), &Pointer::root(), &mut faults);
    } else {
        full.raw(default.get(), &Pointer::root(), &mut faults);
    }
    for fault in faults.iter() {
        problems.push(format!(
            "the default {} of `{}` breaks its own rule: {}",
            default.get(),
            param.name,
            fault.message
        ));
    }
}

impl Argument {
    /// The values of an enum, for completion.
    pub(crate) fn choices(&self) -> Vec<String> {
        self.choices.clone()
    }
}
