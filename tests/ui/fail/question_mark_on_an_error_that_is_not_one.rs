use fastmcp_rs::prelude::*;

fn find() -> Result<u8, u8> {
    Err(1)
}

/// Find it.
#[tool]
fn search() -> Result<u8, ToolError> {
    Ok(find()?)
}

fn main() {}
