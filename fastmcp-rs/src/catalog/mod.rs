//! What a server offers at one moment: never changed, only replaced, so that a call holds no lock while it runs. The
//! [`Registry`] has everything that it may ever offer: what the macros registered, what is named by hand, what is added later.

mod access;
mod lists;
mod provider;
mod registry;

use std::collections::HashMap;
use std::sync::Arc;

use crate::component::prompt::PromptComponent;
use crate::component::resource::ResourceComponent;
use crate::component::tool::{Common, ToolComponent};
use crate::context::Caller;
use crate::protocol::RpcError;
use crate::text::{sanitize, suggest};
use crate::uri::{BadUri, Captures, Router};

pub(crate) use access::{Access, Denied, Showing, is_scope};
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
    access: Arc<Access>,
    /// Whether there is anything that is not for everybody.
    restricted: bool,
}

impl Catalog {
    /// Builds the lookup tables from what is offered. Lists are in the order of names, whoever offers them.
    pub(crate) fn of(provider: &dyn Provider, access: Arc<Access>) -> Self {
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
        let restricted = tools.iter().any(|tool| tool.common.is_restricted())
            || prompts.iter().any(|prompt| prompt.common.is_restricted())
            || sorted_resources.iter().any(|resource| resource.common.is_restricted());
        Self {
            tools: tools.iter().map(|tool| (tool.common.name.clone(), Arc::clone(tool))).collect(),
            prompts: prompts.iter().map(|prompt| (prompt.common.name.clone(), Arc::clone(prompt))).collect(),
            resources: router,
            sorted_tools: tools,
            sorted_prompts: prompts,
            sorted_resources,
            lists: Lists::default(),
            access,
            restricted,
        }
    }

    /// A tool that the caller can see.
    pub(crate) fn tool(&self, name: &str, caller: &Caller) -> Result<&Arc<ToolComponent>, RpcError> {
        let found = self.tools.get(name).filter(|tool| self.shows(&tool.common, caller));
        found.ok_or_else(|| self.unknown("tool", name, self.sorted_tools.iter().map(|tool| &tool.common), caller))
    }

    /// A prompt that the caller can see.
    pub(crate) fn prompt(&self, name: &str, caller: &Caller) -> Result<&Arc<PromptComponent>, RpcError> {
        let found = self.prompts.get(name).filter(|prompt| self.shows(&prompt.common, caller));
        let known = || self.sorted_prompts.iter().map(|prompt| &prompt.common);
        found.ok_or_else(|| self.unknown("prompt", name, known(), caller))
    }

    /// The resource that a URI leads to if the caller can see it, and the variables in the URI. The error says what is wrong with
    /// the URI itself.
    pub(crate) fn resource<'u>(
        &self,
        uri: &'u str,
        caller: &Caller,
    ) -> Result<Option<(&Arc<ResourceComponent>, Captures<'u>)>, BadUri> {
        self.resources.find(uri, &|resource| self.shows(&resource.common, caller))
    }

    /// The resource whose template is spelled so, for completion.
    pub(crate) fn template(&self, uri: &str, caller: &Caller) -> Option<&Arc<ResourceComponent>> {
        let found = self.sorted_resources.iter().find(|resource| resource.uri() == uri)?;
        self.shows(&found.common, caller).then_some(found)
    }

    /// Why the caller may not use a component that it can see, if it may not.
    pub(crate) fn denies(&self, common: &Common, caller: &Caller) -> Option<Denied> {
        if common.is_restricted() { self.access.denies(common, caller) } else { None }
    }

    fn shows(&self, common: &Common, caller: &Caller) -> bool {
        !common.is_restricted() || self.access.shows(common, caller)
    }

    /// Whether there is anything that is not for everybody.
    pub(crate) fn is_restricted(&self) -> bool {
        self.restricted
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

    /// -32602 with the nearest name. What is hidden, or hidden from this caller, is never suggested.
    fn unknown<'a>(
        &self,
        kind: &str,
        name: &str,
        known: impl Iterator<Item = &'a Common>,
        caller: &Caller,
    ) -> RpcError {
        let shown = sanitize::bounded(name, crate::bounds::ECHO);
        let names = known.filter(|common| !common.hidden && self.shows(common, caller));
        RpcError::invalid_params(match suggest::nearest(name, names.map(|common| common.name.as_str())) {
            Some(near) => format!("Unknown {kind}: `{shown}`. Did you mean `{near}`?"),
            None => format!("Unknown {kind}: `{shown}`"),
        })
    }
}
