//! Everything that rustc can object to, in a crate that allows nothing.

#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_docs,
    unused,
    unused_qualifications,
    unused_lifetimes,
    unused_results,
    unused_import_braces,
    unreachable_pub,
    elided_lifetimes_in_paths,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    let_underscore_drop,
    meta_variable_misuse,
    non_ascii_idents,
    explicit_outlives_requirements,
    variant_size_differences,
    missing_debug_implementations,
    missing_copy_implementations,
    future_incompatible,
    nonstandard_style,
    rust_2018_idioms,
    keyword_idents,
    let_underscore,
    absolute_paths_not_starting_with_crate,
    ambiguous_negative_literals,
    closure_returning_async_block,
    impl_trait_redundant_captures,
    redundant_lifetimes,
    unit_bindings,
    unnameable_types
)]

use fastmcp_rs::prelude::*;

const LIMIT: u8 = 14;

/// Forecast for a city, day by day.
#[tool(read_only, timeout = "10s", tags("weather"), rate_limit = "60/min", meta = LIMIT, scopes("a"))]
pub async fn forecast(
    /// City name.
    #[arg(len(2..=80), pattern = "^[A-Z]", example = "Rome")]
    city: String,
    /// How many days ahead.
    #[arg(default = LIMIT, range(1..=14), sensitive)]
    days: u8,
    #[arg(default)] hours: Option<u8>,
    #[arg(flatten)] page: Page,
    state: State<String>,
    ctx: Context,
) -> Result<Page, ToolError> {
    ctx.info(format!("{city} {days} {hours:?} {}", *state)).await;
    Ok(page)
}

/// A page.
#[model]
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Its number.
    pub number: u32,
}

/// A unit.
#[model]
#[derive(Debug, Clone, Copy)]
pub enum Unit {
    /// Celsius.
    Celsius,
    /// Something else.
    Other {
        /// Its number.
        number: u8,
    },
}

/// Add two numbers.
#[tool(inline, name = "sum")]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Nothing.
#[tool(hidden)]
fn nothing() {}

#[allow(deprecated)]
#[tool]
fn silent() {}

/// Old.
#[deprecated]
#[tool]
fn old() -> u8 {
    1
}

/// Current weather.
#[resource("weather://{city}/<path..>{?days}", mime_type = "text/plain", ttl = "5m", annotations(audience("user"), priority = 0.5))]
pub fn current(city: String, path: String, #[arg(default = 3)] days: u8, ctx: Context) -> Result<String, ToolError> {
    drop(ctx);
    Ok(format!("{city}{path}{days}"))
}

/// Help somebody pack.
#[prompt]
pub(crate) fn packing(city: String, #[arg(default = "celsius", complete = units)] unit: String) -> Vec<Message> {
    vec![Message::user(city + &unit)]
}

fn units(typed: Completing) -> Vec<String> {
    vec![typed.value]
}

/// Explain {topic}.
#[prompt]
fn explain(topic: String, ctx: Context) {}

/// Notes.
#[derive(Debug, Clone, Copy)]
pub struct Notes;

#[fastmcp_rs::server]
impl Notes {
    const LIMIT: u8 = 9;

    /// Write something down.
    #[tool]
    pub async fn note(&self, text: String, #[arg(default = Self::LIMIT, range(..=9))] stars: u8) -> Result<String, ToolError> {
        Ok(format!("{text}{stars}"))
    }

    /// One note.
    #[resource("notes://{id}")]
    fn one(&self, id: u64) -> Option<String> {
        Some(id.to_string())
    }

    /// How to write {what}.
    #[prompt]
    fn how(what: String) {}
}

fn main() {
    let server = Server::empty("lints").tool(forecast).tool(add).tool(nothing).tool(silent);
    let server = server.resource(current).prompt(packing).prompt(explain).service(Notes);
    drop(server);
    assert_eq!(add(1, 2), 3);
    assert!(matches!(Unit::Celsius, Unit::Celsius));
    assert!(!matches!(Unit::Other { number: 1 }, Unit::Celsius));
}
