//! A server without the feature `interaction`: nothing is sealed, and what comes sealed is refused.

use std::sync::Arc;

use super::bound::Binding;
use super::core::Core;
use crate::context::interaction::{Earlier, StateId};
use crate::future::BoxFuture;
use crate::protocol::RpcError;

#[expect(clippy::unused_self, reason = "the same calls with and without the feature")]
impl Core {
    pub(crate) fn seal(&self, _: &Earlier, _: &Binding) -> Result<String, &'static str> {
        Err("questions on revision 2026-07-28 need the server's `interaction` feature")
    }

    pub(crate) fn unseal(&self, _: &str, _: &Binding) -> Result<Earlier, RpcError> {
        Err(RpcError::invalid_params("`requestState` is not one that this server gave out"))
    }

    pub(crate) fn admission(self: &Arc<Self>, _: StateId) -> BoxFuture<'static, Result<(), RpcError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
