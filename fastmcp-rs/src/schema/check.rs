//! Holds values against a schema, and says what is wrong in words a model can act on.
//!
//! A [`Check`] is compiled once per schema. It covers what derived schemas contain and what people commonly write by
//! hand; [`Check::compile`] refuses the rest by name, so that nothing is published that is not enforced. All faults
//! of a value are reported, each with the JSON pointer of its place.

mod compile;
mod fault;

pub(crate) use compile::Unsupported;
pub(crate) use fault::{Faults, Pointer};

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use regex_lite::Regex;
use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::{Map, Number, Value};

use super::format::Format;
use super::normalise::width;
use super::walk::{definition, each, is_annotation};
use crate::text::{sanitize::bounded, suggest::nearest};
use compile::Compiler;
use fault::{ECHO, TOLD};

/// Values nested deeper than this are refused, as serde_json does on reading.
const DEEP: usize = 128;
/// Alternatives and references may stack this many frames on the way there.
const FRAMES: usize = 512;
/// Visits of one value by one node; overlapping alternatives in recursive schemas multiply, this ends it.
const STEPS: usize = 2_000_000;

/// A compiled schema. The default one accepts everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Check {
    nodes: Vec<Node>,
    root: usize,
    derived: bool,
    /// Null stands for leaving the whole thing out.
    optional: bool,
}

const NULL: u8 = 1;
const BOOLEAN: u8 = 1 << 1;
const INTEGER: u8 = 1 << 2;
const NUMBER: u8 = 1 << 3;
const STRING: u8 = 1 << 4;
const ARRAY: u8 = 1 << 5;
const OBJECT: u8 = 1 << 6;
const ALL: u8 = (1 << 7) - 1;

#[derive(Clone, Debug, Default)]
struct Node {
    /// Which types are allowed, as bits.
    types: u8,
    literals: Option<Vec<Value>>,
    number: Option<Box<NumberRules>>,
    string: Option<Box<StringRules>>,
    array: Option<Box<ArrayRules>>,
    object: Option<Box<ObjectRules>>,
    logic: Option<Box<Logic>>,
    /// Whether a scalar can be judged without building a tree.
    plain: bool,
}

#[derive(Clone, Debug, Default)]
struct NumberRules {
    minimum: Option<Number>,
    maximum: Option<Number>,
    above: Option<Number>,
    below: Option<Number>,
    multiple: Option<Number>,
}

#[derive(Clone, Debug, Default)]
struct StringRules {
    min: Option<u64>,
    max: Option<u64>,
    pattern: Option<Regex>,
    format: Option<Format>,
}

#[derive(Clone, Debug, Default)]
struct ArrayRules {
    prefix: Vec<usize>,
    items: Option<usize>,
    contains: Option<(usize, u64, Option<u64>)>,
    unique: bool,
    min: Option<u64>,
    max: Option<u64>,
}

#[derive(Clone, Debug, Default)]
struct ObjectRules {
    properties: BTreeMap<String, usize>,
    required: Vec<String>,
    patterns: Vec<(Regex, usize)>,
    additional: Additional,
    names: Option<usize>,
    min: Option<u64>,
    max: Option<u64>,
    needs: Vec<(String, Vec<String>)>,
    implies: Vec<(String, usize)>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Additional {
    #[default]
    Any,
    Refused,
    Checked(usize),
}

#[derive(Clone, Debug, Default)]
struct Logic {
    reference: Option<usize>,
    any: Option<Vec<usize>>,
    one: Option<Vec<usize>>,
    all: Vec<usize>,
    not: Option<usize>,
    condition: Option<(usize, Option<usize>, Option<usize>)>,
}

impl Check {
    /// A check for a schema that somebody wrote.
    pub(crate) fn compile(schema: &Value) -> Result<Check, Unsupported> {
        Compiler::run(schema, "", false)
    }

    /// A check for a normalised derived schema: null for a property that may be left out passes, since
    /// deserialising has the last word there.
    pub(crate) fn derived(schema: &Value) -> Result<Check, Unsupported> {
        Compiler::run(schema, "", true)
    }

    /// A check for the part of a normalised derived schema at a JSON pointer, such as `/properties/days`;
    /// references still mean the whole. Null passes for a property that is not required.
    pub(crate) fn derived_part(schema: &Value, pointer: &str) -> Result<Check, Unsupported> {
        Compiler::run(schema, pointer, true)
    }

    /// Whether a derived schema asserts anything that deserialising into its type does not already enforce.
    ///
    /// Takes the schema as schemars wrote it (see [`super::raw`]): there an integer's `format` still tells a bound
    /// that its width implies from one that somebody asked for.
    #[cfg(test)]
    pub(crate) fn beyond_types(raw: &Value) -> bool {
        Self::beyond_types_part(raw, raw)
    }

    /// The same for one part of the schema `root`, which has the definitions.
    pub(crate) fn beyond_types_part(root: &Value, part: &Value) -> bool {
        let mut seen = HashSet::new();
        beyond(root, part, &mut seen)
    }

    /// Holds `value` against the schema and adds what is wrong to `faults`.
    pub(crate) fn run<'v>(&self, value: &'v Value, at: &mut Pointer<'v>, faults: &mut Faults) {
        if self.optional && value.is_null() {
            return;
        }
        let mut run = Run { faults: Some(faults), failed: false, steps: STEPS, frames: 0 };
        self.eval(self.root, value, at, &mut run);
    }

    /// Whether `value` passes, without saying why not.
    #[cfg(test)]
    pub(crate) fn accepts(&self, value: &Value) -> bool {
        let mut run = Run { faults: None, failed: false, steps: STEPS, frames: 0 };
        self.eval(self.root, value, &mut Pointer::root(), &mut run);
        !run.failed
    }

    /// Everything that is wrong with `value`.
    pub(crate) fn faults(&self, value: &Value) -> Faults {
        let mut faults = Faults::new();
        self.run(value, &mut Pointer::root(), &mut faults);
        faults
    }

    /// The same for a JSON text. A number, string or boolean is judged without building a tree.
    pub(crate) fn raw(&self, raw: &str, at: &Pointer<'_>, faults: &mut Faults) {
        let mut run = Run { faults: Some(&mut *faults), failed: false, steps: STEPS, frames: 0 };
        let raw = raw.trim();
        if self.optional && raw == "null" {
            return;
        }
        if let Some(node) = self.nodes.get(self.root).filter(|node| node.plain) {
            match raw.as_bytes().first() {
                Some(b'"') => {
                    let Ok(Text(text)) = serde_json::from_str::<Text<'_>>(raw) else {
                        return run.fail(at, || "is not JSON".into());
                    };
                    return node.text(&text, at, &mut run);
                }
                Some(b'-' | b'0'..=b'9') => {
                    let Ok(number) = serde_json::from_str::<Number>(raw) else {
                        return run.fail(at, || "is not a number that can be read".into());
                    };
                    return node.number(&number, at, &mut run);
                }
                Some(b't' | b'f') if node.types & BOOLEAN != 0 && node.literals.is_none() => return,
                _ => {}
            }
        }
        match serde_json::from_str::<Value>(raw) {
            Ok(value) => {
                let mut at = Pointer { steps: at.steps.clone() };
                self.eval(self.root, &value, &mut at, &mut run);
            }
            Err(_) => run.fail(at, || "is not JSON".into()),
        }
    }
}

/// A string borrowed from the JSON text unless it has escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Cow<'de, str>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
            fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text))
            }
        }
        deserializer.deserialize_str(Reader).map(Text)
    }
}

struct Run<'f> {
    /// Where faults go; `None` when only the answer matters.
    faults: Option<&'f mut Faults>,
    failed: bool,
    steps: usize,
    frames: usize,
}

impl Run<'_> {
    fn fail(&mut self, at: &Pointer<'_>, message: impl FnOnce() -> String) {
        self.failed = true;
        if let Some(faults) = &mut self.faults {
            if faults.told.len() < TOLD {
                faults.push(at, message());
            } else {
                faults.more += 1;
            }
        }
    }

    /// Nothing more can be learnt.
    fn over(&self) -> bool {
        (self.failed && self.faults.is_none()) || self.steps == 0
    }
}

impl Check {
    fn node(&self, index: usize) -> Option<&Node> {
        self.nodes.get(index)
    }

    fn eval<'v>(&self, index: usize, value: &'v Value, at: &mut Pointer<'v>, run: &mut Run<'_>) {
        if run.over() {
            return;
        }
        run.steps -= 1;
        if run.steps == 0 {
            return run.fail(at, || "is too intricate to be checked".into());
        }
        if run.frames >= FRAMES || at.steps.len() > DEEP {
            return run.fail(at, || "is nested too deeply".into());
        }
        let Some(node) = self.node(index) else { return };
        run.frames += 1;
        match value {
            Value::String(text) => node.text(text, at, run),
            Value::Number(number) => node.number(number, at, run),
            _ => {
                if node.typed(value_type(value), at, run, || shown(value)) {
                    node.listed(value, at, run);
                    match (value, &node.array, &node.object) {
                        (Value::Array(items), Some(rules), _) => self.array(rules, items, at, run),
                        (Value::Object(map), _, Some(rules)) => self.object(rules, map, at, run),
                        _ => {}
                    }
                }
            }
        }
        if let Some(logic) = &node.logic
            && !run.over()
        {
            self.logic(logic, value, at, run);
        }
        run.frames -= 1;
    }

    fn array<'v>(&self, rules: &ArrayRules, items: &'v [Value], at: &mut Pointer<'v>, run: &mut Run<'_>) {
        count(items.len(), rules.min, rules.max, "item", at, run);
        for (index, item) in items.iter().enumerate() {
            let Some(node) = rules.prefix.get(index).copied().or(rules.items) else {
                break;
            };
            at.push_index(index);
            self.eval(node, item, at, run);
            at.pop();
            if run.over() {
                return;
            }
        }
        if rules.unique {
            let mut seen = HashMap::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                let mut key = String::new();
                canonical(item, &mut key);
                if let Some(first) = seen.insert(key, index) {
                    at.push_index(index);
                    run.fail(at, || format!("must not repeat item {first}: {}", shown(item)));
                    at.pop();
                }
            }
        }
        if let Some((node, least, most)) = rules.contains {
            let mut found = 0u64;
            for item in items {
                found += u64::from(self.passes(node, item, at, run));
            }
            if found < least {
                run.fail(at, || format!("must contain at least {least} matching item(s), has {found}"));
            }
            if let Some(most) = most.filter(|most| found > *most) {
                run.fail(at, || format!("must contain at most {most} matching item(s), has {found}"));
            }
        }
    }

    fn object<'v>(&self, rules: &ObjectRules, map: &'v Map<String, Value>, at: &mut Pointer<'v>, run: &mut Run<'_>) {
        count(map.len(), rules.min, rules.max, "field", at, run);
        for name in &rules.required {
            if !map.contains_key(name) {
                missing(at, name, run, || "is required but missing".into());
            }
        }
        for (name, value) in map {
            if run.over() {
                return;
            }
            if let Some(names) = rules.names
                && !self.passes_text(names, name, run)
            {
                at.push(name);
                run.fail(at, || "is not an allowed field name".into());
                at.pop();
            }
            let mut known = false;
            at.push(name);
            if let Some(node) = rules.properties.get(name) {
                known = true;
                let absent = self.derived && value.is_null() && !rules.required.contains(name);
                if !absent {
                    self.eval(*node, value, at, run);
                }
            }
            for (pattern, node) in &rules.patterns {
                if pattern.is_match(name) {
                    known = true;
                    self.eval(*node, value, at, run);
                }
            }
            if !known {
                match rules.additional {
                    Additional::Any => {}
                    Additional::Checked(node) => self.eval(node, value, at, run),
                    Additional::Refused => run.fail(at, || {
                        let shown = bounded(name, ECHO);
                        let free = rules.properties.keys().map(String::as_str).filter(|k| !map.contains_key(*k));
                        match nearest(name, free) {
                            Some(meant) => {
                                format!("unknown field `{shown}`: did you mean `{meant}`?")
                            }
                            None if rules.properties.is_empty() => {
                                format!("unknown field `{shown}`: none are known here")
                            }
                            None => {
                                format!(
                                    "unknown field `{shown}`: known are {}",
                                    listed(rules.properties.keys().map(|k| format!("`{k}`")))
                                )
                            }
                        }
                    }),
                }
            }
            at.pop();
        }
        for (name, others) in &rules.needs {
            if map.contains_key(name) {
                for other in others.iter().filter(|other| !map.contains_key(*other)) {
                    missing(at, other, run, || format!("is required together with `{name}`"));
                }
            }
        }
        for (name, node) in &rules.implies {
            if map.contains_key(name) {
                self.implied(*node, map, at, run);
            }
        }
    }

    /// `dependentSchemas` speak of the object itself, which is at hand only as a map.
    fn implied<'v>(&self, node: usize, map: &'v Map<String, Value>, at: &mut Pointer<'v>, run: &mut Run<'_>) {
        let value = Value::Object(map.clone());
        let mut faults = Faults::new();
        let mut inner = Run {
            faults: run.faults.is_some().then_some(&mut faults),
            failed: false,
            steps: run.steps,
            frames: run.frames + 1,
        };
        let mut here = Pointer { steps: at.steps.clone() };
        self.eval(node, &value, &mut here, &mut inner);
        run.failed |= inner.failed;
        run.steps = inner.steps;
        if let Some(into) = &mut run.faults {
            into.extend(faults);
        }
    }

    fn logic<'v>(&self, logic: &Logic, value: &'v Value, at: &mut Pointer<'v>, run: &mut Run<'_>) {
        if let Some(node) = logic.reference {
            self.eval(node, value, at, run);
        }
        for node in &logic.all {
            self.eval(*node, value, at, run);
        }
        if let Some(nodes) = &logic.any
            && !nodes.iter().any(|node| self.passes(*node, value, at, run))
        {
            self.none(nodes, value, at, run);
        }
        if let Some(nodes) = &logic.one {
            match nodes.iter().filter(|node| self.passes(**node, value, at, run)).take(2).count() {
                0 => self.none(nodes, value, at, run),
                1 => {}
                _ => run.fail(at, || "must match exactly one of the allowed forms, matches several".into()),
            }
        }
        if let Some(node) = logic.not
            && self.passes(node, value, at, run)
        {
            run.fail(at, || format!("{} is not allowed here", shown(value)));
        }
        if let Some((condition, then, other)) = logic.condition {
            let branch = if self.passes(condition, value, at, run) { then } else { other };
            if let Some(branch) = branch {
                self.eval(branch, value, at, run);
            }
        }
    }

    /// Whether `value` passes `node`; out of steps, nothing does.
    fn passes<'v>(&self, node: usize, value: &'v Value, at: &mut Pointer<'v>, run: &mut Run<'_>) -> bool {
        if run.steps == 0 {
            return false;
        }
        let mut inner = Run { faults: None, failed: false, steps: run.steps, frames: run.frames };
        let depth = at.steps.len();
        self.eval(node, value, at, &mut inner);
        at.steps.truncate(depth);
        run.steps = inner.steps;
        !inner.failed && run.steps > 0
    }

    fn passes_text(&self, node: usize, text: &str, run: &mut Run<'_>) -> bool {
        let value = Value::String(text.to_owned());
        self.passes(node, &value, &mut Pointer::root(), run)
    }

    /// No alternative fits: tells the faults of the one that was meant, if that can be seen, or what would fit.
    fn none<'v>(&self, nodes: &[usize], value: &'v Value, at: &mut Pointer<'v>, run: &mut Run<'_>) {
        run.failed = true;
        if run.faults.is_none() {
            return;
        }
        if run.steps == 0 {
            return run.fail(at, || "is too intricate to be checked".into());
        }
        let kind = value_type(value);
        let fitting: Vec<usize> = nodes.iter().copied().filter(|node| self.types_of(*node, 0) & kind != 0).collect();
        if let Value::Object(map) = value
            && fitting.len() > 1
        {
            // Alternatives that are told apart by a tag: a field with one possible value.
            let tags: Vec<HashMap<&str, &Value>> = fitting.iter().map(|node| self.tags(*node, 0)).collect();
            let shared = tags
                .first()
                .into_iter()
                .flat_map(|first| first.keys().copied())
                .find(|key| tags.iter().all(|tags| tags.contains_key(key)));
            if let Some(tag) = shared {
                let meant: Vec<usize> = fitting
                    .iter()
                    .zip(&tags)
                    .filter(|(_, tags)| {
                        tags.get(tag).is_some_and(|want| map.get(tag).is_some_and(|got| same(want, got)))
                    })
                    .map(|(node, _)| *node)
                    .collect();
                match (meant.as_slice(), map.get_key_value(tag)) {
                    ([one], _) => return self.eval(*one, value, at, run),
                    ([], None) => {
                        let options = listed(tags.iter().filter_map(|t| t.get(tag)).map(|v| shown(v)));
                        return missing(at, tag, run, || format!("is required but missing: one of {options}"));
                    }
                    ([], Some((key, got))) => {
                        let options: Vec<Value> =
                            tags.iter().filter_map(|t| t.get(tag)).map(|v| (*v).clone()).collect();
                        at.push(key);
                        run.fail(at, || one_of(&options, got));
                        at.pop();
                        return;
                    }
                    _ => {}
                }
            }
            // Or by the one field that each requires.
            let meant: Vec<usize> = fitting
                .iter()
                .copied()
                .filter(|node| {
                    let required = self.required(*node, 0);
                    !required.is_empty() && required.iter().all(|name| map.contains_key(name))
                })
                .collect();
            if let [one] = meant.as_slice() {
                return self.eval(*one, value, at, run);
            }
        }
        if let [one] = fitting.as_slice() {
            return self.eval(*one, value, at, run);
        }
        let wanted = if fitting.is_empty() { nodes } else { &fitting };
        let mut forms: Vec<String> = Vec::new();
        for form in wanted.iter().map(|node| self.form(*node, 0)) {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
        run.fail(at, || format!("must be {}, got {}", alternatives(&forms), shown(value)));
    }

    /// The types that a node allows, as far as that is seen without evaluating it.
    fn types_of(&self, index: usize, depth: usize) -> u8 {
        let (Some(node), true) = (self.node(index), depth < 8) else {
            return ALL;
        };
        let mut types = node.types;
        if let Some(logic) = &node.logic {
            if let Some(to) = logic.reference {
                types &= self.types_of(to, depth + 1);
            }
            for to in &logic.all {
                types &= self.types_of(*to, depth + 1);
            }
            for nodes in logic.any.iter().chain(&logic.one) {
                types &= nodes.iter().fold(0, |t, to| t | self.types_of(*to, depth + 1));
            }
        }
        types
    }

    /// The object rules of a node or of what it refers to.
    fn rules(&self, index: usize, depth: usize) -> Option<&ObjectRules> {
        let node = self.node(index)?;
        match (&node.object, &node.logic) {
            (Some(rules), _) => Some(rules),
            (None, Some(logic)) if depth < 16 => {
                let single = logic.reference.or(match logic.any.as_deref() {
                    Some([one]) => Some(*one),
                    _ => None,
                });
                self.rules(single?, depth + 1)
            }
            _ => None,
        }
    }

    /// The fields of an object form that have exactly one possible value.
    fn tags(&self, index: usize, depth: usize) -> HashMap<&str, &Value> {
        let Some(rules) = self.rules(index, depth) else {
            return HashMap::new();
        };
        rules
            .properties
            .iter()
            .filter(|(name, _)| rules.required.contains(name))
            .filter_map(|(name, node)| match self.node(*node)?.literals.as_deref() {
                Some([one]) => Some((name.as_str(), one)),
                _ => None,
            })
            .collect()
    }

    fn required(&self, index: usize, depth: usize) -> &[String] {
        self.rules(index, depth).map_or(&[], |rules| &rules.required)
    }

    /// What a form is, in a few words.
    fn form(&self, index: usize, depth: usize) -> String {
        let Some(node) = self.node(index) else {
            return "something else".into();
        };
        if let Some(literals) = &node.literals {
            return alternatives(&literals.iter().take(13).map(shown).collect::<Vec<_>>());
        }
        if let Some(logic) = &node.logic
            && depth < 4
        {
            if let Some(to) = logic.reference {
                return self.form(to, depth + 1);
            }
            if let Some(nodes) = logic.any.as_ref().or(logic.one.as_ref()) {
                let mut forms: Vec<String> = Vec::new();
                for form in nodes.iter().take(13).map(|n| self.form(*n, depth + 1)) {
                    if !forms.contains(&form) {
                        forms.push(form);
                    }
                }
                return alternatives(&forms);
            }
        }
        let required = self.required(index, 0);
        if matches!(node.types, OBJECT | ALL) && !required.is_empty() {
            return format!("an object with {}", listed(required.iter().map(|k| format!("`{k}`"))));
        }
        if let (STRING, Some(format)) = (node.types, node.string.as_ref().and_then(|s| s.format)) {
            return format.wanted().into();
        }
        type_names(node.types)
    }
}

impl Node {
    fn typed(&self, kind: u8, at: &Pointer<'_>, run: &mut Run<'_>, got: impl FnOnce() -> String) -> bool {
        if self.types & kind != 0 {
            return true;
        }
        run.fail(at, || match &self.literals {
            Some(literals) if !literals.is_empty() => {
                format!("{}, got {}", wanted(literals), got())
            }
            _ if self.types == 0 => "is not allowed".into(),
            _ => format!("must be {}, got {}", type_names(self.types), got()),
        });
        false
    }

    fn listed(&self, value: &Value, at: &Pointer<'_>, run: &mut Run<'_>) {
        if let Some(literals) = &self.literals
            && !literals.iter().any(|literal| same(literal, value))
        {
            run.fail(at, || one_of(literals, value));
        }
    }

    fn text(&self, text: &str, at: &Pointer<'_>, run: &mut Run<'_>) {
        if !self.typed(STRING, at, run, || quoted(text)) {
            return;
        }
        if let Some(literals) = &self.literals
            && !literals.iter().any(|literal| literal.as_str() == Some(text))
        {
            return run.fail(at, || one_of(literals, &Value::from(text)));
        }
        let Some(rules) = &self.string else { return };
        if rules.min.is_some() || rules.max.is_some() {
            // A character has one to four bytes: often the length in bytes already says it all.
            let bytes = text.len();
            let least = rules.min.map_or(0, as_usize);
            let most = rules.max.map_or(usize::MAX, as_usize);
            if bytes < least || bytes > most || bytes / 4 < least {
                count(text.chars().count(), rules.min, rules.max, "character", at, run);
            }
        }
        if let Some(pattern) = &rules.pattern
            && !pattern.is_match(text)
        {
            run.fail(at, || format!("must match the pattern {}, got {}", pattern.as_str(), quoted(text)));
        }
        if let Some(format) = rules.format
            && !format.accepts(text)
        {
            run.fail(at, || format!("must be {}, got {}", format.wanted(), quoted(text)));
        }
    }

    fn number(&self, number: &Number, at: &Pointer<'_>, run: &mut Run<'_>) {
        let kind = if whole(number) { INTEGER | NUMBER } else { NUMBER };
        if !self.typed(kind, at, run, || number.to_string()) {
            return;
        }
        if let Some(literals) = &self.literals
            && !literals.iter().any(|literal| literal.as_number().is_some_and(|l| equal(l, number)))
        {
            return run.fail(at, || one_of(literals, &Value::Number(number.clone())));
        }
        let Some(rules) = &self.number else { return };
        let mut bound = |limit: &Option<Number>, wrong: fn(std::cmp::Ordering) -> bool, words: &str| {
            if let Some(limit) = limit
                && compare(number, limit).is_none_or(wrong)
            {
                run.fail(at, || format!("must be {words} {limit}, got {number}"));
            }
        };
        bound(&rules.minimum, std::cmp::Ordering::is_lt, "at least");
        bound(&rules.maximum, std::cmp::Ordering::is_gt, "at most");
        bound(&rules.above, std::cmp::Ordering::is_le, "greater than");
        bound(&rules.below, std::cmp::Ordering::is_ge, "less than");
        if let Some(step) = &rules.multiple
            && !multiple(number, step)
        {
            run.fail(at, || format!("must be a multiple of {step}, got {number}"));
        }
    }
}

fn missing(at: &Pointer<'_>, name: &str, run: &mut Run<'_>, message: impl FnOnce() -> String) {
    if run.faults.is_none() {
        run.failed = true;
        return;
    }
    let mut there = Pointer { steps: at.steps.clone() };
    there.push(name);
    run.fail(&there, message);
}

fn count(has: usize, min: Option<u64>, max: Option<u64>, what: &str, at: &Pointer<'_>, run: &mut Run<'_>) {
    let plural = |n: u64| if n == 1 { "" } else { "s" };
    if let Some(min) = min.filter(|min| has < as_usize(*min)) {
        run.fail(at, || format!("must have at least {min} {what}{}, has {has}", plural(min)));
    }
    if let Some(max) = max.filter(|max| has > as_usize(*max)) {
        run.fail(at, || format!("must have at most {max} {what}{}, has {has}", plural(max)));
    }
}

fn as_usize(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn value_type(value: &Value) -> u8 {
    match value {
        Value::Null => NULL,
        Value::Bool(_) => BOOLEAN,
        Value::Number(n) if whole(n) => INTEGER | NUMBER,
        Value::Number(_) => NUMBER,
        Value::String(_) => STRING,
        Value::Array(_) => ARRAY,
        Value::Object(_) => OBJECT,
    }
}

fn type_bit(name: &str) -> Option<u8> {
    Some(match name {
        "null" => NULL,
        "boolean" => BOOLEAN,
        "integer" => INTEGER,
        "number" => NUMBER,
        "string" => STRING,
        "array" => ARRAY,
        "object" => OBJECT,
        _ => return None,
    })
}

fn type_names(types: u8) -> String {
    if types == ALL {
        return "anything".into();
    }
    let mut names = Vec::new();
    for (bit, name) in [
        (STRING, "a string"),
        (INTEGER, "an integer"),
        (NUMBER, "a number"),
        (BOOLEAN, "a boolean"),
        (ARRAY, "an array"),
        (OBJECT, "an object"),
        (NULL, "null"),
    ] {
        if types & bit != 0 && !(bit == INTEGER && types & NUMBER != 0) {
            names.push(name.to_owned());
        }
    }
    alternatives(&names)
}

/// "a, b or c".
fn alternatives(forms: &[String]) -> String {
    match forms {
        [] => "nothing".into(),
        [one] => one.clone(),
        [first @ .., last] if forms.len() <= 12 => format!("{} or {last}", first.join(", ")),
        _ => listed(forms.iter().cloned()),
    }
}

/// "a, b, c, and 7 more".
fn listed(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    let shown = items.get(..12).unwrap_or(&items);
    let mut out = shown.join(", ");
    if items.len() > shown.len() {
        out.push_str(&format!(" and {} more", items.len() - shown.len()));
    }
    out
}

fn wanted(literals: &[Value]) -> String {
    match literals {
        [one] => format!("must be {}", shown(one)),
        many => format!("must be one of {}", listed(many.iter().map(shown))),
    }
}

fn one_of(literals: &[Value], got: &Value) -> String {
    let mut out = format!("{}, got {}", wanted(literals), shown(got));
    if let Value::String(text) = got
        && literals.len() > 1
        && let Some(meant) = nearest(text, literals.iter().filter_map(Value::as_str))
    {
        out.push_str(&format!(" (did you mean {}?)", quoted(meant)));
    }
    out
}

/// A value as it may be echoed.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) if items.is_empty() => "[]".into(),
        Value::Array(items) => format!("an array of {} item{}", items.len(), if items.len() == 1 { "" } else { "s" }),
        Value::Object(_) => "an object".into(),
        Value::Number(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Null => "null".into(),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", bounded(text, ECHO).replace('"', "\\\""))
}

fn int(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// JSON Schema knows one kind of number: 5.0 is an integer.
fn whole(number: &Number) -> bool {
    int(number).is_some() || number.as_f64().is_some_and(|f| f.is_finite() && f.fract() == 0.0)
}

fn compare(left: &Number, right: &Number) -> Option<std::cmp::Ordering> {
    match (int(left), int(right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

fn equal(left: &Number, right: &Number) -> bool {
    compare(left, right) == Some(std::cmp::Ordering::Equal)
}

fn multiple(number: &Number, step: &Number) -> bool {
    if let (Some(number), Some(step)) = (int(number), int(step)) {
        return step != 0 && number % step == 0;
    }
    let (Some(number), Some(step)) = (number.as_f64(), step.as_f64()) else {
        return false;
    };
    // 0.3 is a multiple of 0.1 to people, though not to binary fractions.
    let times = number / step;
    times.is_finite() && (times - times.round()).abs() <= 1e-9 * times.abs().max(1.0)
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => equal(left, right),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| same(l, r))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len() && left.iter().all(|(k, l)| right.get(k).is_some_and(|r| same(l, r)))
        }
        (left, right) => left == right,
    }
}

/// A text that is equal for equal values.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Number(n) => match (int(n), n.as_f64()) {
            (Some(n), _) => out.push_str(&n.to_string()),
            #[allow(clippy::cast_possible_truncation, reason = "whole and small, as just asked")]
            (None, Some(f)) if f.fract() == 0.0 && f.abs() < 1e18 => out.push_str(&(f as i128).to_string()),
            _ => out.push_str(&n.to_string()),
        },
        Value::Array(items) => {
            out.push('[');
            for item in items {
                canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            out.push('{');
            for key in keys {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                if let Some(value) = map.get(key) {
                    canonical(value, out);
                }
                out.push(',');
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

fn beyond(root: &Value, schema: &Value, seen: &mut HashSet<String>) -> bool {
    let Value::Object(map) = schema else {
        return false;
    };
    let implied = map.get("format").and_then(Value::as_str).and_then(width);
    let tuple = map.get("prefixItems").and_then(Value::as_array).map(Vec::len);
    for (keyword, value) in map {
        let asserts = match keyword.as_str() {
            "$ref" => {
                let target = value.as_str().and_then(definition);
                match target {
                    Some(name) if seen.contains(&name) => false,
                    Some(name) => {
                        let body = root.get("$defs").and_then(|defs| defs.get(&name));
                        seen.insert(name);
                        body.is_none_or(|body| beyond(root, body, seen))
                    }
                    None => true,
                }
            }
            "minimum" => implied.is_none_or(|(low, _)| value.as_i64().is_none() || value.as_i64() != low),
            "maximum" => implied.is_none_or(|(_, high)| value.as_i64().is_none() || value.as_i64() != high),
            "minItems" | "maxItems" => value.as_u64() != tuple.map(|n| n as u64) || tuple.is_none(),
            "uniqueItems" => value == &Value::Bool(true),
            "format" => value.as_str().and_then(Format::named).is_some(),
            "type"
            | "const"
            | "enum"
            | "properties"
            | "required"
            | "items"
            | "prefixItems"
            | "anyOf"
            | "oneOf"
            | "allOf"
            | "additionalProperties"
            | "unevaluatedProperties"
            | "$defs"
            | "definitions" => false,
            keyword => !is_annotation(keyword),
        };
        if asserts {
            return true;
        }
    }
    // Definitions count where they are used.
    let mut found = false;
    for (keyword, value) in map.iter().filter(|(k, _)| !matches!(k.as_str(), "$defs" | "definitions")) {
        each(keyword, value, |child| found = found || beyond(root, child, seen));
    }
    found
}
