//! An HTTP server whose every response is written by the test.

use fastmcp_rs::Revision;
use fastmcp_rs::client::{Client, ClientBuilder, ClientError};
use fastmcp_rs_tests::within;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::fake::{discovered, initialized};

/// A server on a port of its own.
pub(super) struct Web {
    listener: TcpListener,
    pub(super) url: String,
}

/// A request that waits for its response.
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    /// Null if there is none.
    pub(super) body: Value,
    stream: BufReader<TcpStream>,
}

impl Web {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        Self { listener, url }
    }

    /// A client of it, in this revision, that has been greeted; within a session, if the revision has such.
    pub(super) async fn greeted(
        revision: Revision,
        build: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> (Client, Self) {
        let mut web = Self::start().await;
        let connecting = web.connect(|builder| build(builder.era(revision)));
        web.greet(revision, "session-1").await;
        (connecting.await.unwrap().unwrap(), web)
    }

    /// Connects in a task of its own.
    pub(super) fn connect(
        &self,
        build: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> JoinHandle<Result<Client, ClientError>> {
        tokio::spawn(build(Client::http(&self.url)).connect())
    }

    /// Greets as a server of this revision does.
    pub(super) async fn greet(&mut self, revision: Revision, session: &str) {
        if revision.has_handshake() {
            let request = self.expect("initialize").await;
            let answer =
                json!({ "jsonrpc": "2.0", "id": request.body["id"], "result": initialized(revision.as_str()) });
            request
                .respond(200, &[("Content-Type", "application/json"), ("Mcp-Session-Id", session)], &answer.to_string())
                .await;
            self.expect("notifications/initialized").await.respond(202, &[], "").await;
        } else {
            self.expect("server/discover").await.answer(discovered(&[revision.as_str()])).await;
        }
    }

    /// The next request, whatever it is.
    pub(super) async fn next(&mut self) -> Asked {
        loop {
            let (stream, _) = within("a connection", self.listener.accept()).await.unwrap();
            // A connection that was made for nothing is none.
            if let Some(asked) = Asked::read(stream).await {
                return asked;
            }
        }
    }

    /// The next request that is a POST. There is no stream for GET.
    pub(super) async fn post(&mut self) -> Asked {
        loop {
            let asked = self.next().await;
            if asked.method != "GET" {
                return asked;
            }
            asked.respond(405, &[("Allow", "POST")], "").await;
        }
    }

    /// The next POST, which has this method.
    pub(super) async fn expect(&mut self, method: &str) -> Asked {
        let asked = self.post().await;
        assert_eq!(asked.body["method"], method, "{:#}", asked.body);
        asked
    }

    /// The next GET.
    pub(super) async fn get(&mut self) -> Asked {
        let asked = self.next().await;
        assert_eq!(asked.method, "GET", "{:#}", asked.body);
        asked
    }

    /// Nobody asks anything for half a second.
    pub(super) async fn is_left_alone(&mut self) {
        let half = std::time::Duration::from_millis(500);
        assert!(tokio::time::timeout(half, self.listener.accept()).await.is_err(), "somebody asked");
    }
}

impl Asked {
    async fn read(stream: TcpStream) -> Option<Self> {
        stream.set_nodelay(true).unwrap();
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        within("a request", stream.read_line(&mut line)).await.ok().filter(|read| *read > 0)?;
        let mut words = line.split(' ').map(ToOwned::to_owned);
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length =
            headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, length)| length.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        Some(Self { method, path, headers, body, stream })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Responds, and closes the connection.
    pub(super) async fn respond(mut self, status: u16, headers: &[(&str, &str)], body: &str) {
        let mut head = format!("HTTP/1.1 {status} Said\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        // The client may have gone.
        let _ = self.stream.write_all(format!("{head}\r\n{body}").as_bytes()).await;
        let _ = self.stream.shutdown().await;
    }

    /// Answers with a result, as JSON.
    pub(super) async fn answer(self, result: Value) {
        let answer = json!({ "jsonrpc": "2.0", "id": self.body["id"], "result": result });
        self.respond(200, &[("Content-Type", "application/json; charset=utf-8")], &answer.to_string()).await;
    }

    /// Refuses with an error, as JSON.
    pub(super) async fn refuse(self, status: u16, code: i64, data: Value) {
        let error = json!({ "code": code, "message": "no", "data": data });
        let answer = json!({ "jsonrpc": "2.0", "id": self.body["id"], "error": error });
        self.respond(status, &[("Content-Type", "application/json")], &answer.to_string()).await;
    }

    /// Begins an event stream.
    pub(super) async fn stream(mut self) -> Stream {
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/event-stream\r\n\r\n";
        self.stream.write_all(head.as_bytes()).await.unwrap();
        Stream { stream: self.stream }
    }
}

/// An event stream that is open.
pub(super) struct Stream {
    stream: BufReader<TcpStream>,
}

impl Stream {
    /// Writes these bytes.
    pub(super) async fn write(&mut self, bytes: &str) {
        self.stream.write_all(bytes.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Writes an event with a message.
    pub(super) async fn event(&mut self, message: Value) {
        self.write(&format!("event: message\ndata: {message}\n\n")).await;
    }

    /// Waits until the client has closed the connection.
    pub(super) async fn is_closed(&mut self) {
        let mut byte = [0];
        let read = within("the end of the connection", self.stream.read(&mut byte)).await;
        assert!(matches!(read, Ok(0) | Err(_)), "the client wrote on");
    }

    /// Closes the connection.
    pub(super) async fn close(mut self) {
        let _ = self.stream.shutdown().await;
    }
}
