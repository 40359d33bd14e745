//! The face of the crate: [`Server`] says what is served and how, [`RunningServer`] is the server at work.

#[cfg(feature = "http")]
mod auth;
mod builder;
pub mod cli;
pub(crate) mod limits;
mod log;
mod observe;
#[cfg(feature = "page")]
mod page;
mod production;
#[cfg(feature = "http")]
mod ready;
mod running;
#[cfg(any(feature = "stdio", feature = "http"))]
pub(crate) mod signals;

pub use builder::Server;
pub use running::{Conversation, RunningServer};
