//! What both ends of a conversation read and write.

pub(crate) mod lines;
pub(crate) mod weight;
