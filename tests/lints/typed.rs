//! Typed arguments and results, with nothing but `fastmcp-rs` as a dependency.

use fastmcp_rs::prelude::*;

/// The weather of some days.
#[model]
#[derive(Debug)]
#[serde(rename_all = "camelCase")]
struct Forecast {
    city: String,
    unit: Unit,
    days: Vec<Day>,
}

#[model]
#[derive(Debug, Clone, Copy)]
enum Unit {
    Celsius,
    Fahrenheit,
}

#[model]
#[derive(Debug)]
struct Day {
    #[schemars(range(min = -90.0, max = 60.0))]
    high: f64,
    #[serde(default)]
    note: Option<String>,
}

/// Forecast for a city, day by day.
#[tool(read_only, timeout = "10s", tags("weather"))]
async fn get_forecast(
    /// City name, for example "San Francisco".
    #[arg(len(2..=80))]
    city: String,
    /// How many days ahead.
    #[arg(default = 3, range(1..=14))]
    days: u8,
    #[arg(default = Unit::Celsius)] unit: Unit,
    ctx: Context,
) -> Result<Forecast, ToolError> {
    ctx.info(format!("{days} days of {city}")).await;
    let high = if matches!(unit, Unit::Fahrenheit) { 68.0 } else { 20.0 };
    Ok(Forecast { city, unit, days: (0..days).map(|_| Day { high, note: None }).collect() })
}

/// Current weather in a city.
#[resource("weather://{city}/current{?unit}", mime_type = "text/markdown")]
fn current(city: String, unit: Option<Unit>) -> Result<String, std::num::ParseIntError> {
    let _ = unit;
    "20".parse::<i32>().map(|degrees| format!("{city}: {degrees}"))
}

/// Help somebody pack for a trip.
#[prompt]
fn packing(city: String, #[arg(default = 3)] days: u8) -> Vec<Message> {
    vec![Message::user(format!("I am going to {city} for {days} days."))]
}

fn main() -> fastmcp_rs::Result {
    Server::new("weather").run()
}
