//! A client within the process: what a command prints is what any client is told.

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf};

use super::progress::Progress;
use crate::context::Caller;
use crate::error::Error;
use crate::future;
use crate::protocol::{Revision, RpcError, meta};
use crate::server::RunningServer;

/// One conversation of the newest revision, over a pipe in memory.
pub(super) struct LocalClient {
    reader: BufReader<ReadHalf<DuplexStream>>,
    writer: WriteHalf<DuplexStream>,
    server: RunningServer,
    name: String,
}

/// What the server wrote: an answer, or a notification.
#[derive(Deserialize)]
struct Written {
    method: Option<String>,
    params: Option<Box<RawValue>>,
    result: Option<Box<RawValue>>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    code: i32,
    message: String,
}

impl LocalClient {
    /// Starts the server, and a conversation with it.
    pub(super) async fn connect(server: &RunningServer, program: &str) -> Result<Self, Error> {
        server.core().start().await?;
        let (near, far) = tokio::io::duplex(64 * 1024);
        future::spawn(server.serve(far).caller(Caller::local()));
        let (reader, writer) = tokio::io::split(near);
        Ok(Self { reader: BufReader::new(reader), writer, server: server.clone(), name: program.to_owned() })
    }

    /// Asks, and waits for the answer; what comes before it goes to `progress`. `members` are those of `params`, without braces.
    pub(super) async fn request(
        &mut self,
        method: &str,
        members: &str,
        progress: &mut Progress,
    ) -> Result<Box<RawValue>, Error> {
        let meta = json!({
            meta::PROTOCOL_VERSION: Revision::LATEST,
            meta::CLIENT_CAPABILITIES: {},
            "io.modelcontextprotocol/clientInfo": { "name": self.name, "version": self.server.core().info.version },
            "io.modelcontextprotocol/logLevel": "info",
            "progressToken": 1,
        });
        let request = format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{method}\",\"params\":{{{members},\"_meta\":{meta}}}}}\n"
        );
        let gone = || Error::new("the server ended before it answered");
        self.writer.write_all(request.as_bytes()).await.map_err(|_| gone())?;
        let mut line = Vec::new();
        loop {
            let read = self.reader.read_until(b'\n', &mut line);
            let whole = match progress.patience() {
                None => read.await.map_err(|_| gone())?,
                Some(patience) => match tokio::time::timeout(patience, read).await {
                    // What was read stays in `line`, and reading goes on from there.
                    Err(_) => {
                        progress.tick();
                        continue;
                    }
                    Ok(read) => read.map_err(|_| gone())?,
                },
            };
            if whole == 0 {
                return Err(gone());
            }
            let incoming: Written = serde_json::from_slice(&line)
                .map_err(|error| Error::new("the server's answer is not a message").caused_by(error))?;
            line.clear();
            match (incoming.result, incoming.error, incoming.method) {
                (Some(result), ..) => {
                    progress.end();
                    return Ok(result);
                }
                (_, Some(refused), _) => {
                    progress.end();
                    return Err(RpcError::new(refused.code, refused.message).into());
                }
                (_, _, Some(method)) => progress.hear(&method, incoming.params.as_deref()),
                _ => {}
            }
        }
    }

    /// Ends the conversation, and with it the server.
    pub(super) async fn close(self) {
        drop((self.reader, self.writer));
        self.server.stop().await;
    }
}
