//! The example servers as processes.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::OnceLock,
};

use fastmcp_rs::{Caller, RunningServer};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
    sync::watch,
    task::JoinHandle,
};

use crate::{stdio::Ended, within};

/// An example program with the arguments and the environment it is to be started with.
#[derive(Clone, Debug)]
pub struct Example {
    name: String,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
}

impl Example {
    /// `NAME` of `examples`, or of `tests/examples`. It inherits nothing that would change what it does.
    pub fn named(name: &str) -> Self {
        Self { name: name.into(), args: Vec::new(), env: Vec::new() }
    }

    /// One more argument.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// More arguments.
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// An environment variable.
    pub fn env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((key.into(), value.into()));
        self
    }

    /// Runs it to its end, with nothing on its standard input.
    pub async fn output(&self) -> Output {
        let mut command = self.command();
        command.stdin(Stdio::null());
        within(&format!("the end of {self:?}"), command.output()).await.unwrap()
    }

    /// Starts it; whoever reads the pipes is the caller's affair.
    pub fn spawn(&self) -> Child {
        self.command().spawn().unwrap()
    }

    /// Starts it on something else than pipes.
    pub fn spawn_on(&self, input: impl Into<Stdio>, output: impl Into<Stdio>) -> Child {
        self.command().stdin(input).stdout(output).spawn().unwrap()
    }

    /// Starts it on a terminal of its own, and gives that terminal's other end as pipes.
    pub fn spawn_on_a_terminal(&self) -> Child {
        let quoted = |word: &OsString| format!("'{}'", word.to_str().unwrap().replace('\'', r"'\''"));
        let program = executable(&self.name).into_os_string();
        let line: Vec<String> = std::iter::once(&program).chain(&self.args).map(quoted).collect();
        let mut command = Command::new("script");
        command.args(["-q", "-e", "-f", "-c", &line.join(" "), "/dev/null"]);
        command.env("TERM", "xterm").envs(self.env.iter().map(|(key, value)| (key, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap()
    }

    /// Runs it to its end, with `input` on its standard input.
    pub async fn output_of(&self, input: &str) -> Output {
        let mut child = self.spawn();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).await.unwrap();
        drop(stdin);
        within(&format!("the end of {self:?}"), child.wait_with_output()).await.unwrap()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(executable(&self.name));
        for (key, _) in std::env::vars_os() {
            if key.to_str().is_some_and(|key| key.starts_with("FASTMCP_")) {
                command.env_remove(key);
            }
        }
        command.args(&self.args).envs(self.env.iter().map(|(key, value)| (key, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }
}

/// Where cargo put the example. `cargo test` on the workspace builds the examples, `cargo test -p` does not; asking cargo once
/// more costs little where there is nothing to do, and no test ever judges yesterday's server.
pub fn executable(name: &str) -> PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(|| {
        let deps = std::env::current_exe().unwrap().parent().unwrap().to_path_buf();
        let profile = deps.parent().unwrap();
        let mut build = std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        build.args(["build", "--quiet", "--workspace", "--examples", "--target-dir"]).arg(profile.parent().unwrap());
        build.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap());
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "the examples do not compile");
        profile.join("examples")
    });
    let path = directory.join(name);
    assert!(path.exists(), "{} is missing: is it an [[example]]?", path.display());
    path
}

/// A stream of text that somebody else writes line by line, kept as it comes.
#[derive(Clone, Debug)]
pub struct Log(watch::Receiver<String>);

impl Log {
    /// Collects what comes out of `source` until it ends.
    pub fn collect(source: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let (sender, receiver) = watch::channel(String::new());
        tokio::spawn(async move {
            let mut lines = BufReader::new(source);
            let mut line = Vec::new();
            while matches!(lines.read_until(b'\n', &mut line).await, Ok(1..)) {
                sender.send_modify(|text| text.push_str(&String::from_utf8_lossy(&line)));
                line.clear();
            }
        });
        Self(receiver)
    }

    /// What has come so far.
    pub fn text(&self) -> String {
        self.0.borrow().clone()
    }

    /// What `find` finds in the text, as soon as it finds something.
    pub async fn wait_for<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let mut changes = self.0.clone();
        let seen = within(what, changes.wait_for(|text| find(text).is_some())).await;
        match seen {
            Ok(text) => find(&text).unwrap(),
            Err(_) => panic!("the process ended without {what}:\n{}", self.text()),
        }
    }

    /// The whole text, once nobody can write any more.
    pub async fn ended(&self) -> String {
        let mut changes = self.0.clone();
        within("the end of the log", async { while changes.changed().await.is_ok() {} }).await;
        self.text()
    }
}

/// A server that serves HTTP on a port of its own choice.
#[derive(Debug)]
pub struct HttpServer {
    server: Running,
    /// What it wrote to stderr; nothing if it is no process.
    pub log: Log,
    /// What it wrote to stdout; nothing if it is no process.
    pub output: Log,
    /// `127.0.0.1:PORT`
    pub address: String,
    /// The path of the endpoint.
    pub path: String,
}

#[derive(Debug)]
enum Running {
    Process(Box<Child>),
    Task(RunningServer, JoinHandle<()>),
    /// Somebody else's to end.
    Beside,
}

impl HttpServer {
    /// Starts `example` with `--http 127.0.0.1:0` and waits until it says where it serves.
    pub async fn start(example: Example) -> Self {
        Self::listen(example.args(["--http", "127.0.0.1:0"])).await
    }

    /// Starts `example`, whose arguments or environment make it serve HTTP, and waits until it says where.
    pub async fn listen(example: Example) -> Self {
        let mut child = example.spawn();
        drop(child.stdin.take());
        let output = Log::collect(child.stdout.take().unwrap());
        let log = Log::collect(child.stderr.take().unwrap());
        let url = log
            .wait_for("the line that says what is served", |text| {
                let line = text.lines().find_map(|line| line.split_once("fastmcp-rs: serving http://"))?;
                // The line is whole only when its end has come.
                text.ends_with('\n').then(|| line.1.split_whitespace().next().unwrap().to_owned())
            })
            .await;
        let (address, path) = url.split_once('/').unwrap_or((&url, ""));
        let server = Running::Process(Box::new(child));
        Self { server, log, output, address: address.into(), path: format!("/{path}") }
    }

    /// Serves `server` in a task of this process.
    pub async fn serve(server: RunningServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        Self::routed(server.clone(), listener, address, server.router())
    }

    /// The same, where something before the server says who is calling.
    pub async fn serve_to(server: RunningServer, caller: Caller) -> Self {
        let [served] = Self::serve_to_each(server, [caller]).await;
        served
    }

    /// The same for several callers, each of whom has an address of their own.
    pub async fn serve_to_each<const N: usize>(server: RunningServer, callers: [Caller; N]) -> [Self; N] {
        let router = server.router();
        let mut served = Vec::new();
        for caller in callers {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let router = router.clone().layer(axum::Extension(caller));
            served.push(Self::routed(server.clone(), listener, address, router));
        }
        served.try_into().unwrap_or_else(|_| unreachable!("one for each"))
    }

    fn routed(server: RunningServer, listener: TcpListener, address: String, router: axum::Router) -> Self {
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            server: Running::Task(server, task),
            log: Log::collect(tokio::io::empty()),
            output: Log::collect(tokio::io::empty()),
            address,
            path: "/mcp".to_owned(),
        }
    }

    /// The same with the listener of the server's own, as a program has it. Another process may take the port in between, so this
    /// is for tests of that listener.
    pub async fn listening(server: RunningServer) -> Self {
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let serving = server.clone();
        let task = tokio::spawn(async move { serving.serve_http(address).await.unwrap() });
        let connects = async {
            while tokio::net::TcpStream::connect(address).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        within("the listener", connects).await;
        Self {
            server: Running::Task(server, task),
            log: Log::collect(tokio::io::empty()),
            output: Log::collect(tokio::io::empty()),
            address: address.to_string(),
            path: "/mcp".to_owned(),
        }
    }

    /// The process, if it is one.
    pub fn process_id(&self) -> Option<u32> {
        match &self.server {
            Running::Process(child) => child.id(),
            Running::Task(..) | Running::Beside => None,
        }
    }

    /// The same server for one more client, who does not end it.
    pub fn beside(&self) -> Self {
        Self {
            server: Running::Beside,
            log: self.log.clone(),
            output: self.output.clone(),
            address: self.address.clone(),
            path: self.path.clone(),
        }
    }

    /// Asks it to end (SIGTERM, for a process). Once is enough: the second time it ends at once.
    pub async fn ask_to_end(&self) {
        match &self.server {
            Running::Process(child) => {
                let id = child.id().unwrap().to_string();
                assert!(Command::new("kill").arg(id).status().await.unwrap().success());
            }
            Running::Task(handle, _) => handle.shutdown(),
            Running::Beside => {}
        }
    }

    /// How it ended, once it has.
    pub async fn ended(self) -> Ended {
        match self.server {
            Running::Process(child) => Ended::of(*child).await,
            Running::Task(handle, task) => {
                within("the end of the lifespans", handle.stop()).await;
                task.abort();
                Ended::well()
            }
            Running::Beside => Ended::well(),
        }
    }

    /// Asks it to end and returns how it did.
    pub async fn terminate(self) -> Ended {
        self.ask_to_end().await;
        self.ended().await
    }
}
