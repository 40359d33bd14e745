//! A server at the other end of two pipes.

use std::process::ExitStatus;

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout},
};

use crate::{
    example::{Example, Log},
    within,
};

/// A server process, line by line.
#[derive(Debug)]
pub struct Pipe {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// What it wrote to stderr.
    pub log: Log,
}

impl Pipe {
    /// Starts `example`; without further arguments it serves stdio.
    pub fn open(example: &Example) -> Self {
        let mut child = example.spawn();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let log = Log::collect(child.stderr.take().unwrap());
        Self { child, input, output, log }
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
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// Closes the server's input and returns how it ended and what it still had to say.
    pub async fn close(mut self) -> (ExitStatus, Vec<Value>) {
        self.end_input();
        let mut rest = Vec::new();
        while let Some(message) = self.next().await {
            rest.push(message);
        }
        (within("the end of the server", self.child.wait()).await.unwrap(), rest)
    }
}
