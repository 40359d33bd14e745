//! What a server offers: the tables that the macros write, how arguments are read into them and results out of them.

pub(crate) mod call;
pub(crate) mod complete;
pub(crate) mod docs;
pub(crate) mod dynamic;
pub(crate) mod dynamic_prompt;
pub(crate) mod dynamic_resource;
pub(crate) mod function;
pub(crate) mod guard;
pub(crate) mod hold;
pub(crate) mod info;
pub(crate) mod output;
pub(crate) mod pace;
pub(crate) mod param;
pub(crate) mod plain;
pub(crate) mod prompt;
pub(crate) mod resource;
pub(crate) mod signature;
pub(crate) mod stall;
pub(crate) mod tables;
pub(crate) mod tool;

pub use complete::Completing;
pub use dynamic::DynamicTool;
pub use dynamic_prompt::DynamicPrompt;
pub use dynamic_resource::DynamicResource;
pub use function::Function;
pub use info::{ComponentInfo, ComponentKind};
pub use output::{Json, ToolOutput};
pub use param::{PlainText, ToolArg};
pub use tables::{Service, Source};
