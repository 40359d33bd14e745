//! `properties`, `required`, `additionalProperties` and everything else about members and their names.

use std::collections::BTreeMap;

use regex_lite::Regex;

use super::fault::ECHO;
use super::words::{count, listed};
use super::{Pointer, Run, Trusted, Validator};
use crate::schema::json::{JsonObject, JsonTree};
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
        (index, rules): (usize, &ObjectRules),
        whole: &'v JsonTree<'v>,
        object: &'v JsonObject<'v>,
        at: &mut Pointer<'v>,
        run: &mut Run<'_>,
    ) {
        count(object.members.len(), rules.min, rules.max, "field", at, run);
        let aliases = match run.trusted {
            None => {
                for name in &rules.required {
                    if !object.contains(name) {
                        missing(at, name, run, || "is required but missing".into());
                    }
                }
                Vec::new()
            }
            Some(trusted) => match self.other_names(index, rules, object, at, trusted) {
                Some(aliases) => aliases,
                None => return run.fail(at, || "has too many unknown members to be checked".into()),
            },
        };
        for (name, value) in &object.members {
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
            let alias = || aliases.iter().find(|(alias, _)| alias == name).and_then(|(_, of)| rules.properties.get(of));
            if let Some(node) = rules.properties.get(&**name).or_else(alias) {
                known = true;
                let absent = self.derived && value.is_null() && !rules.required.iter().any(|needed| needed == name);
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
                    Additional::Checked(node) => self.eval(node, value, at, run),
                    Additional::Refused if run.trusted.is_none() => {
                        run.fail_or_hint(at, |hint| unknown(rules, object, name, hint));
                    }
                    Additional::Refused | Additional::Any => {}
                }
            }
            at.pop();
        }
        for (name, others) in &rules.needs {
            if object.contains(name) {
                for other in others.iter().filter(|other| !object.contains(other)) {
                    missing(at, other, run, || format!("is required together with `{name}`"));
                }
            }
        }
        for (name, node) in &rules.implies {
            if object.contains(name) {
                self.eval(*node, whole, at, run);
            }
        }
    }

    /// The members that serde knows under another name than the schema: pairs of both. Serde has found nothing missing,
    /// so there are some only where a property is.
    pub(super) fn other_names(
        &self,
        index: usize,
        rules: &ObjectRules,
        object: &JsonObject<'_>,
        at: &Pointer<'_>,
        trusted: &dyn Trusted,
    ) -> Option<Vec<(String, String)>> {
        if rules.properties.is_empty() || rules.properties.keys().all(|name| object.contains(name)) {
            return Some(Vec::new());
        }
        let names = object.members.iter().map(|(name, _)| &**name);
        let unknown: Vec<&str> = names.filter(|name| !rules.properties.contains_key(*name)).collect();
        if unknown.is_empty() {
            return Some(Vec::new());
        }
        let mut aliases = trusted.aliases(index, at, object, &unknown)?;
        // Inside an untagged enum serde does not say. Of what must be there, one thing is missing and one unknown.
        let mut missing =
            rules.required.iter().filter(|name| !object.contains(name) && !aliases.iter().any(|(_, of)| of == *name));
        let mut left = unknown.iter().filter(|name| !aliases.iter().any(|(alias, _)| alias == *name));
        if let (Some(missing), None, Some(alias), None) = (missing.next(), missing.next(), left.next(), left.next()) {
            aliases.push(((*alias).to_owned(), missing.clone()));
        }
        Some(aliases)
    }
}

fn unknown(rules: &ObjectRules, object: &JsonObject<'_>, name: &str, hint: bool) -> String {
    let shown = bounded(name, ECHO);
    let free = rules.properties.keys().map(String::as_str).filter(|known| !object.contains(known));
    match hint.then(|| nearest(name, free)).flatten() {
        Some(meant) => format!("unknown field `{shown}`: did you mean `{meant}`?"),
        None if rules.properties.is_empty() => format!("unknown field `{shown}`: none are known here"),
        None => {
            format!("unknown field `{shown}`: known are {}", listed(rules.properties.keys().map(|k| format!("`{k}`"))))
        }
    }
}

pub(super) fn missing(at: &Pointer<'_>, name: &str, run: &mut Run<'_>, message: impl FnOnce() -> String) {
    if run.faults.is_none() {
        run.failed = true;
        return;
    }
    let mut there = at.clone();
    there.push(name);
    run.fail(&there, message);
}
