//! HTTP/1.1, as little as it takes, so that a test can also send what no HTTP library would.

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::within;

/// One TCP connection to a server.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
    body: Framing,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Framing {
    Length(usize),
    Chunked,
    UntilClosed,
}

/// The status line and headers of a response.
#[derive(Debug, Clone)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

/// A response that has come whole.
#[derive(Debug, Clone)]
pub struct Response {
    /// Its status and headers.
    pub head: Head,
    /// Its body.
    pub body: Vec<u8>,
}

/// One event of an event stream.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event {
    /// `event:`
    pub event: Option<String>,
    /// `id:`
    pub id: Option<String>,
    /// `retry:`
    pub retry: Option<String>,
    /// The `data:` lines; `None` if there was none.
    pub data: Option<String>,
}

impl Connection {
    /// Connects to `address`.
    pub async fn open(address: &str) -> Self {
        let stream = within("a connection", TcpStream::connect(address)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream), host: address.into(), body: Framing::Length(0) }
    }

    /// Writes these bytes and nothing else.
    pub async fn write(&mut self, bytes: &[u8]) {
        within("room for the request", self.stream.write_all(bytes)).await.unwrap();
    }

    /// Writes a request with `headers`, to which `Host` and `Content-Length` are added unless they are there.
    pub async fn send(&mut self, method: &str, path: &str, headers: &[(String, String)], body: &[u8]) {
        let has = |name: &str| headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
        let mut request = format!("{method} {path} HTTP/1.1\r\n");
        if !has("host") {
            request += &format!("Host: {}\r\n", self.host);
        }
        if !has("content-length") && !has("transfer-encoding") && (method == "POST" || !body.is_empty()) {
            request += &format!("Content-Length: {}\r\n", body.len());
        }
        for (key, value) in headers {
            request += &format!("{key}: {value}\r\n");
        }
        request += "\r\n";
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        self.write(&bytes).await;
    }

    /// The status and headers of the next response, or `None` if the server closed the connection instead.
    pub async fn head(&mut self) -> Option<Head> {
        let status = self.line().await?;
        assert!(status.starts_with("HTTP/1.1 "), "not a status line: {status:?}");
        let status = status[9..12].parse().unwrap_or_else(|_| panic!("no status in {status:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line().await.expect("the headers end before the connection does");
            if line.is_empty() {
                break;
            }
            let (key, value) = line.split_once(':').unwrap_or_else(|| panic!("not a header: {line:?}"));
            headers.push((key.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let head = Head { status, headers };
        self.body = if head.header("transfer-encoding") == Some("chunked") {
            Framing::Chunked
        } else if let Some(length) = head.header("content-length") {
            Framing::Length(length.parse().unwrap())
        } else if matches!(status, 100..200 | 204 | 304) {
            Framing::Length(0)
        } else {
            Framing::UntilClosed
        };
        Some(head)
    }

    /// The next piece of the body, or `None` at its end.
    pub async fn chunk(&mut self) -> Option<Vec<u8>> {
        match self.body {
            Framing::Length(0) => None,
            Framing::Length(left) => {
                let mut bytes = vec![0; left];
                within("the body", self.stream.read_exact(&mut bytes)).await.unwrap();
                self.body = Framing::Length(0);
                Some(bytes)
            }
            Framing::Chunked => {
                let size = self.line().await?;
                let size = usize::from_str_radix(size.split(';').next().unwrap().trim(), 16).unwrap();
                let mut bytes = vec![0; size];
                within("a chunk", self.stream.read_exact(&mut bytes)).await.unwrap();
                self.line().await;
                if size == 0 {
                    self.body = Framing::Length(0);
                }
                (size > 0).then_some(bytes)
            }
            Framing::UntilClosed => {
                let mut bytes = vec![0; 16 * 1024];
                let read = within("the body", self.stream.read(&mut bytes)).await.unwrap_or(0);
                bytes.truncate(read);
                (read > 0).then_some(bytes)
            }
        }
    }

    /// The next response, whole, or `None` if the server closed the connection instead.
    pub async fn response(&mut self) -> Option<Response> {
        let head = self.head().await?;
        Some(self.rest(head).await)
    }

    /// The response whose head has been read.
    pub async fn rest(&mut self, head: Head) -> Response {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk().await {
            body.extend(chunk);
        }
        Response { head, body }
    }

    /// The events of a response whose head has been read, as they come.
    pub fn events(self) -> Events {
        Events { connection: self, buffered: String::new() }
    }

    /// Whether the server has closed the connection: true once nothing more can come, false if something does.
    pub async fn closed(&mut self) -> bool {
        let mut byte = [0];
        matches!(within("the end of the connection", self.stream.read(&mut byte)).await, Ok(0) | Err(_))
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        let read = within("a line", self.stream.read_until(b'\n', &mut line)).await.unwrap_or(0);
        (read > 0).then(|| String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
    }
}

impl Head {
    /// The first header of that name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether the body is an event stream.
    pub fn is_event_stream(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"))
    }
}

impl Response {
    /// The messages in the body, whichever form it has.
    pub fn messages(&self) -> Vec<Value> {
        if self.head.is_event_stream() {
            let text = std::str::from_utf8(&self.body).unwrap();
            return text.split("\n\n").map(Event::parse).filter_map(Event::message).collect();
        }
        // A refusal by HTTP's own means is in words, if there are any.
        let words = self.head.status >= 400
            && self.head.header("content-type").is_some_and(|kind| kind.starts_with("text/plain"));
        if self.body.is_empty() || words {
            return Vec::new();
        }
        assert_eq!(self.head.header("content-type"), Some("application/json"), "{:?}", self.text());
        vec![serde_json::from_slice(&self.body).unwrap()]
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// An event stream that is being read.
#[derive(Debug)]
pub struct Events {
    connection: Connection,
    buffered: String,
}

impl Events {
    /// The next event, or `None` at the end of the stream. Comments are passed over.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.buffered.split_once("\n\n") {
                let event = Event::parse(block);
                self.buffered = rest.to_owned();
                if event != Event::default() {
                    return Some(event);
                }
            }
            let chunk = self.connection.chunk().await?;
            self.buffered += std::str::from_utf8(&chunk).expect("events are written whole, in UTF-8");
        }
    }

    /// The next message, or `None` at the end of the stream.
    pub async fn message(&mut self) -> Option<Value> {
        loop {
            if let Some(message) = self.next().await?.message() {
                return Some(message);
            }
        }
    }
}

impl Event {
    fn parse(block: &str) -> Self {
        let mut event = Self::default();
        for line in block.lines() {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
            match field {
                "event" => event.event = Some(value),
                "id" => event.id = Some(value),
                "retry" => event.retry = Some(value),
                "data" => match &mut event.data {
                    Some(data) => *data += &format!("\n{value}"),
                    none => *none = Some(value),
                },
                _ => {}
            }
        }
        event
    }

    /// The message it carries; an event that only sets the place to resume from has none.
    pub fn message(self) -> Option<Value> {
        let data = self.data.filter(|data| !data.is_empty())?;
        Some(serde_json::from_str(&data).unwrap_or_else(|fault| panic!("not JSON in an event ({fault}): {data}")))
    }
}
