//! Methods of extensions: answered for clients that declared the extension.

use serde_json::{Map, Value, json};

use super::encode::Body;
use super::request::{Request, Step};
use super::run::{Running, Work};
use crate::protocol::{RpcError, jsonrpc};

impl Request<'_> {
    /// Answers a method that is not one of the protocol's.
    pub(crate) fn extended(&self) -> Result<Step, RpcError> {
        let unknown = || RpcError::method_not_found(self.method);
        let extension = self.core.extensions.of(self.method).ok_or_else(unknown)?;
        let context = self.context();
        let id = extension.id();
        if !context.client_capabilities().has_extension(id) {
            let required = Map::from_iter([(id.to_owned(), json!({}))]);
            let what = format!("`{}` is of the extension `{id}`, which the client did not declare", self.method);
            let data = json!({ "requiredCapabilities": { "extensions": required } });
            return Err(RpcError::new(jsonrpc::MISSING_CAPABILITY, what).with_data(data));
        }
        let params = match self.params.raw() {
            None => Value::Null,
            Some(raw) => serde_json::from_str(raw.get())
                .map_err(|_| RpcError::invalid_params("`params` cannot be read: a number in it is too large"))?,
        };
        let limit = self.core.settings.timeout;
        let call = extension.call(self.method.to_owned(), params, context);
        let work = Box::pin(async move {
            let result = match limit {
                Some(limit) => tokio::time::timeout(limit, call)
                    .await
                    .map_err(|_| RpcError::internal(format!("no answer within {limit:?}")))?,
                None => call.await,
            };
            match result? {
                Value::Object(members) => Ok(Body::Object(members)),
                _ => Err(RpcError::internal("the result of an extension must be an object")),
            }
        });
        Ok(Step::Run(Running::new(self.core, self.revision(), Work::Other(work))))
    }
}
