//! What is wrong with a value, and where: told to whoever sent it, bounded whatever was sent.

use std::fmt;

use crate::bounds::CAUSE;
use crate::text::sanitize::bounded;

/// Faults that are told; the others are counted.
pub(super) const TOLD: usize = 32;
/// Faults whose message says what was probably meant. Finding that takes its time.
pub(super) const HINTS: usize = 8;
/// Characters of a client's value that are echoed.
pub(super) const ECHO: usize = 64;

/// Where in a value: the steps from the root, borrowed until somebody asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pointer<'v> {
    pub(super) steps: Vec<PathStep<'v>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum PathStep<'v> {
    Key(&'v str),
    Index(usize),
}

impl<'v> Pointer<'v> {
    /// The whole value.
    pub(crate) fn root() -> Self {
        Self::default()
    }

    /// The member `key` of the root.
    pub(crate) fn at(key: &'v str) -> Self {
        Self { steps: vec![PathStep::Key(key)] }
    }

    /// The steps from the root.
    pub(crate) fn steps(&self) -> &[PathStep<'v>] {
        &self.steps
    }

    pub(crate) fn push(&mut self, key: &'v str) {
        self.steps.push(PathStep::Key(key));
    }

    pub(crate) fn push_index(&mut self, index: usize) {
        self.steps.push(PathStep::Index(index));
    }

    pub(crate) fn pop(&mut self) {
        self.steps.pop();
    }
}

impl fmt::Display for Pointer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            match step {
                PathStep::Key(key) => {
                    let key = bounded(key, ECHO);
                    write!(f, "/{}", key.replace('~', "~0").replace('/', "~1"))?;
                }
                PathStep::Index(index) => write!(f, "/{index}")?,
            }
        }
        Ok(())
    }
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// JSON pointer of the place, empty for the whole value.
    pub pointer: String,
    /// What must be otherwise.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pointer.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "`{}`: {}", self.pointer, self.message)
        }
    }
}

/// What is wrong with a value: the first 32 faults, and how many more there are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    pub(super) told: Vec<Fault>,
    pub(super) more: usize,
    /// How many said, or tried to say, what was meant.
    pub(super) hints: usize,
}

impl Faults {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Whether one more fault may look for what was meant.
    pub(crate) fn may_hint(&mut self) -> bool {
        let may = self.hints < HINTS && self.told.len() < TOLD;
        self.hints += usize::from(may);
        may
    }

    pub(crate) fn push(&mut self, at: &Pointer<'_>, message: impl Into<String>) {
        if self.told.len() < TOLD {
            // It may hold a library's words, and these the whole of a client's value.
            let message = bounded(&message.into(), CAUSE).into_owned();
            self.told.push(Fault { pointer: at.to_string(), message });
        } else {
            self.more += 1;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// How many there are, told or not.
    pub(crate) fn len(&self) -> usize {
        self.told.len() + self.more
    }

    /// The told ones.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.told.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.told.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}
