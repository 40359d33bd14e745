//! HTTP+SSE of 2024-11-05: one stream that everything of the server's comes by, and a second URL, said in it, for everything that
//! goes there.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hyper::Method;
use tokio::task::AbortHandle;

use super::HttpParts;
use crate::client::dialogue::{Dialogue, Farewell};
use crate::client::error::{ClientError, ConnectError};
use crate::client::letter::{Carriage, Carrier, Departure, Letter};
use crate::client::stream;
use crate::future::{self, BoxFuture};
use crate::wire::events::EventReader;

/// How long a notification that nobody waits for may take.
const NOTICE: Duration = Duration::from_secs(5);

/// A conversation of two URLs.
pub(in crate::client) struct LegacyCarrier(Arc<LegacyParts>);

struct LegacyParts {
    http: HttpParts,
    /// Where messages go.
    path: String,
    dialogue: Arc<Dialogue>,
    reader: OnceLock<AbortHandle>,
}

impl LegacyCarrier {
    /// Opens the stream, and waits until it says where messages go.
    pub(in crate::client) async fn start(
        http: HttpParts,
        dialogue: &Arc<Dialogue>,
        limit: Duration,
    ) -> Result<Self, ClientError> {
        let opening = async {
            let request = http.request(Method::GET, http.path(), None, "text/event-stream").await?;
            let mut reply = http.pool.send(request, &Departure::default()).await?;
            if reply.status() != 200 || reply.media_type() != "text/event-stream" {
                return Err(super::refused(&mut reply).await);
            }
            let mut events = EventReader::new(http.most);
            while let Ok(Some(chunk)) = reply.chunk().await {
                let mut bytes = &chunk[..];
                while let Some(event) = events.next(&mut bytes) {
                    let Ok(event) = event else { continue };
                    if event.kind.as_deref() == Some("endpoint") {
                        let reference = event.data.unwrap_or_default();
                        let path =
                            http.pool.address().resolve(reference.trim()).ok_or_else(|| {
                                ClientError::protocol("the server names an endpoint that is not its own")
                            })?;
                        return Ok((reply, events, bytes.to_vec(), path));
                    }
                }
            }
            Err(ClientError::not_mcp(
                "its event stream does not name an endpoint",
                "is this the URL of the stream (`/sse`)?",
            ))
        };
        let timed_out = || {
            let (during, stderr_tail) = ("waiting for the endpoint of the event stream", String::new());
            Err(ConnectError::Timeout { after: limit, during, stderr_tail }.into())
        };
        let (mut reply, mut events, rest, path) =
            tokio::time::timeout(limit, opening).await.unwrap_or_else(|_| timed_out())?;
        let parts = LegacyParts { http, path, dialogue: Arc::clone(dialogue), reader: OnceLock::new() };
        let this = Arc::new(parts);
        let (weak, heard) = (Arc::downgrade(&this), Arc::clone(dialogue));
        let reader = future::spawn(async move {
            let mut chunk = Some(hyper::body::Bytes::from(rest));
            while let Some(bytes) = chunk.take() {
                let Some(carrier) = weak.upgrade() else { return };
                let carrier: Arc<dyn Carrier> = carrier;
                let mut bytes = &bytes[..];
                while let Some(event) = events.next(&mut bytes) {
                    match event {
                        Ok(event) => {
                            if let Some(message) = super::message_of(&event) {
                                heard.receive(message, &carrier, None);
                            }
                        }
                        Err(_) => heard.problem("an event that is too long"),
                    }
                }
                drop(carrier);
                chunk = reply.chunk().await.ok().flatten();
            }
            heard.end(Farewell::default());
        });
        let _ = this.reader.set(reader.abort_handle());
        Ok(Self(this))
    }
}

impl LegacyParts {
    async fn post(&self, letter: Letter) -> Result<Carriage, ClientError> {
        let request = self.http.request(Method::POST, &self.path, Some(&letter), "application/json").await?;
        let mut reply = self.http.pool.send(request, &letter.left).await?;
        match reply.status() {
            200..=299 => {
                reply.drain();
                Ok(Carriage::Sent)
            }
            _ => Err(super::refused(&mut reply).await),
        }
    }

    fn stop(&self) {
        self.reader.get().into_iter().for_each(AbortHandle::abort);
        self.dialogue.end(Farewell::default());
    }
}

impl Carrier for LegacyParts {
    fn carry(&self, letter: Letter) -> BoxFuture<'_, Result<Carriage, ClientError>> {
        Box::pin(self.post(letter))
    }

    fn cancel(&self, _: u64, _: &'static str) {}

    fn close(&self) -> BoxFuture<'_, crate::Result> {
        Box::pin(async { Ok(()) })
    }
}

impl Carrier for LegacyCarrier {
    fn carry(&self, letter: Letter) -> BoxFuture<'_, Result<Carriage, ClientError>> {
        self.0.carry(letter)
    }

    fn cancel(&self, request: u64, reason: &'static str) {
        let Some(letter) = stream::cancellation(request, reason, self.0.dialogue.revision()) else { return };
        if tokio::runtime::Handle::try_current().is_ok() {
            let parts = Arc::clone(&self.0);
            future::spawn(async move {
                let _ = tokio::time::timeout(NOTICE, parts.post(letter)).await;
            });
        }
    }

    fn close(&self) -> BoxFuture<'_, crate::Result> {
        Box::pin(async {
            self.0.stop();
            Ok(())
        })
    }
}

impl Drop for LegacyCarrier {
    fn drop(&mut self) {
        self.0.stop();
    }
}
