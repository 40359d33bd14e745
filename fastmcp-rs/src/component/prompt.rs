//! A prompt as the server holds it.

use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::call::{Call, Reply};
use super::docs::Docs;
use super::signature::Signature;
use super::tables::PromptDef;
use super::tool::{Common, icons_of, meta_of};
use crate::context::Origin;
use crate::error::ToolError;
use crate::future::BoxFuture;
use crate::panics::contained;
use crate::protocol::{Prompt as Entry, PromptArgument, PromptResult};

pub(crate) struct Prompt {
    pub common: Common,
    pub entry: Entry,
    pub signature: Signature,
    call: fn(&mut Call<'_>) -> Reply<PromptResult>,
    pub service: Option<Arc<dyn Any + Send + Sync>>,
}

impl Prompt {
    pub(crate) fn compile(
        def: &PromptDef,
        service: Option<Arc<dyn Any + Send + Sync>>,
        problems: &mut Vec<String>,
    ) -> Self {
        let shared = &def.shared;
        let docs = Docs::read(shared.docs);
        let mut own_problems = Vec::new();
        let signature = Signature::compile(def.params, &docs, &mut own_problems);
        problems.extend(
            own_problems.into_iter().map(|problem| format!("prompt `{}` ({}): {problem}", shared.name, shared.source)),
        );
        let mut entry = Entry::new(shared.name);
        entry.title = shared.title.map(ToOwned::to_owned);
        entry.description = shared.description.map(ToOwned::to_owned).or(docs.description);
        entry.icons = icons_of(shared);
        entry.meta = meta_of(shared);
        for argument in signature.arguments.iter().filter(|argument| !argument.injected) {
            let mut listed = PromptArgument::new(argument.name).required(argument.required);
            let default = argument.default_text().map(|default| format!("Default: {default}."));
            listed.description = match (&argument.docs, default) {
                (Some(docs), Some(default)) => Some(format!("{docs}\n\n{default}")),
                (docs, default) => docs.clone().or(default),
            };
            entry = entry.argument(listed);
        }
        Self { common: Common::of(shared), entry, signature, call: def.call, service }
    }

    /// Makes the handler's future; unknown names are faults, like those of a tool.
    pub(crate) fn start(
        &self,
        arguments: &BTreeMap<Cow<'_, str>, Cow<'_, str>>,
        origin: &Origin<'_>,
    ) -> BoxFuture<'static, Result<PromptResult, ToolError>> {
        let mut texts = vec![None; self.signature.arguments.len()];
        let mut unknown = Vec::new();
        for (name, value) in arguments {
            match self.signature.position(name) {
                Some(index) => texts[index] = Some(Cow::Owned(value.clone().into_owned())),
                None => unknown.push((name, self.signature.unknown(name))),
            }
        }
        let mut reading = Call::of_text(&self.signature, texts, origin, self.service.as_ref());
        for (name, message) in unknown {
            reading.fault(name, message);
        }
        contained(&self.common.name, || (self.call)(&mut reading).into_future(&self.common))
    }
}
