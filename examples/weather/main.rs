//! The weather of some cities: async tools, a resource template, a prompt, and a service shared through the lifespan.
//!
//! ```sh
//! cargo run --example weather -- call get_temperature city=Oslo unit=fahrenheit
//! cargo run --example weather -- read weather://Oslo/current
//! cargo run --example weather -- --http                     # http://127.0.0.1:8000/mcp
//! WEATHER_API_URL=http://127.0.0.1:9000 cargo run --example weather
//! ```
//!
//! Figures come from a small table ([`table`]), or from a service shaped like Open-Meteo ([`open_meteo`]) if `WEATHER_API_URL`
//! names one. The tools below do not know which.

mod open_meteo;
mod service;
mod table;

use fastmcp_rs::prelude::*;
use service::{Forecast, Report, Temperature, Unit, WeatherError, WeatherService};

/// How warm it is in a city right now.
#[tool(read_only, open_world, timeout = "10s", tags("weather"))]
async fn get_temperature(
    /// City name, for example "San Francisco".
    #[arg(len(2..=80))]
    city: String,
    /// The unit of the answer.
    #[arg(default = Unit::Celsius)]
    unit: Unit,
    weather: State<WeatherService>,
) -> Result<Temperature, ToolError> {
    weather.temperature(&city, unit).await.map_err(in_words)
}

/// Forecast for a city, day by day, in degrees Celsius.
#[tool(read_only, open_world, timeout = "10s", tags("weather"))]
async fn get_forecast(
    /// City name, for example "San Francisco".
    #[arg(len(2..=80))]
    city: String,
    /// How many days ahead, today included.
    #[arg(default = 3, range(1..=14))]
    days: u8,
    weather: State<WeatherService>,
    ctx: Context,
) -> Result<Forecast, ToolError> {
    ctx.info(format!("{days} days of {city}")).await;
    weather.forecast(&city, days).await.map_err(in_words)
}

/// Current weather in a city, as a few lines to read.
#[resource("weather://{city}/current", mime_type = "text/markdown", tags("weather"))]
async fn current(
    #[arg(complete = table::names)] city: String,
    weather: State<WeatherService>,
) -> Result<String, ToolError> {
    let Report { city, now, days } = weather.report(&city, 1).await.map_err(in_words)?;
    let mut text = format!("# {city}\n\nNow **{now:.1} °C**.\n");
    if let Some(today) = days.first() {
        text += &format!("Today {:.1} to {:.1} °C, {:.1} mm of rain.\n", today.low, today.high, today.rain);
    }
    Ok(text)
}

/// Help somebody pack for a trip.
#[prompt(tags("weather"))]
fn packing(
    /// Where the trip goes.
    #[arg(complete = table::names)]
    city: String,
    /// How many days it takes.
    #[arg(default = 3, range(1..=14))]
    days: u8,
) -> Vec<Message> {
    vec![
        Message::user(format!("I am going to {city} for {days} days. What shall I pack?")),
        Message::assistant(format!(
            "I will look at the weather with get_forecast (city \"{city}\", days {days}) first, and then list only what it calls for."
        )),
    ]
}

/// What the model gets to read.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn in_words(error: WeatherError) -> ToolError {
    let words = error.to_string();
    match error {
        WeatherError::UnknownCity { .. } => ToolError::not_found(words),
        WeatherError::Unavailable(_) => ToolError::unavailable(words),
    }
}

fn main() -> fastmcp_rs::Result {
    Server::new("weather")
        .version(env!("CARGO_PKG_VERSION"))
        .instructions("Weather for the cities of the world.")
        .lifespan(|| async { WeatherService::connect() })
        .run()
}
