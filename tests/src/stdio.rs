//! A server at the other end of two pipes: those of a process, or a pair in memory.

use std::fmt;

use fastmcp_rs::{Caller, RunningServer};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    process::Child,
    task::JoinHandle,
};

use crate::{
    example::{Example, Log},
    within,
};

/// A server, line by line.
pub struct Pipe {
    server: Running,
    input: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    output: BufReader<Box<dyn AsyncRead + Send + Unpin>>,
    /// What it wrote to stderr; nothing if it is no process.
    pub log: Log,
}

enum Running {
    Process(Child),
    Task(JoinHandle<fastmcp_rs::Result>),
}

/// How a server ended.
#[derive(Debug)]
pub struct Ended(Result<(), String>);

impl Ended {
    /// As it should.
    pub fn well() -> Self {
        Self(Ok(()))
    }

    /// As the process ends.
    pub async fn of(mut process: Child) -> Self {
        let status = within("the end of the server", process.wait()).await.unwrap();
        Self(if status.success() { Ok(()) } else { Err(status.to_string()) })
    }

    /// Whether it ended as it should.
    pub fn success(&self) -> bool {
        self.0.is_ok()
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref().err().map_or("success", String::as_str))
    }
}

impl Pipe {
    /// The process, if it is one.
    pub fn process_id(&self) -> Option<u32> {
        match &self.server {
            Running::Process(child) => child.id(),
            Running::Task(_) => None,
        }
    }

    /// Starts `example`; without further arguments it serves stdio.
    pub fn open(example: &Example) -> Self {
        let mut child = example.spawn();
        let input = child.stdin.take().unwrap();
        let output = child.stdout.take().unwrap();
        let log = Log::collect(child.stderr.take().unwrap());
        Self {
            server: Running::Process(child),
            input: Some(Box::new(input)),
            output: BufReader::new(Box::new(output)),
            log,
        }
    }

    /// Serves `server` in a task of this process, and shuts it down after the conversation.
    pub fn serve(server: RunningServer) -> Self {
        Self::serve_to(server, Caller::anonymous())
    }

    /// The same, where the server knows who is at the other end.
    pub fn serve_to(server: RunningServer, caller: Caller) -> Self {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let (output, input) = tokio::io::split(ours);
        let log = Log::collect(tokio::io::empty());
        Self {
            server: Running::Task(tokio::spawn(async move {
                server.serve(theirs).caller(caller).await;
                server.stop().await;
                Ok(())
            })),
            input: Some(Box::new(input)),
            output: BufReader::new(Box::new(output)),
            log,
        }
    }

    /// Writes these bytes and nothing else.
    pub async fn write(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("the input is still open");
        within("room in the server's input", input.write_all(bytes)).await.unwrap();
        input.flush().await.unwrap();
    }

    /// Writes one message and the end of its line.
    pub async fn send(&mut self, message: &Value) {
        self.write(format!("{message}\n").as_bytes()).await;
    }

    /// The next message. Anything on stdout that is not one fails the test.
    pub async fn receive(&mut self) -> Value {
        match self.next().await {
            Some(message) => message,
            None => panic!("the server ended its output; stderr:\n{}", self.log.text()),
        }
    }

    /// The next message, or `None` when the server has closed its output.
    pub async fn next(&mut self) -> Option<Value> {
        let mut line = Vec::new();
        let read = within("a message", self.output.read_until(b'\n', &mut line)).await.unwrap();
        if read == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&line);
        assert!(text.ends_with('\n'), "the output ends within a line: {text}");
        let message: Value =
            serde_json::from_slice(&line).unwrap_or_else(|fault| panic!("not JSON on stdout ({fault}): {text}"));
        for one in message.as_array().map_or(std::slice::from_ref(&message), Vec::as_slice) {
            assert_eq!(one["jsonrpc"], "2.0", "not JSON-RPC on stdout: {text}");
        }
        Some(message)
    }

    /// Closes the server's input.
    pub async fn end_input(&mut self) {
        if let Some(mut input) = self.input.take() {
            // A server that is gone has no input to close.
            let _ = input.shutdown().await;
        }
    }

    /// Closes the server's input and returns how it ended and what it still had to say.
    pub async fn close(mut self) -> (Ended, Vec<Value>) {
        self.end_input().await;
        let mut rest = Vec::new();
        while let Some(message) = self.next().await {
            rest.push(message);
        }
        (self.ended().await, rest)
    }

    /// How the server ended, once it has.
    pub async fn ended(self) -> Ended {
        match self.server {
            Running::Process(child) => Ended::of(child).await,
            Running::Task(task) => {
                let served = within("the end of the server", task).await.expect("a server does not panic");
                Ended(served.map_err(|error| error.to_string()))
            }
        }
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipe").field("log", &self.log).finish_non_exhaustive()
    }
}
