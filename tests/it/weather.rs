//! The weather: async tools, a template, a prompt, a service on the network.

use std::path::Path;

use fastmcp_rs_tests::{Client, Example, Revision, Transport, everywhere, wherever};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

fn weather(_: &Path) -> Example {
    Example::named("weather")
}

#[tokio::test]
async fn a_temperature_comes_in_the_unit_asked_for() {
    wherever(&Revision::ALL, weather, async |client| {
        let celsius = json!({ "city": "Oslo", "degrees": 4.3, "unit": "celsius" });
        assert_eq!(client.value("get_temperature", json!({ "city": "oslo" })).await, celsius);
        let fahrenheit = json!({ "city": "Oslo", "degrees": 39.7, "unit": "fahrenheit" });
        let arguments = json!({ "city": "Oslo", "unit": "fahrenheit" });
        assert_eq!(client.value("get_temperature", arguments).await, fahrenheit);
        let text = client.failure("get_temperature", json!({ "city": "Oslo", "unit": "kelvin" })).await;
        assert!(text.contains("/unit") && text.contains("fahrenheit"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn a_default_holds_on_the_wire_and_in_the_schema() {
    everywhere(weather, async |client| {
        let tools = client.list("tools/list", "tools").await;
        let days = &tools[0]["inputSchema"]["properties"]["days"];
        assert_eq!((&days["default"], &days["minimum"], &days["maximum"]), (&json!(3), &json!(1), &json!(14)));
        let unit = &tools[1]["inputSchema"]["properties"]["unit"];
        assert_eq!((&unit["default"], &unit["enum"]), (&json!("celsius"), &json!(["celsius", "fahrenheit"])));

        let three = client.value("get_forecast", json!({ "city": "Oslo" })).await;
        assert_eq!(three["days"].as_array().unwrap().len(), 3);
        for (days, good) in [(0, false), (1, true), (14, true), (15, false), (300, false)] {
            let result = client.call("get_forecast", json!({ "city": "Oslo", "days": days })).await;
            assert_eq!(result["isError"] != true, good, "{days}: {result}");
        }
        client.unasked.clear(); // get_forecast logs a line to clients that listen
    })
    .await;
}

#[tokio::test]
async fn a_city_is_a_resource_by_its_template() {
    wherever(&Revision::ALL, weather, async |client| {
        let templates = client.list("resources/templates/list", "resourceTemplates").await;
        assert_eq!(templates.len(), 1);
        assert_eq!(templates[0]["uriTemplate"], "weather://{city}/current");
        assert_eq!(templates[0]["mimeType"], "text/markdown");
        assert!(client.list("resources/list", "resources").await.is_empty());

        for uri in ["weather://San%20Francisco/current", "weather://San Francisco/current"] {
            let read = client.result("resources/read", json!({ "uri": uri })).await;
            let [content] = read["contents"].as_array().unwrap().as_slice() else { panic!("{read}") };
            // What no URI can contain comes back percent-encoded, or the answer would not fit its schema.
            assert_eq!(content["uri"], "weather://San%20Francisco/current");
            assert_eq!(content["mimeType"], "text/markdown");
            assert!(content["text"].as_str().unwrap().starts_with("# San Francisco\n\nNow **14.6 °C**."), "{content}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_not_found_by_the_code_of_its_era() {
    everywhere(weather, async |client| {
        let code = if client.revision().is_modern() { -32602 } else { -32002 };
        for uri in
            ["weather://Atlantis/current", "weather://Oslo/tomorrow", "nothing://at/all", "weather://a/b/current"]
        {
            let refusal = client.refusal("resources/read", json!({ "uri": uri })).await;
            assert_eq!((refusal.code, &refusal.data["uri"]), (code, &json!(uri)), "{refusal:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_prompt_reads_its_arguments_from_text() {
    wherever(&Revision::ALL, weather, async |client| {
        let prompts = client.list("prompts/list", "prompts").await;
        assert_eq!(prompts[0]["name"], "packing");
        let arguments = prompts[0]["arguments"].as_array().unwrap();
        assert_eq!((&arguments[0]["name"], &arguments[0]["required"]), (&json!("city"), &json!(true)));
        assert_eq!(arguments[1]["name"], "days");
        assert_ne!(arguments[1]["required"], true);

        let given = json!({ "name": "packing", "arguments": { "city": "Oslo", "days": "5" } });
        let prompt = client.result("prompts/get", given).await;
        let text = prompt["messages"][0]["content"]["text"].as_str().unwrap();
        assert_eq!(text, "I am going to Oslo for 5 days. What shall I pack?");
        assert_eq!(prompt["messages"][1]["role"], "assistant");

        for arguments in [json!({}), json!({ "city": "Oslo", "days": "many" }), json!({ "city": "Oslo", "days": "99" })]
        {
            let refusal = client.refusal("prompts/get", json!({ "name": "packing", "arguments": arguments })).await;
            assert_eq!(refusal.code, -32602, "{refusal}");
        }
        assert_eq!(client.refusal("prompts/get", json!({ "name": "parking" })).await.code, -32602);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_city_is_the_tools_own_error_with_the_nearest_name() {
    everywhere(weather, async |client| {
        let text = client.failure("get_temperature", json!({ "city": "Berln" })).await;
        assert!(text.contains("Berlin"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn log_lines_reach_whoever_asked_for_them() {
    everywhere(weather, async |client| {
        let mut params = json!({ "name": "get_forecast", "arguments": { "city": "Oslo", "days": 2 } });
        if client.revision().is_modern() {
            client.result("tools/call", params.clone()).await;
            assert!(client.unasked.is_empty(), "nobody asked for log lines");
            params["_meta"] = json!({ "io.modelcontextprotocol/logLevel": "info" });
        } else {
            client.result("logging/setLevel", json!({ "level": "info" })).await;
        }
        client.result("tools/call", params.clone()).await;
        let line = client.unasked.pop_front().expect("a log line");
        assert_eq!(line["method"], "notifications/message");
        assert_eq!((&line["params"]["level"], &line["params"]["data"]), (&json!("info"), &json!("2 days of Oslo")));

        if client.revision().is_modern() {
            params["_meta"] = json!({ "io.modelcontextprotocol/logLevel": "warning" });
        } else {
            client.result("logging/setLevel", json!({ "level": "warning" })).await;
        }
        client.result("tools/call", params).await;
        assert!(client.unasked.is_empty(), "info is below warning");
    })
    .await;
}

/// A service shaped like Open-Meteo that knows one city, on a port of its own.
async fn stand_in() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                let mut asked = String::new();
                stream.read_line(&mut asked).await.unwrap();
                let mut header = String::new();
                while stream.read_line(&mut header).await.unwrap() > 2 {
                    header.clear();
                }
                let answer = if asked.contains("/v1/forecast?") {
                    json!({
                        "current": { "temperature_2m": -3.5 },
                        "daily": { "time": ["2026-07-28"], "temperature_2m_max": [1.0], "temperature_2m_min": [-9.0], "precipitation_sum": [0.0] },
                    })
                } else if asked.contains("name=Troms") {
                    json!({ "results": [{ "name": "Tromsø", "latitude": 69.65, "longitude": 18.96 }] })
                } else {
                    json!({})
                }
                .to_string();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    answer.len()
                );
                stream.write_all((head + &answer).as_bytes()).await.unwrap();
            });
        }
    });
    url
}

#[tokio::test]
async fn a_service_on_the_network_is_asked_when_it_is_named() {
    let url = stand_in().await;
    let example = |_: &Path| Example::named("weather").env("WEATHER_API_URL", &url);
    everywhere(example, async |client| {
        let cold = json!({ "city": "Tromsø", "degrees": -3.5, "unit": "celsius" });
        assert_eq!(client.value("get_temperature", json!({ "city": "Tromso" })).await, cold);
        let read = client.result("resources/read", json!({ "uri": "weather://Troms%C3%B8/current" })).await;
        assert!(read["contents"][0]["text"].as_str().unwrap().contains("Now **-3.5 °C**"), "{read}");
        client.failure("get_temperature", json!({ "city": "Atlantis" })).await;
    })
    .await;
}

#[tokio::test]
async fn a_service_out_of_reach_is_an_error_without_addresses() {
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let example = Example::named("weather").env("WEATHER_API_URL", format!("http://{gone}"));
    let mut client = Client::start(example, Transport::Stdio, Revision::V2026_07_28).await;
    let text = client.failure("get_temperature", json!({ "city": "Oslo" })).await;
    assert!(text.contains("out of reach") && !text.contains(&gone), "{text}");
    client.finish().await;
}
