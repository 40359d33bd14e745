use fastmcp_rs::prelude::*;

#[derive(serde::Serialize)]
struct Forecast {
    text: String,
}

/// The weather.
#[tool]
async fn forecast(city: String) -> Result<Forecast, ToolError> {
    Ok(Forecast { text: city })
}

fn main() {}
