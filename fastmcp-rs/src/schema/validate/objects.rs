//! `properties`, `required`, `additionalProperties` and everything else about members and their names.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::{Map, Value};

use super::fault::ECHO;
use super::words::{count, listed};
use super::{Faults, Pointer, Run, Validator};
use crate::text::{sanitize::bounded, suggest::nearest};

#[derive(Clone, Debug, Default)]
pub(super) struct ObjectRules {
    pub properties: BTreeMap<String, usize>,
    pub required: Vec<String>,
    pub patterns: Vec<(Regex, usize)>,
    pub additional: Additional,
    pub names: Option<usize>,
    pub min: Option<u64>,
    pub max: Option<u64>,
    pub needs: Vec<(String, Vec<String>)>,
    pub implies: Vec<(String, usize)>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Additional {
    #[default]
    Any,
    Refused,
    Checked(usize),
}

impl Validator {
    pub(super) fn object<'v>(
        &self,
        rules: &ObjectRules,
        map: &'v Map<String, Value>,
        at: &mut Pointer<'v>,
        run: &mut Run<'_>,
    ) {
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
}

pub(super) fn missing(at: &Pointer<'_>, name: &str, run: &mut Run<'_>, message: impl FnOnce() -> String) {
    if run.faults.is_none() {
        run.failed = true;
        return;
    }
    let mut there = Pointer { steps: at.steps.clone() };
    there.push(name);
    run.fail(&there, message);
}
