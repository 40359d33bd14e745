//! The only door for generated code. Nothing here is part of the public interface; anything may change with any release.

pub use crate::component::Completing;
pub use crate::component::call::{Call, Reply, fill, json, model_part};
pub use crate::component::complete::{CompleteFuture, Completer, complete};
pub use crate::component::output::{PickResult, PickValue, Returned};
pub use crate::component::param::{
    Is, IsNot, ParamKind, PickContext, PickFromStr, PickText, Slot, Text, ToolArg, injected_param, tool_param,
};
pub use crate::component::tables::{
    Bound, Complete, Hints, Param, PromptDef, PromptFn, Rate, Registered, ResourceDef, ResourceFn, Rule, Service,
    Shared, Source, Timeout, ToolDef, ToolFn,
};
pub use crate::context::Context;
pub use crate::protocol::{CacheScope, PromptResult};
pub use crate::result::{ReadResult, ToolResult};
pub use schemars::{Schema, SchemaGenerator};
pub use serde_json::Value;
pub use {inventory, schemars, serde};
