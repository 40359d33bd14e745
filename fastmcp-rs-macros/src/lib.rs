//! The attributes of `fastmcp-rs`: `#[tool]`, `#[resource]`, `#[prompt]`, `#[server]` and `#[model]`.
//!
//! Use them through `fastmcp_rs::prelude::*`; this crate alone is of no use. An attribute reads the function's signature
//! and doc comments, and writes a table and a call beside the function, which stays as it was. ARCHITECTURE.md says how the
//! two crates share the work.

mod check;
mod component;
mod crate_path;
mod errors;
mod expand;
mod fallback;
#[macro_use]
mod keys;
mod kind;
mod model;
mod model_attribute;
mod parse;
mod service;
#[cfg(test)]
mod tests;
mod tokens;

use kind::Kind;
use proc_macro::TokenStream;

/// Makes a function a tool.
///
/// The doc comment is the description, the parameters are the arguments, and their doc comments describe them. The function
/// stays as it is, and a server that does not collect its tools by itself takes it as a value: `.tool(greet)`.
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
#[doc = concat!("| key | meaning |\n|---|---|\n", common_keys!(), tool_keys!(), every_keys!())]
///
/// # `#[arg(..)]` on a parameter
///
#[doc = concat!("| key | meaning |\n|---|---|\n", arg_keys!())]
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
    caught(Kind::Tool.attribute(), attribute, item, |attribute, item| component::expand(Kind::Tool, attribute, item))
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
#[doc = concat!("| key | meaning |\n|---|---|\n", resource_keys!())]
///
/// and within `annotations(..)`
///
#[doc = concat!("| key | meaning |\n|---|---|\n", annotations_keys!())]
#[proc_macro_attribute]
pub fn resource(attribute: TokenStream, item: TokenStream) -> TokenStream {
    caught(Kind::Resource.attribute(), attribute, item, |attribute, item| {
        component::expand(Kind::Resource, attribute, item)
    })
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
    caught(Kind::Prompt.attribute(), attribute, item, |attribute, item| {
        component::expand(Kind::Prompt, attribute, item)
    })
}

/// Makes the marked methods of an impl block a service, which `Server::service` adds to a server.
///
/// Methods are written out in the block: those that a macro within it makes are not seen. Its only key is `crate = path`, where
/// `fastmcp_rs` is found, if it was renamed.
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
    caught("#[server]", attribute, item, |attribute, item| service::expand(attribute, &item))
}

/// Makes a struct or an enum something that tools take and return: derives serde's `Serialize` and `Deserialize` and
/// schemars' `JsonSchema`, with neither of them as a dependency.
///
/// Put it above other attributes. Doc comments on fields become their descriptions, in whatever form they are written; serde's
/// and schemars' own attributes keep working. Its only key is `crate = path`, where `fastmcp_rs` is found, if it was renamed.
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
    caught("#[model]", attribute, item, |attribute, item| model_attribute::expand(attribute, &item))
}

/// Expands, with a net under it.
fn caught(
    name: &str,
    attribute: TokenStream,
    item: TokenStream,
    expand: impl FnOnce(proc_macro2::TokenStream, proc_macro2::TokenStream) -> proc_macro2::TokenStream,
) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    let kept = item.clone();
    errors::net(name, || fallback::printed_back(kept), || expand(attribute.into(), item)).into()
}
