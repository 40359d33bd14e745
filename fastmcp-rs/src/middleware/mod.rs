//! Middleware: what runs around every message, once, at one place.
//!
//! A middleware overrides the hooks that it wants; each gets the message and a `next` that goes on. For one `tools/call`
//! the hooks of a middleware run inside one another: `on_message`, `on_request`, `on_call_tool`. The first middleware
//! added is the outermost. Without any middleware nothing of this is on a request's way.

mod arguments;
mod chain;
mod hooks;
mod lazy;
mod logging;
mod timing;

pub use arguments::Arguments;
pub(crate) use chain::{ANOTHER_KIND, Chain, End};
pub use chain::{Hooked, Next};
pub use hooks::{CallTool, Exchanged, GetPrompt, Hooks, Incoming, List, Listed, Middleware, Outcome, ReadResource};
pub use lazy::{Bracketed, Lazy};
pub use logging::Logging;
pub use timing::Timing;
