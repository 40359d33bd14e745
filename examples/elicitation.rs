//! A tool that asks back: a form with defaults and choices, and a yes or no, before anything happens.
//!
//! ```sh
//! cargo run --example elicitation            # then let a client that can ask its user call `order_coffee`
//! cargo run --example elicitation -- --http
//! ```
//!
//! There is no branch on the protocol's revision. By 2025-11-25 and before, the question goes over the open stream and the
//! function waits; by 2026-07-28 the call ends with the question, and the function runs again when the answer has come. That is
//! why what must happen only once stands in `ctx.once`.

use std::sync::atomic::{AtomicU32, Ordering};

use fastmcp_rs::prelude::*;

/// How big the cup is.
#[model]
#[derive(Debug, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
enum Size {
    Small,
    #[default]
    Medium,
    Large,
}

/// What the user fills in.
#[model]
struct Details {
    /// The size of the cup
    #[serde(default)]
    size: Size,
    /// How many cups
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 12))]
    cups: u8,
    /// The name to call out
    #[schemars(length(min = 1, max = 40))]
    name: String,
}

fn one() -> u8 {
    1
}

/// What the counter hands out numbers from.
#[derive(Default)]
struct Counter(AtomicU32);

/// Order coffee. The user is asked for the details and has to confirm.
#[tool(destructive = false)]
async fn order_coffee(
    /// What to brew, for example "espresso".
    #[arg(len(2..=40))]
    drink: String,
    counter: State<Counter>,
    ctx: Context,
) -> Result<String, ToolError> {
    let details = match ctx.elicit::<Details>(format!("How would you like your {drink}?")).await? {
        Elicited::Accepted(details) => details,
        Elicited::Declined => return Ok("The user does not want coffee after all.".to_owned()),
        Elicited::Cancelled => return Ok("The user did not answer; ask again later.".to_owned()),
    };
    let Details { size, cups, name } = details;
    if !ctx.confirm(format!("Order {cups} × {size:?} {drink} for {name}?")).await? {
        return Ok("Nothing was ordered.".to_owned());
    }
    let number = ctx.once("number", async { counter.0.fetch_add(1, Ordering::Relaxed) + 1 }).await?;
    Ok(format!("Order {number}: {cups} × {size:?} {drink} for {name}."))
}

fn main() -> fastmcp_rs::Result {
    Server::new("elicitation").state(Counter::default()).run()
}
