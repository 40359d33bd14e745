//! The lists as bytes, made once per change and revision, and spliced into responses.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Catalog;
use crate::component::resource::ResourceEntry;
use crate::component::tool::Common;
use crate::context::Caller;
use crate::protocol::jsonrpc::write_json;
use crate::protocol::shape::Shaped;
use crate::protocol::{Revision, RpcError, method};
use crate::session::lock;

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListKind {
    Tools,
    Prompts,
    Resources,
    Templates,
}

impl ListKind {
    /// The list that a method asks for.
    pub(crate) fn of(method: &str) -> Option<Self> {
        [Self::Tools, Self::Prompts, Self::Resources, Self::Templates].into_iter().find(|kind| kind.method() == method)
    }

    /// The method that asks for the list.
    pub(crate) const fn method(self) -> &'static str {
        match self {
            Self::Tools => method::TOOLS_LIST,
            Self::Prompts => method::PROMPTS_LIST,
            Self::Resources => method::RESOURCES_LIST,
            Self::Templates => method::RESOURCES_TEMPLATES_LIST,
        }
    }

    /// The member of the result that holds the list.
    pub(crate) const fn member(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
            Self::Templates => "resourceTemplates",
        }
    }
}

/// One page: the items between the brackets, and the cursor of the next page.
#[derive(Clone)]
pub(crate) struct ListPage {
    pub items: Arc<[u8]>,
    pub next: Option<String>,
}

/// Rendered whole lists, by kind and revision.
type Rendered = [[OnceLock<Arc<[u8]>>; Revision::ALL.len()]; 4];

/// The lists of each class of callers. All callers who see the same components are one class; where nothing is restricted there is
/// only one.
#[derive(Default)]
pub(crate) struct Lists {
    everybody: Rendered,
    classes: Mutex<HashMap<Class, Arc<Rendered>>>,
}

/// Which of the restricted components a caller sees, a bit each, in the order of the catalog.
type Class = Box<[u64]>;

/// Classes whose lists are kept. Those of further ones are rendered each time.
const CLASSES: usize = 64;

impl Catalog {
    /// A page of a list for a caller, from after `cursor`. Without a page size the list is one page, rendered once.
    pub(crate) fn page(
        &self,
        kind: ListKind,
        revision: Revision,
        cursor: Option<&str>,
        size: Option<usize>,
        caller: &Caller,
    ) -> Result<ListPage, RpcError> {
        let Some(size) = size else {
            if let Some(cursor) = cursor {
                // No cursor was ever given out, so only the one that a larger page size gave could be meant.
                let after = decode(kind, cursor, caller)?;
                return Ok(self.slice(kind, revision, Some(&after), usize::MAX, caller));
            }
            let render = || self.slice(kind, revision, None, usize::MAX, caller).items;
            let items = if !self.is_restricted() {
                Arc::clone(self.lists.everybody[kind as usize][revision.index()].get_or_init(render))
            } else if let Some(rendered) = self.lists_of(caller) {
                Arc::clone(rendered[kind as usize][revision.index()].get_or_init(render))
            } else {
                render()
            };
            return Ok(ListPage { items, next: None });
        };
        let after = cursor.map(|cursor| decode(kind, cursor, caller)).transpose()?;
        Ok(self.slice(kind, revision, after.as_deref(), size, caller))
    }

    /// The lists of all who see what this caller sees, unless too many are kept already.
    fn lists_of(&self, caller: &Caller) -> Option<Arc<Rendered>> {
        let class = self.class(caller);
        let mut classes = lock(&self.lists.classes);
        if let Some(rendered) = classes.get(&class) {
            return Some(Arc::clone(rendered));
        }
        if classes.len() >= CLASSES {
            return None;
        }
        Some(Arc::clone(classes.entry(class).or_default()))
    }

    fn class(&self, caller: &Caller) -> Class {
        let tools = self.sorted_tools.iter().map(|tool| &tool.common);
        let prompts = self.sorted_prompts.iter().map(|prompt| &prompt.common);
        let resources = self.sorted_resources.iter().map(|resource| &resource.common);
        let mut class = Vec::new();
        for (n, common) in tools.chain(prompts).chain(resources).filter(|common| common.is_restricted()).enumerate() {
            if n % 64 == 0 {
                class.push(0);
            }
            class[n / 64] |= u64::from(self.shows(common, caller)) << (n % 64);
        }
        class.into()
    }

    /// Renders the items after a key. Keys and not places: a list that changes between pages loses and repeats nothing.
    fn slice(&self, kind: ListKind, revision: Revision, after: Option<&str>, size: usize, caller: &Caller) -> ListPage {
        let mut out = Vec::new();
        let mut last = None;
        let mut count = 0;
        let mut more = false;
        self.each(kind, caller, |key, write| {
            if after.is_some_and(|after| key <= after) || more {
                return;
            }
            if count == size {
                more = true;
                return;
            }
            if count > 0 {
                out.push(b',');
            }
            write(revision, &mut out);
            last = Some(key.to_owned());
            count += 1;
        });
        ListPage { items: out.into(), next: last.filter(|_| more).map(|last| encode(kind, &last, caller)) }
    }

    /// Visits the listed components of a kind in order: the key of each, and how it is written.
    fn each(&self, kind: ListKind, caller: &Caller, mut visit: impl FnMut(&str, &dyn Fn(Revision, &mut Vec<u8>))) {
        let listed = |common: &Common| !common.hidden && self.shows(common, caller);
        match kind {
            ListKind::Tools => {
                for tool in self.sorted_tools.iter().filter(|tool| listed(&tool.common)) {
                    visit(&tool.common.name, &|revision, out| match &tool.wrapped_output {
                        Some(wrapped) if revision.wraps_structured() => {
                            let mut entry = tool.entry.clone();
                            entry.output_schema = Some(wrapped.clone());
                            write_json(out, &Shaped(&entry, revision));
                        }
                        _ => write_json(out, &Shaped(&tool.entry, revision)),
                    });
                }
            }
            ListKind::Prompts => {
                for prompt in self.sorted_prompts.iter().filter(|prompt| listed(&prompt.common)) {
                    visit(&prompt.common.name, &|revision, out| write_json(out, &Shaped(&prompt.entry, revision)));
                }
            }
            ListKind::Resources | ListKind::Templates => {
                for resource in self.sorted_resources.iter().filter(|resource| listed(&resource.common)) {
                    match &resource.entry {
                        ResourceEntry::Fixed(entry) if kind == ListKind::Resources => {
                            visit(&entry.uri, &|revision, out| write_json(out, &Shaped(entry, revision)));
                        }
                        ResourceEntry::Template(entry) if kind == ListKind::Templates => {
                            visit(&entry.uri_template, &|revision, out| write_json(out, &Shaped(entry, revision)));
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}

/// An opaque cursor: the kind, whose it is, and the last key. It means the same after a restart and on every replica.
fn encode(kind: ListKind, key: &str, caller: &Caller) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}:{:x}:{key}", kind as u8, whose(caller)))
}

/// A caller in a number that is the same everywhere (FNV-1a). Nothing is kept safe by it, for a list shows each caller only its own.
fn whose(caller: &Caller) -> u64 {
    let bytes = caller.identity().unwrap_or_default().bytes();
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn decode(kind: ListKind, cursor: &str, caller: &Caller) -> Result<String, RpcError> {
    let bad = || RpcError::invalid_params("the cursor is not one that this server gave out");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
    let text = String::from_utf8(bytes).map_err(|_| bad())?;
    let key = text.strip_prefix(&format!("{}:{:x}:", kind as u8, whose(caller)));
    key.map(ToOwned::to_owned).ok_or_else(bad)
}
