//! `completion/complete`: suggestions for one argument of a prompt or a resource template.

use std::sync::Arc;

use serde_json::json;

use super::lifecycle::member;
use super::request::Request;
use super::run::{Running, Work};
use crate::bounds;
use crate::catalog::Catalog;
use crate::component::complete::Completing;
use crate::component::prompt::PromptComponent;
use crate::component::resource::ResourceComponent;
use crate::component::{ComponentInfo, signature::Signature};
use crate::context::Caller;
use crate::engine::encode::Body;
use crate::protocol::{Completion, CompletionParams, CompletionRef, RpcError};
use crate::text::sanitize;

/// The component of which an argument is completed.
enum About<'c> {
    Prompt(&'c Arc<PromptComponent>),
    Resource(&'c Arc<ResourceComponent>),
}

impl<'c> About<'c> {
    fn find(catalog: &'c Catalog, reference: &CompletionRef, caller: &Caller) -> Result<Self, RpcError> {
        match reference {
            CompletionRef::Prompt { name } => catalog.prompt(name, caller).map(Self::Prompt),
            CompletionRef::Resource { uri } => {
                let matched = || catalog.resource(uri, caller).ok().flatten().map(|(resource, _)| resource);
                let found = catalog.template(uri, caller).or_else(matched).map(Self::Resource);
                found.ok_or_else(|| RpcError::invalid_params("Unknown resource template"))
            }
        }
    }

    fn signature(&self) -> Option<&'c Signature> {
        match self {
            Self::Prompt(prompt) => prompt.signature(),
            Self::Resource(resource) => resource.signature(),
        }
    }

    fn common(&self) -> &'c crate::component::tool::Common {
        match self {
            Self::Prompt(prompt) => &prompt.common,
            Self::Resource(resource) => &resource.common,
        }
    }
}

impl Request<'_> {
    /// The component that `completion/complete` is about, for middleware.
    pub(crate) fn completed(&self) -> Option<ComponentInfo> {
        let params = self.completion().ok()?;
        Some(match About::find(&self.core.catalog(), &params.reference, self.origin.caller).ok()? {
            About::Prompt(prompt) => prompt.into(),
            About::Resource(resource) => resource.into(),
        })
    }

    fn completion(&self) -> Result<CompletionParams, RpcError> {
        self.params
            .raw()
            .ok_or_else(|| "`params` is missing".to_owned())
            .and_then(|raw| serde_json::from_str(raw.get()).map_err(|error| sanitize::error(&error)))
            .map_err(|error| {
                RpcError::invalid_params(format!("`completion/complete` needs `ref` and `argument`: {error}"))
            })
    }

    pub(crate) fn complete(&self) -> Result<Running, RpcError> {
        let catalog = self.core.catalog();
        if !catalog.completes() {
            return Err(RpcError::method_not_found(self.method));
        }
        let params = self.completion()?;
        let about = About::find(&catalog, &params.reference, self.origin.caller)?;
        if let Some(denied) = catalog.denies(about.common(), self.origin.caller) {
            return Err(self.forbidden(about.common(), &denied));
        }
        self.completing(about.common(), || self.suggest(&about, &params))
    }

    fn suggest(&self, about: &About<'_>, params: &CompletionParams) -> Result<Running, RpcError> {
        let name = params.argument.name.as_str();
        let Some(signature) = about.signature() else {
            // A component that was added by hand suggests nothing.
            let nothing = member("completion", &json!(Completion::new(Vec::<String>::new())));
            let work = Work::Other(Box::pin(std::future::ready(Ok(Body::Members(nothing)))));
            return Ok(Running::new(self.core, self.revision(), work));
        };
        let argument = signature
            .arguments
            .iter()
            .find(|argument| argument.name == name && !argument.injected)
            .ok_or_else(|| {
                RpcError::invalid_params(format!("there is no argument `{}`", sanitize::bounded(name, bounds::ECHO)))
            })?;
        let (complete, choices) = (argument.complete, argument.choices());
        let completing = Completing {
            value: params.argument.value.clone(),
            arguments: params.filled_in().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        };
        let limit = about.common().limit(self.core.settings.timeout);
        let work = Box::pin(async move {
            let values = match complete {
                Some(complete) => {
                    let values = complete(completing);
                    match limit {
                        Some(limit) => tokio::time::timeout(limit, values)
                            .await
                            .map_err(|_| RpcError::internal("completing took too long"))?,
                        None => values.await,
                    }
                }
                None => starting_with(choices, &completing.value),
            };
            Ok(Body::Members(member("completion", &json!(Completion::new(values)))))
        });
        Ok(Running::new(self.core, self.revision(), Work::Other(work)))
    }
}

/// An enum completes by itself: what begins like the typed text, without regard to case.
fn starting_with(choices: Vec<String>, typed: &str) -> Vec<String> {
    let typed = typed.to_lowercase();
    choices.into_iter().filter(|choice| choice.to_lowercase().starts_with(&typed)).collect()
}
