//! A server that does what a test wrote down, right or wrong: for clients.

use std::fmt;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream};

use crate::client::{Client, ClientBuilder};
use crate::future;
use crate::protocol::{Revision, meta, method};

/// Room for what one side has written and the other not yet read, in bytes.
const PIPE: usize = 64 * 1024;

/// One thing that a [`FakeServer`] does.
#[derive(Clone, Debug)]
pub struct FakeStep(StepKind);

#[derive(Clone, Debug)]
enum StepKind {
    Answer(String, Result<Value, (i64, String)>),
    Expect(String),
    Send(Value),
    Write(Vec<u8>),
    Silence,
    HangUp,
}

impl FakeStep {
    /// Waits for a request of this method, and answers with this result.
    pub fn answer(method: impl Into<String>, result: Value) -> Self {
        Self(StepKind::Answer(method.into(), Ok(result)))
    }

    /// Waits for a request of this method, and refuses it.
    pub fn refuse(method: impl Into<String>, code: i64, message: impl Into<String>) -> Self {
        Self(StepKind::Answer(method.into(), Err((code, message.into()))))
    }

    /// Waits for a message of this method, and says nothing to it.
    pub fn expect(method: impl Into<String>) -> Self {
        Self(StepKind::Expect(method.into()))
    }

    /// Sends this message: a notification, or a request.
    #[must_use]
    pub fn send(message: Value) -> Self {
        Self(StepKind::Send(message))
    }

    /// Writes these bytes as they are.
    pub fn write(bytes: impl Into<Vec<u8>>) -> Self {
        Self(StepKind::Write(bytes.into()))
    }

    /// Says nothing more, and stays.
    #[must_use]
    pub fn silence() -> Self {
        Self(StepKind::Silence)
    }

    /// Ends the conversation.
    #[must_use]
    pub fn hang_up() -> Self {
        Self(StepKind::HangUp)
    }
}

/// A server of 2026-07-28 that follows a script. It answers `server/discover` by itself, and at the end of the script it stays silent.
///
/// ```
/// # use fastmcp_rs::testing::*;
/// # use fastmcp_rs::serde_json::json;
/// # fastmcp_rs::block_on(async {
/// let client = FakeServer::script([
///     FakeStep::write("Listening on port 3000\n"),
///     FakeStep::answer("tools/call", json!({ "content": [{ "type": "text", "text": "done" }] })),
///     FakeStep::hang_up(),
/// ]);
/// let client = TestClient::with(client).await;
/// client.call("anything", json!({})).await.assert_ok().assert_text("done");
/// # });
/// ```
pub struct FakeServer(());

impl FakeServer {
    /// A client of such a server, for [`TestClient::with`](super::TestClient::with). The server begins at once.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub fn script(steps: impl IntoIterator<Item = FakeStep>) -> ClientBuilder {
        let (near, far) = tokio::io::duplex(PIPE);
        let steps: Vec<FakeStep> = steps.into_iter().collect();
        future::spawn(async move {
            let mut far = BufReader::new(far);
            for step in steps {
                if perform(&mut far, step).await.is_none() {
                    return;
                }
            }
            while receive(&mut far).await.is_some() {}
        });
        Client::stream(near).era(Revision::LATEST)
    }
}

type FakeStream = BufReader<DuplexStream>;

/// Takes one step; `None` at the end.
async fn perform(stream: &mut FakeStream, step: FakeStep) -> Option<()> {
    match step.0 {
        StepKind::Answer(method, outcome) => {
            let request = awaited(stream, &method).await?;
            let mut answer = json!({ "jsonrpc": "2.0", "id": request["id"] });
            match outcome {
                Ok(result) => answer["result"] = result,
                Err((code, message)) => answer["error"] = json!({ "code": code, "message": message }),
            }
            write(stream, format!("{answer}\n").as_bytes()).await
        }
        StepKind::Expect(method) => awaited(stream, &method).await.map(drop),
        StepKind::Send(message) => write(stream, format!("{message}\n").as_bytes()).await,
        StepKind::Write(bytes) => write(stream, &bytes).await,
        StepKind::Silence => {
            while receive(stream).await.is_some() {}
            None
        }
        StepKind::HangUp => None,
    }
}

/// The next message of this method. Others are passed over.
async fn awaited(stream: &mut FakeStream, method: &str) -> Option<Value> {
    loop {
        let message = receive(stream).await?;
        if message["method"] == method {
            return Some(message);
        }
    }
}

/// The next message. The question what the server is has an answer that no script need have.
async fn receive(stream: &mut FakeStream) -> Option<Value> {
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let message: Value = serde_json::from_str(&line).unwrap_or_default();
        if message["method"] != method::DISCOVER {
            return Some(message);
        }
        let result = json!({
            "resultType": "complete",
            "supportedVersions": [Revision::LATEST],
            "capabilities": { "tools": {}, "resources": {}, "prompts": {}, "completions": {}, "logging": {} },
            "ttlMs": 0,
            "cacheScope": "private",
            "_meta": { meta::SERVER_INFO: { "name": "fake", "version": "0" } },
        });
        let answer = json!({ "jsonrpc": "2.0", "id": message["id"], "result": result });
        write(stream, format!("{answer}\n").as_bytes()).await?;
    }
}

async fn write(stream: &mut FakeStream, bytes: &[u8]) -> Option<()> {
    stream.write_all(bytes).await.ok()?;
    stream.flush().await.ok()
}

impl fmt::Debug for FakeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeServer")
    }
}
