//! The lists as bytes, made once per change and revision, and spliced into responses.

use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Catalog;
use crate::component::resource::ResourceEntry;
use crate::protocol::jsonrpc::write_json;
use crate::protocol::shape::Shaped;
use crate::protocol::{Revision, RpcError, method};

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
#[derive(Default)]
pub(crate) struct Lists([[OnceLock<Arc<[u8]>>; Revision::ALL.len()]; 4]);

impl Catalog {
    /// A page of a list, from after `cursor`. Without a page size the list is one page, rendered once.
    pub(crate) fn page(
        &self,
        kind: ListKind,
        revision: Revision,
        cursor: Option<&str>,
        size: Option<usize>,
    ) -> Result<ListPage, RpcError> {
        let Some(size) = size else {
            if let Some(cursor) = cursor {
                // No cursor was ever given out, so only the one that a larger page size gave could be meant.
                let after = decode(kind, cursor)?;
                return Ok(self.slice(kind, revision, Some(&after), usize::MAX));
            }
            let items = self.lists.0[kind as usize][revision.index()]
                .get_or_init(|| self.slice(kind, revision, None, usize::MAX).items);
            return Ok(ListPage { items: Arc::clone(items), next: None });
        };
        let after = cursor.map(|cursor| decode(kind, cursor)).transpose()?;
        Ok(self.slice(kind, revision, after.as_deref(), size))
    }

    /// Renders the items after a key. Keys and not places: a list that changes between pages loses and repeats nothing.
    fn slice(&self, kind: ListKind, revision: Revision, after: Option<&str>, size: usize) -> ListPage {
        let mut out = Vec::new();
        let mut last = None;
        let mut count = 0;
        let mut more = false;
        self.each(kind, |key, write| {
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
        ListPage { items: out.into(), next: last.filter(|_| more).map(|last| encode(kind, &last)) }
    }

    /// Visits the listed components of a kind in order: the key of each, and how it is written.
    fn each(&self, kind: ListKind, mut visit: impl FnMut(&str, &dyn Fn(Revision, &mut Vec<u8>))) {
        match kind {
            ListKind::Tools => {
                for tool in self.sorted_tools.iter().filter(|tool| !tool.common.hidden) {
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
                for prompt in self.sorted_prompts.iter().filter(|prompt| !prompt.common.hidden) {
                    visit(&prompt.common.name, &|revision, out| write_json(out, &Shaped(&prompt.entry, revision)));
                }
            }
            ListKind::Resources | ListKind::Templates => {
                for resource in self.sorted_resources.iter().filter(|resource| !resource.common.hidden) {
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

/// An opaque cursor: the kind and the last key. It means the same after a restart and on every replica.
fn encode(kind: ListKind, key: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}:{key}", kind as u8))
}

fn decode(kind: ListKind, cursor: &str) -> Result<String, RpcError> {
    let bad = || RpcError::invalid_params("the cursor is not one that this server gave out");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
    let text = String::from_utf8(bytes).map_err(|_| bad())?;
    let (of, key) = text.split_once(':').ok_or_else(bad)?;
    if of == (kind as u8).to_string() { Ok(key.to_owned()) } else { Err(bad()) }
}
