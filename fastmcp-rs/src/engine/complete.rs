//! `completion/complete`: suggestions for one argument of a prompt or a resource template.

use serde_json::json;

use super::dispatch::Request;
use super::encode::Body;
use super::lifecycle::member;
use super::run::{Running, Work};
use crate::component::complete::Completing;
use crate::component::signature::Argument;
use crate::protocol::{Completion, CompletionParams, CompletionRef, RpcError};

impl Request<'_> {
    pub(crate) fn complete(&self) -> Result<Running, RpcError> {
        let catalog = self.core().catalog();
        if !catalog.completes() {
            return Err(RpcError::method_not_found(self.method));
        }
        let params: CompletionParams = self
            .params
            .raw()
            .ok_or_else(|| "`params` is missing".to_owned())
            .and_then(|raw| serde_json::from_str(raw.get()).map_err(|error| error.to_string()))
            .map_err(|error| {
                RpcError::invalid_params(format!("`completion/complete` needs `ref` and `argument`: {error}"))
            })?;
        let find = |arguments: &[Argument]| {
            let name = params.argument.name.as_str();
            let argument = arguments.iter().find(|argument| argument.name == name && !argument.injected);
            argument.map(|argument| (argument.complete, argument.choices())).ok_or_else(|| {
                RpcError::invalid_params(format!("there is no argument `{}`", crate::text::sanitize::bounded(name, 64)))
            })
        };
        let (complete, choices) = match &params.reference {
            CompletionRef::Prompt { name } => find(&catalog.prompt(name)?.signature.arguments)?,
            CompletionRef::Resource { uri } => {
                let matched = catalog.resource(uri).ok().flatten().map(|(resource, _)| resource);
                let resource = catalog.template(uri).or(matched);
                let resource = resource.ok_or_else(|| RpcError::invalid_params("Unknown resource template"))?;
                find(&resource.signature.arguments)?
            }
        };
        let completing = Completing {
            value: params.argument.value.clone(),
            arguments: params.filled_in().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        };
        let limit = self.core().settings.timeout;
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
        Ok(Running::new(self.core(), self.revision, Work::Other(work)))
    }
}

/// An enum completes by itself: what begins like the typed text, without regard to case.
fn starting_with(choices: Vec<String>, typed: &str) -> Vec<String> {
    let typed = typed.to_lowercase();
    choices.into_iter().filter(|choice| choice.to_lowercase().starts_with(&typed)).collect()
}
