//! A client for a test.

use std::any::TypeId;
use std::ffi::OsString;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};

use super::answers::{AskedSoFar, Logs, ProgressSeen, Seen, TestAnswer};
use super::called::Called;
use super::typed::{Fill, TestSignature, Tuple};
use crate::client::{Client, ClientBuilder, ClientError, MemoryServer, PromptArguments};
use crate::component::function::type_of;
use crate::component::tables::{Def, Registered, ToolDef};
use crate::protocol::{PromptResult, ResourceResult, Revision};

/// A client of a server that is tested. It answers what the server asks with what the test gave it, keeps what the server logs and
/// reports, and panics at the line of the test where something cannot be.
#[derive(Clone, Debug)]
pub struct TestClient {
    client: Client,
    seen: Seen,
}

impl TestClient {
    /// A client of a server in this process, in the newest revision.
    ///
    /// # Panics
    /// When the server does not start.
    #[track_caller]
    pub fn new(server: impl Into<MemoryServer>) -> impl Future<Output = Self> {
        Self::with(Client::memory(server))
    }

    /// The same in another revision.
    ///
    /// # Panics
    /// When the server does not start.
    #[track_caller]
    pub fn in_revision(server: impl Into<MemoryServer>, revision: Revision) -> impl Future<Output = Self> {
        Self::with(Client::memory(server).era(revision))
    }

    /// A client that was set up otherwise: of a process, over HTTP, with roots.
    ///
    /// # Panics
    /// When it cannot connect.
    #[track_caller]
    pub fn with(builder: ClientBuilder) -> impl Future<Output = Self> {
        let at = std::panic::Location::caller();
        let seen = Seen::default();
        let builder = seen.attend(builder);
        async move {
            match builder.connect().await {
                Ok(client) => Self { client, seen },
                Err(error) => panic!("the client of {at} cannot connect: {error}"),
            }
        }
    }

    /// The client itself, for what is not here.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A tool, by its function.
    ///
    /// # Panics
    /// When the function carries no `#[tool]`.
    #[track_caller]
    pub fn tool<S, F: TestSignature<S>>(&self, function: F) -> ToolCall<'_, F, S> {
        let Some(def) = def_of(type_of(&function)) else {
            panic!("`{}` carries no `#[tool]`", std::any::type_name::<F>());
        };
        ToolCall { client: self, def, timeout: None, signature: PhantomData }
    }

    /// Calls a tool by its name.
    pub async fn call(&self, tool: &str, arguments: Value) -> Called {
        self.call_within(tool, arguments, None).await
    }

    async fn call_within(&self, tool: &str, arguments: Value, timeout: Option<Duration>) -> Called {
        let request = self.client.request_tool(tool, arguments).on_progress(self.seen.progressed());
        let request = match timeout {
            Some(timeout) => request.timeout(timeout),
            None => request,
        };
        Called::new(tool, request.await)
    }

    /// Reads a resource.
    ///
    /// # Errors
    /// The client's.
    pub async fn read(&self, uri: &str) -> Result<ResourceResult, ClientError> {
        self.client.read_resource(uri).await
    }

    /// Fills in a prompt.
    ///
    /// # Errors
    /// The client's.
    pub async fn prompt(&self, name: &str, arguments: impl PromptArguments) -> Result<PromptResult, ClientError> {
        self.client.get_prompt(name, arguments).await
    }

    /// The answer to the next question that has none yet. Answers are used in the order in which they were given.
    pub fn answers(&self, answer: TestAnswer) {
        self.seen.answer(answer);
    }

    /// What the server asked so far.
    #[must_use]
    pub fn asked(&self) -> AskedSoFar {
        self.seen.asked()
    }

    /// What the server logged so far, from `debug` on.
    #[must_use]
    pub fn logs(&self) -> Logs {
        self.seen.logs()
    }

    /// The progress that calls reported so far.
    #[must_use]
    pub fn progress(&self) -> ProgressSeen {
        self.seen.progress()
    }

    /// Ends the conversation, and a server that was given away with it.
    ///
    /// # Panics
    /// When a process has to be killed.
    pub async fn close(self) {
        if let Err(error) = self.client.close().await {
            panic!("{error}");
        }
    }
}

fn def_of(function: TypeId) -> Option<&'static ToolDef> {
    let mut registered = inventory::iter::<Registered>.into_iter();
    match registered.find(|registered| (registered.function)() == function)?.def {
        Def::Tool(def) => Some(def),
        _ => None,
    }
}

/// A call of a tool by its function, made by [`TestClient::tool`].
#[must_use = "nothing is called before `.call(..)`"]
pub struct ToolCall<'a, F, S> {
    client: &'a TestClient,
    def: &'static ToolDef,
    timeout: Option<Duration>,
    signature: PhantomData<fn(F) -> S>,
}

impl<F: TestSignature<S>, S> ToolCall<'_, F, S> {
    /// How long to wait for the answer.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Calls it with a tuple of its arguments, one for each parameter that clients send, which the compiler holds against the
    /// function. Arguments of one's own are `call((5,))`, none are `call(())`.
    pub async fn call<T, Markers>(self, arguments: T) -> Called
    where
        T: Tuple,
        T::Nested: Fill<F::Params, Markers>,
    {
        let mut members = Map::new();
        arguments.nest().fill(self.def.params, &mut members);
        self.call_json(Value::Object(members)).await
    }

    /// Calls it with any JSON.
    pub async fn call_json(self, arguments: Value) -> Called {
        self.client.call_within(self.def.shared.name, arguments, self.timeout).await
    }
}

impl<F, S> std::fmt::Debug for ToolCall<'_, F, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ToolCall").field("tool", &self.def.shared.name).finish_non_exhaustive()
    }
}

/// A server as a child process.
#[derive(Debug)]
pub struct Process(());

impl Process {
    /// A client of a program that serves standard input and output, for [`TestClient::with`]: of one's own package
    /// `env!("CARGO_BIN_EXE_name")`, or an [example](Self::example).
    #[cfg(unix)]
    pub fn stdio(program: impl Into<OsString>) -> ClientBuilder {
        Client::stdio(program, [""; 0])
    }

    /// Where cargo puts an example of the package that is tested. `cargo test` builds the examples before it runs the tests.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    #[track_caller]
    pub fn example(name: &str) -> PathBuf {
        let test = std::env::current_exe().unwrap_or_default();
        let profile = test.parent().and_then(|deps| deps.parent());
        let program = profile.unwrap_or(&test).join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        assert!(program.exists(), "there is no example at {}: `cargo build --example {name}`", program.display());
        program
    }
}
