//! One request with settings of its own: a builder that is a future. Dropping it under way cancels the request.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use super::error::ClientError;
use super::exchange::{Query, RequestLimits};
use super::hooks::ProgressUpdate;
use super::letter::ParamList;
use super::{Client, cache::Cached, rounds};
use crate::future::BoxFuture;
use crate::protocol::method;

/// A request that is not yet sent, made by [`Client::request_tool`] and its siblings. Awaiting it sends it.
///
/// ```
/// # use std::time::Duration;
/// # use fastmcp_rs::client::{Client, ClientError};
/// # use serde_json::json;
/// # async fn import(client: &Client) -> Result<(), ClientError> {
/// let result = client
///     .request_tool("import", json!({ "rows": 10_000 }))
///     .timeout(Duration::from_secs(600))
///     .on_progress(|progress| println!("{} of {:?}", progress.done, progress.total))
///     .await?;
/// # drop(result);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before it is awaited"]
pub struct Requested<R> {
    client: Client,
    method: &'static str,
    /// A tool's or a prompt's name, or a resource's URI.
    name: String,
    members: Result<ParamList, ClientError>,
    /// A tool's arguments, for the headers that repeat some of them.
    arguments: Value,
    limits: RequestLimits,
    progress: Option<Arc<dyn Fn(ProgressUpdate) + Send + Sync>>,
    meta: Map<String, Value>,
    cached: bool,
    read: fn(&serde_json::value::RawValue) -> Result<R, ClientError>,
    result: PhantomData<fn() -> R>,
}

impl<R> Requested<R> {
    pub(super) fn new(
        client: &Client,
        method: &'static str,
        name: &str,
        members: Result<ParamList, ClientError>,
        read: fn(&serde_json::value::RawValue) -> Result<R, ClientError>,
    ) -> Self {
        Self {
            client: client.clone(),
            method,
            name: name.to_owned(),
            members,
            arguments: Value::Null,
            limits: client.settings().limits,
            progress: None,
            meta: Map::new(),
            cached: true,
            read,
            result: PhantomData,
        }
    }

    pub(super) fn arguments(mut self, arguments: &impl Serialize) -> Self {
        // What cannot be written has failed as a member already.
        self.arguments = serde_json::to_value(arguments).unwrap_or_default();
        self
    }

    /// How long to wait for the answer, and from one message of progress to the next. Default: the client's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.limits.timeout = Some(timeout);
        self.limits.most = self.limits.most.map(|most| most.max(timeout));
        self
    }

    /// How long to wait in all, however much progress there is. Default: the client's.
    pub fn max_time(mut self, most: Duration) -> Self {
        self.limits.most = Some(most);
        self
    }

    /// Hears how far it has come; the server reports only to those who ask. The closure runs where messages are read, and must not
    /// block.
    pub fn on_progress(mut self, told: impl Fn(ProgressUpdate) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(told));
        self
    }

    /// Adds a member to the request's `_meta`, for example `traceparent`.
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.meta.insert(key.into(), value.into());
        self
    }

    /// Asks the server even where an earlier answer may still be used. Only what is read is ever kept, and only on 2026-07-28.
    pub fn fresh(mut self) -> Self {
        self.cached = false;
        self
    }
}

impl<R: Send + 'static> Requested<R> {
    async fn send(self) -> Result<R, ClientError> {
        let Self { client, method, name, members, arguments, limits, progress, meta, cached, read, .. } = self;
        let members = members?;
        let keeps = method == method::RESOURCES_READ && client.revision().has_cache_hints() && meta.is_empty();
        let since = client.cache().generation();
        if keeps
            && cached
            && let Cached::Hit(result) = client.cache().get(method, &members)
        {
            return read(&result);
        }
        let make = |repeated: Vec<(String, String)>| {
            let mut ask = Query::new(method, members.clone(), limits);
            ask.name = Some(name.clone());
            ask.repeated = repeated;
            ask.meta = meta.clone();
            ask.progress = progress.clone();
            ask
        };
        let (link, revision, limit) = (client.link(), client.revision(), client.settings().rounds);
        let repeated = client.repeated(method, &name, &arguments, false).await?;
        let mut result = rounds::ask(link, revision, || Ok(make(repeated.clone())), limit).await;
        // The server knows of other headers than the list that was read said (-32020): once more by a new list.
        if let Err(ClientError::Rpc { code, .. }) = &result
            && *code == i64::from(crate::protocol::jsonrpc::HEADER_MISMATCH)
            && client.repeats_headers(method)
        {
            let repeated = client.repeated(method, &name, &arguments, true).await?;
            result = rounds::ask(link, revision, || Ok(make(repeated.clone())), limit).await;
        }
        let result = result?;
        if keeps {
            client.cache().keep(since, method, &members, &result);
        }
        let value = read(&result)?;
        client.check_output(method, &name, &result).await?;
        Ok(value)
    }
}

impl<R: Send + 'static> IntoFuture for Requested<R> {
    type Output = Result<R, ClientError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<R> fmt::Debug for Requested<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requested").field("method", &self.method).field("name", &self.name).finish_non_exhaustive()
    }
}
