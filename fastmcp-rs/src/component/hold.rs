//! An argument held against its schema: after serde has read it, for what the schema says beyond the type; after serde has
//! not, to say why.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::call::without_position;
use crate::bounds;
use crate::schema::json::{JsonObject, JsonTree, write_text};
use crate::schema::scan::{OBJECT, TextStep, path_to, weight};
use crate::schema::{Faults, Leniency, PathStep, Pointer, Trusted, Validator, coerce};
use crate::text::sanitize;

/// Readings of an argument, or their bytes, that finding out another name of a member may take.
const PROBES: usize = 256;
const PROBED: usize = 64 * 1024 * 1024;
/// The same for finding out where in a buffered value serde failed.
const SEARCHED: usize = 4 * 1024 * 1024;
/// Members of an object that are gone through for that.
const MEMBERS: usize = 64;

/// Why a text could not be read as a type.
#[derive(Debug)]
pub(crate) struct Unread {
    pub words: String,
    /// How many bytes serde had read.
    line: usize,
    column: usize,
}

impl From<serde_json::Error> for Unread {
    fn from(error: serde_json::Error) -> Self {
        Self { words: without_position(&error), line: error.line(), column: error.column() }
    }
}

impl From<String> for Unread {
    fn from(words: String) -> Self {
        Self { words, line: 0, column: 0 }
    }
}

impl Unread {
    fn offset(&self, text: &str) -> usize {
        let before = match self.line {
            0 | 1 => 0,
            line => memchr::memchr_iter(b'\n', text.as_bytes()).nth(line - 2).map_or(0, |at| at + 1),
        };
        before + self.column
    }
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

/// What one argument is held against.
pub(crate) struct HeldArgument {
    pub name: &'static str,
    pub flatten: bool,
    /// Whether the schema says more than the type.
    pub beyond: bool,
    pub validator: Validator,
    /// Whether a JSON text can be read as the type.
    pub reads: fn(&str) -> Result<(), Unread>,
    pub place: Place,
    /// The root schema, with the definitions.
    pub root: Arc<Value>,
}

impl HeldArgument {
    /// Where its faults are.
    pub(crate) fn at(&self) -> Pointer<'static> {
        if self.flatten { Pointer::root() } else { Pointer::at(self.name) }
    }

    /// Holds a text that was read as the type. `lists`: whether lists in place of objects are faults.
    pub(crate) fn hold(&self, text: &str, lists: bool, faults: &mut Faults) {
        if text.len() > bounds::CHECKED / 64 && weight(text, OBJECT) > bounds::CHECKED {
            return faults.push(&self.at(), "has too many values to be checked");
        }
        let tree = match JsonTree::read(text) {
            Ok(tree) => tree,
            Err(why) => return faults.push(&self.at(), why.message()),
        };
        let before = faults.len();
        repetitions(&tree, &mut self.at(), faults);
        if faults.len() > before {
            return;
        }
        let serde = Serde {
            held: self,
            tree: &tree,
            lists,
            size: text.len(),
            known: RefCell::default(),
            probes: Cell::new(PROBES),
            bytes: Cell::new(PROBED),
        };
        self.validator.hold(&tree, &mut self.at(), &serde, faults);
    }

    /// A text that could not be read, as it may have been meant: the ways to try, each as a text.
    pub(crate) fn meant(&self, text: &str, texts: bool) -> Vec<String> {
        if self.validator.refuses_kind(text).is_some() || !is_buildable(text) {
            return Vec::new();
        }
        let (Some(part), Ok(tree)) = (self.schema(), JsonTree::read(text)) else { return Vec::new() };
        let root = match &self.place {
            Place::Alone(alone) => alone,
            _ => &*self.root,
        };
        let mut meant = Vec::new();
        for nulls in [false, true] {
            let mut tree = tree.clone();
            if coerce(&mut tree, root, part, Leniency { texts, nulls }) {
                let text = tree.to_text();
                if !meant.contains(&text) {
                    meant.push(text);
                }
            }
        }
        meant
    }

    fn schema(&self) -> Option<&Value> {
        match &self.place {
            Place::Within(pointer) => self.root.pointer(pointer),
            Place::Alone(schema) => Some(schema),
            Place::None => None,
        }
    }

    /// Says why a text could not be read.
    pub(crate) fn explain(&self, text: &str, why: &Unread, faults: &mut Faults) {
        if let Some(words) = self.validator.refuses_kind(text) {
            return faults.push(&self.at(), words);
        }
        if !is_buildable(text) {
            return self.at_steps(&path_to(text, why.offset(text)), why, faults);
        }
        let tree = match JsonTree::read(text) {
            Ok(tree) => tree,
            Err(why) => return faults.push(&self.at(), format!("cannot be read: it {}", why.message())),
        };
        let before = faults.len();
        repetitions(&tree, &mut self.at(), faults);
        if faults.len() == before {
            self.validator.explain(&tree, &mut self.at(), bounds::CHECKED_INLINE, faults);
        }
        if faults.len() == before {
            // The schema cannot say everything that the type wants.
            let mut place = path_to(text, why.offset(text));
            Search { held: self, why, left: Cell::new(SEARCHED) }.descend(&tree, &mut place);
            self.at_steps(&place, why, faults);
        }
    }

    fn at_steps(&self, steps: &[TextStep], why: &Unread, faults: &mut Faults) {
        let mut at = self.at();
        for step in steps {
            match step {
                TextStep::Key(name) => at.push(name),
                TextStep::Index(index) => at.push_index(*index),
            }
        }
        faults.push(&at, in_plain_words(&why.words));
    }
}

/// Whether so much may be built of a text that is refused.
fn is_buildable(text: &str) -> bool {
    text.len() <= bounds::EXPLAINED / 64 || weight(text, OBJECT) <= bounds::EXPLAINED
}

/// Members that are given twice, at every depth.
pub(crate) fn repetitions<'v>(tree: &'v JsonTree<'v>, at: &mut Pointer<'v>, faults: &mut Faults) {
    match tree {
        JsonTree::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                at.push_index(index);
                repetitions(item, at, faults);
                at.pop();
            }
        }
        JsonTree::Object(object) => {
            if let Some(name) = object.twice() {
                at.push(name);
                faults.push(at, format!("`{}` is given twice", sanitize::bounded(name, 64)));
                at.pop();
            }
            for (name, value) in &object.members {
                at.push(name);
                repetitions(value, at, faults);
                at.pop();
            }
        }
        _ => {}
    }
}

/// What serde knows of an argument that it has read: asked by having it read the argument again, a little changed.
struct Serde<'h> {
    held: &'h HeldArgument,
    tree: &'h JsonTree<'h>,
    lists: bool,
    size: usize,
    /// Members by the schema of their object: the property that each is another name of, if any.
    known: RefCell<HashMap<(usize, String), Option<String>>>,
    probes: Cell<usize>,
    bytes: Cell<usize>,
}

impl Serde<'_> {
    /// The property that one of `names` is another name of. With all of them given twice, serde complains of the first
    /// that it knows, under its proper name; what it does not know it passes over.
    fn repeated(&self, at: &[PathStep<'_>], names: &[&str]) -> Option<Result<String, ()>> {
        let (Some(probes), Some(bytes)) =
            (self.probes.get().checked_sub(1), self.bytes.get().checked_sub(self.size + 64))
        else {
            return Some(Err(()));
        };
        self.probes.set(probes);
        self.bytes.set(bytes);
        let mut text = String::with_capacity(self.size + 64);
        write_changed(self.tree, at, &mut text, &|object, out| {
            doubled(object, |name| names.contains(&name), out);
        });
        let why = (self.held.reads)(&text).err()?;
        let name = why.words.strip_prefix("duplicate field `")?.strip_suffix('`')?;
        Some(Ok(name.to_owned()))
    }
}

impl Trusted for Serde<'_> {
    fn lists_are_faults(&self) -> bool {
        self.lists
    }

    fn aliases(
        &self,
        node: usize,
        at: &Pointer<'_>,
        _: &JsonObject<'_>,
        unknown: &[&str],
    ) -> Option<Vec<(String, String)>> {
        let steps = &at.steps()[self.held.at().steps().len()..];
        let mut known = self.known.borrow_mut();
        let mut left: Vec<&str> =
            unknown.iter().copied().filter(|name| !known.contains_key(&(node, (*name).to_owned()))).collect();
        while !left.is_empty() {
            let Some(found) = self.repeated(steps, &left) else { break };
            let mut property = found.ok()?;
            let mut among = left.as_slice();
            while among.len() > 1 {
                let (first, second) = among.split_at(among.len() / 2);
                (property, among) = match self.repeated(steps, first) {
                    Some(found) => (found.ok()?, first),
                    None => (self.repeated(steps, second)?.ok()?, second),
                };
            }
            let name = *among.first()?;
            known.insert((node, name.to_owned()), Some(property));
            left.retain(|other| *other != name);
        }
        for name in left {
            known.insert((node, name.to_owned()), None);
        }
        let pair = |name: &&str| {
            let property = known.get(&(node, (*name).to_owned()))?.clone()?;
            Some(((*name).to_owned(), property))
        };
        Some(unknown.iter().filter_map(pair).collect())
    }
}

/// Looks for the guilty part of a value that serde had set aside, to read it once its type was known: there an error has
/// the place of the whole.
struct Search<'h> {
    held: &'h HeldArgument,
    why: &'h Unread,
    left: Cell<usize>,
}

impl Search<'_> {
    /// Goes on from `place` to what is guilty within it.
    fn descend(&self, tree: &JsonTree<'_>, place: &mut Vec<TextStep>) {
        const OF_THE_WHOLE: &[&str] =
            &["missing field", "unknown field", "unknown variant", "duplicate field", "data did not match"];
        if OF_THE_WHOLE.iter().any(|words| self.why.words.starts_with(words)) {
            return;
        }
        let mut inside = false;
        while let Some(steps) = part(tree, place).and_then(|part| self.next(tree, place, part, inside)) {
            place.extend(steps);
            inside = true;
        }
    }

    fn next(
        &self,
        tree: &JsonTree<'_>,
        place: &[TextStep],
        part: &JsonTree<'_>,
        inside: bool,
    ) -> Option<Vec<TextStep>> {
        match part {
            JsonTree::Object(object) if object.members.len() <= MEMBERS => self
                .member(tree, place, object)
                .map(|step| vec![step])
                // The content of an adjacently tagged enum is set aside as well, and may not come twice.
                .or_else(|| object.members.iter().find_map(|(name, value)| self.beneath(tree, place, name, value))),
            JsonTree::Array(items) if inside => self.item(tree, place, items.len()).map(|step| vec![step]),
            _ => None,
        }
    }

    fn beneath(
        &self,
        tree: &JsonTree<'_>,
        place: &[TextStep],
        name: &str,
        value: &JsonTree<'_>,
    ) -> Option<Vec<TextStep>> {
        let JsonTree::Object(object) = value else { return None };
        let step = TextStep::Key(name.to_owned());
        let place: Vec<TextStep> = place.iter().cloned().chain([step.clone()]).collect();
        Some(vec![step, self.member(tree, &place, object)?])
    }

    /// The same error as before?
    fn fails_alike(&self, tree: &JsonTree<'_>, place: &[TextStep], change: TreeChange<'_>) -> Option<bool> {
        let steps: Vec<PathStep<'_>> = place
            .iter()
            .map(|step| match step {
                TextStep::Key(name) => PathStep::Key(name),
                TextStep::Index(index) => PathStep::Index(*index),
            })
            .collect();
        let mut text = String::new();
        match change {
            TreeChange::Object(change) => write_changed(tree, &steps, &mut text, change),
            TreeChange::Items(most) => write_shortened(tree, &steps, &mut text, most),
        }
        self.left.set(self.left.get().checked_sub(text.len())?);
        Some((self.held.reads)(&text).is_err_and(|why| why.words == self.why.words))
    }

    /// The member without which the error is another one, and which is what serde stumbles over even if it comes first and
    /// twice: of a member that could be read, serde would say that it is there twice.
    fn member(&self, tree: &JsonTree<'_>, place: &[TextStep], object: &JsonObject<'_>) -> Option<TextStep> {
        for (name, _) in &object.members {
            let without = |object: &JsonObject<'_>, out: &mut String| {
                write_members(object.members.iter().filter(|(other, _)| other != name), out);
            };
            let twice = |object: &JsonObject<'_>, out: &mut String| doubled(object, |other| other == name, out);
            if !self.fails_alike(tree, place, TreeChange::Object(&without))?
                && self.fails_alike(tree, place, TreeChange::Object(&twice))?
            {
                return Some(TextStep::Key(name.clone().into_owned()));
            }
        }
        None
    }

    /// The last item of the shortest list that gives the error.
    fn item(&self, tree: &JsonTree<'_>, place: &[TextStep], items: usize) -> Option<TextStep> {
        if self.why.words.starts_with("invalid length") {
            return None;
        }
        let (mut least, mut most) = (0, items);
        while least < most {
            let middle = usize::midpoint(least, most);
            if self.fails_alike(tree, place, TreeChange::Items(middle))? {
                most = middle;
            } else {
                least = middle + 1;
            }
        }
        most.checked_sub(1).map(TextStep::Index)
    }
}

type ChangeObject<'c> = &'c dyn Fn(&JsonObject<'_>, &mut String);

#[derive(Clone, Copy)]
enum TreeChange<'c> {
    Object(ChangeObject<'c>),
    /// Only so many items.
    Items(usize),
}

fn part<'t>(tree: &'t JsonTree<'t>, place: &[TextStep]) -> Option<&'t JsonTree<'t>> {
    place.iter().try_fold(tree, |tree, step| match (tree, step) {
        (JsonTree::Object(object), TextStep::Key(name)) => object.get(name),
        (JsonTree::Array(items), TextStep::Index(index)) => items.get(*index),
        _ => None,
    })
}

/// Writes a tree with one object in it changed.
fn write_changed(tree: &JsonTree<'_>, steps: &[PathStep<'_>], out: &mut String, change: ChangeObject<'_>) {
    write_around(tree, steps, out, &|part, out| match part {
        JsonTree::Object(object) => change(object, out),
        other => other.write(out),
    });
}

/// Writes a tree with one list in it shortened.
fn write_shortened(tree: &JsonTree<'_>, steps: &[PathStep<'_>], out: &mut String, most: usize) {
    write_around(tree, steps, out, &|part, out| match part {
        JsonTree::Array(items) => write_items(items.iter().take(most), out, &mut |_, item, out| item.write(out)),
        other => other.write(out),
    });
}

fn write_around(
    tree: &JsonTree<'_>,
    steps: &[PathStep<'_>],
    out: &mut String,
    write: &dyn Fn(&JsonTree<'_>, &mut String),
) {
    match (tree, steps.split_first()) {
        (tree, None) => write(tree, out),
        (JsonTree::Object(object), Some((PathStep::Key(key), rest))) => {
            out.push('{');
            for (index, (name, value)) in object.members.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_text(name, out);
                out.push(':');
                if name == key { write_around(value, rest, out, write) } else { value.write(out) }
            }
            out.push('}');
        }
        (JsonTree::Array(items), Some((PathStep::Index(at), rest))) => {
            write_items(items.iter(), out, &mut |index, item, out| {
                if index == *at { write_around(item, rest, out, write) } else { item.write(out) }
            });
        }
        (tree, _) => tree.write(out),
    }
}

fn write_items<'v>(
    items: impl Iterator<Item = &'v JsonTree<'v>>,
    out: &mut String,
    write: &mut dyn FnMut(usize, &JsonTree<'_>, &mut String),
) {
    out.push('[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(index, item, out);
    }
    out.push(']');
}

fn write_members<'v>(members: impl Iterator<Item = &'v (std::borrow::Cow<'v, str>, JsonTree<'v>)>, out: &mut String) {
    out.push('{');
    for (index, (name, value)) in members.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_text(name, out);
        out.push(':');
        value.write(out);
    }
    out.push('}');
}

/// An object in which some members come first, each of them twice.
fn doubled(object: &JsonObject<'_>, which: impl Fn(&str) -> bool, out: &mut String) {
    let twice = object.members.iter().filter(|(name, _)| which(name)).flat_map(|member| [member, member]);
    write_members(twice.chain(object.members.iter().filter(|(name, _)| !which(name))), out);
}

/// serde's words for somebody who does not know Rust.
fn in_plain_words(words: &str) -> String {
    const UNTAGGED: &str = "data did not match any variant of untagged enum";
    if words.starts_with(UNTAGGED) {
        return "fits none of the forms that are possible here".to_owned();
    }
    let plain = match words.rsplit_once(", expected ") {
        Some((what, wanted)) => match plain_type(wanted) {
            Some(plain) => format!("{what}, expected {plain}"),
            None => words.to_owned(),
        },
        None => words.to_owned(),
    };
    sanitize::bounded(&plain, 256).into_owned()
}

fn plain_type(wanted: &str) -> Option<String> {
    let between = |least: String, most: String| Some(format!("a whole number from {least} to {most}"));
    macro_rules! whole {
        ($type:ty) => {
            between(<$type>::MIN.to_string(), <$type>::MAX.to_string())
        };
    }
    match wanted {
        "u8" | "a nonzero u8" => whole!(u8),
        "u16" | "a nonzero u16" => whole!(u16),
        "u32" | "a nonzero u32" => whole!(u32),
        "u64" | "usize" | "a nonzero u64" | "a nonzero usize" => whole!(u64),
        "u128" | "a nonzero u128" => whole!(u128),
        "i8" | "a nonzero i8" => whole!(i8),
        "i16" | "a nonzero i16" => whole!(i16),
        "i32" | "a nonzero i32" => whole!(i32),
        "i64" | "isize" | "a nonzero i64" | "a nonzero isize" => whole!(i64),
        "i128" | "a nonzero i128" => whole!(i128),
        "f32" | "f64" => Some("a number".to_owned()),
        "unit" => Some("null".to_owned()),
        "a map" => Some("an object".to_owned()),
        "a sequence" => Some("an array".to_owned()),
        "a boolean" | "a string" => None,
        other if other.starts_with("struct ") || other.starts_with("internally tagged enum ") => {
            Some("an object".to_owned())
        }
        other if other.starts_with("tuple struct ") || other.starts_with("a tuple of size ") => {
            Some("an array".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_type_of_rust_reaches_a_client() {
        for (words, plain) in [
            (
                "invalid value: integer `300`, expected u8",
                "invalid value: integer `300`, expected a whole number from 0 to 255",
            ),
            ("invalid type: string \"x\", expected f32", "invalid type: string \"x\", expected a number"),
            ("invalid type: null, expected struct Point", "invalid type: null, expected an object"),
            ("data did not match any variant of untagged enum Pick", "fits none of the forms that are possible here"),
            ("invalid IP address syntax", "invalid IP address syntax"),
        ] {
            assert_eq!(in_plain_words(words), plain);
        }
    }
}
