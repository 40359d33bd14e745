//! Which server has a key: the only one there is, the primary that sentinels name, or one of a cluster.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redis::{FromRedisValue, Value, cmd};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::address::{Arrangement, RedisAddress, RedisUrl};
use super::dial::Dialer;
use super::failure::{RedisFailure, Remedy};
use super::flight::{Flight, jittered};
use super::node::RedisNode;
use super::settings::Redis;
use super::slots::SlotMap;
use super::tls::RedisTls;
use crate::session::lock;

/// How long one server may take to say who has what, before another is asked.
const ANSWER: Duration = Duration::from_millis(500);
/// How often the servers are asked at the most.
const APART: Duration = Duration::from_millis(100);

pub(super) struct Topology {
    arrangement: Arrangement,
    /// The addresses that were given.
    given: Vec<RedisAddress>,
    pub dialer: Arc<Dialer>,
    /// For sentinels.
    watchers: Dialer,
    known: Mutex<KnownNodes>,
    asking: Flight<Result<(), RedisFailure>>,
    /// Counts the times that something was doubted.
    doubts: watch::Sender<u64>,
}

#[derive(Default)]
struct KnownNodes {
    map: Option<SlotMap>,
    nodes: BTreeMap<RedisAddress, Arc<RedisNode>>,
    /// Whether the map may be wrong.
    doubted: bool,
    asked: Option<Instant>,
}

impl Topology {
    pub(super) fn new(settings: &Redis) -> Result<Self, String> {
        let url = RedisUrl::parse(&settings.url).map_err(|why| format!("its URL cannot be read: {why}"))?;
        let tls = url.tls.then(|| RedisTls::new(settings)).transpose()?;
        if tls.is_none() && (settings.ca_file.is_some() || settings.certificate_file.is_some()) {
            return Err(
                "certificates are named for it, and its URL says nothing of TLS: write `rediss` for `redis`".to_owned()
            );
        }
        let dialer = Dialer {
            user: settings.user.clone().or(url.user),
            password: settings.password.clone().or(url.password),
            database: url.database,
            tls: tls.clone(),
        };
        if dialer.user.is_some() && dialer.password.is_none() {
            return Err(
                "a user is named for it and no password: FASTMCP_REDIS_PASSWORD, `Redis::password` or the URL \
                        gives it"
                    .to_owned(),
            );
        }
        let watchers = Dialer {
            user: settings.sentinel_user.clone(),
            password: settings.sentinel_password.clone(),
            database: 0,
            tls,
        };
        let map = match (&url.arrangement, url.addresses.first()) {
            (Arrangement::Single, Some(address)) => Some(SlotMap::of_one(address.clone())),
            _ => None,
        };
        Ok(Self {
            arrangement: url.arrangement,
            given: url.addresses,
            dialer: Arc::new(dialer),
            watchers,
            known: Mutex::new(KnownNodes { map, ..KnownNodes::default() }),
            asking: Flight::default(),
            doubts: watch::Sender::new(0),
        })
    }

    pub(super) fn is_single(&self) -> bool {
        self.arrangement == Arrangement::Single
    }

    /// Whether there are slots, so that keys have to be kept together.
    pub(super) fn is_cluster(&self) -> bool {
        self.arrangement == Arrangement::Cluster
    }

    /// Told whenever something was doubted.
    pub(super) fn doubts(&self) -> watch::Receiver<u64> {
        self.doubts.subscribe()
    }

    /// Who has a slot, as far as is known; the servers are asked if it is not, or if it was doubted.
    pub(super) async fn owner(self: &Arc<Self>, slot: u16) -> Result<Arc<RedisNode>, RedisFailure> {
        for asked in [false, true] {
            if let Some(node) = self.known_owner(slot, asked) {
                return Ok(node);
            }
            let topology = Arc::clone(self);
            let answer = self.asking.join(|| async move { topology.ask().await }).await;
            self.asking.clear();
            if let Some(Err(failure)) = answer {
                // What was known before is better than nothing.
                return self.known_owner(slot, true).ok_or(failure);
            }
        }
        let text = "the servers of the cluster say that nobody has some of its slots".to_owned();
        Err(RedisFailure::new(Remedy::Wait, "CLUSTERDOWN", text))
    }

    fn known_owner(&self, slot: u16, even_doubted: bool) -> Option<Arc<RedisNode>> {
        let mut known = lock(&self.known);
        let lately = known.asked.is_some_and(|asked| asked.elapsed() < APART);
        if known.doubted && !even_doubted && !lately {
            return None;
        }
        let address = known.map.as_ref()?.owner(slot)?.clone();
        Some(self.node_of(&mut known, address))
    }

    /// The server at an address that another has named.
    pub(super) fn node(&self, address: RedisAddress) -> Arc<RedisNode> {
        self.node_of(&mut lock(&self.known), address)
    }

    fn node_of(&self, known: &mut KnownNodes, address: RedisAddress) -> Arc<RedisNode> {
        let nodes = &mut known.nodes;
        Arc::clone(nodes.entry(address).or_insert_with_key(|at| RedisNode::new(at.clone(), Arc::clone(&self.dialer))))
    }

    /// A slot has moved, says who had it.
    pub(super) fn moved(&self, slot: u16, to: RedisAddress) {
        let mut known = lock(&self.known);
        if let Some(map) = &mut known.map {
            map.moved(slot, to);
        }
        // Not everybody knows of it yet. What is asked next is asked where it leads, and then they are.
        known.asked = Some(Instant::now());
        known.doubted = true;
    }

    /// Something went wrong that a failover may have been the cause of.
    pub(super) fn doubt(&self) {
        if !self.is_single() {
            lock(&self.known).doubted = true;
        }
        self.doubts.send_modify(|count| *count += 1);
    }

    /// Asks the servers who has what, one after the other until one knows.
    async fn ask(self: Arc<Self>) -> Result<(), RedisFailure> {
        let mut failures = Vec::new();
        for address in self.candidates() {
            let asking = async {
                match &self.arrangement {
                    Arrangement::Single => Ok(SlotMap::of_one(address.clone())),
                    Arrangement::Cluster => self.slots_of(&address).await,
                    Arrangement::Sentinel(name) => self.primary_of(name, &address).await,
                }
            };
            let answer = timeout(ANSWER, asking).await;
            match answer
                .unwrap_or_else(|_| Err(RedisFailure::broken(&address, format_args!("said nothing within {ANSWER:?}"))))
            {
                Ok(map) => {
                    let mut known = lock(&self.known);
                    known.nodes.retain(|at, _| map.addresses().any(|address| address == at));
                    known.map = Some(map);
                    known.doubted = false;
                    known.asked = Some(Instant::now());
                    return Ok(());
                }
                Err(failure) => failures.push(failure),
            }
        }
        lock(&self.known).asked = Some(Instant::now());
        let refused = failures.iter().find(|failure| failure.remedy == Remedy::Refused);
        let remedy = refused.map_or(Remedy::Wait, |failure| failure.remedy.clone());
        let code = refused.map_or("", |failure| &failure.code).to_owned();
        let said: Vec<String> = failures.iter().map(ToString::to_string).collect();
        let who = if self.is_cluster() { "no node of the cluster" } else { "no sentinel" };
        Err(RedisFailure::new(remedy, &code, format!("{who} says where to find the data: {}", said.join("; "))))
    }

    /// Whom to ask: who is known now, then who was given, from a place of their own each time, so that one that does not answer is
    /// not always the first.
    fn candidates(&self) -> Vec<RedisAddress> {
        let mut all: Vec<RedisAddress> = Vec::new();
        if self.is_cluster() {
            all.extend(lock(&self.known).map.iter().flat_map(SlotMap::addresses).cloned());
        }
        all.extend(self.given.iter().cloned());
        let mut unique: Vec<RedisAddress> = Vec::new();
        for address in all {
            if !unique.contains(&address) {
                unique.push(address);
            }
        }
        let turn = jittered(Duration::from_secs(1)).subsec_nanos() as usize % unique.len().max(1);
        unique.rotate_left(turn);
        unique
    }

    async fn slots_of(&self, address: &RedisAddress) -> Result<SlotMap, RedisFailure> {
        let node = self.node(address.clone());
        let over = node.connection().await?;
        let mut slots = cmd("CLUSTER");
        slots.arg("SLOTS");
        let answer = slots.query_async(&mut over.connection.clone()).await;
        let answer: Value = answer.map_err(|error| {
            let failure = RedisFailure::of(&error, address);
            if failure.remedy == Remedy::Reconnect {
                node.forget(&over);
            }
            failure
        })?;
        SlotMap::read(&answer, address)
            .ok_or_else(|| RedisFailure::refused(address, "CLUSTER", "knows of no node that has slots"))
    }

    async fn primary_of(&self, name: &str, sentinel: &RedisAddress) -> Result<SlotMap, RedisFailure> {
        let over = self.watchers.connect(sentinel).await?;
        let mut primary = cmd("SENTINEL");
        primary.arg("GET-MASTER-ADDR-BY-NAME").arg(name);
        let answer = primary.query_async(&mut over.connection.clone()).await;
        let answer: Value = answer.map_err(|error| RedisFailure::of(&error, sentinel))?;
        match <Option<(String, u16)>>::from_redis_value(answer) {
            Ok(Some((host, port))) => Ok(SlotMap::of_one(RedisAddress::Tcp { host, port })),
            Ok(None) => {
                Err(RedisFailure::refused(sentinel, "SENTINEL", format_args!("knows no primary of the name `{name}`")))
            }
            Err(error) => Err(RedisFailure::refused(sentinel, "SENTINEL", format_args!("is no sentinel: {error}"))),
        }
    }
}
