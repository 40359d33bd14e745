//! A server in this process.

use std::sync::Arc;

use super::dialogue::Dialogue;
use super::error::{ClientError, ConnectError};
use super::letter::{Carriage, Carrier, Letter};
use super::stream::{StreamCarrier, no_epilogue};
use crate::context::Caller;
use crate::error::Error;
use crate::future::{self, BoxFuture};
use crate::server::{RunningServer, Server};

/// Room for what one side has written and the other not yet read, in bytes.
const PIPE: usize = 256 * 1024;

/// A server for [`Client::memory`](super::Client::memory): a [`Server`], which ends with the client, or a [`RunningServer`], which
/// has others.
pub struct MemoryServer(MemoryKind);

enum MemoryKind {
    Own(Result<RunningServer, Error>),
    Shared(RunningServer),
}

impl From<Server> for MemoryServer {
    fn from(server: Server) -> Self {
        Self(MemoryKind::Own(server.build()))
    }
}

impl From<RunningServer> for MemoryServer {
    fn from(server: RunningServer) -> Self {
        Self(MemoryKind::Shared(server))
    }
}

impl From<&RunningServer> for MemoryServer {
    fn from(server: &RunningServer) -> Self {
        Self(MemoryKind::Shared(server.clone()))
    }
}

impl std::fmt::Debug for MemoryServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("MemoryServer").finish_non_exhaustive()
    }
}

/// A conversation within the process.
pub(super) struct MemoryCarrier {
    lines: Arc<StreamCarrier>,
    /// The server, where it ends with the conversation.
    own: std::sync::Mutex<Option<RunningServer>>,
}

impl MemoryCarrier {
    pub(super) async fn start(
        server: MemoryServer,
        caller: Caller,
        conversation: &Arc<Dialogue>,
        most: usize,
    ) -> Result<Arc<Self>, ClientError> {
        let failed = |error| ClientError::Connect(ConnectError::Server(error));
        let (server, own) = match server.0 {
            MemoryKind::Own(server) => {
                let server = server.map_err(failed)?;
                (server.clone(), Some(server))
            }
            MemoryKind::Shared(server) => (server, None),
        };
        server.core().start().await.map_err(failed)?;
        let (near, far) = tokio::io::duplex(PIPE);
        future::spawn(server.serve(far).caller(caller));
        let (reader, writer) = tokio::io::split(near);
        let lines = StreamCarrier::start(conversation, reader, writer, most, no_epilogue());
        Ok(Arc::new(Self { lines, own: std::sync::Mutex::new(own) }))
    }

    fn take_own(&self) -> Option<RunningServer> {
        crate::session::lock(&self.own).take()
    }
}

impl Carrier for MemoryCarrier {
    fn carry(&self, letter: Letter) -> BoxFuture<'_, Result<Carriage, ClientError>> {
        self.lines.carry(letter)
    }

    fn cancel(&self, request: u64, reason: &'static str) {
        self.lines.cancel(request, reason);
    }

    fn close(&self) -> BoxFuture<'_, crate::Result> {
        Box::pin(async move {
            self.lines.close().await?;
            if let Some(server) = self.take_own() {
                server.stop().await;
            }
            Ok(())
        })
    }
}

impl Drop for MemoryCarrier {
    fn drop(&mut self) {
        // Its lifespans end all the same, as long as there is somebody to run them.
        if let (Some(server), Ok(_)) = (self.take_own(), tokio::runtime::Handle::try_current()) {
            future::spawn(async move { server.stop().await });
        }
    }
}
