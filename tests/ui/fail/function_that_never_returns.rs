use fastmcp_rs::prelude::*;

/// Stop it all.
#[tool]
fn stop() -> ! {
    std::process::exit(0)
}

fn main() {}
