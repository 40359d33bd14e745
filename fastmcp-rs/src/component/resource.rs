//! A resource as the server holds it: a fixed URI or a template, found by URI, started with the variables in it.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use super::call::{Call, Reply};
use super::docs::Docs;
use super::signature::Signature;
use super::tables::ResourceDef;
use super::tool::{Common, icons_of, meta_of};
use crate::context::Origin;
use crate::error::ToolError;
use crate::future::BoxFuture;
use crate::panics::contained;
use crate::protocol::{
    Annotations, CacheScope, Resource as FixedEntry, ResourceContents, ResourceTemplate as TemplateEntry, Role,
};
use crate::result::{ReadContent, ReadResult};
use crate::text::percent;
use crate::uri::{Captures, UriTemplate};

pub(crate) enum Entry {
    Fixed(FixedEntry),
    Template(TemplateEntry),
}

pub(crate) struct Resource {
    pub common: Common,
    pub entry: Entry,
    pub mime_type: Option<&'static str>,
    pub ttl_ms: Option<u64>,
    pub cache_scope: Option<CacheScope>,
    pub signature: Signature,
    call: fn(&mut Call<'_>) -> Reply<ReadResult>,
    pub service: Option<Arc<dyn Any + Send + Sync>>,
}

impl Resource {
    pub(crate) fn compile(
        def: &ResourceDef,
        service: Option<Arc<dyn Any + Send + Sync>>,
        problems: &mut Vec<String>,
    ) -> Option<(UriTemplate, Self)> {
        let shared = &def.shared;
        let docs = Docs::read(shared.docs);
        let mut own_problems = Vec::new();
        let signature = Signature::compile(def.params, &docs, &mut own_problems);
        let template = match UriTemplate::parse(def.uri) {
            Ok(template) => Some(template),
            Err(error) => {
                own_problems.push(format!("its URI `{}` is not valid: {error}", def.uri));
                None
            }
        };
        for variable in template.iter().flat_map(UriTemplate::variables) {
            if signature.position(variable).is_none() {
                own_problems.push(format!("nothing takes the variable `{variable}` of its URI"));
            }
        }
        for variable in template.iter().flat_map(UriTemplate::query_variables) {
            if signature.arguments.iter().any(|argument| argument.name == variable && argument.required) {
                own_problems.push(format!(
                    "`{variable}` is part of the query, which may be absent: make it an `Option` or give it a default"
                ));
            }
        }
        problems.extend(
            own_problems
                .into_iter()
                .map(|problem| format!("resource `{}` ({}): {problem}", shared.name, shared.source)),
        );
        let entry = entry(def, docs.description, template.as_ref()?);
        let resource = Self {
            common: Common::of(shared),
            entry,
            mime_type: def.mime_type,
            ttl_ms: def.ttl.map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)),
            cache_scope: def.cache_scope,
            signature,
            call: def.call,
            service,
        };
        Some((template?, resource))
    }

    /// Makes the handler's future from the variables of a matched URI.
    pub(crate) fn start(
        &self,
        captures: &Captures<'_>,
        origin: &Origin<'_>,
    ) -> BoxFuture<'static, Result<ReadResult, ToolError>> {
        let mut texts = vec![None; self.signature.arguments.len()];
        for (variable, value) in captures.iter() {
            if let Some(index) = self.signature.position(variable) {
                texts[index] = Some(Cow::Borrowed(value));
            }
        }
        let mut reading = Call::of_text(&self.signature, texts, origin, self.service.as_ref());
        contained(&self.common.name, || (self.call)(&mut reading).into_future(&self.common))
    }

    /// The contents with the URI that was asked for and the MIME type that the resource declares.
    pub(crate) fn contents(&self, result: &ReadResult, uri: &str) -> Vec<ResourceContents> {
        let uri = &*percent::encode_foreign(uri);
        let of = |content: &ReadContent| {
            let (contents, mime) = match content {
                ReadContent::Text(text) => (ResourceContents::text(uri, text.as_str()), "text/plain"),
                ReadContent::Json(json) => (ResourceContents::text(uri, json.as_str()), "application/json"),
                ReadContent::Blob(bytes) => (ResourceContents::blob(uri, bytes), "application/octet-stream"),
                ReadContent::Full(contents) => return contents.clone(),
            };
            contents.mime_type(self.mime_type.unwrap_or(mime))
        };
        result.contents.iter().map(of).collect()
    }
}

fn entry(def: &ResourceDef, docs: Option<String>, template: &UriTemplate) -> Entry {
    let shared = &def.shared;
    let title = shared.title.map(ToOwned::to_owned);
    let description = shared.description.map(ToOwned::to_owned).or(docs);
    let mime_type = def.mime_type.map(ToOwned::to_owned);
    let annotations = annotations(def);
    if template.is_fixed() {
        let mut entry = FixedEntry::new(def.uri, shared.name);
        entry.title = title;
        entry.description = description;
        entry.mime_type = mime_type;
        entry.size = def.size;
        entry.annotations = annotations;
        entry.icons = icons_of(shared);
        entry.meta = meta_of(shared);
        Entry::Fixed(entry)
    } else {
        let mut entry = TemplateEntry::new(def.uri, shared.name);
        entry.title = title;
        entry.description = description;
        entry.mime_type = mime_type;
        entry.annotations = annotations;
        entry.icons = icons_of(shared);
        entry.meta = meta_of(shared);
        Entry::Template(entry)
    }
}

fn annotations(def: &ResourceDef) -> Option<Annotations> {
    if def.audience.is_empty() && def.priority.is_none() && def.last_modified.is_none() {
        return None;
    }
    let mut annotations = Annotations::new();
    if !def.audience.is_empty() {
        annotations = annotations
            .audience(def.audience.iter().map(|role| if *role == "assistant" { Role::Assistant } else { Role::User }));
    }
    if let Some(priority) = def.priority {
        annotations = annotations.priority(priority);
    }
    if let Some(when) = def.last_modified {
        annotations = annotations.last_modified(when);
    }
    Some(annotations)
}

impl Resource {
    /// The URI or the template, as listed.
    pub(crate) fn uri(&self) -> &str {
        match &self.entry {
            Entry::Fixed(entry) => &entry.uri,
            Entry::Template(entry) => &entry.uri_template,
        }
    }
}
