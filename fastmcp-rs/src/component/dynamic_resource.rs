//! A resource added by hand, for what is only known at run time.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::dynamic::one_problem;
use super::output::{HandlerError, ResourceOutput};
use super::resource::{ResourceComponent, ResourceEntry, ResourceHandler};
use super::tables::Timeout;
use super::tool::Common;
use crate::context::Context;
use crate::error::{Error, ToolError};
use crate::future::BoxFuture;
use crate::protocol::{Annotations, CacheScope, Resource as FixedEntry, ResourceTemplate};
use crate::result::ReadResult;
use crate::uri::UriTemplate;

/// A resource, or a template of resources, that is only known at run time.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use fastmcp_rs::{Context, DynamicResource, Server, ToolError};
///
/// let note = DynamicResource::new("notes://{id}", "note", |variables: BTreeMap<String, String>, _: Context| async move {
///     match variables["id"].as_str() {
///         "1" => Ok("buy milk"),
///         id => Err(ToolError::not_found(format!("there is no note {id}"))),
///     }
/// });
/// let server = Server::empty("notes").add_resource(note.description("One note.").mime_type("text/plain"));
/// ```
pub struct DynamicResource {
    uri: String,
    name: String,
    title: Option<String>,
    description: Option<String>,
    mime_type: Option<String>,
    size: Option<u64>,
    annotations: Option<Annotations>,
    tags: Vec<String>,
    timeout: Timeout,
    ttl: Option<Duration>,
    cache_scope: Option<CacheScope>,
    handler: Arc<dyn DynamicRead>,
}

/// A handler of the variables of a URI, erased.
pub(crate) trait DynamicRead: Send + Sync {
    fn read(
        &self,
        variables: BTreeMap<String, String>,
        context: Context,
    ) -> BoxFuture<'static, Result<ReadResult, ToolError>>;
}

impl<F, R, T, E> DynamicRead for F
where
    F: Fn(BTreeMap<String, String>, Context) -> R + Send + Sync,
    R: Future<Output = Result<T, E>> + Send + 'static,
    T: ResourceOutput,
    E: HandlerError,
{
    fn read(
        &self,
        variables: BTreeMap<String, String>,
        context: Context,
    ) -> BoxFuture<'static, Result<ReadResult, ToolError>> {
        let answer = self(variables, context);
        Box::pin(async move { answer.await.map_err(HandlerError::into_tool_error)?.into_contents() })
    }
}

impl DynamicResource {
    /// A resource of this URI, or a template (RFC 6570) with variables, as in `#[resource("..")]`. The handler gets the decoded
    /// variables of the URI that was asked for; those of a query may be absent.
    pub fn new<F, R, T, E>(uri: impl Into<String>, name: impl Into<String>, handler: F) -> Self
    where
        F: Fn(BTreeMap<String, String>, Context) -> R + Send + Sync + 'static,
        R: Future<Output = Result<T, E>> + Send + 'static,
        T: ResourceOutput,
        E: HandlerError,
    {
        Self {
            uri: uri.into(),
            name: name.into(),
            title: None,
            description: None,
            mime_type: None,
            size: None,
            annotations: None,
            tags: Vec::new(),
            timeout: Timeout::Inherit,
            ttl: None,
            cache_scope: None,
            handler: Arc::new(handler),
        }
    }

    /// What it has in it, for the model.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The name for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// The MIME type of its contents. Default: by what the handler returns, `text/plain`, `application/json` or
    /// `application/octet-stream`.
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.mime_type = Some(mime_type.into());
        self
    }

    /// Its size in bytes, where it is known; a template lists none.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    /// Hints for the client: for whom it is, how much it matters, when it changed.
    #[must_use]
    pub fn annotations(mut self, annotations: Annotations) -> Self {
        self.annotations = Some(annotations);
        self
    }

    /// Tags, by which a server can choose.
    #[must_use]
    pub fn tags<S: Into<String>>(mut self, tags: impl IntoIterator<Item = S>) -> Self {
        self.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// How long reading it may take. Default: as the server says.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Timeout::After(limit);
        self
    }

    /// How long clients may keep what they read, and whether shared caches may (2026-07-28, server/utilities/caching). Default:
    /// not at all.
    #[must_use]
    pub fn cache(mut self, ttl: Duration, scope: CacheScope) -> Self {
        (self.ttl, self.cache_scope) = (Some(ttl), Some(scope));
        self
    }

    pub(crate) fn uri(&self) -> &str {
        &self.uri
    }

    pub(crate) fn compile(self) -> Result<(UriTemplate, ResourceComponent), Error> {
        let problem = one_problem("resource", &self.uri);
        let template =
            UriTemplate::parse(&self.uri).map_err(|error| problem(&format!("its URI is not valid: {error}")))?;
        if self.name.is_empty() {
            return Err(problem("it has no name"));
        }
        let entry = if template.is_fixed() {
            let mut entry = FixedEntry::new(&*self.uri, &*self.name);
            entry.title = self.title;
            entry.description = self.description;
            entry.mime_type.clone_from(&self.mime_type);
            entry.size = self.size;
            entry.annotations = self.annotations;
            ResourceEntry::Fixed(entry)
        } else {
            let mut entry = ResourceTemplate::new(&*self.uri, &*self.name);
            entry.title = self.title;
            entry.description = self.description;
            entry.mime_type.clone_from(&self.mime_type);
            entry.annotations = self.annotations;
            ResourceEntry::Template(entry)
        };
        let resource = ResourceComponent {
            common: Common::dynamic(self.name, self.tags, self.timeout),
            entry,
            mime_type: self.mime_type.map(Into::into),
            ttl_ms: self.ttl.map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)),
            cache_scope: self.cache_scope,
            handler: ResourceHandler::Dynamic(self.handler),
        };
        Ok((template, resource))
    }
}

impl std::fmt::Debug for DynamicResource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DynamicResource").field("uri", &self.uri).field("name", &self.name).finish_non_exhaustive()
    }
}
