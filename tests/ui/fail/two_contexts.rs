use fastmcp_rs::prelude::*;

/// Say it twice.
#[tool]
async fn twice(one: Context, two: Context) {
    one.info("one").await;
    two.info("two").await;
}

fn main() {}
