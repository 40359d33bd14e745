//! What lives as long as the server: state made at start, and what is to be done at the end, in reverse order.

use std::any::{Any, TypeId, type_name};
use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};

use super::core::States;
use crate::context::State;
use crate::error::{BoxError, Error, chain};
use crate::future::BoxFuture;

type Made = Result<Arc<dyn Any + Send + Sync>, Error>;
type Stop = Box<dyn FnOnce(&States) -> BoxFuture<'static, ()> + Send>;

/// A step of the server's life, in the order in which the builder was told.
enum LifeStep {
    Make { of: TypeId, make: Box<dyn FnOnce() -> BoxFuture<'static, Made> + Send> },
    AtEnd(Stop),
}

#[derive(Default)]
pub(crate) struct Lifespans {
    steps: Vec<LifeStep>,
    provided: Vec<(TypeId, &'static str)>,
    ends: Vec<LifeEnd>,
}

/// What happens at the end.
enum LifeEnd {
    Drop(TypeId),
    Call(Stop),
}

impl Lifespans {
    pub(crate) fn value<T: Send + Sync + 'static>(&mut self, value: T) {
        self.make::<T>(Box::new(move || Box::pin(std::future::ready(Ok(Arc::new(value) as _)))));
    }

    pub(crate) fn function<T, E, F, R>(&mut self, start: F)
    where
        T: Send + Sync + 'static,
        E: Into<BoxError>,
        F: FnOnce() -> R + Send + 'static,
        R: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.make::<T>(Box::new(move || {
            Box::pin(async move {
                match start().await {
                    Ok(state) => Ok(Arc::new(state) as _),
                    Err(error) => Err(Error::new(format!(
                        "the lifespan of {} failed: {}",
                        type_name::<T>(),
                        chain(&*error.into())
                    ))),
                }
            })
        }));
    }

    fn make<T: Send + Sync + 'static>(&mut self, make: Box<dyn FnOnce() -> BoxFuture<'static, Made> + Send>) {
        self.provided.push((TypeId::of::<T>(), type_name::<T>()));
        self.steps.push(LifeStep::Make { of: TypeId::of::<T>(), make });
    }

    pub(crate) fn at_end<T, F, R>(&mut self, stop: F)
    where
        T: Send + Sync + 'static,
        F: FnOnce(State<T>) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.steps.push(LifeStep::AtEnd(Box::new(move |states: &States| {
            let state = states.get(&TypeId::of::<T>()).cloned().and_then(|state| state.downcast().ok());
            match state {
                Some(state) => Box::pin(stop(State::from_arc(state))),
                None => Box::pin(std::future::ready(())),
            }
        })));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether nothing is left to end.
    pub(crate) fn is_over(&self) -> bool {
        self.ends.is_empty()
    }

    pub(crate) fn provides(&self, of: TypeId) -> bool {
        self.provided.iter().any(|(provided, _)| *provided == of)
    }

    /// State given twice: the second would hide the first.
    pub(crate) fn twice(&self) -> Option<&'static str> {
        let repeated = |(index, (of, _)): &(usize, &(TypeId, &'static str))| {
            self.provided[..*index].iter().any(|(earlier, _)| earlier == of)
        };
        self.provided.iter().enumerate().find(repeated).map(|(_, (_, name))| *name)
    }

    /// Makes everything, in order, into `states`. What was made is unmade if a later step fails.
    pub(crate) async fn start(&mut self, states: &RwLock<States>) -> Result<(), Error> {
        for step in std::mem::take(&mut self.steps) {
            match step {
                LifeStep::AtEnd(stop) => self.ends.push(LifeEnd::Call(stop)),
                LifeStep::Make { of, make } => match make().await {
                    Ok(state) => {
                        states.write().unwrap_or_else(PoisonError::into_inner).insert(of, state);
                        self.ends.push(LifeEnd::Drop(of));
                    }
                    Err(error) => {
                        std::mem::take(self).stop(states).await;
                        return Err(error);
                    }
                },
            }
        }
        Ok(())
    }

    /// Ends everything, the last made first.
    pub(crate) async fn stop(self, states: &RwLock<States>) {
        for end in self.ends.into_iter().rev() {
            match end {
                LifeEnd::Drop(of) => {
                    let state = states.write().unwrap_or_else(PoisonError::into_inner).remove(&of);
                    drop(state);
                }
                LifeEnd::Call(stop) => {
                    let stopped = stop(&states.read().unwrap_or_else(PoisonError::into_inner));
                    stopped.await;
                }
            }
        }
    }
}
