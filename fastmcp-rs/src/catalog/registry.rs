//! The registry: every component that a server may offer, which of them are enabled, and the catalog that follows from it.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::Catalog;
use super::access::Access;
use super::provider::{Offer, Provider};
use crate::component::function::Named;
use crate::component::prompt::PromptComponent;
use crate::component::resource::ResourceComponent;
use crate::component::tables::{Def, PromptDef, Registered, ResourceDef, ToolDef};
use crate::component::tool::{Common, ToolComponent};
use crate::component::{DynamicPrompt, DynamicResource, DynamicTool};
use crate::context::Change;
use crate::error::Error;
use crate::uri::{Router, UriTemplate};

type Instance = Option<Arc<dyn Any + Send + Sync>>;

/// What a server was given, sorted by name. Enabling and disabling picks from it.
#[derive(Default)]
pub(crate) struct Registry {
    pub tools: BTreeMap<String, Arc<ToolComponent>>,
    pub prompts: BTreeMap<String, Arc<PromptComponent>>,
    pub resources: BTreeMap<String, (UriTemplate, Arc<ResourceComponent>)>,
    pub disabled: BTreeSet<String>,
    pub access: Arc<Access>,
    /// The names of the tools in lower case, and perhaps of some that are gone.
    folded: HashSet<String>,
    problems: Vec<String>,
}

impl Registry {
    /// Everything that carries an attribute in any linked crate, and belongs to a server of this name.
    ///
    /// The order in which inventory yields is the linker's; everything here is sorted by name.
    pub(crate) fn collect(&mut self, server: &str) {
        let mut found: Vec<Def> = inventory::iter::<Registered>.into_iter().map(|registered| registered.def).collect();
        // Duplicates are reported in the same order on every start.
        found.sort_by_key(|def| {
            let source = def.shared().source;
            (source.module, source.line)
        });
        for def in found {
            if def.shared().server.is_none_or(|own| own == server) {
                self.add(def);
            }
        }
    }

    fn add(&mut self, def: Def) {
        match def {
            Def::Tool(def) => self.tool(def, None),
            Def::Resource(def) => self.resource(def, None),
            Def::Prompt(def) => self.prompt(def, None),
        }
    }

    /// Adds a component by its function, whatever server it says that it is for. `word` is what it has to be.
    pub(crate) fn function(&mut self, word: &str, named: &Named) {
        let mut registered = inventory::iter::<Registered>.into_iter();
        match registered.find(|registered| (registered.function)() == named.id).map(|registered| registered.def) {
            Some(def) if def.word() == word => self.add(def),
            Some(def) => self.problems.push(named.is_another(word, def.word())),
            None => self.problems.push(named.is_not_a(word)),
        }
    }

    pub(crate) fn tool(&mut self, def: &'static ToolDef, service: Instance) {
        let tool = ToolComponent::compile(def, service, &mut self.problems);
        self.add_tool(tool);
    }

    pub(crate) fn add_tool(&mut self, tool: ToolComponent) {
        if let Some(earlier) = self.tools.get(&tool.common.name) {
            self.problems.push(duplicate("tools", &tool.common.name, &earlier.common, &tool.common));
            return;
        }
        let differs = |known: &&String| known.eq_ignore_ascii_case(&tool.common.name);
        if !self.folded.insert(tool.common.name.to_ascii_lowercase())
            && let Some(known) = self.tools.keys().find(differs)
        {
            let earlier = &self.tools[known].common;
            self.problems.push(format!(
                "the tools `{known}` ({}) and `{}` ({}) differ only in case, which some clients do not keep apart: rename one with `name = \"..\"`",
                earlier.place(),
                tool.common.name,
                tool.common.place(),
            ));
            return;
        }
        self.tools.insert(tool.common.name.clone(), Arc::new(tool));
    }

    pub(crate) fn remove_tool(&mut self, name: &str) {
        if self.tools.remove(name).is_some() {
            self.folded.remove(&name.to_ascii_lowercase());
        }
    }

    pub(crate) fn prompt(&mut self, def: &'static PromptDef, service: Instance) {
        let prompt = PromptComponent::compile(def, service, &mut self.problems);
        self.add_prompt(prompt);
    }

    fn add_prompt(&mut self, prompt: PromptComponent) {
        match self.prompts.get(&prompt.common.name) {
            Some(earlier) => {
                self.problems.push(duplicate("prompts", &prompt.common.name, &earlier.common, &prompt.common))
            }
            None => {
                self.prompts.insert(prompt.common.name.clone(), Arc::new(prompt));
            }
        }
    }

    pub(crate) fn resource(&mut self, def: &'static ResourceDef, service: Instance) {
        if let Some((template, resource)) = ResourceComponent::compile(def, service, &mut self.problems) {
            self.add_resource(template, resource);
        }
    }

    fn add_resource(&mut self, template: UriTemplate, resource: ResourceComponent) {
        match self.resources.get(resource.uri()) {
            Some((_, earlier)) => {
                self.problems.push(duplicate("resources", resource.uri(), &earlier.common, &resource.common))
            }
            None => {
                self.resources.insert(resource.uri().to_owned(), (template, Arc::new(resource)));
            }
        }
    }

    /// Adds a component that was made by hand; what is wrong with it is found among the problems.
    pub(crate) fn dynamic(&mut self, dynamic: Dynamic) {
        let added = match dynamic {
            Dynamic::Tool(tool) => tool.compile().map(|tool| self.add_tool(tool)),
            Dynamic::Prompt(prompt) => prompt.compile().map(|prompt| self.add_prompt(prompt)),
            Dynamic::Resource(resource) => {
                resource.compile().map(|(template, resource)| self.add_resource(template, resource))
            }
        };
        if let Err(error) = added {
            self.problems.push(error.to_string());
        }
    }

    /// Adds such a component while the server runs. One that is refused leaves nothing behind.
    pub(crate) fn add_running(&mut self, dynamic: Dynamic) -> Result<Change, Error> {
        let change = dynamic.change();
        let uri = dynamic.uri().filter(|uri| !self.resources.contains_key(*uri)).map(ToOwned::to_owned);
        self.dynamic(dynamic);
        let mut problems = self.take_problems();
        if let Some(uri) = uri.filter(|_| problems.is_empty()) {
            problems.extend(self.overlaps());
            if !problems.is_empty() {
                self.resources.remove(&uri);
            }
        }
        if problems.is_empty() { Ok(change) } else { Err(Error::several(problems)) }
    }

    /// Keeps only the components that `keep` wants.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Common) -> bool) {
        self.tools.retain(|_, tool| keep(&tool.common));
        self.prompts.retain(|_, prompt| keep(&prompt.common));
        self.resources.retain(|_, (_, resource)| keep(&resource.common));
    }

    /// What all components have in common.
    fn commons(&self) -> impl Iterator<Item = &Common> {
        let tools = self.tools.values().map(|tool| &tool.common);
        let prompts = self.prompts.values().map(|prompt| &prompt.common);
        let resources = self.resources.values().map(|(_, resource)| &resource.common);
        tools.chain(prompts).chain(resources)
    }

    /// The scopes that components need.
    #[cfg(feature = "http")]
    pub(crate) fn scopes(&self) -> Vec<&'static str> {
        self.commons().flat_map(|common| common.scopes.iter().copied()).collect()
    }

    /// Whether a component has limits of its own.
    pub(crate) fn is_limited(&self) -> bool {
        self.commons().any(Common::is_limited)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tools.is_empty() && self.prompts.is_empty() && self.resources.is_empty()
    }

    /// What was found wrong with components as they were added.
    pub(crate) fn take_problems(&mut self) -> Vec<String> {
        std::mem::take(&mut self.problems)
    }

    /// What is wrong, for a start-up error: what, where, what to do.
    pub(crate) fn problems(&mut self) -> Vec<String> {
        let mut problems = self.take_problems();
        problems.extend(self.overlaps());
        problems
    }

    /// Templates that answer for the same URIs.
    fn overlaps(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut router: Router<Arc<ResourceComponent>> = Router::default();
        for (template, resource) in self.resources.values() {
            if let Some(earlier) = router.insert(template.clone(), Arc::clone(resource)) {
                problems.push(format!(
                    "the resources `{}` ({}) and `{}` ({}) answer for the same URIs: change one of the templates",
                    earlier.uri(),
                    earlier.common.place(),
                    resource.uri(),
                    resource.common.place(),
                ));
            }
        }
        problems
    }

    /// The enabled components, ready to be looked up.
    pub(crate) fn catalog(&self) -> Catalog {
        Catalog::of(self, Arc::clone(&self.access))
    }

    /// The state that each component needs: whose, which, and where it was written.
    pub(crate) fn needs(&self) -> Vec<(String, std::any::TypeId, &'static str)> {
        let mut needs = Vec::new();
        let mut gather = |kind: &str, common: &Common, signature: &crate::component::signature::Signature| {
            for (id, name) in signature.arguments.iter().flat_map(|argument| &argument.needs) {
                needs.push((format!("the {kind} `{}` ({})", common.name, common.place()), *id, *name));
            }
        };
        for tool in self.tools.values() {
            if let Some(signature) = tool.signature() {
                gather("tool", &tool.common, signature);
            }
        }
        for prompt in self.prompts.values() {
            if let Some(signature) = prompt.signature() {
                gather("prompt", &prompt.common, signature);
            }
        }
        for (_, resource) in self.resources.values() {
            if let Some(signature) = resource.signature() {
                gather("resource", &resource.common, signature);
            }
        }
        needs
    }

    /// The version of the package that the components come from, if they all come from one.
    pub(crate) fn version(&self) -> Option<&'static str> {
        let tools = self.tools.values().map(|tool| &tool.common);
        let prompts = self.prompts.values().map(|prompt| &prompt.common);
        let resources = self.resources.values().map(|(_, resource)| &resource.common);
        let mut versions = tools.chain(prompts).chain(resources).filter_map(|common| common.source?.version);
        let first = versions.next()?;
        versions.all(|version| version == first).then_some(first)
    }
}

impl Provider for Registry {
    fn offer(&self) -> Offer {
        fn enabled<T: Clone>(all: &BTreeMap<String, T>, disabled: &BTreeSet<String>) -> Vec<T> {
            all.iter().filter(|(name, _)| !disabled.contains(*name)).map(|(_, one)| one.clone()).collect()
        }
        Offer {
            tools: enabled(&self.tools, &self.disabled),
            prompts: enabled(&self.prompts, &self.disabled),
            resources: enabled(&self.resources, &self.disabled),
        }
    }
}

/// A component that was made by hand.
pub(crate) enum Dynamic {
    Tool(DynamicTool),
    Resource(DynamicResource),
    Prompt(DynamicPrompt),
}

impl Dynamic {
    fn change(&self) -> Change {
        match self {
            Self::Tool(_) => Change::Tools,
            Self::Resource(_) => Change::Resources,
            Self::Prompt(_) => Change::Prompts,
        }
    }

    fn uri(&self) -> Option<&str> {
        match self {
            Self::Resource(resource) => Some(resource.uri()),
            _ => None,
        }
    }
}

fn duplicate(kind: &str, name: &str, earlier: &Common, later: &Common) -> String {
    let (earlier, later) = (earlier.place(), later.place());
    if earlier == later {
        return format!("`{name}` ({earlier}) is added twice: remove one of the two");
    }
    let advice = match kind {
        "resources" => "Change one of the URIs",
        _ => "Rename one of them, for example with `name = \"..\"`",
    };
    format!("two {kind} are called `{name}`: one at {earlier}, one at {later}. {advice}")
}
