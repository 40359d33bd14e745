//! Change notices: `subscriptions/listen` of 2026-07-28, and the unasked notifications of conversations before it.

use std::collections::HashSet;
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::core::Core;
use super::encode::Body;
use super::request::Request;
use super::run::{Running, Work};
use crate::bounds;
use crate::catalog::ListKind;
use crate::context::{Caller, Change};
use crate::protocol::{RpcError, jsonrpc, meta, method};
use crate::session::{Notifier, Outgoing, Session};
use crate::text::percent;
use crate::uri::covers;

/// What a listener wants to hear of.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Filter {
    tools_list_changed: bool,
    prompts_list_changed: bool,
    resources_list_changed: bool,
    resource_subscriptions: Vec<String>,
}

#[derive(Deserialize)]
struct ListenParams<'a> {
    #[serde(borrow)]
    notifications: &'a RawValue,
}

impl ListenParams<'_> {
    fn filter(&self) -> Option<Filter> {
        // A struct would also be read from an array.
        let object = self.notifications.get().starts_with('{');
        object.then(|| serde_json::from_str(self.notifications.get()).ok()).flatten()
    }
}

impl Request<'_> {
    /// `subscriptions/listen` (basic/patterns/subscriptions): the acknowledgement first, then every change that was asked for,
    /// each with the id of this request, until the client goes or the server shuts down.
    pub(crate) fn listen(&self) -> Result<Running, RpcError> {
        let params: Option<ListenParams<'_>> = self.params.raw().and_then(|raw| serde_json::from_str(raw.get()).ok());
        let mut filter = params.and_then(|params| params.filter()).ok_or_else(|| {
            RpcError::invalid_params(
                "`notifications` must say what to listen to, as an object of booleans and `resourceSubscriptions`",
            )
        })?;
        if filter.resource_subscriptions.len() > bounds::SUBSCRIPTIONS {
            return Err(RpcError::invalid_params(format!(
                "a stream may have at most {} subscriptions",
                bounds::SUBSCRIPTIONS
            )));
        }
        let notifier = self
            .origin
            .notifier
            .notifier()
            .ok_or_else(|| RpcError::invalid_request("there is no stream to listen on here"))?;
        let id = self
            .origin
            .id
            .ok_or_else(|| RpcError::invalid_request("a subscription needs the id of a request"))?
            .to_owned();
        let core = Arc::clone(self.core);
        // Before the acknowledgement, so that a change in between is not lost.
        let changes = core.changes();
        let catalog = core.catalog();
        filter.tools_list_changed &= catalog.has(ListKind::Tools);
        filter.prompts_list_changed &= catalog.has(ListKind::Prompts);
        filter.resources_list_changed &= catalog.has(ListKind::Resources);
        let caller = self.origin.caller;
        filter.resource_subscriptions.retain(|uri| match catalog.resource(uri, caller) {
            Ok(Some((resource, _))) => catalog.denies(&resource.common, caller).is_none(),
            _ => false,
        });
        let running_core = Arc::clone(&core);
        let closed = self.origin.session.map(|session| session.closed().clone()).unwrap_or_default();
        let mut expiry = caller.expiry();
        let work = Box::pin(async move {
            {
                let mut listening = pin!(closed.run_until_cancelled(listen(&core, changes, &filter, &notifier, &id)));
                poll_fn(|task| {
                    // A client comes back with a new token.
                    if expiry.as_mut().is_some_and(|expiry| expiry.as_mut().poll(task).is_ready()) {
                        return Poll::Ready(());
                    }
                    listening.as_mut().poll(task).map(drop)
                })
                .await;
            }
            Ok(Body::ListenEnd(id))
        });
        Ok(Running::new(&running_core, self.revision(), Work::Other(work)))
    }
}

async fn listen(
    core: &Core,
    mut changes: Receiver<Option<Change>>,
    filter: &Filter,
    notifier: &Notifier,
    id: &RawValue,
) {
    let mut granted = Map::new();
    for (wanted, name) in [
        (filter.tools_list_changed, "toolsListChanged"),
        (filter.prompts_list_changed, "promptsListChanged"),
        (filter.resources_list_changed, "resourcesListChanged"),
    ] {
        if wanted {
            granted.insert(name.to_owned(), Value::Bool(true));
        }
    }
    if !filter.resource_subscriptions.is_empty() {
        granted.insert("resourceSubscriptions".to_owned(), json!(filter.resource_subscriptions));
    }
    let tag = json!({ meta::SUBSCRIPTION_ID: id });
    if !send(notifier, method::ACKNOWLEDGED, &json!({ "_meta": tag, "notifications": granted })).await {
        return;
    }
    let uris: HashSet<_> = filter.resource_subscriptions.iter().map(|uri| percent::normal(uri)).collect();
    while let Some(heard) = next(core, &mut changes).await {
        let wanted = |change: &Change| match change {
            Change::Tools => filter.tools_list_changed,
            Change::Prompts => filter.prompts_list_changed,
            Change::Resources => filter.resources_list_changed,
            Change::Updated(uri) => {
                let uri = percent::normal(uri);
                uris.iter().any(|subscribed| covers(subscribed, &uri))
            }
        };
        for change in heard.changes().filter(wanted) {
            let (method, mut params) = notice(&change);
            params.insert("_meta".to_owned(), tag.clone());
            if !send(notifier, method, &Value::Object(params)).await {
                return;
            }
        }
        if heard.lagged() {
            for uri in &uris {
                if !send(notifier, method::RESOURCE_UPDATED, &json!({ "_meta": tag, "uri": uri })).await {
                    return;
                }
            }
        }
    }
}

/// The unasked notifications of a conversation with a handshake, until it closes. Every change after this call is told, whenever
/// the future is first polled. `caller` is who has used it last.
pub(crate) fn tell_session(
    core: Arc<Core>,
    session: Arc<Session>,
    notifier: Notifier,
    caller: impl Fn() -> Caller + Send + Sync + 'static,
) -> impl Future<Output = ()> + Send + 'static {
    let changes = core.changes();
    async move { tell(&core, changes, &session, &notifier, &caller).await }
}

async fn tell(
    core: &Core,
    mut changes: Receiver<Option<Change>>,
    session: &Session,
    notifier: &Notifier,
    caller: &(impl Fn() -> Caller + Sync),
) {
    let closed = session.closed().clone();
    while let Some(Some(heard)) = closed.run_until_cancelled(next(core, &mut changes)).await {
        if !session.is_initialized() {
            continue;
        }
        for change in heard.changes() {
            if matches!(&change, Change::Updated(uri) if !session.is_subscribed(uri) || !may_read(core, uri, caller)) {
                continue;
            }
            let (method, params) = notice(&change);
            if !send(notifier, method, &Value::Object(params)).await {
                return;
            }
        }
        if heard.lagged() {
            for uri in session.subscriptions().into_iter().filter(|uri| may_read(core, uri, caller)) {
                if !send(notifier, method::RESOURCE_UPDATED, &json!({ "uri": uri })).await {
                    return;
                }
            }
        }
    }
}

/// Whether a caller may read a resource: rights may have been taken since it subscribed.
fn may_read(core: &Core, uri: &str, caller: impl Fn() -> Caller) -> bool {
    let catalog = core.catalog();
    if !catalog.is_restricted() {
        return true;
    }
    let caller = caller();
    match catalog.resource(uri, &caller) {
        Ok(Some((resource, _))) => catalog.denies(&resource.common, &caller).is_none(),
        // It may have gone, which is news as well.
        _ => true,
    }
}

/// One change, or the news that some were missed.
enum Heard {
    One(Change),
    Missed,
}

impl Heard {
    /// Whoever missed some is told that every list changed, which is never wrong.
    fn changes(&self) -> impl Iterator<Item = Change> + use<> {
        match self {
            Self::One(change) => vec![change.clone()],
            Self::Missed => vec![Change::Tools, Change::Prompts, Change::Resources],
        }
        .into_iter()
    }

    fn lagged(&self) -> bool {
        matches!(self, Self::Missed)
    }
}

async fn next(core: &Core, changes: &mut Receiver<Option<Change>>) -> Option<Heard> {
    match core.shutdown.run_until_cancelled(changes.recv()).await? {
        Ok(Some(change)) => Some(Heard::One(change)),
        Ok(None) | Err(RecvError::Lagged(_)) => Some(Heard::Missed),
        Err(RecvError::Closed) => None,
    }
}

fn notice(change: &Change) -> (&'static str, Map<String, Value>) {
    let mut params = Map::new();
    let method = match change {
        Change::Tools => method::TOOLS_CHANGED,
        Change::Prompts => method::PROMPTS_CHANGED,
        Change::Resources => method::RESOURCES_CHANGED,
        Change::Updated(uri) => {
            params.insert("uri".to_owned(), json!(uri));
            method::RESOURCE_UPDATED
        }
    };
    (method, params)
}

async fn send(notifier: &Notifier, method: &str, params: &Value) -> bool {
    match to_raw_value(params) {
        Ok(params) => notifier.send(Outgoing::message(jsonrpc::notification(method, Some(&params)))).await,
        Err(_) => false,
    }
}
