//! The client, against scripted servers that misbehave, and against real ones in every revision.

mod era;
mod fake;
mod group;
mod http;
mod limits;
mod lines;
mod listening;
mod processes;
mod questions;
mod requests;
mod web;
