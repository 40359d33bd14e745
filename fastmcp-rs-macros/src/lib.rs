//! The attributes of `fastmcp-rs`: `#[tool]`, `#[resource]`, `#[prompt]`, `#[server]` and `#[model]`.
//!
//! Use them through `fastmcp_rs::prelude::*`; this crate alone is of no use. An attribute reads the function's signature
//! and doc comments, and writes a table and a call beside the function, which stays as it was. ARCHITECTURE.md says how the
//! two crates share the work.

mod arg;
mod args;
mod check;
mod component;
mod docs;
mod entry;
mod errors;
mod expand;
mod fallback;
mod fit;
mod function;
mod impl_block;
mod kind;
mod krate;
mod model;
mod place;
mod prompt;
mod resource;
mod rules;
mod server;
mod shared;
#[cfg(test)]
mod tests;
mod time;
mod tool;
mod uri;

use kind::Kind;
use proc_macro::TokenStream;

/// Makes a function a tool.
///
/// The doc comment is the description, the parameters are the arguments, and their doc comments describe them.
///
/// ```
/// use fastmcp_rs::prelude::*;
///
/// /// Greet someone by name.
/// #[tool]
/// fn greet(
///     /// Who to greet.
///     name: String,
/// ) -> String {
///     format!("Hello, {name}!")
/// }
///
/// assert_eq!(greet("World".to_owned()), "Hello, World!"); // still a function
/// ```
///
/// # Keys
///
/// | key | meaning |
/// |---|---|
/// | `name = ".."` | the name on the wire, if not the function's |
/// | `title = ".."` | a name for people |
/// | `description = ".."` | instead of the doc comment |
/// | `tags("..", ..)` | for choosing among tools |
/// | `version = ".."` | of this tool |
/// | `read_only`, `destructive`, `idempotent`, `open_world` | hints for clients, each also `= false` |
/// | `timeout = "10s"` | instead of the server's 30 s; `"none"` for no limit |
/// | `inline` | runs a plain `fn` in place instead of on the blocking pool |
/// | `scopes("..")`, `roles("..")` | who may call it; kept with the tool, not yet enforced |
/// | `rate_limit = "60/min"` | how often each client may call it; kept with the tool, not yet enforced |
/// | `hidden` | not listed, but callable by its exact name |
/// | `icon = "https://.."`, `icons("..", ..)` | for clients with a screen |
/// | `meta = expr` | anything serializable, as `_meta` |
/// | `output_schema = expr` | instead of the one of the return type |
/// | `expose_errors` | shows clients the texts of foreign errors |
/// | `server = ".."` | only for the server of this name |
/// | `crate = path` | where `fastmcp_rs` is found, if it was renamed |
///
/// # `#[arg(..)]` on a parameter
///
/// | key | meaning |
/// |---|---|
/// | `name = ".."` | the name on the wire |
/// | `default = expr`, `default` | what is used when the client sends nothing |
/// | `range(1..=14)` | the numbers allowed |
/// | `len(3..=140)` | how long a text or a list may be |
/// | `pattern = ".."` | a regular expression that a text must match |
/// | `format = ".."`, `example = expr` | published with the schema |
/// | `complete = path` | a function that completes what the user types |
/// | `header = "Region"` | also sent as the HTTP header `Mcp-Param-Region` |
/// | `flatten` | spreads the fields of a struct among the arguments |
/// | `sensitive` | never written to a log |
///
/// ```
/// use fastmcp_rs::prelude::*;
///
/// #[model]
/// struct Forecast {
///     city: String,
///     highs: Vec<f64>,
/// }
///
/// /// Forecast for a city, day by day.
/// #[tool(read_only, timeout = "10s", tags("weather"))]
/// async fn get_forecast(
///     /// City name, for example "San Francisco".
///     #[arg(len(2..=80))]
///     city: String,
///     /// How many days ahead.
///     #[arg(default = 3, range(1..=14))]
///     days: u8,
///     ctx: Context,
/// ) -> Result<Forecast, ToolError> {
///     ctx.info(format!("{days} days of {city}")).await;
///     let highs = vec![4.5; days.into()];
///     Ok(Forecast { city, highs })
/// }
/// ```
#[proc_macro_attribute]
pub fn tool(attribute: TokenStream, item: TokenStream) -> TokenStream {
    component::expand(Kind::Tool, attribute.into(), item.into()).into()
}

/// Makes a function a resource: something that clients read under a URI.
///
/// `{id}` (or `<id>`) in the URI is one segment, `{path*}` (or `<path..>`) is several, `{?a,b}` is a query; each is a
/// parameter of the function, of any type that can be read from a string. All other parameters are injected.
///
/// ```
/// use std::collections::HashMap;
///
/// use fastmcp_rs::prelude::*;
///
/// struct Users(HashMap<u64, String>);
///
/// /// One user by number.
/// #[resource("users://{id}", mime_type = "text/plain")]
/// async fn user(id: u64, users: State<Users>) -> Result<String, ToolError> {
///     users.0.get(&id).cloned().ok_or_else(|| ToolError::not_found(format!("no user {id}")))
/// }
/// ```
///
/// Its keys are those of [`macro@tool`] except for the hints and `output_schema`, and
///
/// | key | meaning |
/// |---|---|
/// | `mime_type = ".."` | of the contents |
/// | `annotations(audience("user"), priority = 0.8, last_modified = "..")` | hints for clients |
/// | `ttl = "5m"`, `cache_scope = "private"` | how long, and by whom, an answer may be kept |
/// | `size = 1024` | in bytes |
#[proc_macro_attribute]
pub fn resource(attribute: TokenStream, item: TokenStream) -> TokenStream {
    component::expand(Kind::Resource, attribute.into(), item.into()).into()
}

/// Makes a function a prompt: messages that a person chooses to send to the model.
///
/// ```
/// use fastmcp_rs::prelude::*;
///
/// /// Help somebody pack for a trip.
/// #[prompt]
/// fn packing(city: String, #[arg(default = 3)] days: u8) -> String {
///     format!("I am going to {city} for {days} days. What do I pack?")
/// }
/// ```
///
/// A prompt that returns nothing is its doc comment, with the arguments filled in; `{{` stands for a brace.
///
/// ```
/// use fastmcp_rs::prelude::*;
///
/// /// Review this code, and be kind: {code}
/// #[prompt]
/// fn review(code: String) {}
/// ```
///
/// Its keys are those of [`macro@tool`] except for the hints and `output_schema`.
#[proc_macro_attribute]
pub fn prompt(attribute: TokenStream, item: TokenStream) -> TokenStream {
    component::expand(Kind::Prompt, attribute.into(), item.into()).into()
}

/// Makes the marked methods of an impl block a service, which `Server::service` adds to a server.
///
/// ```no_run
/// use std::sync::Mutex;
///
/// use fastmcp_rs::prelude::*;
///
/// #[derive(Default)]
/// struct Notes(Mutex<Vec<String>>);
///
/// #[fastmcp_rs::server]
/// impl Notes {
///     /// Write something down.
///     #[tool]
///     fn add(&self, text: String) {
///         self.0.lock().unwrap().push(text);
///     }
///
///     /// One note by number.
///     #[resource("notes://{id}")]
///     fn one(&self, id: usize) -> Result<String, ToolError> {
///         self.0.lock().unwrap().get(id).cloned().ok_or_else(|| ToolError::not_found("no such note"))
///     }
/// }
///
/// fn main() -> fastmcp_rs::Result {
///     Server::new("notes").service(Notes::default()).run()
/// }
/// ```
#[proc_macro_attribute]
pub fn server(attribute: TokenStream, item: TokenStream) -> TokenStream {
    server::expand(attribute.into(), &item.into()).into()
}

/// Makes a struct or an enum something that tools take and return: derives serde's `Serialize` and `Deserialize` and
/// schemars' `JsonSchema`, with neither of them as a dependency.
///
/// Put it above other attributes. Doc comments on fields become their descriptions; serde's and schemars' own attributes
/// keep working.
///
/// ```
/// use fastmcp_rs::prelude::*;
///
/// #[model]
/// #[serde(rename_all = "camelCase")]
/// struct Forecast {
///     /// Where.
///     city: String,
///     days_ahead: Vec<Day>,
/// }
///
/// #[model]
/// enum Day {
///     Sunny,
///     Rainy,
/// }
/// ```
#[proc_macro_attribute]
pub fn model(attribute: TokenStream, item: TokenStream) -> TokenStream {
    model::expand(attribute.into(), &item.into()).into()
}
