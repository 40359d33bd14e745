//! The one integration binary: example servers as processes and small servers within the test, driven from outside over lines and
//! HTTP in the older revisions and the newest.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::needless_pass_by_value, reason = "JSON is written where it is passed on")]

mod access;
mod agreement;
mod arguments;
mod audit;
mod auth;
mod bad_input;
mod blocking;
mod changes;
mod cli;
mod client;
mod corpus;
mod crowd;
mod docs;
mod dynamic;
mod errors;
mod extensions;
mod floods;
mod gate;
mod hello;
mod hostile_http;
mod http_details;
mod http_headers;
mod injection;
mod interaction;
mod jwt;
mod lifespan;
mod limits;
mod lists;
mod messages;
mod metrics;
mod middleware;
mod monitoring;
mod notices;
mod observe;
mod outputs;
mod page;
mod patterns;
mod plain;
mod production;
mod prompts;
mod reading;
mod ready;
mod redis;
mod replicas;
mod request_state;
mod resources;
mod revisions;
mod running;
mod shutdown;
mod sse;
mod stdio;
mod streams;
mod sysmon;
mod testing;
mod todo;
mod weather;
