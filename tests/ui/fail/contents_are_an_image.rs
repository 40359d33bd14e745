use fastmcp_rs::prelude::*;

/// A picture.
#[resource("pictures://{id}")]
fn picture(id: u64) -> Result<Image, ToolError> {
    Err(ToolError::not_found(id.to_string()))
}

fn main() {}
