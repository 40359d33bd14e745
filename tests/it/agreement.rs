//! Whatever the published schema accepts a call accepts, and whatever it refuses a call refuses: for values made from the
//! schema, some of them spoiled somewhere. What clients are not told, since some of them refuse schemas that say it, is named here
//! too: the places of a tuple, the ends of 64 bits, and that null says what leaving out says.

use fastmcp_rs::prelude::*;
use fastmcp_rs_tests::client::text_of;
use fastmcp_rs_tests::{Client, Revision, served};
use serde_json::{Map, Value, json};

use super::corpus::targets::arguments::{Published, server};

/// Values made for each tool.
const ROUNDS: usize = 300;

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn spoiled(&mut self) -> Value {
        let spoiled = [
            json!(null),
            json!(true),
            json!(-1),
            json!(0),
            json!(3),
            json!(256),
            json!(1.5),
            json!(2.0),
            json!(1e39),
            json!(1e19),
            json!(""),
            json!("x"),
            json!("5"),
            json!("long text"),
            json!([]),
            json!([1]),
            json!([1, 2, 3]),
            json!([1, "a"]),
            json!({}),
            json!({ "x": 1 }),
            json!({ "kind": "dot" }),
            json!("Unit"),
        ];
        spoiled[self.below(spoiled.len())].clone()
    }

    fn value(&mut self, root: &Value, schema: &Value, depth: usize) -> Value {
        if self.below(12) == 0 {
            return self.spoiled();
        }
        if let Some(place) = schema["$ref"].as_str() {
            return self.value(root, root.pointer(&place[1..]).unwrap(), depth);
        }
        for keyword in ["anyOf", "oneOf", "enum"] {
            if let Some(choices) = schema[keyword].as_array() {
                let choice = &choices[self.below(choices.len())];
                return if keyword == "enum" { choice.clone() } else { self.value(root, choice, depth) };
            }
        }
        if let Some(only) = schema.get("const") {
            return only.clone();
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds[self.below(kinds.len())].as_str().unwrap(),
            kind => kind.as_str().unwrap_or("any"),
        };
        match kind {
            "null" => Value::Null,
            "boolean" => json!(self.below(2) == 0),
            "integer" if self.below(6) == 0 => json!(self.below(300)),
            "integer" => {
                let end = |keyword: &str, otherwise| schema[keyword].as_i64().unwrap_or(otherwise);
                let (least, most) = (end("minimum", -300), end("maximum", 300));
                json!(least + (self.below(1000) as i64) % (most - least + 1))
            }
            "number" => [json!(0.5), json!(1), json!(9.75), json!(11), json!(-3)][self.below(5)].clone(),
            "string" if self.below(4) == 0 => json!(["a", "ä", "abc", "abcd", "", "5"][self.below(6)]),
            "string" => json!("abc"),
            "array" => {
                let fixed = schema["prefixItems"].as_array();
                let count = match fixed {
                    Some(fixed) => fixed.len(),
                    None if depth > 4 => 0,
                    None => self.below(4),
                };
                let each = |index: usize| fixed.map_or(&schema["items"], |fixed| &fixed[index]);
                (0..count).map(|index| self.value(root, each(index), depth + 1)).collect()
            }
            "object" => self.object(root, schema, depth),
            _ => self.spoiled(),
        }
    }

    fn object(&mut self, root: &Value, schema: &Value, depth: usize) -> Value {
        let mut members = Map::new();
        for (name, of) in schema["properties"].as_object().into_iter().flatten() {
            if self.below(10) > 0 {
                members.insert(name.clone(), self.value(root, of, depth + 1));
            }
        }
        if schema["additionalProperties"].is_object() {
            for name in ["a", "ö", ""] {
                members.insert(name.to_owned(), self.value(root, &schema["additionalProperties"], depth + 1));
            }
        }
        if self.below(15) == 0 {
            members.insert("further".to_owned(), json!(1));
        }
        Value::Object(members)
    }
}

#[tokio::test]
async fn the_published_schema_and_the_call_agree() {
    let mut client = Client::of(server(), Revision::V2026_07_28).await;
    let mut wrong = Vec::new();
    for tool in client.list("tools/list", "tools").await {
        let published = Published::of(&tool);
        let Published { name, schema, .. } = &published;
        let mut dice = Dice(0x5eed_0f0f_1234_5678);
        let (mut accepted, mut refused) = (0, 0);
        for _ in 0..ROUNDS {
            let arguments = json!({ "v": dice.value(schema, &schema["properties"]["v"], 0) });
            let asked = json!({ "name": name, "arguments": &arguments });
            let result = client.ask("tools/call", asked).await.unwrap();
            let taken = result["isError"] != true;
            let Some(right) = published.accepts(&arguments, taken) else { continue };
            if taken != right && wrong.len() < 40 {
                wrong.push(format!("{name} {arguments}: published {right}, called {taken}: {}", text_of(&result)));
            }
            *(if right { &mut accepted } else { &mut refused }) += 1;
        }
        assert!(accepted > 20 && refused > 5, "{name} was hardly tried: {accepted}, {refused}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    client.finish().await;
}

/// Takes what no schema tells all of.
#[tool(inline)]
fn untold(pair: (u8, String), long: i64, count: u64) -> String {
    format!("{} {} {long} {count}", pair.0, pair.1)
}

#[tokio::test]
async fn what_the_published_schema_does_not_tell_the_call_refuses_by_name() {
    served(
        || Server::empty("untold").tool(untold),
        async |client| {
            let schema = client.list("tools/list", "tools").await.remove(0)["inputSchema"].take();
            let published = jsonschema::validator_for(&schema).unwrap();
            for (arguments, place) in [
                (json!({ "pair": ["a", 1], "long": 1, "count": 1 }), "/pair/0"),
                (json!({ "pair": [1, 1], "long": 1, "count": 1 }), "/pair/1"),
                (json!({ "pair": [1, "a"], "long": 1e19, "count": 1 }), "/long"),
                (json!({ "pair": [1, "a"], "long": -1e19, "count": 1 }), "/long"),
                (json!({ "pair": [1, "a"], "long": 1, "count": 1e20 }), "/count"),
            ] {
                assert!(published.is_valid(&arguments), "{arguments}");
                let result =
                    client.ask("tools/call", json!({ "name": "untold", "arguments": &arguments })).await.unwrap();
                assert_eq!(result["isError"], true, "{arguments}");
                assert!(text_of(&result).contains(&format!("`{place}`")), "{}", text_of(&result));
            }
            for arguments in [
                json!({ "pair": [1, "a"], "long": i64::MIN, "count": u64::MAX }),
                json!({ "pair": [255, ""], "long": i64::MAX, "count": 0 }),
            ] {
                let result =
                    client.ask("tools/call", json!({ "name": "untold", "arguments": &arguments })).await.unwrap();
                assert_ne!(result["isError"], true, "{}", text_of(&result));
            }
        },
    )
    .await;
}
