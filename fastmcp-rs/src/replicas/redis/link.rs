//! The connection to Redis: made when first needed, made again when it broke, and never waited for longer than a moment.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, RedisError, RedisResult, ScriptInvocation, Value};
use tokio::sync::Mutex;

use crate::session::store::StoreError;

/// How long one operation may take, connecting included.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

pub(super) struct Link {
    pub client: Client,
    connection: Mutex<CountedConnection>,
    down: AtomicBool,
}

/// The connection, and how many there were before it.
#[derive(Default)]
struct CountedConnection {
    number: u64,
    connection: Option<MultiplexedConnection>,
}

enum Operation<'a> {
    Command(&'a Cmd),
    Script(&'a ScriptInvocation<'a>),
}

impl Link {
    pub(super) fn new(url: &str) -> Result<Self, StoreError> {
        let client = Client::open(url).map_err(StoreError::new)?;
        Ok(Self { client, connection: Mutex::default(), down: AtomicBool::new(false) })
    }

    pub(super) async fn command(&self, command: &Cmd) -> Result<Value, StoreError> {
        self.run(Operation::Command(command)).await
    }

    pub(super) async fn script(&self, script: &ScriptInvocation<'_>) -> Result<Value, StoreError> {
        self.run(Operation::Script(script)).await
    }

    /// Every operation may be run twice: a connection that broke while nobody used it is found out only by using it.
    async fn run(&self, operation: Operation<'_>) -> Result<Value, StoreError> {
        let mut used = None;
        let tries = async {
            match self.attempt(&operation, &mut used).await {
                Err(error) if broken(&error) && used.is_some() => {
                    self.forget(used).await;
                    used = None;
                    self.attempt(&operation, &mut used).await
                }
                done => done,
            }
        };
        let done = match tokio::time::timeout(PATIENCE, tries).await {
            Ok(done) => done.map_err(|error| (broken(&error), StoreError::new(error))),
            Err(_) => Err((true, StoreError::new(format!("no answer within {PATIENCE:?}")))),
        };
        match done {
            Ok(value) => {
                if self.down.load(Ordering::Relaxed) && self.down.swap(false, Ordering::Relaxed) {
                    tracing::info!("Redis answers again");
                }
                Ok(value)
            }
            Err((broken, error)) => {
                if broken {
                    self.forget(used).await;
                }
                if !self.down.swap(true, Ordering::Relaxed) {
                    tracing::error!(
                        "Redis does not answer, and requests of sessions are refused until it does: {error}"
                    );
                }
                Err(error)
            }
        }
    }

    async fn attempt(&self, operation: &Operation<'_>, used: &mut Option<u64>) -> RedisResult<Value> {
        let (number, mut connection) = self.connection().await?;
        *used = Some(number);
        match operation {
            Operation::Command(command) => command.query_async(&mut connection).await,
            Operation::Script(script) => script.invoke_async(&mut connection).await,
        }
    }

    async fn connection(&self) -> RedisResult<(u64, MultiplexedConnection)> {
        let mut slot = self.connection.lock().await;
        if let Some(connection) = &slot.connection {
            return Ok((slot.number, connection.clone()));
        }
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(Some(PATIENCE));
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        slot.number += 1;
        slot.connection = Some(connection.clone());
        Ok((slot.number, connection))
    }

    /// Lets go of a connection that broke, unless somebody has already made another.
    async fn forget(&self, number: Option<u64>) {
        // Whoever connects holds the lock, and needs nothing forgotten.
        if let Ok(mut slot) = self.connection.try_lock()
            && number == Some(slot.number)
        {
            slot.connection = None;
        }
    }
}

/// Whether an error is one of the connection and not of the operation.
fn broken(error: &RedisError) -> bool {
    error.is_io_error() || error.is_connection_dropped() || error.is_timeout() || error.is_unrecoverable_error()
}
