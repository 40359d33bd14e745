//! The fixture without a framework: what the protocol costs when every line is written for this one server. It is the
//! floor that the others are held against, and no full server: nothing is cancelled, validated, logged or subscribed to.
//!
//! `bench-limit` serves stdio, `--http ADDR` serves HTTP with axum, `--hyper ADDR` with hyper alone.

mod http;
mod protocol;
mod stdio;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => stdio::serve(),
        (Some("--http"), Some(address)) => http::axum(&address),
        (Some("--hyper"), Some(address)) => http::hyper(&address),
        _ => Err(std::io::Error::other("bench-limit [--http ADDR | --hyper ADDR]")),
    }
}
