//! What is known of a component before it runs, for whoever stands between a request and the component.

use std::fmt;
use std::sync::Arc;
#[cfg(feature = "interaction")]
use std::time::Duration;

use super::prompt::PromptComponent;
use super::resource::ResourceComponent;
#[cfg(feature = "interaction")]
use super::resource::ResourceEntry;
use super::signature::Signature;
use super::tool::{Common, ToolComponent};
#[cfg(feature = "interaction")]
use crate::protocol::Revision;
#[cfg(feature = "interaction")]
use crate::protocol::jsonrpc::write_json;
#[cfg(feature = "interaction")]
use crate::protocol::shape::Shaped;

/// What kind of component a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ComponentKind {
    /// A tool.
    Tool,
    /// A resource, fixed or a template.
    Resource,
    /// A prompt.
    Prompt,
}

/// The component that a request is for, as its author declared it. Cheap to clone.
#[derive(Clone)]
pub struct ComponentInfo(Of);

#[derive(Clone)]
enum Of {
    Tool(Arc<ToolComponent>),
    Resource(Arc<ResourceComponent>),
    Prompt(Arc<PromptComponent>),
}

impl ComponentInfo {
    /// What kind of component it is.
    #[must_use]
    pub fn kind(&self) -> ComponentKind {
        match &self.0 {
            Of::Tool(_) => ComponentKind::Tool,
            Of::Resource(_) => ComponentKind::Resource,
            Of::Prompt(_) => ComponentKind::Prompt,
        }
    }

    /// The name of a tool, a resource or a prompt.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.common().name
    }

    /// The URI of a resource, or its template; `None` for tools and prompts.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        match &self.0 {
            Of::Resource(resource) => Some(resource.uri()),
            _ => None,
        }
    }

    /// Its tags.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.common().tags.iter().map(String::as_str)
    }

    /// The scopes that a caller needs, all of them.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.common().scopes.iter().copied()
    }

    /// The roles of which a caller needs one.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.common().roles.iter().copied()
    }

    /// Whether an argument was declared `sensitive`, so that its value belongs into no log.
    #[must_use]
    pub fn is_sensitive(&self, argument: &str) -> bool {
        let arguments = self.signature().map(|signature| signature.arguments.as_slice()).unwrap_or_default();
        arguments.iter().any(|known| known.sensitive && known.name == argument)
    }

    /// Where it was written, `src/main.rs:12`; `None` if it was added at run time.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        self.common().source.map(|source| source.to_string())
    }

    fn common(&self) -> &Common {
        match &self.0 {
            Of::Tool(tool) => &tool.common,
            Of::Resource(resource) => &resource.common,
            Of::Prompt(prompt) => &prompt.common,
        }
    }

    fn signature(&self) -> Option<&Signature> {
        match &self.0 {
            Of::Tool(tool) => tool.signature(),
            Of::Resource(resource) => resource.signature(),
            Of::Prompt(prompt) => prompt.signature(),
        }
    }
}

/// How metrics, the audit log and the gate know it again.
impl ComponentInfo {
    /// A number that no other component of the process has.
    pub(crate) fn id(&self) -> u64 {
        self.common().pace.id
    }
}

/// What the audit log says of it.
#[cfg(feature = "interaction")]
impl ComponentInfo {
    /// How long a call may take, under a server's own limit.
    pub(crate) fn limit(&self, server: Option<Duration>) -> Option<Duration> {
        self.common().limit(server)
    }

    /// What clients are told of it, as JSON.
    pub(crate) fn definition(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match &self.0 {
            Of::Tool(tool) => write_json(&mut out, &Shaped(&tool.entry, Revision::LATEST)),
            Of::Resource(resource) => match &resource.entry {
                ResourceEntry::Fixed(entry) => write_json(&mut out, &Shaped(entry, Revision::LATEST)),
                ResourceEntry::Template(entry) => write_json(&mut out, &Shaped(entry, Revision::LATEST)),
            },
            Of::Prompt(prompt) => write_json(&mut out, &Shaped(&prompt.entry, Revision::LATEST)),
        }
        out
    }
}

impl From<&Arc<ToolComponent>> for ComponentInfo {
    fn from(tool: &Arc<ToolComponent>) -> Self {
        Self(Of::Tool(Arc::clone(tool)))
    }
}

impl From<&Arc<ResourceComponent>> for ComponentInfo {
    fn from(resource: &Arc<ResourceComponent>) -> Self {
        Self(Of::Resource(Arc::clone(resource)))
    }
}

impl From<&Arc<PromptComponent>> for ComponentInfo {
    fn from(prompt: &Arc<PromptComponent>) -> Self {
        Self(Of::Prompt(Arc::clone(prompt)))
    }
}

impl fmt::Debug for ComponentInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComponentInfo").field("kind", &self.kind()).field("name", &self.name()).finish_non_exhaustive()
    }
}
