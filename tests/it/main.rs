//! The one integration binary: example servers, driven from outside over stdio and HTTP in an older and the newest revision.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod arguments;
mod bad_input;
mod cli;
mod hello;
mod hostile_http;
mod injection;
mod outputs;
mod redis;
mod replicas;
mod sysmon;
mod todo;
mod weather;
