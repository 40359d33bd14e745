use fastmcp_rs::prelude::*;

/// Say hello.
#[tool]
async fn hello(ctx: Option<Context>) -> bool {
    ctx.is_some()
}

fn main() {}
