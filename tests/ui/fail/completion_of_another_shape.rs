use fastmcp_rs::prelude::*;

fn cities(typed: u8) -> Vec<String> {
    vec![typed.to_string()]
}

/// Pack for a trip.
#[prompt]
fn packing(#[arg(complete = cities)] city: String) -> String {
    city
}

fn main() {}
