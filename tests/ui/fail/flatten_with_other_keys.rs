use fastmcp_rs::prelude::*;

#[model]
struct Page {
    number: u32,
}

/// The weather.
#[tool]
fn forecast(#[arg(flatten, default = Page { number: 1 })] page: Page) -> u32 {
    page.number
}

/// Ask.
#[prompt]
fn ask(#[arg(flatten)] page: Page) -> String {
    page.number.to_string()
}

fn main() {}
