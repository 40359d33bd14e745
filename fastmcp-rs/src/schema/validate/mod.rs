//! Holds values against a schema, and says what is wrong in words a model can act on.
//!
//! A [`Validator`] is compiled once per schema. It covers what derived schemas contain and what people commonly write by
//! hand; [`Validator::compile`] refuses the rest by name, so that nothing is published that is not enforced. All faults
//! of a value are reported, each with the JSON pointer of its place.

mod arrays;
mod beyond;
mod compile;
mod fault;
mod formats;
mod logic;
mod numbers;
mod objects;
mod strings;
mod types;
mod words;

pub(crate) use compile::Unsupported;
pub(crate) use fault::{Faults, Pointer};

use serde_json::{Number, Value};

use arrays::ArrayRules;
use compile::Compiler;
use fault::TOLD;
use logic::Logic;
use numbers::NumberRules;
use objects::ObjectRules;
use strings::{StringRules, Text};
use types::{BOOLEAN, value_type};
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
}

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

impl Validator {
    /// A check for a schema that somebody wrote.
    pub(crate) fn compile(schema: &Value) -> Result<Validator, Unsupported> {
        Compiler::run(schema, "", false)
    }

    /// A check for a normalised derived schema: null for a property that may be left out passes, since
    /// deserialising has the last word there.
    pub(crate) fn derived(schema: &Value) -> Result<Validator, Unsupported> {
        Compiler::run(schema, "", true)
    }

    /// A check for the part of a normalised derived schema at a JSON pointer, such as `/properties/days`;
    /// references still mean the whole. Null passes for a property that is not required.
    pub(crate) fn derived_part(schema: &Value, pointer: &str) -> Result<Validator, Unsupported> {
        Compiler::run(schema, pointer, true)
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

#[cfg(test)]
mod tests;
