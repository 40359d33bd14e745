//! The weather, whoever knows it: the built-in table or a service on the network. Nothing here is about MCP.

use std::env;
use std::fmt;

use fastmcp_rs::prelude::*;

use crate::open_meteo::OpenMeteo;
use crate::table;

/// A unit of temperature.
#[model]
#[derive(Debug, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unit {
    Celsius,
    Fahrenheit,
}

impl Unit {
    fn of(self, celsius: f64) -> f64 {
        match self {
            Self::Celsius => celsius,
            // Rounded, since 4.3 °C would otherwise come out as 39.739999999999995 °F.
            Self::Fahrenheit => ((celsius * 1.8 + 32.0) * 10.0).round() / 10.0,
        }
    }
}

/// A temperature in a city.
#[model]
#[derive(Debug, PartialEq)]
pub(crate) struct Temperature {
    /// The city that was found, which may be spelt better than the one asked for.
    pub(crate) city: String,
    pub(crate) degrees: f64,
    pub(crate) unit: Unit,
}

/// The weather of the coming days.
#[model]
#[derive(Debug, PartialEq)]
pub(crate) struct Forecast {
    /// The city that was found, which may be spelt better than the one asked for.
    pub(crate) city: String,
    /// Day by day, today first.
    pub(crate) days: Vec<Day>,
}

/// One day's weather.
#[model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Day {
    /// The date, if the source knows what day it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) date: Option<String>,
    /// Highest temperature in degrees Celsius.
    pub(crate) high: f64,
    /// Lowest temperature in degrees Celsius.
    pub(crate) low: f64,
    /// Rain and snow, in millimetres.
    pub(crate) rain: f64,
}

/// What a source says about a city, in degrees Celsius.
#[derive(Debug, PartialEq)]
pub(crate) struct Report {
    pub(crate) city: String,
    pub(crate) now: f64,
    pub(crate) days: Vec<Day>,
}

/// Knows the weather.
#[derive(Debug)]
pub(crate) struct WeatherService {
    source: Source,
}

#[derive(Debug)]
enum Source {
    Table,
    OpenMeteo(OpenMeteo),
}

impl WeatherService {
    /// The service at `WEATHER_API_URL`, or the built-in table without it.
    pub(crate) fn connect() -> Result<Self, WeatherError> {
        let source = match env::var("WEATHER_API_URL") {
            Ok(base) if !base.trim().is_empty() => Source::OpenMeteo(OpenMeteo::new(&base)?),
            _ => Source::Table,
        };
        Ok(Self { source })
    }

    pub(crate) async fn temperature(&self, city: &str, unit: Unit) -> Result<Temperature, WeatherError> {
        let Report { city, now, .. } = self.report(city, 1).await?;
        Ok(Temperature { city, degrees: unit.of(now), unit })
    }

    pub(crate) async fn forecast(&self, city: &str, days: u8) -> Result<Forecast, WeatherError> {
        let Report { city, days, .. } = self.report(city, days).await?;
        Ok(Forecast { city, days })
    }

    pub(crate) async fn report(&self, city: &str, days: u8) -> Result<Report, WeatherError> {
        match &self.source {
            Source::Table => table::report(city, days),
            Source::OpenMeteo(service) => service.report(city, days).await,
        }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum WeatherError {
    UnknownCity {
        city: String,
        nearest: &'static str,
    },
    /// The service is out of reach or out of its mind.
    Unavailable(String),
}

impl WeatherError {
    pub(crate) fn unknown(city: &str) -> Self {
        Self::UnknownCity { city: city.trim().to_owned(), nearest: table::nearest(city) }
    }
}

impl fmt::Display for WeatherError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCity { city, nearest } => {
                write!(f, "there is no city called `{city}` here; the nearest known is `{nearest}`")
            }
            Self::Unavailable(why) => write!(f, "the weather service cannot answer: {why}"),
        }
    }
}

impl std::error::Error for WeatherError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_unit_changes_the_figure() -> Result<(), WeatherError> {
        let table = WeatherService { source: Source::Table };
        let celsius = table.temperature("oslo", Unit::Celsius).await?;
        let fahrenheit = table.temperature(" OSLO ", Unit::Fahrenheit).await?;
        assert_eq!((celsius.city.as_str(), celsius.degrees), ("Oslo", 4.3));
        assert_eq!((fahrenheit.degrees, fahrenheit.unit), (39.7, Unit::Fahrenheit));
        Ok(())
    }

    #[tokio::test]
    async fn a_forecast_has_the_days_asked_for() -> Result<(), WeatherError> {
        let table = WeatherService { source: Source::Table };
        for days in [1, 3, 14] {
            let forecast = table.forecast("San Francisco", days).await?;
            assert_eq!(forecast.days.len(), usize::from(days));
            assert!(forecast.days.iter().all(|day| day.low < day.high && day.rain >= 0.0));
        }
        Ok(())
    }

    #[tokio::test]
    async fn an_unknown_city_names_the_nearest() {
        let table = WeatherService { source: Source::Table };
        for (asked, meant) in [("Lisboa", "Lisbon"), ("Berln", "Berlin"), ("san fransisco", "San Francisco")] {
            let error = table.forecast(asked, 3).await.expect_err("not in the table");
            assert!(error.to_string().contains(&format!("`{meant}`")), "{error}");
        }
    }
}
