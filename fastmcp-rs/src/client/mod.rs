//! A client: of a server in this process, of a child process, or of any stream of bytes, in every revision of the protocol.
//!
//! ```
//! use fastmcp_rs::client::Client;
//! use fastmcp_rs::prelude::*;
//! use fastmcp_rs::serde_json::json;
//!
//! /// Adds two numbers.
//! #[tool]
//! fn add(a: i64, b: i64) -> i64 {
//!     a + b
//! }
//!
//! fn main() -> fastmcp_rs::Result {
//!     fastmcp_rs::block_on(async {
//!         let client = Client::memory(Server::empty("calculator").tool(add)).connect().await?;
//!         let sum: i64 = client.call("add", json!({ "a": 1, "b": 2 })).await?;
//!         assert_eq!(sum, 3);
//!         client.close().await
//!     })
//! }
//! ```
//!
//! Every request has a time limit, dropping a future cancels its request on the wire, and [`ClientError::was_sent`] says whether a
//! request may have been executed.

mod builder;
mod cache;
mod connect;
mod dialogue;
mod error;
mod exchange;
mod group;
mod hooks;
#[cfg(feature = "client-http")]
mod http;
mod incoming;
#[cfg_attr(not(feature = "client-http"), allow(dead_code, reason = "lines say nothing beside a message"))]
mod letter;
mod listen;
mod lists;
mod memory;
#[cfg(unix)]
mod process;
mod questions;
mod repeated;
mod requested;
mod requests;
mod results;
mod rounds;
mod stream;

use std::fmt;
use std::sync::Arc;

pub use builder::ClientBuilder;
pub use connect::{Era, ServerInfo};
pub use error::{AuthError, ClientError, ConnectError, Sent, ToolFailure};
pub use group::{ClientGroup, ClientGroupBuilder};
pub use hooks::{Elicitation, ProgressUpdate, ServerLog, UrlElicitation};
#[cfg(feature = "client-http")]
pub use http::{Again, AuthChallenge, AuthFuture, BearerToken, ClientAuth};
pub use listen::{Changes, Listen, ServerChange};
pub use memory::MemoryServer;
pub use requested::Requested;
pub use requests::PromptArguments;
#[cfg(feature = "testing")]
pub(crate) use results::value as value_of;

/// The answer of a model that was asked by [`on_sample`](ClientBuilder::on_sample).
pub use crate::protocol::SamplingResult as SamplingAnswer;

use crate::protocol::Revision;
use cache::Cache;
use connect::{ClientSettings, Connected};
use dialogue::Changed;
use exchange::Tie;
use repeated::ToolHeaders;

/// A conversation with one server. Cheap to clone; all clones are the one conversation, which ends with [`close`](Self::close) or
/// when the last of them is dropped.
#[derive(Clone)]
pub struct Client(Arc<ClientState>);

struct ClientState {
    link: Tie,
    revision: Revision,
    server: ServerInfo,
    settings: ClientSettings,
    cache: Arc<Cache>,
    headers: Arc<ToolHeaders>,
}

impl Client {
    fn of(connected: Connected, settings: ClientSettings) -> Self {
        let Connected { link, revision, server } = connected;
        let (cache, headers) = (Arc::new(Cache::default()), Arc::new(ToolHeaders::default()));
        let (kept, known) = (Arc::clone(&cache), Arc::clone(&headers));
        let _ = link.conversation.hooks.forget.set(Box::new(move |change| {
            kept.forget(change);
            if *change == Changed::Tools {
                known.forget();
            }
        }));
        Self(Arc::new(ClientState { link, revision, server, settings, cache, headers }))
    }

    fn link(&self) -> &Tie {
        &self.0.link
    }

    fn settings(&self) -> &ClientSettings {
        &self.0.settings
    }

    fn cache(&self) -> &Cache {
        &self.0.cache
    }

    /// What the server says of itself. Nothing of it is verified.
    #[must_use]
    pub fn server(&self) -> &ServerInfo {
        &self.0.server
    }

    /// The revision of the protocol that both sides speak.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.0.revision
    }

    /// How many requests wait for their answers.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.link().conversation.pending_count()
    }

    /// Whether the conversation is over, because the server is gone or the client was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.link().conversation.ending().is_some()
    }

    /// Ends the conversation: a child process is told to end by the end of its input, then by SIGTERM to it and all that it started,
    /// then killed, with 2 s each in between. What still waits for an answer is told that the server is gone.
    ///
    /// # Errors
    /// When the server had to be killed.
    pub async fn close(self) -> crate::Result {
        self.link().carrier.close().await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("server", &self.0.server.name)
            .field("revision", &self.0.revision)
            .finish_non_exhaustive()
    }
}
