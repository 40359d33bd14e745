use fastmcp_rs::prelude::*;

/// Pack for a trip.
#[prompt]
fn packing(#[arg(complete = "cities")] city: String) -> String {
    city
}

fn main() {}
