//! What both ends of a conversation read and write.

#[cfg(feature = "client-http")]
pub(crate) mod events;
pub(crate) mod lines;
pub(crate) mod weight;
