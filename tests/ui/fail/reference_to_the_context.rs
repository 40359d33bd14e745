use fastmcp_rs::prelude::*;

/// Say hello.
#[tool]
async fn hello(ctx: &Context) {
    ctx.info("hello").await;
}

fn main() {}
