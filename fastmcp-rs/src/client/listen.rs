//! News of a server's: by `subscriptions/listen` on 2026-07-28, by notifications to everybody and `resources/subscribe` before.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use serde_json::json;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, oneshot};
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use super::Client;
use super::dialogue::{Changed, News};
use super::error::ClientError;
use super::exchange::{Query, RequestLimits};
use super::letter::ParamList;
use crate::future;
use crate::protocol::method;
use crate::uri::covers;

/// What a client wants to hear of.
///
/// ```
/// use fastmcp_rs::client::Listen;
///
/// let news = Listen::tools().and_resource("todo://list");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listen {
    tools: bool,
    prompts: bool,
    resources: bool,
    uris: Vec<String>,
}

impl Listen {
    /// That the list of tools changed.
    #[must_use]
    pub fn tools() -> Self {
        Self::default().and_tools()
    }

    /// That the list of prompts changed.
    #[must_use]
    pub fn prompts() -> Self {
        Self::default().and_prompts()
    }

    /// That the list of resources changed.
    #[must_use]
    pub fn resources() -> Self {
        Self::default().and_resources()
    }

    /// That this resource, or one below it, was updated.
    #[must_use]
    pub fn resource(uri: impl Into<String>) -> Self {
        Self::default().and_resource(uri)
    }

    /// That any list changed.
    #[must_use]
    pub fn lists() -> Self {
        Self::tools().and_prompts().and_resources()
    }

    /// And the list of tools.
    #[must_use]
    pub fn and_tools(self) -> Self {
        Self { tools: true, ..self }
    }

    /// And the list of prompts.
    #[must_use]
    pub fn and_prompts(self) -> Self {
        Self { prompts: true, ..self }
    }

    /// And the list of resources.
    #[must_use]
    pub fn and_resources(self) -> Self {
        Self { resources: true, ..self }
    }

    /// And updates of this resource.
    #[must_use]
    pub fn and_resource(mut self, uri: impl Into<String>) -> Self {
        self.uris.push(uri.into());
        self
    }

    fn wants(&self, change: &Changed) -> bool {
        match change {
            Changed::Tools => self.tools,
            Changed::Prompts => self.prompts,
            Changed::Resources => self.resources,
            Changed::Resource(uri) => self.uris.iter().any(|wanted| covers(wanted, uri)),
        }
    }

    fn members(&self) -> Result<ParamList, ClientError> {
        let mut wanted = json!({});
        for (name, on) in [
            ("toolsListChanged", self.tools),
            ("promptsListChanged", self.prompts),
            ("resourcesListChanged", self.resources),
        ] {
            if on {
                wanted[name] = json!(true);
            }
        }
        if !self.uris.is_empty() {
            wanted["resourceSubscriptions"] = json!(self.uris);
        }
        ParamList::default().with("notifications", &wanted)
    }
}

/// What changed on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerChange {
    /// The list of tools.
    ToolsChanged,
    /// The list of prompts.
    PromptsChanged,
    /// The list of resources, or that of templates.
    ResourcesChanged,
    /// This resource.
    ResourceUpdated(String),
    /// More changed than was kept for a listener that was slow: read anew whatever matters. The number is how many were missed.
    Lagged(u64),
}

/// News as they come, made by [`Client::listen`]. Dropping it ends them.
pub struct Changes {
    heard: broadcast::Receiver<News>,
    wanted: Listen,
    /// The subscription, where there are such.
    by: Option<u64>,
    ended: CancellationToken,
    over: bool,
    waiting: VecDeque<ServerChange>,
    /// Ends it.
    _guard: Undo,
}

enum Undo {
    Task(AbortHandle),
    Subscribed(Client, Vec<String>),
}

impl Drop for Undo {
    fn drop(&mut self) {
        match self {
            Self::Task(task) => task.abort(),
            Self::Subscribed(client, uris) => {
                let (client, uris) = (client.clone(), std::mem::take(uris));
                if !uris.is_empty() && tokio::runtime::Handle::try_current().is_ok() {
                    future::spawn(async move {
                        for uri in uris {
                            // A server that is gone has no subscriptions.
                            let _ = client.subscription(method::RESOURCES_UNSUBSCRIBE, &uri).await;
                        }
                    });
                }
            }
        }
    }
}

impl Changes {
    /// The next change; `None` once the server ends the subscription or is gone.
    pub async fn next(&mut self) -> Option<ServerChange> {
        loop {
            if let Some(change) = self.waiting.pop_front() {
                return Some(change);
            }
            if self.over {
                return None;
            }
            let next = {
                let (mut heard, mut ended) = (pin!(self.heard.recv()), pin!(self.ended.cancelled()));
                poll_fn(|task| match heard.as_mut().poll(task) {
                    Poll::Ready(heard) => Poll::Ready(Some(heard)),
                    Poll::Pending => ended.as_mut().poll(task).map(|()| None),
                })
                .await
            };
            match next {
                Some(Ok(heard)) => self.take(heard),
                Some(Err(RecvError::Lagged(missed))) => return Some(ServerChange::Lagged(missed)),
                Some(Err(RecvError::Closed)) | None => {
                    self.over = true;
                    // What came before the end is told before it. A task that did much may be told that nothing is there.
                    loop {
                        match self.heard.try_recv() {
                            Ok(news) => self.take(news),
                            Err(TryRecvError::Lagged(missed)) => self.waiting.push_back(ServerChange::Lagged(missed)),
                            Err(_) => break,
                        }
                    }
                }
            }
        }
    }

    fn take(&mut self, heard: News) {
        let News { change, by } = heard;
        if by != self.by || !self.wanted.wants(&change) {
            return;
        }
        self.waiting.push_back(match change {
            Changed::Tools => ServerChange::ToolsChanged,
            Changed::Prompts => ServerChange::PromptsChanged,
            Changed::Resources => ServerChange::ResourcesChanged,
            Changed::Resource(uri) => ServerChange::ResourceUpdated(uri),
        });
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").field("wanted", &self.wanted).field("over", &self.over).finish_non_exhaustive()
    }
}

impl Client {
    /// Hears of changes, from now on. On 2026-07-28 the server may grant less than is asked for, and then says nothing of the rest.
    ///
    /// # Errors
    /// When the server refuses, or does not acknowledge in time.
    pub async fn listen(&self, wanted: Listen) -> Result<Changes, ClientError> {
        let link = self.link();
        let heard = link.conversation.listen();
        let waiting = VecDeque::new();
        if self.revision().has_handshake() {
            let mut guard = Undo::Subscribed(self.clone(), Vec::new());
            for uri in &wanted.uris {
                self.subscription(method::RESOURCES_SUBSCRIBE, uri).await?;
                if let Undo::Subscribed(_, uris) = &mut guard {
                    uris.push(uri.clone());
                }
            }
            let ended = link.conversation.closed().clone();
            return Ok(Changes { heard, wanted, by: None, ended, over: false, waiting, _guard: guard });
        }
        let (acknowledge, acknowledged) = oneshot::channel();
        let ask = Query::new(method::LISTEN, wanted.members()?, RequestLimits::NONE);
        let (mut request, letter) = link.begin(self.revision(), ask, Some(acknowledge))?;
        let by = Some(request.id());
        let (ended, client) = (CancellationToken::new(), self.clone());
        let over = ended.clone();
        let (told, refused) = oneshot::channel();
        let task = future::spawn(async move {
            let _over = over.drop_guard();
            let carrier = std::sync::Arc::clone(&client.link().carrier);
            let outcome = request.answer(carrier.carry(letter)).await;
            // Nobody asks any more once it was acknowledged.
            let _ = told.send(outcome);
        });
        let guard = Undo::Task(task.abort_handle());
        let first = async {
            match acknowledged.await {
                Ok(()) => Ok(()),
                // The request was ended before it was acknowledged.
                Err(_) => match refused.await {
                    Ok(Err(error)) => Err(error),
                    _ => Err(ClientError::protocol("a subscription ended before it was acknowledged")),
                },
            }
        };
        match self.settings().limits.timeout {
            None => first.await?,
            Some(after) => tokio::time::timeout(after, first).await.unwrap_or_else(|_| {
                let method = method::LISTEN.to_owned();
                Err(ClientError::Timeout { method, after, cancelled: true, sent: super::Sent::Maybe })
            })?,
        }
        Ok(Changes { heard, wanted, by, ended, over: false, waiting, _guard: guard })
    }

    async fn subscription(&self, method: &'static str, uri: &str) -> Result<(), ClientError> {
        let members = ParamList::default().with("uri", uri)?;
        let mut query = Query::new(method, members, self.settings().limits);
        query.name = Some(uri.to_owned());
        self.ask(query).await.map(drop)
    }
}
