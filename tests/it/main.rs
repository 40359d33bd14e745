//! The one integration binary: example servers, driven from outside over stdio and HTTP in an older and the newest revision.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod arguments;
mod bad_input;
mod changes;
mod cli;
mod errors;
mod hello;
mod hostile_http;
mod injection;
mod lifespan;
mod lists;
mod middleware;
mod notices;
mod outputs;
mod prompts;
mod redis;
mod replicas;
mod resources;
mod running;
mod sysmon;
mod todo;
mod weather;
