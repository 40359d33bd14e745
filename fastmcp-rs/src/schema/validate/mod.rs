//! Holds values against a schema, and says what is wrong in words a model can act on.
//!
//! A [`Validator`] is compiled once per schema. It covers what derived schemas contain and what people commonly write by
//! hand; [`Validator::compile`] refuses the rest by name, so that nothing is published that is not enforced. All faults
//! of a value are reported, each with the JSON pointer of its place.
//!
//! A value is held in one of two ways. *To the letter*, everything the schema says counts: for schemas of an author's own,
//! for results, and to explain why a type could not be read. *Trusting*, serde has read the value as its type, and only
//! what the schema says beyond the type counts: serde knows aliases and conversions that no schema shows.

mod arrays;
mod beyond;
mod compile;
mod fault;
mod formats;
mod literals;
mod logic;
mod numbers;
mod objects;
mod strings;
mod types;
mod words;

pub(crate) use compile::Unsupported;
pub(crate) use fault::{Faults, PathStep, Pointer};

use serde::de::IgnoredAny;
use serde_json::Value;

use super::json::{JsonObject, JsonTree};
use arrays::ArrayRules;
use compile::Compiler;
use fault::{HINTS, TOLD};
use literals::Literals;
use logic::Logic;
use numbers::NumberRules;
use objects::ObjectRules;
use strings::{JsonStr, StringRules};
use types::{ARRAY, BOOLEAN, value_type};
use words::shown;

/// Values nested deeper than this are refused, as serde_json does on reading.
const DEEP: usize = 128;
/// Alternatives and references may stack this many frames on the way there.
const FRAMES: usize = 512;
/// Visits of one value by one node; overlapping alternatives in recursive schemas multiply, this ends it.
const STEPS: usize = 2_000_000;

/// A compiled schema. The default one accepts everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Validator {
    nodes: Vec<Node>,
    root: usize,
    derived: bool,
    /// Null stands for leaving the whole thing out.
    optional: bool,
    /// Patterns of texts that may have any length.
    unbounded: Vec<String>,
    /// Whether it takes a pattern, or more than a scalar, to hold a value against it.
    takes_time: bool,
    /// Whether serde may take in silence what is refused: a struct from a list, or an `f32` that becomes infinite.
    silent: bool,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// Which types are allowed, as bits.
    types: u8,
    literals: Option<Box<Literals>>,
    number: Option<Box<NumberRules>>,
    string: Option<Box<StringRules>>,
    array: Option<Box<ArrayRules>>,
    object: Option<Box<ObjectRules>>,
    logic: Option<Box<Logic>>,
    /// Whether a scalar can be judged without building a tree.
    plain: bool,
}

/// What serde knows of a value that it has read, and the schema does not.
pub(crate) trait Trusted {
    /// Whether a list in place of an object is a fault. Serde reads structs from lists; what is published is an object.
    fn lists_are_faults(&self) -> bool;

    /// Which of the members `unknown` of the object at `at` are other names of properties: pairs of both names. `node`
    /// stands for the schema there. `None` where that could not be found out.
    fn aliases(
        &self,
        node: usize,
        at: &Pointer<'_>,
        object: &JsonObject<'_>,
        unknown: &[&str],
    ) -> Option<Vec<(String, String)>>;
}

impl Validator {
    /// A validator of a schema that somebody wrote.
    pub(crate) fn compile(schema: &Value) -> Result<Validator, Unsupported> {
        Compiler::run(schema, "", false)
    }

    /// A validator of a normalised derived schema: null for a property that may be left out passes, since
    /// deserialising has the last word there.
    pub(crate) fn derived(schema: &Value) -> Result<Validator, Unsupported> {
        Compiler::run(schema, "", true)
    }

    /// A validator of the part of a normalised derived schema at a JSON pointer, such as `/properties/days`;
    /// references still mean the whole. Null passes for a property that is not required.
    pub(crate) fn derived_part(schema: &Value, pointer: &str) -> Result<Validator, Unsupported> {
        Compiler::run(schema, pointer, true)
    }

    /// The patterns of texts whose length has no bound: they are held against whatever is sent.
    pub(crate) fn unbounded_patterns(&self) -> &[String] {
        &self.unbounded
    }

    pub(crate) fn takes_time(&self) -> bool {
        self.takes_time
    }

    pub(crate) fn is_silently_broken(&self) -> bool {
        self.silent
    }

    /// What is wrong with a list or an object where the schema allows none, without looking into it.
    pub(crate) fn refuses_kind(&self, text: &str) -> Option<String> {
        let kind = match text.as_bytes().first()? {
            b'{' => types::OBJECT,
            b'[' => ARRAY,
            _ => return None,
        };
        if self.types_of(self.root, 0) & kind != 0 {
            return None;
        }
        let items = serde_json::from_str::<Vec<IgnoredAny>>(text).map_or(0, |items| items.len());
        let got = match kind {
            ARRAY => format!("an array of {items} item{}", if items == 1 { "" } else { "s" }),
            _ => "an object".to_owned(),
        };
        Some(format!("must be {}, got {got}", self.form(self.root, 0)))
    }

    /// Holds `value` against the schema to the letter and adds what is wrong to `faults`.
    pub(crate) fn run<'v>(&self, value: &'v JsonTree<'v>, at: &mut Pointer<'v>, faults: &mut Faults) {
        self.start(value, at, faults, None, usize::MAX);
    }

    /// Says why a value could not be read. That something is wrong is certain, so no pattern is tried on a text that has
    /// more than `longest` bytes.
    pub(crate) fn explain<'v>(
        &self,
        value: &'v JsonTree<'v>,
        at: &mut Pointer<'v>,
        longest: usize,
        faults: &mut Faults,
    ) {
        self.start(value, at, faults, None, longest);
    }

    /// Holds a value that serde has read against what the schema says beyond its type.
    pub(crate) fn hold<'v>(
        &self,
        value: &'v JsonTree<'v>,
        at: &mut Pointer<'v>,
        trusted: &dyn Trusted,
        faults: &mut Faults,
    ) {
        self.start(value, at, faults, Some(trusted), usize::MAX);
    }

    fn start<'v>(
        &self,
        value: &'v JsonTree<'v>,
        at: &mut Pointer<'v>,
        faults: &mut Faults,
        trusted: Option<&dyn Trusted>,
        longest: usize,
    ) {
        if self.optional && value.is_null() {
            return;
        }
        let mut run = Run { faults: Some(faults), failed: false, steps: STEPS, frames: 0, trusted, longest };
        self.eval(self.root, value, at, &mut run);
    }

    /// Whether `value` passes, without saying why not.
    #[cfg(test)]
    pub(crate) fn accepts(&self, value: &Value) -> bool {
        self.faults(value).is_empty()
    }

    /// Everything that is wrong with `value`.
    pub(crate) fn faults(&self, value: &Value) -> Faults {
        let mut faults = Faults::new();
        self.run(&JsonTree::of(value), &mut Pointer::root(), &mut faults);
        faults
    }

    /// Holds a number, string or boolean that serde has read against the schema, without building a tree. `false` if that
    /// takes one. No pattern is tried on a text that has more than `longest` bytes.
    pub(crate) fn hold_scalar(&self, raw: &str, at: &Pointer<'_>, longest: usize, faults: &mut Faults) -> bool {
        let Some(node) = self.nodes.get(self.root).filter(|node| node.plain) else { return false };
        let mut run = Run { faults: Some(faults), failed: false, steps: STEPS, frames: 0, trusted: None, longest };
        match raw.as_bytes().first() {
            Some(b'"') if node.types & types::STRING != 0 && node.literals.is_none() => {
                let Ok(JsonStr(text)) = serde_json::from_str::<JsonStr<'_>>(raw) else { return false };
                node.string_rules(&text, at, &mut run);
                true
            }
            Some(b'-' | b'0'..=b'9') if node.takes_number(raw) => {
                node.number_rules(raw, at, &mut run);
                true
            }
            Some(b't' | b'f') => node.types & BOOLEAN != 0 && node.literals.is_none(),
            Some(b'n') => self.optional,
            _ => false,
        }
    }
}

struct Run<'f> {
    /// Where faults go; `None` when only the answer matters.
    faults: Option<&'f mut Faults>,
    failed: bool,
    steps: usize,
    frames: usize,
    /// There if serde has read the value.
    trusted: Option<&'f dyn Trusted>,
    /// Longer texts are not held against a pattern.
    longest: usize,
}

impl Run<'_> {
    fn fail(&mut self, at: &Pointer<'_>, message: impl FnOnce() -> String) {
        self.fail_or_hint(at, |_| message());
    }

    /// The same; the message is told whether it may look for what was meant, which takes its time.
    fn fail_or_hint(&mut self, at: &Pointer<'_>, message: impl FnOnce(bool) -> String) {
        self.failed = true;
        if let Some(faults) = &mut self.faults {
            if faults.told.len() < TOLD {
                let hint = faults.hints < HINTS;
                faults.hints += usize::from(hint);
                faults.push(at, message(hint));
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

impl Validator {
    fn node(&self, index: usize) -> Option<&Node> {
        self.nodes.get(index)
    }

    fn eval<'v>(&self, index: usize, value: &'v JsonTree<'v>, at: &mut Pointer<'v>, run: &mut Run<'_>) {
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
            JsonTree::Text(text) => node.text(text, at, run),
            JsonTree::Number(number) => node.number(number, at, run),
            _ => {
                if node.typed(value_type(value), at, run, || shown(value)) {
                    node.listed(value, at, run);
                    match (value, &node.array, &node.object) {
                        (JsonTree::Array(items), Some(rules), _) => self.array(rules, items, at, run),
                        (JsonTree::Object(object), _, Some(rules)) => {
                            self.object((index, rules), value, object, at, run);
                        }
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
}

#[cfg(test)]
mod tests;
