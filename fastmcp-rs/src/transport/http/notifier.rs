//! The notifier of one request: most handlers say nothing before the end, and theirs is never made.

use std::sync::{Mutex, OnceLock};

use tokio::sync::mpsc;

use super::responses::Accepts;
use crate::bounds;
use crate::context::OpenNotifier;
use crate::session::{Notifier, Outgoing, lock};

/// The notifier of one request, made when a handler first wants to say something.
#[derive(Default)]
pub(super) struct LazyNotifier {
    made: OnceLock<Notifier>,
    messages: Mutex<Option<mpsc::Receiver<Outgoing>>>,
    /// The client takes no stream of events, so nothing can be said to it before the end.
    mute: bool,
}

impl OpenNotifier for LazyNotifier {
    fn notifier(&self) -> Option<Notifier> {
        if self.mute {
            return None;
        }
        Some(
            self.made
                .get_or_init(|| {
                    let (sender, messages) = mpsc::channel(bounds::OUTGOING);
                    *lock(&self.messages) = Some(messages);
                    Notifier::new(sender)
                })
                .clone(),
        )
    }
}

impl LazyNotifier {
    pub(super) fn new(accepts: Accepts) -> Self {
        Self { mute: !accepts.events, ..Self::default() }
    }

    pub(super) fn into_messages(self) -> Option<mpsc::Receiver<Outgoing>> {
        self.messages.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
