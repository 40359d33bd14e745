//! Connecting to one server: the socket, TLS, and who we are. All of it is done here and not by the crate `redis`, whose TLS takes
//! the cryptography that is chosen for the process, and who tells nothing of why a password was not taken.

use std::time::Duration;

use redis::aio::{MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, Cmd, RedisConnectionInfo, cmd};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinHandle;

use super::address::RedisAddress;
use super::failure::{RedisFailure, Remedy};
use super::tls::RedisTls;
use crate::future;

/// How long connecting may take, greeting included: less than an operation may, which then says why it failed.
const TIME: Duration = Duration::from_millis(1500);
/// The longest line that is an answer to a greeting.
const LINE: usize = 1024;

/// What an answer to a part of the greeting keeps us from, if it does.
type Problem = fn(&str) -> Option<String>;

trait RedisStream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> RedisStream for S {}

/// How servers of one kind are spoken to.
#[derive(Clone, Default)]
pub(super) struct Dialer {
    pub user: Option<String>,
    pub password: Option<String>,
    pub database: u32,
    pub tls: Option<RedisTls>,
}

/// A connection, and the task that it lives in, which ends with it.
pub(super) struct Dialed {
    pub connection: MultiplexedConnection,
    driver: JoinHandle<()>,
}

impl Drop for Dialed {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Dialer {
    /// A connection for commands. It waits for answers as long as whoever asks.
    pub(super) async fn connect(&self, at: &RedisAddress) -> Result<Dialed, RedisFailure> {
        let connecting = async {
            let stream = self.open(at).await?;
            let config = AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(None);
            let connected = MultiplexedConnection::new_with_config(&greeted(), stream, config).await;
            let (connection, driver) = connected.map_err(|error| RedisFailure::of(&error, at))?;
            Ok(Dialed { connection, driver: future::spawn(driver) })
        };
        self.within(at, connecting).await
    }

    /// A connection that listens.
    pub(super) async fn subscribe(&self, at: &RedisAddress, channel: &str) -> Result<PubSub, RedisFailure> {
        let connecting = async {
            let stream = self.open(at).await?;
            let mut listening = PubSub::new(&greeted(), stream).await.map_err(|error| RedisFailure::of(&error, at))?;
            listening.subscribe(channel).await.map_err(|error| RedisFailure::of(&error, at))?;
            Ok(listening)
        };
        self.within(at, connecting).await
    }

    async fn within<T>(
        &self,
        at: &RedisAddress,
        connecting: impl Future<Output = Result<T, RedisFailure>>,
    ) -> Result<T, RedisFailure> {
        match tokio::time::timeout(TIME, connecting).await {
            Ok(connected) => connected,
            Err(_) => {
                let hint = if self.tls.is_some() { "; one that does not speak TLS is `redis://`" } else { "" };
                Err(RedisFailure::broken(at, format_args!("does not answer: nothing came within {TIME:?}{hint}")))
            }
        }
    }

    async fn open(&self, at: &RedisAddress) -> Result<Box<dyn RedisStream>, RedisFailure> {
        let unreachable = |error: std::io::Error| RedisFailure::broken(at, format_args!("cannot be reached: {error}"));
        let mut stream: Box<dyn RedisStream> = match at {
            RedisAddress::Unix(path) => Box::new(UnixStream::connect(path).await.map_err(unreachable)?),
            RedisAddress::Tcp { host, port } => {
                let socket = TcpStream::connect((host.as_str(), *port)).await.map_err(unreachable)?;
                socket.set_nodelay(true).map_err(unreachable)?;
                match &self.tls {
                    None => Box::new(socket),
                    Some(tls) => tls.connect(host, socket).await.map_err(|why| RedisFailure::broken(at, why))?,
                }
            }
        };
        self.greet(at, &mut *stream).await?;
        Ok(stream)
    }

    /// Says who we are, and hears whether the server can be used.
    async fn greet(&self, at: &RedisAddress, stream: &mut dyn RedisStream) -> Result<(), RedisFailure> {
        let mut greeting: Vec<(Cmd, Problem)> = Vec::new();
        if let Some(password) = &self.password {
            let mut auth = cmd("AUTH");
            auth.arg(&self.user).arg(password);
            greeting.push((auth, not_authenticated));
        }
        if self.database != 0 {
            let mut select = cmd("SELECT");
            select.arg(self.database);
            greeting.push((select, |said| Some(format!("does not let its database be selected: {said}"))));
        }
        let mut name = cmd("CLIENT");
        name.arg("SETNAME").arg("fastmcp-rs");
        // For whoever looks at the list of clients. Not everybody may say it.
        greeting.push((name, |_| None));
        greeting.push((cmd("PING"), |_| None));
        let bytes: Vec<u8> = greeting.iter().flat_map(|(command, _)| command.get_packed_command()).collect();
        let broken = |error: std::io::Error| {
            let hint = if self.tls.is_none() { "; one that speaks TLS is `rediss://`" } else { "" };
            RedisFailure::broken(at, format_args!("ended the connection in the middle of the greeting: {error}{hint}"))
        };
        stream.write_all(&bytes).await.map_err(broken)?;
        stream.flush().await.map_err(broken)?;
        for (_, problem) in &greeting {
            let line = line(stream).await.map_err(broken)?;
            let Some(said) = line.strip_prefix('-') else { continue };
            // Whatever the command, these mean that none will do.
            for code in ["NOAUTH", "LOADING", "MASTERDOWN"] {
                if said.starts_with(code) {
                    let error =
                        redis::parse_redis_value(format!("{line}\r\n").as_bytes()).map(redis::Value::extract_error);
                    return Err(match error {
                        Ok(Err(error)) => RedisFailure::of(&error, at),
                        _ => RedisFailure::new(Remedy::Wait, code, format!("Redis at {at} says {code}")),
                    });
                }
            }
            if said.contains("max number of clients") {
                return Err(RedisFailure::broken(at, "has no room for one more connection (`maxclients`)"));
            }
            if let Some(problem) = problem(said) {
                return Err(RedisFailure::refused(at, "AUTH", problem));
            }
        }
        Ok(())
    }
}

/// Everything is said already when the crate gets the stream.
fn greeted() -> RedisConnectionInfo {
    RedisConnectionInfo::default().set_skip_set_lib_name()
}

/// The answer to AUTH in our words: those of whoever answers may repeat what they were told.
fn not_authenticated(said: &str) -> Option<String> {
    let why = if said.contains("without any password") || said.contains("no password is set") {
        "has no password, and is given one"
    } else if said.contains("wrong number of arguments") {
        "knows no users, as before version 6: leave the user out, and give the password alone"
    } else if said.starts_with("WRONGPASS") || said.contains("invalid password") {
        "does not take the user and the password that it is given (WRONGPASS)"
    } else {
        "does not take the user and the password that it is given"
    };
    Some(why.to_owned())
}

async fn line(stream: &mut dyn RedisStream) -> std::io::Result<String> {
    let mut line = Vec::new();
    loop {
        // A byte at a time, so that nothing is taken from what comes after. It is done once for each connection.
        let byte = stream.read_u8().await?;
        match byte {
            b'\n' => break,
            _ if line.len() >= LINE => return Err(std::io::Error::other("it does not speak as Redis does")),
            b'\r' => {}
            _ => line.push(byte),
        }
    }
    match line.first() {
        Some(b'+' | b'-') => Ok(String::from_utf8_lossy(&line).into_owned()),
        _ => Err(std::io::Error::other("it does not speak as Redis does")),
    }
}
