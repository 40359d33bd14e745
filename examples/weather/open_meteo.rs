//! A client of services shaped like Open-Meteo: one request finds the city, another its weather.
//!
//! It speaks plain HTTP, to a proxy or a stand-in; for the public service, give reqwest a TLS feature and drop the check of the scheme.

use std::time::Duration;

use reqwest::{Client, Response, Url, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::service::{Day, Report, WeatherError};

/// Below the tools' ten seconds, so that a slow service is told from a slow tool.
const PATIENCE: Duration = Duration::from_secs(4);

/// An honest answer takes a few KiB.
const LONGEST_ANSWER: usize = 256 * 1024;

#[derive(Debug)]
pub(crate) struct OpenMeteo {
    base: String,
    client: Client,
}

/// What the geocoder answers. No `results` at all means that there is no such place.
#[derive(Deserialize)]
struct Places {
    #[serde(default)]
    results: Vec<Place>,
}

#[derive(Deserialize)]
struct Place {
    name: String,
    latitude: f64,
    longitude: f64,
}

#[derive(Deserialize)]
struct Weather {
    current: Current,
    daily: Daily,
}

#[derive(Deserialize)]
struct Current {
    temperature_2m: f64,
}

/// Columns of equal length, one row a day.
#[derive(Deserialize)]
struct Daily {
    #[serde(default)]
    time: Vec<String>,
    temperature_2m_max: Vec<f64>,
    temperature_2m_min: Vec<f64>,
    precipitation_sum: Vec<f64>,
}

impl OpenMeteo {
    /// A client of the service at `base`, for example `http://127.0.0.1:9000`. Nothing is sent yet.
    pub(crate) fn new(base: &str) -> Result<Self, WeatherError> {
        let base = base.trim().trim_end_matches('/');
        match Url::parse(base) {
            Ok(url) if url.scheme() == "http" && url.has_host() => {}
            _ => {
                let why = format!("WEATHER_API_URL must be an http:// address, and `{base}` is none");
                return Err(WeatherError::Unavailable(why));
            }
        }
        let client =
            Client::builder().timeout(PATIENCE).redirect(redirect::Policy::none()).build().map_err(unavailable)?;
        Ok(Self { base: base.to_owned(), client })
    }

    pub(crate) async fn report(&self, city: &str, days: u8) -> Result<Report, WeatherError> {
        let place = self.find(city).await?;
        let Weather { current, daily } = self.weather(&place, days).await?;
        let mut dates = daily.time.into_iter();
        let figures = daily.temperature_2m_max.into_iter().zip(daily.temperature_2m_min).zip(daily.precipitation_sum);
        let days =
            figures.take(days.into()).map(|((high, low), rain)| Day { date: dates.next(), high, low, rain }).collect();
        Ok(Report { city: place.name, now: current.temperature_2m, days })
    }

    async fn find(&self, city: &str) -> Result<Place, WeatherError> {
        let places: Places = self.get("/v1/search", &[("name", city.trim()), ("count", "1")]).await?;
        places.results.into_iter().next().ok_or_else(|| WeatherError::unknown(city))
    }

    async fn weather(&self, place: &Place, days: u8) -> Result<Weather, WeatherError> {
        let query = [
            ("latitude", place.latitude.to_string()),
            ("longitude", place.longitude.to_string()),
            ("current", "temperature_2m".to_owned()),
            ("daily", "temperature_2m_max,temperature_2m_min,precipitation_sum".to_owned()),
            ("forecast_days", days.to_string()),
        ];
        self.get("/v1/forecast", &query).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, impl AsRef<str>)]) -> Result<T, WeatherError> {
        let mut url = Url::parse(&format!("{}{path}", self.base)).map_err(unavailable)?;
        url.query_pairs_mut().extend_pairs(query.iter().map(|(name, value)| (name, value.as_ref())));
        let answer = self.client.get(url).send().await.map_err(unreachable)?;
        if !answer.status().is_success() {
            return Err(WeatherError::Unavailable(format!("it answered with status {}", answer.status().as_u16())));
        }
        let body = bounded(answer).await?;
        serde_json::from_slice(&body).map_err(|_| WeatherError::Unavailable("its answer makes no sense".to_owned()))
    }
}

/// The body of an answer, unless it has no end.
async fn bounded(mut answer: Response) -> Result<Vec<u8>, WeatherError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(WeatherError::Unavailable("its answer is too long".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The model learns what to do about it, and nothing about the addresses in reqwest's own text.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreachable(error: reqwest::Error) -> WeatherError {
    let why =
        if error.is_timeout() { "it takes too long; try again later" } else { "it is out of reach; try again later" };
    WeatherError::Unavailable(why.to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unavailable(error: impl ToString) -> WeatherError {
    WeatherError::Unavailable(error.to_string())
}

#[cfg(test)]
mod tests {
    use axum::extract::Query;
    use axum::http::{StatusCode, Uri};
    use axum::{Json, Router, routing};
    use serde_json::{Value, json};
    use std::collections::HashMap;
    use tokio::net::TcpListener;

    use super::*;

    /// A stand-in for the service, on a port of its own.
    async fn stand_in(router: Router) -> OpenMeteo {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        tokio::spawn(async { axum::serve(listener, router).await });
        OpenMeteo::new(&format!("http://{address}/")).expect("an address")
    }

    async fn search(Query(asked): Query<HashMap<String, String>>) -> Json<Value> {
        match asked["name"].as_str() {
            "San Francisco" => {
                Json(json!({"results": [{"name": "San Francisco", "latitude": 37.77, "longitude": -122.42}]}))
            }
            _ => Json(json!({"generationtime_ms": 0.5})),
        }
    }

    async fn forecast(uri: Uri, Query(asked): Query<HashMap<String, String>>) -> Json<Value> {
        assert_eq!((asked["latitude"].as_str(), asked["longitude"].as_str()), ("37.77", "-122.42"), "{uri}");
        let days: usize = asked["forecast_days"].parse().expect("a number of days");
        Json(json!({
            "current": {"time": "2026-07-28T12:00", "temperature_2m": 15.5},
            "daily": {
                "time": vec!["2026-07-28"; days],
                "temperature_2m_max": vec![18.0; days],
                "temperature_2m_min": vec![11.0; days],
                "precipitation_sum": vec![0.2; days],
            },
        }))
    }

    fn healthy() -> Router {
        Router::new().route("/v1/search", routing::get(search)).route("/v1/forecast", routing::get(forecast))
    }

    #[tokio::test]
    async fn a_city_is_found_and_its_weather_read() -> Result<(), WeatherError> {
        let service = stand_in(healthy()).await;
        let report = service.report(" San Francisco ", 5).await?;
        let day = Day { date: Some("2026-07-28".to_owned()), high: 18.0, low: 11.0, rain: 0.2 };
        assert_eq!(report, Report { city: "San Francisco".to_owned(), now: 15.5, days: vec![day; 5] });
        Ok(())
    }

    #[tokio::test]
    async fn no_result_is_an_unknown_city() {
        let error = stand_in(healthy()).await.report("Oslow", 1).await.expect_err("unknown");
        assert!(matches!(error, WeatherError::UnknownCity { nearest: "Oslo", .. }), "{error}");
    }

    #[tokio::test]
    async fn a_service_in_trouble_is_unavailable() {
        let failing = Router::new().fallback(|| async { StatusCode::BAD_GATEWAY });
        let babbling = Router::new().fallback(|| async { "<html>" });
        let endless = Router::new().fallback(|| async { " ".repeat(LONGEST_ANSWER + 1) });
        for (router, hint) in [(failing, "502"), (babbling, "no sense"), (endless, "too long")] {
            let error = stand_in(router).await.report("Oslo", 1).await.expect_err("in trouble");
            assert!(matches!(&error, WeatherError::Unavailable(why) if why.contains(hint)), "{error}");
        }
        let nobody = OpenMeteo::new("http://127.0.0.1:1").expect("an address");
        let error = nobody.report("Oslo", 1).await.expect_err("nobody listens");
        assert!(matches!(&error, WeatherError::Unavailable(why) if why.contains("out of reach")), "{error}");
    }

    #[test]
    fn only_plain_http_is_spoken() {
        for base in ["https://api.open-meteo.com", "127.0.0.1:9000", "ftp://x", "nonsense"] {
            assert!(OpenMeteo::new(base).is_err(), "{base}");
        }
    }
}
