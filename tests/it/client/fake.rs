//! A server whose every line is written by the test.

use std::time::Duration;

use fastmcp_rs::Revision;
use fastmcp_rs::client::{Client, ClientBuilder};
use fastmcp_rs_tests::within;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf};
use tokio::task::JoinHandle;

/// The server's end of a pipe in memory.
pub(super) struct Fake {
    reader: BufReader<ReadHalf<DuplexStream>>,
    writer: Option<WriteHalf<DuplexStream>>,
}

/// A client that is not yet connected, and the server at its other end.
pub(super) fn pair() -> (ClientBuilder, Fake) {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let (reader, writer) = tokio::io::split(far);
    (Client::stream(near), Fake { reader: BufReader::new(reader), writer: Some(writer) })
}

/// A client that has been greeted in this revision.
pub(super) async fn greeted(revision: Revision, build: impl FnOnce(ClientBuilder) -> ClientBuilder) -> (Client, Fake) {
    let (builder, mut fake) = pair();
    let connecting = connect(build(builder.era(revision)));
    fake.greet(revision).await;
    (connecting.await.unwrap().unwrap(), fake)
}

/// Connects in a task of its own, since the test is the server.
pub(super) fn connect(builder: ClientBuilder) -> JoinHandle<Result<Client, fastmcp_rs::client::ClientError>> {
    tokio::spawn(builder.connect())
}

impl Fake {
    /// The next line, or `None` at the end.
    pub(super) async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = within("a line of the client's", self.reader.read_line(&mut line)).await.unwrap();
        (read > 0).then_some(line)
    }

    /// The next message.
    pub(super) async fn receive(&mut self) -> Value {
        let line = self.line().await.expect("the client is still there");
        assert!(line.ends_with('\n'), "one message is one line: {line}");
        let message: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(message["jsonrpc"], "2.0");
        message
    }

    /// The next message, which has this method.
    pub(super) async fn expect(&mut self, method: &str) -> Value {
        let message = self.receive().await;
        assert_eq!(message["method"], method, "{message:#}");
        message
    }

    /// Nothing comes for a second.
    pub(super) async fn is_left_alone(&mut self) {
        let mut line = String::new();
        let read = tokio::time::timeout(Duration::from_secs(1), self.reader.read_line(&mut line)).await;
        assert!(read.is_err(), "the client wrote {line:?}");
    }

    /// Writes bytes as they are.
    pub(super) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let writer = self.writer.as_mut().expect("the server is still there");
        within("room for the server's line", writer.write_all(bytes.as_ref())).await.unwrap();
        writer.flush().await.unwrap();
    }

    /// Writes a message.
    pub(super) async fn send(&mut self, message: Value) {
        self.write(format!("{message}\n")).await;
    }

    /// Answers a request.
    pub(super) async fn answer(&mut self, request: &Value, result: Value) {
        self.send(json!({ "jsonrpc": "2.0", "id": request["id"], "result": result })).await;
    }

    /// Refuses a request.
    pub(super) async fn refuse(&mut self, request: &Value, code: i64, data: Value) {
        let error = json!({ "code": code, "message": "no", "data": data });
        self.send(json!({ "jsonrpc": "2.0", "id": request["id"], "error": error })).await;
    }

    /// Greets as a server of this revision does.
    pub(super) async fn greet(&mut self, revision: Revision) {
        if revision.has_handshake() {
            let request = self.expect("initialize").await;
            self.answer(&request, initialized(revision.as_str())).await;
            self.expect("notifications/initialized").await;
        } else {
            let request = self.expect("server/discover").await;
            self.answer(&request, discovered(&[revision.as_str()])).await;
        }
    }

    /// Ends without another word.
    pub(super) fn hang_up(self) {
        drop(self);
    }

    /// Writes no more, and still reads.
    pub(super) async fn end_output(&mut self) {
        self.writer.take().expect("once").shutdown().await.unwrap();
    }
}

/// What `initialize` answers.
pub(super) fn initialized(revision: &str) -> Value {
    json!({
        "protocolVersion": revision,
        "capabilities": { "tools": {}, "logging": {}, "resources": { "subscribe": true } },
        "serverInfo": { "name": "fake", "version": "1" },
    })
}

/// What `server/discover` answers.
pub(super) fn discovered(versions: &[&str]) -> Value {
    json!({
        "resultType": "complete",
        "supportedVersions": versions,
        "capabilities": { "tools": {} },
        "ttlMs": 0,
        "cacheScope": "private",
        "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "fake", "version": "1" } },
    })
}

/// A successful result of a tool.
pub(super) fn text(text: &str) -> Value {
    json!({ "resultType": "complete", "content": [{ "type": "text", "text": text }] })
}
