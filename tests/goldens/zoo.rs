//! One of every kind.

#![allow(
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    reason = "the functions are looked at, not called"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

use fastmcp_rs::prelude::*;
use fastmcp_rs::serde_json::{Map, Value, json};

pub(crate) struct Keeper;

/// A point in the plane.
#[model]
#[derive(Debug, Clone)]
struct Point {
    /// To the right.
    x: f64,
    /// Upwards.
    #[serde(default)]
    y: f64,
}

/// A shape.
#[model]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Shape {
    /// Round.
    Circle {
        center: Point,
        #[schemars(range(min = 0.0))]
        radius: f64,
    },
    /// Straight.
    Line {
        from: Point,
        to: Point,
    },
    Nothing,
}

/// How warm.
#[model]
#[serde(rename_all = "lowercase")]
enum Unit {
    Celsius,
    Fahrenheit,
}

/// A tree.
#[model]
struct Tree {
    name: String,
    children: Vec<Tree>,
}

/// A page of a list.
#[model]
struct Page {
    /// From 1 on.
    #[serde(default = "first")]
    #[schemars(range(min = 1))]
    number: u32,
    size: Option<u8>,
}

fn first() -> u32 {
    1
}

/// A name with rules of its own.
#[model]
#[serde(transparent)]
struct Name(#[schemars(length(min = 1, max = 8), regex(pattern = "^[a-z]+$"))] String);

#[model]
struct Generic<T> {
    items: Vec<T>,
}

// Arguments.

/// No arguments at all.
#[tool]
fn arg_none() {}

/// Texts.
#[tool]
fn arg_text(plain: String, character: char, path: PathBuf, address: IpAddr, name: Name) {
    let _ = (plain, character, path, address, name);
}

/// Numbers.
#[tool]
fn arg_number(byte: u8, word: i32, long: u64, huge: i128, not_zero: NonZeroU16, short: f32, float: f64, yes: bool) {
    let _ = (byte, word, long, huge, not_zero, short, float, yes);
}

/// Optional ones.
#[tool]
fn arg_optional(text: Option<String>, point: Option<Point>, unit: Option<Unit>, nested: Option<Option<u8>>) {
    let _ = (text, point, unit, nested);
}

/// Lists, maps and tuples.
#[tool]
fn arg_collection(
    list: Vec<String>,
    points: Vec<Point>,
    set: BTreeSet<u8>,
    map: HashMap<String, u8>,
    shapes: BTreeMap<String, Vec<Point>>,
    pair: (u8, String),
    array: [f64; 3],
) {
    let _ = (list, points, set, map, shapes, pair, array);
}

/// Structs and enums.
#[tool]
fn arg_model(point: Point, shape: Shape, unit: Unit, tree: Tree, pages: Generic<Page>, wait: Duration) {
    let _ = (point, shape, unit, tree, pages, wait);
}

/// Any JSON.
#[tool]
fn arg_any(value: Value, object: Map<String, Value>) {
    let _ = (value, object);
}

/// Rules.
#[tool]
fn arg_rules(
    #[arg(range(1..=14))] days: u8,
    #[arg(range(0.5..2.0))] factor: f64,
    #[arg(range(..100))] below: i64,
    #[arg(len(3..=140))] title: String,
    #[arg(len(1..))] some: Vec<u8>,
    #[arg(pattern = "^[A-Z]{3}$")] code: String,
    #[arg(format = "date", example = "2026-07-28")] day: String,
    #[arg(range(1..), default = Some(5))] optional: Option<u32>,
) {
    let _ = (days, factor, below, title, some, code, day, optional);
}

/// Defaults.
#[tool]
fn arg_default(
    #[arg(default = 3)] days: u8,
    #[arg(default = "celsius")] unit: Unit,
    #[arg(default = "Rome")]
    /// Where.
    city: String,
    #[arg(default)] list: Vec<u8>,
    #[arg(default = Point { x: 1.0, y: 2.0 })] point: Point,
    #[arg(default = Some(7))] maybe: Option<u8>,
) {
    let _ = (days, unit, city, list, point, maybe);
}

/// Descriptions from three places.
///
/// And a second paragraph with *Markdown*.
///
/// # Arguments
///
/// * `listed` - From the list.
/// * `both` - Not from the list.
#[tool]
fn arg_described(
    listed: u8,
    /// From the parameter.
    both: u8,
    /// Of the parameter, not of its type.
    point: Point,
    other: Point,
) {
    let _ = (listed, both, point, other);
}

/// Names, headers, and fields spread out.
#[tool]
fn arg_named(
    #[arg(name = "type")] kind: String,
    r#match: u8,
    #[arg(header = "Region")] region: String,
    #[arg(flatten)] page: Page,
    #[arg(sensitive)] password: String,
) {
    let _ = (kind, r#match, region, page, password);
}

/// Injected ones are not to be seen.
#[tool]
async fn arg_injected(
    text: String,
    ctx: Context,
    keeper: State<Keeper>,
    caller: Caller,
    headers: Headers,
    token: CancellationToken,
) {
    let _ = (text, ctx, keeper, caller, headers, token);
}

// Results.

macro_rules! results {
    ($($name:ident -> $ty:ty;)*) => {
        $(
            /// A result.
            #[tool]
            fn $name() -> $ty {
                unreachable!("nobody calls it")
            }
        )*
    };
}

results! {
    out_nothing -> ();
    out_text -> String;
    out_number -> u32;
    out_bool -> bool;
    out_option -> Option<Point>;
    out_model -> Point;
    out_enum -> Unit;
    out_tagged -> Shape;
    out_recursive -> Tree;
    out_list -> Vec<Point>;
    out_map -> BTreeMap<String, u8>;
    out_tuple -> (u8, String);
    out_generic -> Generic<Page>;
    out_json_text -> Json<String>;
    out_any -> Value;
    out_content -> Vec<Content>;
    out_image -> Image;
    out_full -> ToolResult;
    out_result -> Result<Point, ToolError>;
    out_defaulted -> Page;
}

/// A result whose schema is written by hand.
#[tool(output_schema = json!({ "type": "object", "properties": { "x": { "type": "number" } }, "required": ["x"] }))]
fn out_written() -> Value {
    json!({ "x": 1 })
}

// Keys.

/// With everything that a list shows.
#[tool(
    name = "keys.all",
    title = "All keys",
    tags("one", "two"),
    version = "2",
    read_only,
    destructive = false,
    idempotent,
    open_world = false,
    icon = "https://example.com/icon.png",
    meta = json!({ "example.com/rank": 1 })
)]
fn keys_all() {}

/// Not the description.
#[tool(description = "The description.\n\nIn two paragraphs.", destructive)]
fn keys_description() {}

// Resources.

/// The settings.
///
/// All of them.
#[resource(
    "config://app",
    name = "settings",
    title = "Settings",
    mime_type = "application/json",
    size = 2,
    annotations(audience("user", "assistant"), priority = 0.8, last_modified = "2026-01-12T15:00:58Z"),
    tags("config"),
    icon = "https://example.com/icon.png"
)]
fn settings_of_the_app() -> &'static str {
    "{}"
}

/// Bare.
#[resource("bare://resource")]
fn bare() -> &'static str {
    ""
}

/// A file.
#[resource("repo://<owner>/<path..>{?rev,page}", mime_type = "text/plain")]
fn repo_file(owner: String, path: String, rev: Option<String>, #[arg(default = 1)] page: u32, ctx: Context) -> String {
    let _ = (path, rev, page, ctx);
    owner
}

// Prompts.

/// Help somebody pack for a trip.
#[prompt(title = "Packing")]
fn packing(
    /// Where to.
    city: String,
    /// How long.
    #[arg(default = 3)]
    days: u8,
    unit: Option<Unit>,
) -> String {
    let _ = (days, unit);
    city
}

/// Review this code, and be {{kind}}: {code}
#[prompt]
fn review(code: String) {}
