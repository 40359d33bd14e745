use fastmcp_rs::prelude::*;

#[tool(descripton = "Add two numbers.", readOnly)]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn main() {}
