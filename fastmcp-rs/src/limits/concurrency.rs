//! How many at once: calls that run, of all clients, of each, and of each component; and the queue of those that wait to.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::future::BoxFuture;
use crate::session::lock;

/// What a program says about it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ConcurrencySettings {
    pub all: Option<usize>,
    pub each: Option<usize>,
    pub queue: Option<(usize, Duration)>,
}

impl ConcurrencySettings {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_none() && self.each.is_none()
    }

    /// Whether there is a queue for which nothing is scarce.
    pub(crate) fn queues_for_nothing(&self, components: bool) -> bool {
        self.queue.is_some() && self.is_empty() && !components
    }
}

/// The calls that run.
pub(super) struct Concurrency {
    all: Option<Arc<Semaphore>>,
    each: Option<usize>,
    clients: Arc<Mutex<HashMap<u64, Arc<ClientCalls>>>>,
    /// How many may wait, and for how long.
    queue: usize,
    wait: Duration,
    waiting: Arc<AtomicUsize>,
}

/// Whose calls, to which component.
#[derive(Clone, Copy)]
pub(super) struct CallSlots<'a> {
    /// The client, if its calls are counted.
    pub client: Option<u64>,
    pub component: Option<&'a Arc<Semaphore>>,
    /// Whether it is one of all.
    pub one_of_all: bool,
}

/// What one client has.
struct ClientCalls {
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// Why a call does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Busy {
    Client,
    Component,
    All,
}

/// How a call is let in.
pub(super) enum Entry {
    Free,
    Held(CallPermit),
    Queued(BoxFuture<'static, Result<CallPermit, Busy>>),
    Full(Busy),
}

/// The right of one call to run, until it is dropped.
pub(crate) struct CallPermit(#[expect(dead_code, reason = "it is held")] Box<HeldPermits>);

struct HeldPermits {
    _client: Option<ClientPermit>,
    _component: Option<OwnedSemaphorePermit>,
    _all: Option<OwnedSemaphorePermit>,
}

/// The same among the calls of its client. Whoever waits for it finds it before the client is forgotten: the fields are dropped in
/// this order.
struct ClientPermit {
    _permit: Option<OwnedSemaphorePermit>,
    _seat: ClientSeat,
}

/// A client of which something runs or waits. It is forgotten with the last of them.
#[derive(Clone)]
struct ClientSeat {
    client: u64,
    running: Arc<ClientCalls>,
    clients: Arc<Mutex<HashMap<u64, Arc<ClientCalls>>>>,
}

impl Drop for ClientSeat {
    fn drop(&mut self) {
        let mut clients = lock(&self.clients);
        // The table's own, and this.
        if Arc::strong_count(&self.running) == 2 {
            clients.remove(&self.client);
        }
    }
}

/// One more that waits, until it is dropped.
struct InQueue(Arc<AtomicUsize>);

impl InQueue {
    fn enter(queue: &Arc<AtomicUsize>, room: usize) -> Option<Self> {
        let waiting = Self(Arc::clone(queue));
        (queue.fetch_add(1, Ordering::Relaxed) < room).then_some(waiting)
    }
}

impl Drop for InQueue {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The same of one client's.
struct ClientWaiting(ClientSeat);

impl Drop for ClientWaiting {
    fn drop(&mut self) {
        self.0.running.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Concurrency {
    pub(super) fn new(settings: ConcurrencySettings) -> Self {
        let (queue, wait) = settings.queue.unwrap_or_default();
        Self {
            all: settings.all.map(|all| Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS)))),
            each: settings.each,
            clients: Arc::default(),
            queue,
            wait,
            waiting: Arc::default(),
        }
    }

    /// Whether clients are told apart.
    pub(super) fn counts_clients(&self) -> bool {
        self.each.is_some()
    }

    /// Lets a call in at once, or has it wait, or turns it away.
    pub(super) fn enter(&self, slots: &CallSlots<'_>) -> Entry {
        let all = self.all.as_ref().filter(|_| slots.one_of_all);
        let client = slots.client.zip(self.each).map(|(client, each)| self.seat(client, each));
        if client.is_none() && slots.component.is_none() && all.is_none() {
            return Entry::Free;
        }
        // The scarcest last, so that nobody holds it who waits for another.
        let busy = {
            let of_client = client.as_ref().map(|seat| try_acquire(&seat.running.slots, Busy::Client)).transpose();
            let held = of_client.and_then(|of_client| {
                let of_component = slots.component.map(|slots| try_acquire(slots, Busy::Component)).transpose()?;
                Ok((of_client, of_component, all.map(|all| try_acquire(all, Busy::All)).transpose()?))
            });
            match held {
                Ok((permit, component, all)) => {
                    let client = client.map(|seat| ClientPermit { _permit: permit, _seat: seat });
                    return Entry::Held(permit_of(client, component, all));
                }
                Err(busy) => busy,
            }
        };
        let Some(queued) = InQueue::enter(&self.waiting, self.queue) else { return Entry::Full(busy) };
        // A client may have as many that wait as may run, so that none has the whole queue.
        let own = client.clone().map(ClientWaiting);
        if let (Some(own), Some(each)) = (&own, self.each)
            && own.0.running.waiting.fetch_add(1, Ordering::Relaxed) >= each
        {
            return Entry::Full(Busy::Client);
        }
        let (wait, component, all) = (self.wait, slots.component.cloned(), all.cloned());
        Entry::Queued(Box::pin(async move {
            let _waiting = (queued, own);
            let mut busy = busy;
            let entered = async {
                let client = match client {
                    Some(seat) => {
                        busy = Busy::Client;
                        let permit = acquire(&seat.running.slots).await;
                        Some(ClientPermit { _permit: permit, _seat: seat })
                    }
                    None => None,
                };
                let component = match &component {
                    Some(slots) => {
                        busy = Busy::Component;
                        acquire(slots).await
                    }
                    None => None,
                };
                busy = Busy::All;
                let all = match &all {
                    Some(all) => acquire(all).await,
                    None => None,
                };
                permit_of(client, component, all)
            };
            let entered = tokio::time::timeout(wait, entered).await;
            entered.map_err(|_| busy)
        }))
    }

    fn seat(&self, client: u64, each: usize) -> ClientSeat {
        let mut clients = lock(&self.clients);
        let new = || {
            let slots = Arc::new(Semaphore::new(each.min(Semaphore::MAX_PERMITS)));
            Arc::new(ClientCalls { slots, waiting: AtomicUsize::new(0) })
        };
        let running = Arc::clone(clients.entry(client).or_insert_with(new));
        ClientSeat { client, running, clients: Arc::clone(&self.clients) }
    }
}

fn permit_of(
    client: Option<ClientPermit>,
    component: Option<OwnedSemaphorePermit>,
    all: Option<OwnedSemaphorePermit>,
) -> CallPermit {
    CallPermit(Box::new(HeldPermits { _client: client, _component: component, _all: all }))
}

fn try_acquire(slots: &Arc<Semaphore>, busy: Busy) -> Result<OwnedSemaphorePermit, Busy> {
    Arc::clone(slots).try_acquire_owned().map_err(|_| busy)
}

/// `None` would say that the semaphore is closed, which nobody does.
async fn acquire(slots: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    Arc::clone(slots).acquire_owned().await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concurrency(all: Option<usize>, each: Option<usize>, queue: usize) -> Concurrency {
        Concurrency::new(ConcurrencySettings { all, each, queue: Some((queue, Duration::from_secs(1))) })
    }

    fn by(client: u64) -> CallSlots<'static> {
        CallSlots { client: Some(client), component: None, one_of_all: true }
    }

    fn held(entry: Entry) -> CallPermit {
        match entry {
            Entry::Held(permit) => permit,
            _ => panic!("there was room"),
        }
    }

    fn full(entry: &Entry) -> Option<Busy> {
        match entry {
            Entry::Full(busy) => Some(*busy),
            _ => None,
        }
    }

    #[test]
    fn clients_are_forgotten_with_their_last_call() {
        let running = concurrency(None, Some(2), 0);
        let (first, second) = (held(running.enter(&by(1))), held(running.enter(&by(1))));
        assert_eq!(full(&running.enter(&by(1))), Some(Busy::Client));
        let other = held(running.enter(&by(2)));
        assert_eq!(lock(&running.clients).len(), 2);
        drop(first);
        let third = held(running.enter(&by(1)));
        drop((second, third, other));
        assert!(lock(&running.clients).is_empty());
        for client in 0..10_000 {
            drop(running.enter(&by(client)));
        }
        assert!(lock(&running.clients).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_wait_come_in_order_and_not_longer_than_they_may() {
        let running = concurrency(Some(1), None, 2);
        let first = held(running.enter(&by(1)));
        let Entry::Queued(mut second) = running.enter(&by(2)) else { panic!("it waits") };
        let Entry::Queued(mut third) = running.enter(&by(3)) else { panic!("it waits") };
        assert_eq!(full(&running.enter(&by(4))), Some(Busy::All), "the queue is full");
        assert!(futures_now(&mut second).is_none() && futures_now(&mut third).is_none());
        drop(first);
        assert!(futures_now(&mut third).is_none(), "it is not its turn");
        let second = second.await.unwrap_or_else(|_| panic!("it is its turn"));
        assert!(matches!(running.enter(&by(4)), Entry::Queued(_)), "there is room in the queue again");
        let begun = tokio::time::Instant::now();
        assert_eq!(third.await.err(), Some(Busy::All));
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
        drop(second);
        assert_eq!(running.waiting.load(Ordering::Relaxed), 0);
        drop(held(running.enter(&by(5))));
    }

    #[tokio::test(start_paused = true)]
    async fn one_client_does_not_get_the_whole_queue() {
        let running = concurrency(Some(2), Some(2), 10);
        let all = (held(running.enter(&by(1))), held(running.enter(&by(1))));
        let waiting = (running.enter(&by(1)), running.enter(&by(1)));
        assert_eq!(full(&running.enter(&by(1))), Some(Busy::Client));
        assert!(matches!(running.enter(&by(2)), Entry::Queued(_)));
        drop((all, waiting));
        assert!(lock(&running.clients).is_empty());
        assert_eq!(running.waiting.load(Ordering::Relaxed), 0);
    }

    /// What a future comes to in one step.
    fn futures_now<T>(future: &mut BoxFuture<'static, T>) -> Option<T> {
        let mut task = std::task::Context::from_waker(std::task::Waker::noop());
        match future.as_mut().poll(&mut task) {
            std::task::Poll::Ready(value) => Some(value),
            std::task::Poll::Pending => None,
        }
    }
}
