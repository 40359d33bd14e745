//! Completion by functions, plain and `async`, and closures.

use fastmcp_rs::prelude::*;

fn plain(typed: Completing) -> Vec<String> {
    vec![typed.value]
}

async fn later(typed: Completing) -> [&'static str; 2] {
    let _ = typed;
    ["a", "b"]
}

mod deep {
    pub fn borrowed(_: fastmcp_rs::Completing) -> impl Iterator<Item = &'static str> {
        ["a"].into_iter()
    }
}

/// Choose.
#[prompt]
fn choose(
    #[arg(complete = plain)] a: String,
    #[arg(complete = later)] b: String,
    #[arg(complete = deep::borrowed)] c: String,
    #[arg(complete = |typed: Completing| vec![typed.value])] d: String,
) -> String {
    a + &b + &c + &d
}

fn main() {
    let _ = Server::empty("choices").prompt(choose);
}
