//! All that a function may take.

use fastmcp_rs::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::num::NonZeroU8;
use std::path::PathBuf;

struct Db;
struct Tenant;

impl FromContext for Tenant {
    type Error = ToolError;

    async fn from_context(_: &Context) -> Result<Self, ToolError> {
        Ok(Tenant)
    }
}

#[model]
struct Point {
    x: i64,
}

#[model]
enum Unit {
    Celsius,
    Fahrenheit,
}

#[model]
struct Id(u64);

/// Injected ones.
#[tool]
async fn injected(db: State<Db>, list: State<Vec<Db>>, ctx: Context, caller: Caller, headers: Headers, cancelled: CancellationToken, tenant: Tenant) {
    let _ = (db, list, ctx, caller, headers, cancelled, tenant);
}

/// Given ones.
#[tool]
fn given(
    a: String, b: u8, c: i128, d: f32, e: bool, f: char, g: Option<String>, h: Vec<Point>, i: [u8; 4], j: (u8, String),
    k: HashMap<String, Point>, l: BTreeMap<String, u8>, m: BTreeSet<Unit2>, n: fastmcp_rs::serde_json::Value, o: Box<Point>, p: Unit, q: Id,
    r: PathBuf, s: IpAddr, t: NonZeroU8, u: std::borrow::Cow<'static, str>, v: std::time::Duration, w: (), x: Option<Option<u8>>,
    #[arg(flatten)] rest: fastmcp_rs::serde_json::Map<String, fastmcp_rs::serde_json::Value>,
) {
    let _ = (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, rest);
}

#[model]
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Unit2 {
    A,
}

/// Variables.
#[resource("all://{a}/{b}/{c}/{d}/{e}/{f*}{?g,h}")]
fn variables(a: String, b: u64, c: Unit, d: Id, e: IpAddr, f: PathBuf, g: Option<u8>, #[arg(default = true)] h: bool, db: State<Db>, tenant: Tenant) -> String {
    let _ = (b, c, d, e, f, g, h, db, tenant);
    a
}

/// Prompt arguments.
#[prompt]
async fn arguments(a: String, b: u64, c: Unit, d: Option<Id>, #[arg(default = "celsius")] e: String, db: State<Db>, ctx: Context) -> String {
    let _ = (b, c, d, e, db, ctx);
    a
}

fn main() {}
