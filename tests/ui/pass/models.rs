//! Serde's and schemars' own attributes below `#[model]`.

use fastmcp_rs::prelude::*;

#[model]
#[derive(Debug, Clone, PartialEq, Default)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Forecast {
    /// Where.
    city_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[schemars(range(min = 1, max = 14))]
    days: u8,
    #[serde(flatten)]
    more: More,
}

#[model]
#[derive(Debug, Clone, PartialEq, Default)]
struct More {
    #[serde(rename = "tagged")]
    tags: Vec<String>,
}

#[model]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Event {
    Started { at: u64 },
    Stopped(More),
    Idle,
}

#[model]
#[derive(Clone, Copy)]
enum Level {
    Low = 1,
    High = 2,
}

#[model]
struct Unit;

#[model]
struct Wrapped(#[schemars(length(min = 1))] String);

/// All of them.
#[tool]
fn all(forecast: Forecast, event: Event, level: Level, unit: Unit, wrapped: Wrapped) -> Forecast {
    let _ = (event, level as u8, unit, wrapped.0);
    forecast
}

fn main() {
    let _ = Server::empty("models").tool(all);
}
