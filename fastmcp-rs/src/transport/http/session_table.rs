//! The sessions of a server by their id and by whose they are, and which goes when there is no room.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use super::sessions::HttpSession;
use crate::context::Caller;

/// Sessions of one owner that are looked at for the one that goes.
const LOOKED_AT: usize = 64;

/// Whose a session or a stream is: its caller's, or that of whoever is at its address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    Caller(String),
    Address(Option<IpAddr>),
}

impl Owner {
    /// By the identity, or by the network where there is none.
    pub(super) fn new(identity: Option<&str>, network: Option<IpAddr>) -> Self {
        identity.map_or(Self::Address(network), |identity| Self::Caller(identity.to_owned()))
    }

    pub(super) fn of(caller: &Caller) -> Self {
        Self::new(caller.identity(), caller.network())
    }

    /// Whether it is the caller, or may be: one whom nobody knows may come from anywhere.
    pub(super) fn is(&self, caller: &Caller) -> bool {
        match self {
            Self::Caller(identity) => caller.identity() == Some(identity),
            Self::Address(_) => caller.identity().is_none(),
        }
    }
}

/// All sessions that are in use here.
#[derive(Default)]
pub(super) struct SessionTable {
    by_id: HashMap<String, Arc<HttpSession>>,
    by_owner: HashMap<Owner, HashSet<String>>,
}

impl SessionTable {
    pub(super) fn get(&self, id: &str) -> Option<&Arc<HttpSession>> {
        self.by_id.get(id)
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Arc<HttpSession>)> {
        self.by_id.iter()
    }

    pub(super) fn insert(&mut self, id: String, session: Arc<HttpSession>) {
        self.by_owner.entry(session.owner.clone()).or_default().insert(id.clone());
        self.by_id.insert(id, session);
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Arc<HttpSession>> {
        let session = self.by_id.remove(id)?;
        if let Some(theirs) = self.by_owner.get_mut(&session.owner) {
            theirs.remove(id);
            if theirs.is_empty() {
                self.by_owner.remove(&session.owner);
            }
        }
        Some(session)
    }

    /// Which session makes room for one of `new`: of whoever has the most, so that one client that begins many takes the room of
    /// its own, and nobody else's. `None` if a stream of every session is being read.
    pub(super) fn first_to_go(&self, new: &Owner) -> Option<String> {
        let count = |owner: &Owner, theirs: &HashSet<String>| theirs.len() + usize::from(owner == new);
        let most = self.by_owner.iter().max_by_key(|(owner, theirs)| count(owner, theirs))?;
        let least_used = |theirs: &HashSet<String>| {
            let may_go = theirs.iter().filter_map(|id| Some((self.by_id.get(id)?.may_go()?, id)));
            // Not all of them: whoever begins sessions in a full house must not make each cost a look at all that there are.
            may_go.take(LOOKED_AT).min().map(|(_, id)| id.clone())
        };
        least_used(most.1).or_else(|| {
            let mut owners: Vec<_> = self.by_owner.iter().collect();
            owners.sort_by_key(|(owner, theirs)| std::cmp::Reverse(count(owner, theirs)));
            owners.into_iter().find_map(|(_, theirs)| least_used(theirs))
        })
    }
}
