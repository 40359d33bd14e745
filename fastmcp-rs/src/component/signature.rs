//! A function's parameters, compiled once at start-up: the published schema, and what enforces it.

use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::docs::Docs;
use super::hold::{HeldArgument, Place};
use super::param::{ParamKind, needs_of};
use super::tables::{Bound, Complete, Param, Rule};
use crate::schema::{self, Pointer, Validator};
use crate::text::{sanitize, suggest};

/// The compiled parameters of one component.
pub(crate) struct Signature {
    pub arguments: Vec<Argument>,
    /// The root schema, as it is enforced; also the place of `$defs`. What is told of it is published.
    pub schema: Arc<Value>,
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
    pub held: Arc<HeldArgument>,
    pub default: Option<Box<RawValue>>,
    /// Makes the default anew, if it is not the same each time. It is not published then.
    fresh: Option<fn() -> Value>,
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
        self.held.at()
    }

    /// The default as text, as a prompt or a URI would have it.
    pub(crate) fn default_text(&self) -> Option<String> {
        let default = match self.fresh {
            Some(fresh) => fresh(),
            None => serde_json::from_str(self.default.as_ref()?.get()).ok()?,
        };
        Some(match default {
            Value::String(text) => text,
            other => other.to_string(),
        })
    }

    /// The default as it is told, where it is always the same.
    pub(crate) fn told_default(&self) -> Option<String> {
        self.fresh.is_none().then(|| self.default_text()).flatten()
    }
}

impl Signature {
    /// Compiles a parameter table; problems are for the operator, at start-up.
    pub(crate) fn compile(params: &[Param], docs: &Docs, problems: &mut Vec<String>) -> Self {
        let kinds: Vec<ParamKind> = params.iter().map(|param| (param.kind)()).collect();
        let published = publish(params, &kinds, docs, problems);
        let schema = Arc::new(published.schema);
        let mut arguments = Vec::with_capacity(params.len());
        for ((param, kind), own) in params.iter().zip(&kinds).zip(&published.own) {
            let full = own.compile(&schema, param.name, problems);
            let beyond = own.beyond || !param.rules.is_empty() || param.format.is_some();
            let made = param.default.map(|default| default().to_string());
            let default = made.and_then(|text| RawValue::from_string(text).ok());
            if let Some(default) = &default
                && !kind.injected
            {
                check_default(param, kind, default, &full, problems);
            }
            arguments.push(Argument {
                name: param.name,
                held: Arc::new(HeldArgument {
                    name: param.name,
                    flatten: param.flatten,
                    beyond,
                    validator: full,
                    reads: kind.reads,
                    place: own.place.clone(),
                    root: Arc::clone(&schema),
                }),
                default,
                fresh: param.default.filter(|_| constant_default(param).is_none()),
                required: published.required.contains(&param.name),
                injected: kind.injected,
                flatten: param.flatten,
                sensitive: param.sensitive,
                numeric_rule: param.rules.iter().any(|rule| matches!(rule, Rule::Range { .. })),
                docs: argument_docs(param, docs),
                complete: param.complete,
                needs: needs_of(kind),
                choices: (kind.choices)(),
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
            schema,
            arguments,
        }
    }

    /// Warns the operator of what is allowed and not wise.
    pub(crate) fn warn(&self, component: &str) {
        for argument in self.arguments.iter().filter(|argument| !argument.injected) {
            warn_of_patterns(component, &format!("`{}`", argument.name), &argument.held.validator);
        }
    }

    /// The parameter that an argument of this name belongs to.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.arguments.iter().position(|argument| argument.name == name && !argument.injected && !argument.flatten)
    }

    /// Whether a member that no parameter names belongs to a flattened one; `None` if only serde knows.
    pub(crate) fn takes_extra(&self, name: &str) -> Option<bool> {
        match &self.extra {
            Extra::None => Some(false),
            Extra::Known(names) => names.iter().any(|known| known == name).then_some(true),
            Extra::Any => Some(true),
        }
    }

    /// The words for an argument that nobody asked for; `hint`: whether to look for what was meant.
    pub(crate) fn unknown(&self, name: &str, hint: bool) -> String {
        unknown(name, &self.names(), hint)
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

/// The fault of an argument that is not among these; `hint`: whether to look for what was meant.
pub(super) fn unknown(name: &str, names: &[&str], hint: bool) -> String {
    let shown = sanitize::bounded(name, 64);
    match hint.then(|| suggest::nearest(name, names.iter().copied())).flatten() {
        Some(near) => format!("unknown argument `{shown}`: did you mean `{near}`?"),
        None if names.is_empty() => format!("unknown argument `{shown}`: this takes none"),
        None => format!("unknown argument `{shown}`: the arguments are {}", listed(names)),
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
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

struct PublishedSchema {
    schema: Value,
    own: Vec<Own>,
    required: Vec<&'static str>,
    extra: Extra,
}

/// Derives the root schema: one object whose properties are the arguments.
fn publish(params: &[Param], kinds: &[ParamKind], docs: &Docs, problems: &mut Vec<String>) -> PublishedSchema {
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
            extra =
                flatten(&mut root, &property, (kind.optional)() || param.default.is_some(), &mut required, problems);
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
    let mut root = schema::normalise(root);
    // The schema's own word for a secret, by which forms know what to mask; of types, it is left out as noise.
    for param in params.iter().filter(|param| param.sensitive) {
        if let Some(Value::Object(property)) = root["properties"].get_mut(param.name)
            && !property.contains_key("$ref")
        {
            property.insert("writeOnly".to_owned(), Value::Bool(true));
        }
    }
    PublishedSchema { schema: root, own, required, extra }
}

/// Moves the properties of a flattened parameter up into the root. What may be left out altogether requires nothing.
fn flatten(
    root: &mut Value,
    property: &Value,
    optional: bool,
    required: &mut Vec<&'static str>,
    problems: &mut Vec<String>,
) -> Extra {
    let target = match property.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => root.pointer(pointer).cloned().unwrap_or_default(),
        None => property.clone(),
    };
    let Some(target) = schema::loosened(&target) else {
        problems.push("a `flatten` parameter must be a struct, a map or an enum whose variants have fields".to_owned());
        return Extra::None;
    };
    let mut names = Vec::new();
    for (name, property) in target.get("properties").and_then(Value::as_object).into_iter().flatten() {
        names.push(name.clone());
        root["properties"][name.as_str()] = property.clone();
    }
    if !optional {
        for name in target.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            // Start-up happens once a server; a leaked name keeps the hot structures free of a second kind of string.
            required.push(Box::leak(name.to_owned().into_boxed_str()));
        }
    }
    match target.get("additionalProperties") {
        None | Some(Value::Bool(false)) => Extra::Known(names),
        Some(_) => Extra::Any,
    }
}

/// Adds to a property what the parameter's attributes and docs say.
fn describe(property: &mut Value, param: &Param, kind: &ParamKind, docs: &Docs, problems: &mut Vec<String>) {
    for rule in param.rules {
        apply(property, rule, kind, param.name, problems);
    }
    let Some(members) = property.as_object_mut() else { return };
    let mut description = argument_docs(param, docs)
        .or_else(|| members.get("description").and_then(Value::as_str).map(ToOwned::to_owned));
    if let Some(default) = constant_default(param).filter(|default| !default.is_null()) {
        // Several clients delete `default`, so the sentence says it too.
        let said = format!("Default: {default}.");
        description = Some(description.map_or_else(|| said.clone(), |text| format!("{text}\n\n{said}")));
        members.insert("default".into(), default);
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
    if let Err(why) = (kind.reads)(default.get()) {
        let (default, name, why) = (default.get(), param.name, why.words);
        problems.push(format!("the default {default} of `{name}` cannot be read as its type: {why}"));
        return;
    }
    let numeric = param.rules.iter().any(|rule| matches!(rule, Rule::Range { .. }));
    let value = match serde_json::from_str(default.get()) {
        // On the wire it would be a text.
        Ok(value) if kind.text && !numeric && !matches!(value, Value::String(_)) => {
            Value::String(default.get().to_owned())
        }
        Ok(value) => value,
        Err(_) => return,
    };
    let mut faults = schema::Faults::default();
    full.run(&schema::json::JsonTree::of(&value), &mut Pointer::root(), &mut faults);
    for fault in faults.iter() {
        problems.push(format!(
            "the default {} of `{}` breaks its own rule: {}",
            default.get(),
            param.name,
            fault.message
        ));
    }
}

/// A text may be as long as a message, and a pattern goes over all of it.
pub(crate) fn warn_of_patterns(component: &str, argument: &str, validator: &Validator) {
    for pattern in validator.unbounded_patterns() {
        tracing::warn!(
            "{component}: a text in {argument} has the pattern `{pattern}` and no maximum length, so that long texts take \
             their time: add a length"
        );
    }
}

/// A default that is published: one that is the same whenever it is made.
fn constant_default(param: &Param) -> Option<Value> {
    let default = param.default?;
    let value = default();
    (value == default()).then_some(value)
}

impl Argument {
    /// The values of an enum, for completion.
    pub(crate) fn choices(&self) -> Vec<String> {
        self.choices.clone()
    }
}
