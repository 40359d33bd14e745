//! What a server offers at one moment: never changed, only replaced, so that a call holds no lock while it runs. The
//! [`Registry`] has everything that it may ever offer: what the macros registered, what is named by hand, what is added later.

mod lists;
mod provider;
mod registry;

use std::collections::HashMap;
use std::sync::Arc;

use crate::component::prompt::PromptComponent;
use crate::component::resource::ResourceComponent;
use crate::component::tool::{Common, ToolComponent};
use crate::protocol::RpcError;
use crate::text::{sanitize, suggest};
use crate::uri::{BadUri, Captures, Router};

use lists::Lists;
pub(crate) use lists::{ListKind, ListPage};
use provider::Offer;
pub(crate) use provider::Provider;
pub(crate) use registry::{Dynamic, Registry};

/// The components that are enabled now.
#[derive(Default)]
pub(crate) struct Catalog {
    tools: HashMap<String, Arc<ToolComponent>>,
    prompts: HashMap<String, Arc<PromptComponent>>,
    resources: Router<Arc<ResourceComponent>>,
    /// In the order of the lists, which is the order of names and URIs.
    pub sorted_tools: Vec<Arc<ToolComponent>>,
    pub sorted_prompts: Vec<Arc<PromptComponent>>,
    pub sorted_resources: Vec<Arc<ResourceComponent>>,
    pub lists: Lists,
}

impl Catalog {
    /// Builds the lookup tables from what is offered. Lists are in the order of names, whoever offers them.
    pub(crate) fn of(provider: &dyn Provider) -> Self {
        let Offer { mut tools, mut prompts, mut resources } = provider.offer();
        tools.sort_by(|one, other| one.common.name.cmp(&other.common.name));
        prompts.sort_by(|one, other| one.common.name.cmp(&other.common.name));
        resources.sort_by(|(_, one), (_, other)| one.uri().cmp(other.uri()));
        let mut router = Router::default();
        let mut sorted_resources = Vec::with_capacity(resources.len());
        for (template, resource) in resources {
            sorted_resources.push(Arc::clone(&resource));
            // The registry has refused templates that answer for the same URIs.
            let _ = router.insert(template, resource);
        }
        Self {
            tools: tools.iter().map(|tool| (tool.common.name.clone(), Arc::clone(tool))).collect(),
            prompts: prompts.iter().map(|prompt| (prompt.common.name.clone(), Arc::clone(prompt))).collect(),
            resources: router,
            sorted_tools: tools,
            sorted_prompts: prompts,
            sorted_resources,
            lists: Lists::default(),
        }
    }

    pub(crate) fn tool(&self, name: &str) -> Result<&Arc<ToolComponent>, RpcError> {
        self.tools.get(name).ok_or_else(|| unknown("tool", name, self.sorted_tools.iter().map(|tool| &tool.common)))
    }

    pub(crate) fn prompt(&self, name: &str) -> Result<&Arc<PromptComponent>, RpcError> {
        self.prompts
            .get(name)
            .ok_or_else(|| unknown("prompt", name, self.sorted_prompts.iter().map(|prompt| &prompt.common)))
    }

    /// The resource that a URI leads to, and the variables in it. The error says what is wrong with the URI itself.
    pub(crate) fn resource<'u>(&self, uri: &'u str) -> Result<Option<(&Arc<ResourceComponent>, Captures<'u>)>, BadUri> {
        self.resources.find(uri)
    }

    /// The resource whose template is spelled so, for completion.
    pub(crate) fn template(&self, uri: &str) -> Option<&Arc<ResourceComponent>> {
        self.sorted_resources.iter().find(|resource| resource.uri() == uri)
    }

    /// Whether there is anything of a kind, which is what the capabilities say.
    pub(crate) fn has(&self, kind: ListKind) -> bool {
        match kind {
            ListKind::Tools => !self.tools.is_empty(),
            ListKind::Prompts => !self.prompts.is_empty(),
            ListKind::Resources | ListKind::Templates => !self.sorted_resources.is_empty(),
        }
    }

    /// Whether any argument can be completed.
    pub(crate) fn completes(&self) -> bool {
        let prompts = self.sorted_prompts.iter().filter_map(|prompt| prompt.signature());
        let templates = self.sorted_resources.iter().filter_map(|resource| resource.signature());
        prompts.chain(templates).flat_map(|signature| &signature.arguments).any(|argument| !argument.injected)
    }
}

/// -32602 with the nearest name. A hidden component is never suggested.
fn unknown<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a Common>) -> RpcError {
    let shown = sanitize::bounded(name, crate::bounds::ECHO);
    let names = known.filter(|common| !common.hidden).map(|common| common.name.as_str());
    RpcError::invalid_params(match suggest::nearest(name, names) {
        Some(near) => format!("Unknown {kind}: `{shown}`. Did you mean `{near}`?"),
        None => format!("Unknown {kind}: `{shown}`"),
    })
}
