//! What serde takes in silence and no schema allows; what serde takes and no schema shows; and where a fault is.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::num::{NonZeroI32, NonZeroU8};
use std::str::FromStr;

use fastmcp_rs::prelude::*;
use fastmcp_rs::serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use fastmcp_rs_tests::{Client, client::text_of, served};
use serde_json::{Value, json};

/// The result of a call whose arguments are this text, to the letter.
async fn say(client: &mut Client, tool: &str, arguments: &str) -> Value {
    let request = client.request("tools/call", json!({ "name": tool, "arguments": "ARGUMENTS" }));
    let delivered = client.deliver(request.to_string().replace("\"ARGUMENTS\"", arguments).as_bytes()).await;
    let [answer] = delivered.messages.as_slice() else { panic!("one answer to {arguments}: {delivered:?}") };
    assert!(answer.get("result").is_some(), "{arguments}: {answer}");
    answer["result"].clone()
}

/// Texts that a tool refuses, each with words that have to be in the refusal.
async fn refused(client: &mut Client, tool: &str, cases: &[(&str, &[&str])]) {
    for (arguments, words) in cases {
        let result = say(client, tool, arguments).await;
        assert_eq!(result["isError"], true, "{tool} takes {arguments}: {result}");
        let text = text_of(&result);
        for words in *words {
            assert!(text.contains(words), "{words} is missing for {arguments} in:\n{text}");
        }
    }
}

/// Texts that a tool takes, each with what it makes of them.
async fn taken(client: &mut Client, tool: &str, cases: &[(&str, &str)]) {
    for (arguments, seen) in cases {
        let result = say(client, tool, arguments).await;
        assert_eq!(text_of(&result), *seen, "{arguments}: {result}");
    }
}

macro_rules! tools {
    ($server:ident: $($name:ident($($(#[$attribute:meta])* $arg:ident: $type:ty),*);)*) => {
        $(
            /// Shows what arrived.
            #[tool(inline)]
            fn $name($($(#[$attribute])* $arg: $type),*) -> String {
                format!("{:?}", ($($arg,)*))
            }
        )*

        fn $server() -> Server {
            Server::empty("reading")$(.tool($name))*
        }
    };
}

#[model]
#[derive(Debug)]
struct Point {
    x: i32,
    #[serde(default)]
    y: i32,
}

#[model]
#[derive(Debug)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Shape {
    Dot { at: Point },
    Line { from: Point, to: Point },
}

#[model]
#[derive(Debug)]
enum External {
    Dot { at: Point },
    Pair(i32, Point),
}

#[model]
#[derive(Debug)]
struct Nested {
    name: String,
    #[serde(flatten)]
    inner: Inner,
}

#[model]
#[derive(Debug)]
struct Inner {
    point: Point,
    weight: Option<f32>,
}

tools! { silent:
    point(point: Point);
    points(points: Vec<Point>);
    maybe(maybe: Option<Point>);
    by_number(map: BTreeMap<u32, Point>);
    shape(shape: Shape);
    external(external: External);
    nested(nested: Nested);
    anything(value: Value);
    labels(labels: HashMap<String, u8>);
    single(single: f32);
    singles(singles: Vec<Option<f32>>);
    both(double: f64, wide: i128);
}

#[tokio::test]
async fn a_list_is_not_an_object_at_any_depth() {
    served(silent, async |client| {
        taken(client, "point", &[(r#"{"point":{"x":1}}"#, "(Point { x: 1, y: 0 },)")]).await;
        refused(client, "point", &[(r#"{"point":[1,2]}"#, &["`/point`: must be an object, got an array of 2 items"])])
            .await;
        refused(client, "points", &[(r#"{"points":[{"x":1},[1,2]]}"#, &["`/points/1`: must be an object"])]).await;
        refused(client, "maybe", &[(r#"{"maybe":[1,2]}"#, &["`/maybe`: must be an object"])]).await;
        refused(client, "by_number", &[(r#"{"map":{"5":[1,2]}}"#, &["`/map/5`: must be an object"])]).await;
        refused(
            client,
            "shape",
            &[
                (r#"{"shape":{"kind":"dot","at":[1,2]}}"#, &["`/shape/at`: must be an object"]),
                (r#"{"shape":{"kind":"line","from":{"x":1},"to":[1,2]}}"#, &["`/shape/to`: must be an object"]),
                (r#"{"shape":["dot",{"x":1}]}"#, &["`/shape`: must be an object"]),
            ],
        )
        .await;
        refused(
            client,
            "external",
            &[
                (r#"{"external":{"Dot":[{"x":1}]}}"#, &["`/external/Dot`: must be an object"]),
                (r#"{"external":{"Pair":[1,[2,3]]}}"#, &["/external/Pair"]),
            ],
        )
        .await;
        refused(
            client,
            "nested",
            &[(r#"{"nested":{"name":"a","point":[1,2]}}"#, &["`/nested/point`: must be an object"])],
        )
        .await;
        taken(client, "external", &[(r#"{"external":{"Pair":[1,{"x":2}]}}"#, "(Pair(1, Point { x: 2, y: 0 }),)")])
            .await;
        taken(
            client,
            "nested",
            &[(
                r#"{"nested":{"name":"a","point":{"x":1},"weight":0.5}}"#,
                "(Nested { name: \"a\", inner: Inner { point: Point { x: 1, y: 0 }, weight: Some(0.5) } },)",
            )],
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_member_that_is_given_twice_is_refused_at_every_depth() {
    served(silent, async |client| {
        for (tool, arguments, place) in [
            ("point", r#"{"point":{"x":1},"point":{"x":2}}"#, "/point"),
            ("point", r#"{"point":{"x":1,"x":2}}"#, "/point/x"),
            ("points", r#"{"points":[{"x":1},{"y":1,"x":1,"y":2}]}"#, "/points/1/y"),
            ("labels", r#"{"labels":{"a":1,"b":2,"a":3}}"#, "/labels/a"),
            ("labels", r#"{"labels":{"a":1,"\u0061":3}}"#, "/labels/a"),
            ("labels", r#"{"labels":"{\"a\":1,\"a\":3}"}"#, "/labels/a"),
            ("by_number", r#"{"map":{"5":{"x":1},"5":{"x":1}}}"#, "/map/5"),
            ("anything", r#"{"value":[{"deep":{"a":1,"b":1,"a":1}}]}"#, "/value/0/deep/a"),
            ("shape", r#"{"shape":{"kind":"dot","at":{"x":1,"x":2}}}"#, "/shape/at/x"),
            ("shape", r#"{"shape":"{\"kind\":\"dot\",\"at\":{\"x\":1,\"x\":2}}"}"#, "/shape/at/x"),
            ("nested", r#"{"nested":{"name":"a","point":{"x":1,"x":1}}}"#, "/nested/point/x"),
        ] {
            refused(client, tool, &[(arguments, &[place, "is given twice"])]).await;
        }
        taken(
            client,
            "anything",
            &[(
                r#"{"value":[{"a":{"a":1}},{"a":"a"}]}"#,
                r#"(Array [Object {"a": Object {"a": Number(1)}}, Object {"a": String("a")}],)"#,
            )],
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_number_that_would_become_infinite_is_refused() {
    served(silent, async |client| {
        let greatest = "must be at most 3.4028235e38, got 1e39";
        refused(
            client,
            "single",
            &[
                (r#"{"single":1e39}"#, &["`/single`", greatest]),
                (r#"{"single":-1e300}"#, &["must be at least -3.4028235e38"]),
            ],
        )
        .await;
        refused(client, "singles", &[(r#"{"singles":[1,null,1e39]}"#, &["`/singles/2`", greatest])]).await;
        let nested = r#"{"nested":{"name":"a","point":{"x":1},"weight":1e39}}"#;
        refused(client, "nested", &[(nested, &["`/nested/weight`", greatest])]).await;
        refused(client, "single", &[(r#"{"single":"1e39"}"#, &["`/single`", greatest])]).await;
        taken(client, "single", &[(r#"{"single":3.4028235e38}"#, "(3.4028235e38,)")]).await;
        taken(client, "both", &[(r#"{"double":1e39,"wide":-5}"#, "(1e39, -5)")]).await;
        refused(client, "both", &[(r#"{"double":"1e400","wide":1}"#, &["`/double`"])]).await;
    })
    .await;
}

mod wide {
    use super::*;

    tools! { numbers:
        unsigned(n: u128);
        signed(n: i128);
        long(n: u64);
        short(n: i64);
        not_zero(n: NonZeroI32, small: Option<NonZeroU8>);
        list(list: Vec<u128>);
        floats(n: f64);
    }

    #[tokio::test]
    async fn whole_numbers_are_read_digit_by_digit() {
        served(numbers, async |client| {
            taken(
                client,
                "unsigned",
                &[
                    (r#"{"n":18446744073709551616}"#, "(18446744073709551616,)"),
                    (r#"{"n":"18446744073709551616"}"#, "(18446744073709551616,)"),
                    (r#"{"n":1e19}"#, "(10000000000000000000,)"),
                    (r#"{"n":"1e19"}"#, "(10000000000000000000,)"),
                    (r#"{"n":1.5e20}"#, "(150000000000000000000,)"),
                    (r#"{"n":340282366920938463463374607431768211455}"#, "(340282366920938463463374607431768211455,)"),
                    (
                        r#"{"n":"340282366920938463463374607431768211455"}"#,
                        "(340282366920938463463374607431768211455,)",
                    ),
                ],
            )
            .await;
            taken(
                client,
                "signed",
                &[
                    (r#"{"n":-18446744073709551616}"#, "(-18446744073709551616,)"),
                    (r#"{"n":"-1e30"}"#, "(-1000000000000000000000000000000,)"),
                ],
            )
            .await;
            taken(
                client,
                "long",
                &[
                    (r#"{"n":18446744073709551615.0}"#, "(18446744073709551615,)"),
                    (r#"{"n":1e19}"#, "(10000000000000000000,)"),
                ],
            )
            .await;
            taken(client, "short", &[(r#"{"n":9007199254740993.0}"#, "(9007199254740993,)")]).await;
            taken(client, "list", &[(r#"{"list":["18446744073709551616",1e2]}"#, "([18446744073709551616, 100],)")])
                .await;
        })
        .await;
    }

    #[tokio::test]
    async fn what_does_not_fit_is_told_with_the_bounds_and_without_the_name_of_a_type() {
        served(numbers, async |client| {
            for (tool, arguments, words) in [
                ("unsigned", r#"{"n":-1}"#, "must be at least 0, got -1"),
                ("unsigned", r#"{"n":1e39}"#, "must be at most 340282366920938463463374607431768211455, got 1e39"),
                ("unsigned", r#"{"n":1.5}"#, "must be an integer, got 1.5"),
                ("signed", r#"{"n":1e39}"#, "must be at most 170141183460469231731687303715884105727, got 1e39"),
                (
                    "long",
                    r#"{"n":18446744073709551616}"#,
                    "must be at most 18446744073709551615, got 18446744073709551616",
                ),
                ("long", r#"{"n":"18446744073709551616"}"#, "must be at most 18446744073709551615"),
                ("short", r#"{"n":-9223372036854775809}"#, "must be at least -9223372036854775808"),
                ("not_zero", r#"{"n":0}"#, "0 is not allowed here"),
                ("not_zero", r#"{"n":1,"small":0}"#, "must be at least 1, got 0"),
                ("not_zero", r#"{"n":2147483648}"#, "must be at most 2147483647"),
                ("list", r#"{"list":[1,-1]}"#, "`/list/1`: must be at least 0"),
            ] {
                let text = text_of(&say(client, tool, arguments).await);
                assert!(text.contains(words), "{words} is missing for {arguments} in:\n{text}");
                for name in ["u128", "i128", "u64", "i64", "i32", "u8", "floating point"] {
                    assert!(!text.contains(name), "{name} in:\n{text}");
                }
            }
            refused(client, "floats", &[(r#"{"n":"much"}"#, &["`/n`: must be a number, got \"much\""])]).await;
        })
        .await;
    }
}

mod names {
    use super::*;

    #[model]
    #[derive(Debug)]
    #[serde(rename_all = "lowercase")]
    enum Colour {
        #[serde(alias = "rouge")]
        Red,
        Green,
        #[serde(other)]
        Unknown,
    }

    fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
        #[model]
        #[serde(untagged)]
        enum Either {
            Number(u8),
            Text(String),
        }
        match Deserialize::deserialize(deserializer)? {
            Either::Number(number) => Ok(number),
            Either::Text(text) => text.trim_end_matches('%').parse().map_err(de::Error::custom),
        }
    }

    /// Known under other names, with rules.
    #[model]
    #[derive(Debug)]
    struct Person {
        #[serde(alias = "fullName", alias = "nick")]
        #[schemars(length(max = 5))]
        name: String,
        #[schemars(range(max = 9))]
        #[serde(deserialize_with = "from_text")]
        rating: u8,
        #[serde(default, alias = "farbe")]
        colour: Option<Colour>,
        #[serde(default, alias = "also")]
        #[schemars(inner(length(max = 3)))]
        tags: Vec<String>,
    }

    #[model]
    #[derive(Debug)]
    #[serde(deny_unknown_fields)]
    struct Closed {
        #[serde(alias = "n")]
        #[schemars(range(max = 9))]
        number: u8,
    }

    #[model]
    #[derive(Debug)]
    #[serde(tag = "kind", rename_all = "lowercase")]
    enum Animal {
        #[serde(alias = "hound")]
        Dog {
            #[serde(alias = "called")]
            #[schemars(length(max = 5))]
            name: String,
        },
        Cat {
            #[schemars(range(max = 9))]
            lives: u8,
        },
    }

    #[model]
    #[derive(Debug)]
    struct Outer {
        #[serde(flatten)]
        person: Person,
        #[serde(alias = "petNamed")]
        pet: Option<Animal>,
    }

    tools! { named:
        person(person: Person);
        people(people: Vec<Person>);
        closed(closed: Closed);
        animal(animal: Animal);
        outer(outer: Outer);
        spread(#[arg(flatten)] person: Person);
        spread_outer(#[arg(flatten)] outer: Outer, #[arg(range(..=9))] n: u8);
        colour(#[arg(flatten)] one: One);
    }

    #[model]
    #[derive(Debug)]
    struct One {
        #[schemars(range(max = 9))]
        n: u8,
        colour: Colour,
    }

    const ADA: &str = "Person { name: \"Ada\", rating: 5, colour: None, tags: [] }";

    #[tokio::test]
    async fn what_serde_knows_is_accepted_and_the_rules_hold_for_it() {
        served(named, async |client| {
            for arguments in [
                r#"{"person":{"name":"Ada","rating":5}}"#,
                r#"{"person":{"fullName":"Ada","rating":5}}"#,
                r#"{"person":{"nick":"Ada","rating":"5"}}"#,
                r#"{"person":{"nick":"Ada","rating":"5%","more":1}}"#,
            ] {
                taken(client, "person", &[(arguments, &format!("({ADA},)"))]).await;
            }
            let red = "(Person { name: \"Ada\", rating: 5, colour: Some(Red), tags: [\"x\"] },)";
            taken(client, "person", &[(r#"{"person":{"nick":"Ada","rating":5,"farbe":"rouge","also":["x"]}}"#, red)])
                .await;
            let unknown = "(Person { name: \"Ada\", rating: 5, colour: Some(Unknown), tags: [] },)";
            taken(client, "person", &[(r#"{"person":{"name":"Ada","rating":5,"colour":"mauve"}}"#, unknown)]).await;
            refused(
                client,
                "person",
                &[
                    (
                        r#"{"person":{"fullName":"Augusta","rating":5}}"#,
                        &["`/person/fullName`: must have at most 5 characters"],
                    ),
                    (r#"{"person":{"nick":"Augusta","rating":5,"x":1,"y":2}}"#, &["`/person/nick`"]),
                    (r#"{"person":{"name":"Ada","rating":"10"}}"#, &["`/person/rating`: must be at most 9, got 10"]),
                    (r#"{"person":{"name":"Ada","rating":5,"also":["x","long"]}}"#, &["`/person/also/1`"]),
                ],
            )
            .await;
            let people =
                r#"{"people":[{"nick":"Ada","rating":5},{"nick":"Ada","rating":5},{"nick":"Augusta","rating":5}]}"#;
            refused(client, "people", &[(people, &["`/people/2/nick`"])]).await;
            taken(client, "closed", &[(r#"{"closed":{"n":9}}"#, "(Closed { number: 9 },)")]).await;
            refused(client, "closed", &[(r#"{"closed":{"n":10}}"#, &["`/closed/n`: must be at most 9"])]).await;
            refused(client, "closed", &[(r#"{"closed":{"number":1,"m":1}}"#, &["`/closed/m`: unknown field"])]).await;
        })
        .await;
    }

    #[tokio::test]
    async fn other_names_of_variants_and_of_what_is_in_them() {
        served(named, async |client| {
            for arguments in [
                r#"{"animal":{"kind":"dog","name":"Rex"}}"#,
                r#"{"animal":{"kind":"hound","name":"Rex"}}"#,
                r#"{"animal":{"kind":"dog","called":"Rex"}}"#,
                r#"{"animal":{"kind":"hound","called":"Rex"}}"#,
            ] {
                taken(client, "animal", &[(arguments, "(Dog { name: \"Rex\" },)")]).await;
                let longer = arguments.replace("Rex", "Lassie");
                let place = if arguments.contains("called") { "`/animal/called`" } else { "`/animal/name`" };
                refused(client, "animal", &[(&longer, &[place, "at most 5"])]).await;
            }
        })
        .await;
    }

    #[tokio::test]
    async fn other_names_within_what_is_flattened() {
        served(named, async |client| {
            let outer = format!("(Outer {{ person: {ADA}, pet: None }},)");
            taken(client, "outer", &[(r#"{"outer":{"nick":"Ada","rating":5}}"#, &outer)]).await;
            refused(client, "outer", &[(r#"{"outer":{"nick":"Augusta","rating":5}}"#, &["`/outer/nick`"])]).await;
            taken(client, "spread", &[(r#"{"fullName":"Ada","rating":"5"}"#, &format!("({ADA},)"))]).await;
            refused(
                client,
                "spread",
                &[
                    (r#"{"fullName":"Augusta","rating":5}"#, &["`/fullName`: must have at most 5"]),
                    (r#"{"nick":"Ada","rating":5,"nickk":1}"#, &["`/nickk`: unknown argument"]),
                    (r#"{"nick":"Ada","name":"Ada","rating":5}"#, &["name"]),
                ],
            )
            .await;
            let spread = format!("(Outer {{ person: {ADA}, pet: Some(Cat {{ lives: 9 }}) }}, 1)");
            let arguments = r#"{"n":1,"nick":"Ada","rating":5,"petNamed":{"kind":"cat","lives":9}}"#;
            taken(client, "spread_outer", &[(arguments, &spread)]).await;
            let arguments = r#"{"n":1,"nick":"Ada","rating":5,"petNamed":{"kind":"cat","lives":10}}"#;
            refused(client, "spread_outer", &[(arguments, &["`/petNamed/lives`: must be at most 9"])]).await;
            taken(client, "colour", &[(r#"{"n":1,"colour":"mauve"}"#, "(One { n: 1, colour: Unknown },)")]).await;
            refused(client, "colour", &[(r#"{"n":10,"colour":"rouge"}"#, &["`/n`"])]).await;
        })
        .await;
    }
}

mod places {
    use super::*;

    /// A type that says in its own words what it wants.
    #[derive(Debug, fastmcp_rs::schemars::JsonSchema)]
    #[schemars(crate = "fastmcp_rs::schemars", with = "String")]
    struct Day(u8);

    impl FromStr for Day {
        type Err = NotADay;

        fn from_str(text: &str) -> Result<Self, NotADay> {
            text.strip_prefix("day ").and_then(|day| day.parse().ok()).map(Day).ok_or(NotADay)
        }
    }

    #[derive(Debug)]
    struct NotADay;

    impl fmt::Display for NotADay {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a day is written `day 5`")
        }
    }

    impl<'de> Deserialize<'de> for Day {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            text.parse().map_err(de::Error::custom)
        }
    }

    impl Serialize for Day {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(&format_args!("day {}", self.0))
        }
    }

    #[model]
    #[derive(Debug)]
    struct Host {
        name: String,
        ip: IpAddr,
    }

    #[model]
    #[derive(Debug)]
    struct Flat {
        label: String,
        #[serde(flatten)]
        host: Host,
        #[serde(flatten)]
        plan: Plan,
    }

    #[model]
    #[derive(Debug)]
    struct Plan {
        first: Day,
        more: Vec<Day>,
    }

    #[model]
    #[derive(Debug)]
    #[serde(tag = "kind", rename_all = "lowercase")]
    enum Event {
        Meeting { at: Day, host: Host },
    }

    #[model]
    #[derive(Debug)]
    #[serde(tag = "t", content = "c")]
    enum Adjacent {
        Meeting { at: Day },
    }

    #[model]
    #[derive(Debug)]
    #[serde(default)]
    struct Defaults {
        page: u32,
        name: String,
        list: Vec<u8>,
    }

    impl Default for Defaults {
        fn default() -> Self {
            Self { page: 1, name: "none".to_owned(), list: vec![1] }
        }
    }

    tools! { placed:
        host(host: Host);
        spread(#[arg(flatten)] host: Host);
        ips(ips: Vec<IpAddr>);
        pair(pair: (u8, Ipv4Addr));
        hosts(hosts: BTreeMap<String, Host>);
        flat(flat: Flat);
        spread_flat(#[arg(flatten)] flat: Flat);
        event(event: Event);
        adjacent(adjacent: Adjacent);
        day(day: Day);
        defaults(defaults: Defaults);
        spread_defaults(#[arg(flatten)] defaults: Defaults);
    }

    #[tokio::test]
    async fn the_place_of_a_fault_is_that_of_the_value() {
        served(placed, async |client| {
            for (tool, arguments, place) in [
                ("host", r#"{"host":{"name":"a","ip":"x"}}"#, "/host/ip"),
                ("spread", r#"{"name":"a","ip":"x"}"#, "/ip"),
                ("spread", r#"{"ip":"x","name":"a"}"#, "/ip"),
                ("ips", r#"{"ips":["::1","x","y"]}"#, "/ips/1"),
                ("ips", "{ \"ips\" : [ \"::1\" , \"é\", \"::1\" ] }", "/ips/1"),
                ("pair", r#"{"pair":[1,"x"]}"#, "/pair/1"),
                ("hosts", r#"{"hosts":{"a/b":{"name":"a","ip":"x"}}}"#, "/hosts/a~1b/ip"),
                ("day", r#"{"day":"monday"}"#, "/day"),
                ("flat", r#"{"flat":{"label":"l","name":"a","ip":"x","first":"day 1","more":[]}}"#, "/flat/ip"),
                ("flat", r#"{"flat":{"label":"l","name":"a","ip":"::1","first":"monday","more":[]}}"#, "/flat/first"),
                (
                    "flat",
                    r#"{"flat":{"more":["day 1","day 2","monday"],"label":"l","name":"a","ip":"::1","first":"day 1"}}"#,
                    "/flat/more/2",
                ),
                ("spread_flat", r#"{"label":"l","name":"a","ip":"::1","first":"monday","more":[]}"#, "/first"),
                ("event", r#"{"event":{"kind":"meeting","at":"monday","host":{"name":"a","ip":"::1"}}}"#, "/event/at"),
                (
                    "event",
                    r#"{"event":{"at":"day 1","host":{"name":"a","ip":"x"},"kind":"meeting"}}"#,
                    "/event/host/ip",
                ),
                ("adjacent", r#"{"adjacent":{"c":{"at":"monday"},"t":"Meeting"}}"#, "/adjacent/c/at"),
            ] {
                let result = say(client, tool, arguments).await;
                assert_eq!(result["isError"], true, "{arguments}");
                let text = text_of(&result);
                assert!(text.contains(&format!("`{place}`:")), "{place} is missing for {arguments} in:\n{text}");
            }
            refused(client, "day", &[(r#"{"day":"monday"}"#, &["a day is written `day 5`"])]).await;
        })
        .await;
    }

    #[tokio::test]
    async fn null_for_a_member_with_a_default_is_the_default() {
        served(placed, async |client| {
            let none = r#"Defaults { page: 1, name: "none", list: [1] }"#;
            for arguments in [
                r#"{"defaults":{}}"#,
                r#"{"defaults":{"page":null}}"#,
                r#"{"defaults":{"page":null,"name":null,"list":null}}"#,
            ] {
                taken(client, "defaults", &[(arguments, &format!("({none},)"))]).await;
            }
            taken(client, "spread_defaults", &[(r#"{"page":null,"name":"none"}"#, &format!("({none},)"))]).await;
            refused(
                client,
                "host",
                &[(r#"{"host":{"name":null,"ip":"::1"}}"#, &["`/host/name`: must be a string, got null"])],
            )
            .await;
        })
        .await;
    }
}

mod flattened {
    use super::*;

    #[model]
    #[derive(Debug)]
    struct Page {
        #[schemars(range(min = 1))]
        number: u32,
        size: Option<u8>,
    }

    #[model]
    #[derive(Debug)]
    struct Open {
        #[serde(alias = "title")]
        name: String,
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }

    #[model]
    #[derive(Debug)]
    #[serde(tag = "by", rename_all = "lowercase")]
    enum Sort {
        Name,
        Distance {
            #[schemars(range(max = 100))]
            within: u32,
        },
    }

    #[model]
    #[derive(Debug)]
    enum Either {
        Left { x: u8 },
        Right(String),
    }

    tools! { flat:
        page(query: String, #[arg(flatten)] page: Option<Page>);
        open(#[arg(flatten)] open: Open);
        sort(query: String, #[arg(flatten)] sort: Sort);
        maybe_sort(#[arg(flatten)] sort: Option<Sort>);
        either(#[arg(flatten)] either: Either);
    }

    #[tokio::test]
    async fn an_optional_struct_is_none_if_nothing_of_it_is_given() {
        served(flat, async |client| {
            taken(
                client,
                "page",
                &[
                    (r#"{"query":"q"}"#, "(\"q\", None)"),
                    (r#"{"query":"q","number":2}"#, "(\"q\", Some(Page { number: 2, size: None }))"),
                ],
            )
            .await;
            refused(
                client,
                "page",
                &[
                    (r#"{"query":"q","size":2}"#, &["`/number`"]),
                    (r#"{"query":"q","number":0}"#, &["`/number`: must be at least 1"]),
                    (r#"{"query":"q","numbr":1}"#, &["did you mean `number`?"]),
                ],
            )
            .await;
            let tools = client.list("tools/list", "tools").await;
            let page = tools.iter().find(|tool| tool["name"] == "page").unwrap();
            assert_eq!(page["inputSchema"]["required"], json!(["query"]));
            taken(client, "maybe_sort", &[("{}", "(None,)"), (r#"{"by":"name"}"#, "(Some(Name),)")]).await;
        })
        .await;
    }

    #[tokio::test]
    async fn the_rest_of_a_struct_takes_whatever_else_there_is() {
        served(flat, async |client| {
            taken(
                client,
                "open",
                &[
                    (r#"{"name":"n","a":1,"b":2}"#, "(Open { name: \"n\", rest: {\"a\": 1, \"b\": 2} },)"),
                    (r#"{"title":"n"}"#, "(Open { name: \"n\", rest: {} },)"),
                ],
            )
            .await;
            refused(client, "open", &[(r#"{"name":"n","a":300}"#, &["`/a`"]), (r#"{"a":1}"#, &["`/name`"])]).await;
        })
        .await;
    }

    #[tokio::test]
    async fn an_enum_can_be_flattened() {
        served(flat, async |client| {
            taken(
                client,
                "sort",
                &[
                    (r#"{"query":"q","by":"name"}"#, "(\"q\", Name)"),
                    (r#"{"query":"q","by":"distance","within":5}"#, "(\"q\", Distance { within: 5 })"),
                ],
            )
            .await;
            refused(
                client,
                "sort",
                &[
                    (r#"{"query":"q","by":"distance","within":101}"#, &["`/within`: must be at most 100"]),
                    (r#"{"query":"q","by":"size"}"#, &["`/by`"]),
                    (r#"{"query":"q"}"#, &["`/by`"]),
                ],
            )
            .await;
            taken(
                client,
                "either",
                &[(r#"{"Left":{"x":1}}"#, "(Left { x: 1 },)"), (r#"{"Right":"r"}"#, "(Right(\"r\"),)")],
            )
            .await;
            let tools = client.list("tools/list", "tools").await;
            let schema = &tools.iter().find(|tool| tool["name"] == "sort").unwrap()["inputSchema"];
            assert_eq!(schema["properties"]["by"]["enum"], json!(["name", "distance"]));
            assert_eq!(schema["required"], json!(["query", "by"]));
        })
        .await;
    }
}

mod dynamic {
    use super::*;

    fn server() -> Server {
        let schema = json!({
            "type": "object",
            "properties": {
                "sides": { "type": "integer", "minimum": 2 },
                "fair": { "type": "boolean" },
                "names": { "type": "array", "items": { "type": "string" }, "uniqueItems": true },
                "where": { "type": "object", "properties": { "x": { "type": "number" } }, "required": ["x"] },
            },
            "required": ["sides"],
        });
        Server::empty("games").add_tool(DynamicTool::new("dice", schema, |arguments: Value, _: Context| async move {
            Ok::<_, ToolError>(arguments.to_string())
        }))
    }

    #[tokio::test]
    async fn a_tool_with_a_schema_of_its_own_reads_as_leniently() {
        served(server, async |client| {
            taken(
                client,
                "dice",
                &[
                    (r#"{"sides":6}"#, r#"{"sides":6}"#),
                    (r#"{"sides":"6","fair":"true"}"#, r#"{"fair":true,"sides":6}"#),
                    (r#"{"sides":6.0,"names":"[\"a\"]"}"#, r#"{"names":["a"],"sides":6}"#),
                    (r#"{"sides":6,"where":"{\"x\":\"1.5\"}"}"#, r#"{"sides":6,"where":{"x":1.5}}"#),
                    (r#"{"sides":6,"more":[null]}"#, r#"{"more":[null],"sides":6}"#),
                ],
            )
            .await;
            refused(
                client,
                "dice",
                &[
                    (r#"{"sides":"1"}"#, &["`/sides`: must be at least 2, got 1"]),
                    (r#"{"sides":6,"sides":7}"#, &["`/sides`", "is given twice"]),
                    (r#"{"sides":6,"where":{"x":1,"\u0078":2}}"#, &["`/where/x`", "is given twice"]),
                    (r#"{"sides":6,"where":"{\"x\":1,\"x\":2}"}"#, &["`/where/x`", "is given twice"]),
                    (r#"{"sides":6,"names":["a","a"]}"#, &["`/names/1`: must not repeat"]),
                    (r#"{"sides":6,"fair":null}"#, &["`/fair`: must be a boolean, got null"]),
                ],
            )
            .await;
            let tools = client.list("tools/list", "tools").await;
            assert_eq!(tools[0]["inputSchema"]["properties"]["names"]["uniqueItems"], true, "published word for word");
        })
        .await;
    }

    #[tokio::test]
    async fn strictly_it_reads_to_the_letter() {
        served(
            || server().strict_arguments(),
            async |client| {
                refused(client, "dice", &[(r#"{"sides":"6"}"#, &["`/sides`: must be an integer, got \"6\""])]).await;
                taken(client, "dice", &[(r#"{"sides":6.0}"#, r#"{"sides":6.0}"#)]).await;
            },
        )
        .await;
    }
}

mod text {
    use super::*;

    /// Asks.
    #[prompt]
    fn plan(#[arg(range(1..=14))] days: u8, #[arg(default = 1.0, range(0.5..=2.0))] ratio: f64) -> String {
        format!("{days} {ratio}")
    }

    /// Counts.
    #[prompt]
    fn totals(counts: HashMap<String, u8>, points: Vec<Point>) -> String {
        format!("{:?} {points:?}", BTreeMap::from_iter(counts))
    }

    /// A day.
    #[resource("days://{day}{?ratio}")]
    fn day(#[arg(range(1..=14))] day: u8, #[arg(default = 1.0, range(0.5..=2.0))] ratio: f64) -> String {
        format!("{day} {ratio}")
    }

    fn server() -> Server {
        Server::empty("text").prompt(plan).prompt(totals).resource(day)
    }

    #[tokio::test]
    async fn a_range_holds_for_the_number_that_a_text_stands_for() {
        served(server, async |client| {
            for (days, ratio, fine) in [
                ("14", "1.5", true),
                ("+14", "+1.5", true),
                ("014", "2", true),
                ("015", "1", false),
                ("+15", "1", false),
                ("15", "1", false),
                ("0", "1", false),
                ("1", "NaN", false),
                ("1", "inf", false),
                ("1", "-infinity", false),
                ("1", "1e400", false),
                ("1", "2.01", false),
                ("1", ".4", false),
                ("1", ".5", true),
            ] {
                let asked = json!({ "name": "plan", "arguments": { "days": days, "ratio": ratio } });
                let answer = client.ask("prompts/get", asked).await;
                assert_eq!(answer.is_ok(), fine, "{days} {ratio}: {answer:?}");
                let uri = format!("days://{}?ratio={}", days.replace('+', "%2B"), ratio.replace('+', "%2B"));
                let answer = client.ask("resources/read", json!({ "uri": uri })).await;
                assert_eq!(answer.is_ok(), fine, "{uri}: {answer:?}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn json_in_a_text_is_read_as_exactly() {
        served(server, async |client| {
            for (counts, points, fine) in [
                (r#"{"a":1}"#, r#"[{"x":1}]"#, true),
                (r#"{"a":1,"a":2}"#, "[]", false),
                (r#"{"a":1}"#, "[[1,2]]", false),
                (r#"{"a":1} x"#, "[]", false),
            ] {
                let asked = json!({ "name": "totals", "arguments": { "counts": counts, "points": points } });
                let answer = client.ask("prompts/get", asked).await;
                assert_eq!(answer.is_ok(), fine, "{counts} {points}: {answer:?}");
            }
        })
        .await;
    }
}

mod published {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    static COUNTER: AtomicU32 = AtomicU32::new(0);

    fn next() -> u32 {
        COUNTER.fetch_add(1, Ordering::Relaxed)
    }

    tools! { keywords:
        kept(
            set: BTreeSet<String>,
            map: BTreeMap<u32, u8>,
            signed: HashMap<i64, u8>,
            n: NonZeroI32,
            nested: Option<Vec<BTreeSet<u8>>>
        );
        fresh(#[arg(default = next())] id: u32, #[arg(default = 5)] n: u8);
    }

    /// Says when.
    #[prompt]
    fn when(
        #[arg(default = format!("{:?}", std::time::SystemTime::now()))] when: String,
        #[arg(default = "x")] x: String,
    ) -> String {
        format!("{when} {x}")
    }

    fn find(schema: &Value, keyword: &str) -> bool {
        match schema {
            Value::Object(map) => map.contains_key(keyword) || map.values().any(|value| find(value, keyword)),
            Value::Array(items) => items.iter().any(|item| find(item, keyword)),
            _ => false,
        }
    }

    #[tokio::test]
    async fn what_some_clients_refuse_is_enforced_and_not_told() {
        served(keywords, async |client| {
            let tools = client.list("tools/list", "tools").await;
            for keyword in ["uniqueItems", "propertyNames", "not", "patternProperties"] {
                assert!(!find(&tools[1]["inputSchema"], keyword), "{keyword} in {:#}", tools[1]["inputSchema"]);
            }
            let good = r#"{"set":["a","b"],"map":{"1":1},"signed":{"-1":1},"n":-5}"#;
            taken(client, "kept", &[(good, r#"({"a", "b"}, {1: 1}, {-1: 1}, -5, None)"#)]).await;
            refused(
                client,
                "kept",
                &[(
                    r#"{"set":["a","a"],"map":{"x":1},"signed":{"1.5":1},"n":0,"nested":[[1,2],[1,1]]}"#,
                    &["`/set/1`: must not repeat", "/map/x", "/signed/1.5", "`/n`", "`/nested/1/1`"],
                )],
            )
            .await;
        })
        .await;
    }

    #[tokio::test]
    async fn a_default_that_is_not_the_same_each_time_is_not_told() {
        served(
            || keywords().prompt(when),
            async |client| {
                let tools = client.list("tools/list", "tools").await;
                let schema = &tools.iter().find(|tool| tool["name"] == "fresh").unwrap()["inputSchema"];
                assert_eq!(schema["properties"]["id"], json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }));
                assert_eq!(schema["properties"]["n"]["default"], 5);
                assert_eq!(schema.get("required"), None);
                let first = text_of(&client.call("fresh", json!({})).await);
                assert_ne!(first, text_of(&client.call("fresh", json!({})).await), "made anew for every call");
                let prompts = client.list("prompts/list", "prompts").await;
                let arguments = prompts[0]["arguments"].as_array().unwrap();
                let told: Vec<_> = arguments.iter().map(|argument| argument.get("description")).collect();
                assert_eq!(told, [None, Some(&json!("Default: x."))]);
            },
        )
        .await;
    }
}
