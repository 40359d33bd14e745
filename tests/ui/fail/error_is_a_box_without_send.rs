use fastmcp_rs::prelude::*;

/// Read a file.
#[tool]
fn read(path: String) -> Result<String, Box<dyn std::error::Error>> {
    Ok(std::fs::read_to_string(path)?)
}

fn main() {}
