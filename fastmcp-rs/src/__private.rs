//! The only door for generated code. Nothing here is part of the public interface; anything may change with any release.

pub use crate::__source as source;
pub use crate::component::Completing;
pub use crate::component::call::{Call, Handling, fill, json, model_part};
pub use crate::component::complete::{CompleteFuture, Completer, complete};
pub use crate::component::function::type_of;
pub use crate::component::output::{PickResult, PickValue, Returned};
pub use crate::component::param::{
    Is, IsNot, ParamKind, PickContext, PickFromStr, PickText, Slot, Text, ToolArg, injected_param, tool_param,
};
pub use crate::component::tables::{
    Bound, Complete, Hints, Param, PromptDef, Rate, Registered, ResourceDef, Rule, Service, Shared, Source, Timeout,
    ToolDef,
};
pub use crate::context::Context;
pub use crate::protocol::{CacheScope, PromptResult};
pub use crate::result::{ReadResult, ToolResult};
pub use schemars::{Schema, SchemaGenerator};
pub use serde_json::Value;
pub use {inventory, schemars, serde};

/// Where a component is written: it must expand under the span of the function's name, or it tells the attribute's place.
#[doc(hidden)]
#[macro_export]
macro_rules! __source {
    () => {
        $crate::__private::Source {
            file: ::core::file!(),
            line: ::core::line!(),
            module: ::core::module_path!(),
            version: ::core::option_env!("CARGO_PKG_VERSION"),
        }
    };
}
