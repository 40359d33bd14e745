//! What a server asks of others over HTTP.

mod fetch;

pub(crate) use fetch::{Fetched, Fetcher, problem_of};
