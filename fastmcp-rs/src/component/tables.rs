//! The tables behind an attribute: plain data, written by the macros as statics and read once at start-up.

use std::any::TypeId;
use std::fmt;
use std::time::Duration;

use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::call::{Call, Handling};
use super::complete::{CompleteFuture, Completing};
use super::param::ParamKind;
use crate::protocol::{CacheScope, PromptResult};
use crate::result::{ReadResult, ToolResult};

/// Where a component was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file, as the compiler names it.
    pub file: &'static str,
    /// The line of the function's name.
    pub line: u32,
    /// The module's path.
    pub module: &'static str,
    /// The version of the package it is in.
    pub version: Option<&'static str>,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// How long a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum Timeout {
    /// As the server says (30 s unless set).
    Inherit,
    /// As long as it wants.
    Never,
    /// At most this long.
    After(Duration),
}

/// A number of calls in a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub struct Rate {
    pub calls: u32,
    pub per: Duration,
}

/// What tools, resources and prompts have in common.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Shared {
    pub name: &'static str,
    pub title: Option<&'static str>,
    pub description: Option<&'static str>,
    pub docs: &'static str,
    pub tags: &'static [&'static str],
    pub version: Option<&'static str>,
    pub timeout: Timeout,
    pub scopes: &'static [&'static str],
    pub roles: &'static [&'static str],
    pub rate_limit: Option<Rate>,
    pub concurrency: Option<u32>,
    pub hidden: bool,
    pub icons: &'static [&'static str],
    pub meta: Option<fn() -> Value>,
    pub expose_errors: bool,
    pub server: Option<&'static str>,
    pub source: Source,
}

impl Shared {
    #[must_use]
    pub const fn new(name: &'static str, source: Source) -> Self {
        Self {
            name,
            title: None,
            description: None,
            docs: "",
            tags: &[],
            version: None,
            timeout: Timeout::Inherit,
            scopes: &[],
            roles: &[],
            rate_limit: None,
            concurrency: None,
            hidden: false,
            icons: &[],
            meta: None,
            expose_errors: false,
            server: None,
            source,
        }
    }
}

/// A tool's hints (`readOnlyHint` and its siblings).
#[derive(Clone, Copy, Debug, Default)]
#[doc(hidden)]
pub struct Hints {
    pub read_only: Option<bool>,
    pub destructive: Option<bool>,
    pub idempotent: Option<bool>,
    pub open_world: Option<bool>,
}

impl Hints {
    pub const NONE: Self = Self { read_only: None, destructive: None, idempotent: None, open_world: None };
}

#[doc(hidden)]
pub struct ToolDef {
    pub shared: Shared,
    pub hints: Hints,
    pub params: &'static [Param],
    pub output: fn(&mut SchemaGenerator) -> Option<Schema>,
    pub output_schema: Option<fn() -> Value>,
    pub call: fn(&mut Call<'_>) -> Handling<ToolResult>,
}

#[doc(hidden)]
pub struct ResourceDef {
    pub shared: Shared,
    pub uri: &'static str,
    pub mime_type: Option<&'static str>,
    pub audience: &'static [&'static str],
    pub priority: Option<f64>,
    pub last_modified: Option<&'static str>,
    pub ttl: Option<Duration>,
    pub cache_scope: Option<CacheScope>,
    pub size: Option<u64>,
    pub params: &'static [Param],
    pub call: fn(&mut Call<'_>) -> Handling<ReadResult>,
}

#[doc(hidden)]
pub struct PromptDef {
    pub shared: Shared,
    pub params: &'static [Param],
    pub call: fn(&mut Call<'_>) -> Handling<PromptResult>,
}

/// One parameter of a function.
#[doc(hidden)]
pub struct Param {
    pub name: &'static str,
    pub docs: &'static str,
    pub default: Option<fn() -> Value>,
    pub rules: &'static [Rule],
    pub format: Option<&'static str>,
    pub example: Option<fn() -> Value>,
    pub complete: Option<Complete>,
    pub header: Option<&'static str>,
    pub flatten: bool,
    pub sensitive: bool,
    pub kind: fn() -> ParamKind,
}

impl Param {
    #[must_use]
    pub const fn new(name: &'static str, kind: fn() -> ParamKind) -> Self {
        Self {
            name,
            docs: "",
            default: None,
            rules: &[],
            format: None,
            example: None,
            complete: None,
            header: None,
            flatten: false,
            sensitive: false,
            kind,
        }
    }
}

/// A constraint of `#[arg(..)]`; published in the schema, and enforced from there.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub enum Rule {
    Range { min: Option<Bound>, max: Option<Bound>, exclusive_max: bool },
    Len { min: Option<u64>, max: Option<u64> },
    Pattern(&'static str),
}

#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub enum Bound {
    Int(i128),
    Float(f64),
}

#[doc(hidden)]
pub type Complete = fn(Completing) -> CompleteFuture;

/// A marked function, as inventory collects it: by the type of the function itself, and with its table.
#[doc(hidden)]
pub struct Registered {
    pub(crate) function: fn() -> TypeId,
    pub(crate) def: Def,
}

/// The table of any kind of component.
#[derive(Clone, Copy)]
pub(crate) enum Def {
    Tool(&'static ToolDef),
    Resource(&'static ResourceDef),
    Prompt(&'static PromptDef),
}

inventory::collect!(Registered);

impl Registered {
    #[must_use]
    pub const fn tool(def: &'static ToolDef, function: fn() -> TypeId) -> Self {
        Self { function, def: Def::Tool(def) }
    }

    #[must_use]
    pub const fn resource(def: &'static ResourceDef, function: fn() -> TypeId) -> Self {
        Self { function, def: Def::Resource(def) }
    }

    #[must_use]
    pub const fn prompt(def: &'static PromptDef, function: fn() -> TypeId) -> Self {
        Self { function, def: Def::Prompt(def) }
    }
}

impl Def {
    pub(crate) fn shared(self) -> &'static Shared {
        match self {
            Self::Tool(def) => &def.shared,
            Self::Resource(def) => &def.shared,
            Self::Prompt(def) => &def.shared,
        }
    }

    /// The word for what it is, which is also the name of the builder's method.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Tool(_) => "tool",
            Self::Resource(_) => "resource",
            Self::Prompt(_) => "prompt",
        }
    }
}

/// A type whose `impl` block carries `#[fastmcp_rs::server]`; its marked methods are added with [`Server::service`](crate::Server::service).
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no methods marked as tools, resources or prompts",
    note = "put `#[fastmcp_rs::server]` on the `impl {Self}` block that holds them"
)]
pub trait Service: Send + Sync + 'static {
    #[doc(hidden)]
    const TOOLS: &'static [&'static ToolDef];
    #[doc(hidden)]
    const RESOURCES: &'static [&'static ResourceDef];
    #[doc(hidden)]
    const PROMPTS: &'static [&'static PromptDef];
}
