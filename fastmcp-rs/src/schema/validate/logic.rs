//! `$ref`, `anyOf`, `oneOf`, `allOf`, `not` and `if`; and the words for a value that no alternative takes.

use std::collections::HashMap;

use super::literals::one_of;
use super::objects::{ObjectRules, missing};
use super::types::{ALL, ARRAY, OBJECT, STRING, type_names, value_type};
use super::words::{alternatives, listed, same, shown};
use super::{Pointer, Run, Trusted, Validator};
use crate::schema::json::{JsonObject, JsonTree};

#[derive(Clone, Debug, Default)]
pub(super) struct Logic {
    pub reference: Option<usize>,
    pub any: Option<Vec<usize>>,
    pub one: Option<Vec<usize>>,
    pub all: Vec<usize>,
    pub not: Option<usize>,
    pub condition: Option<(usize, Option<usize>, Option<usize>)>,
}

impl Validator {
    pub(super) fn logic<'v>(&self, logic: &Logic, value: &'v JsonTree<'v>, at: &mut Pointer<'v>, run: &mut Run<'_>) {
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
                _ if run.trusted.is_some() => {}
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
    pub(super) fn passes<'v>(
        &self,
        node: usize,
        value: &'v JsonTree<'v>,
        at: &mut Pointer<'v>,
        run: &mut Run<'_>,
    ) -> bool {
        if run.steps == 0 {
            return false;
        }
        let mut inner = Run {
            faults: None,
            failed: false,
            steps: run.steps,
            frames: run.frames,
            trusted: None,
            longest: run.longest,
        };
        let depth = at.steps.len();
        self.eval(node, value, at, &mut inner);
        at.steps.truncate(depth);
        run.steps = inner.steps;
        !inner.failed && run.steps > 0
    }

    pub(super) fn passes_text(&self, node: usize, text: &str, run: &mut Run<'_>) -> bool {
        let value = JsonTree::Text(text.into());
        self.passes(node, &value, &mut Pointer::root(), run)
    }

    /// No alternative fits: tells the faults of the one that was meant, if that can be seen, or what would fit.
    fn none<'v>(&self, nodes: &[usize], value: &'v JsonTree<'v>, at: &mut Pointer<'v>, run: &mut Run<'_>) {
        if run.faults.is_none() && run.trusted.is_none() {
            run.failed = true;
            return;
        }
        if run.steps == 0 {
            return run.fail(at, || "is too intricate to be checked".into());
        }
        let kind = value_type(value);
        let fitting: Vec<usize> = nodes.iter().copied().filter(|node| self.types_of(*node, 0) & kind != 0).collect();
        if let JsonTree::Object(map) = value
            && fitting.len() > 1
        {
            // Alternatives that are told apart by a tag: a field with one possible value.
            let tags: Vec<HashMap<&str, &JsonTree<'static>>> = fitting.iter().map(|node| self.tags(*node, 0)).collect();
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
                match (meant.as_slice(), map.members.iter().find(|(name, _)| name == tag)) {
                    ([one], _) => return self.eval(*one, value, at, run),
                    ([], None) if run.trusted.is_none() => {
                        let options: Vec<String> = tags.iter().filter_map(|t| t.get(tag)).map(|v| shown(v)).collect();
                        let options = listed(options.into_iter());
                        return missing(at, tag, run, || format!("is required but missing: one of {options}"));
                    }
                    ([], Some((key, got))) if run.trusted.is_none() => {
                        let options: Vec<&JsonTree<'static>> =
                            tags.iter().filter_map(|t| t.get(tag)).copied().collect();
                        at.push(key);
                        run.fail_or_hint(at, |hint| one_of(&options.iter().copied(), got, hint));
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
                    !required.is_empty() && required.iter().all(|name| map.contains(name))
                })
                .collect();
            if let [one] = meant.as_slice() {
                return self.eval(*one, value, at, run);
            }
        }
        if let [one] = fitting.as_slice() {
            return self.eval(*one, value, at, run);
        }
        if run.trusted.is_some() {
            let lists = run.trusted.is_some_and(Trusted::lists_are_faults);
            let object = lists && kind == ARRAY && nodes.iter().any(|node| self.types_of(*node, 0) & OBJECT != 0);
            if !(object && fitting.is_empty()) {
                return self.presumably(&fitting, value, at, run);
            }
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

    /// Serde took the value for one of these, though it fits none to the letter: it knows a name that the schema does not.
    /// The rules of one whose shape fits have to hold.
    fn presumably<'v>(&self, nodes: &[usize], value: &'v JsonTree<'v>, at: &mut Pointer<'v>, run: &mut Run<'_>) {
        let Some(trusted) = run.trusted else { return };
        let fits = |node: &usize| match value {
            JsonTree::Object(object) => self.shape_fits(*node, object, at, trusted),
            _ => true,
        };
        let shaped: Vec<usize> = nodes.iter().copied().filter(fits).collect();
        for node in &shaped {
            let mut inner = Run {
                faults: None,
                failed: false,
                steps: run.steps,
                frames: run.frames,
                trusted: run.trusted,
                longest: run.longest,
            };
            let depth = at.steps.len();
            self.eval(*node, value, at, &mut inner);
            at.steps.truncate(depth);
            run.steps = inner.steps;
            if !inner.failed {
                return;
            }
        }
        if let Some(first) = shaped.first() {
            self.eval(*first, value, at, run);
        }
    }

    /// Whether an object has all that this form requires, by whatever names serde knows.
    fn shape_fits(&self, node: usize, object: &JsonObject<'_>, at: &Pointer<'_>, trusted: &dyn Trusted) -> bool {
        let Some(rules) = self.rules(node, 0) else { return true };
        let aliases = self.other_names(node, rules, object, at, trusted).unwrap_or_default();
        rules.required.iter().all(|name| object.contains(name) || aliases.iter().any(|(_, of)| of == name))
    }

    /// The types that a node allows, as far as that is seen without evaluating it.
    pub(super) fn types_of(&self, index: usize, depth: usize) -> u8 {
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
    fn tags(&self, index: usize, depth: usize) -> HashMap<&str, &JsonTree<'static>> {
        let Some(rules) = self.rules(index, depth) else {
            return HashMap::new();
        };
        rules
            .properties
            .iter()
            .filter(|(name, _)| rules.required.contains(name))
            .filter_map(|(name, node)| match self.node(*node)?.literals.as_ref()?.values.as_slice() {
                [one] => Some((name.as_str(), one)),
                _ => None,
            })
            .collect()
    }

    fn required(&self, index: usize, depth: usize) -> &[String] {
        self.rules(index, depth).map_or(&[], |rules| &rules.required)
    }

    /// What a form is, in a few words.
    pub(super) fn form(&self, index: usize, depth: usize) -> String {
        let Some(node) = self.node(index) else {
            return "something else".into();
        };
        if let Some(literals) = &node.literals {
            return alternatives(&literals.values.iter().take(13).map(shown).collect::<Vec<_>>());
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
