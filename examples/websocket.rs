//! A server behind a WebSocket: axum speaks it, and a pipe in memory turns its messages into the lines that `serve` reads.
//!
//! ```sh
//! cargo run --example websocket             # ws://127.0.0.1:8000/ws
//! ```
//!
//! One text message is one JSON-RPC message, both ways.

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use fastmcp_rs::RunningServer;
use fastmcp_rs::prelude::{Server, tool};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf, duplex, split,
};
use tokio::net::TcpListener;

const LONGEST_MESSAGE: usize = 4 * 1024 * 1024;

/// Greet someone by name.
#[tool(inline)]
fn greet(
    /// Who to greet.
    name: String,
) -> String {
    format!("Hello, {name}!")
}

#[tokio::main]
async fn main() -> fastmcp_rs::Result {
    let listener = TcpListener::bind("127.0.0.1:8000").await?;
    eprintln!("listening on ws://{}/ws", listener.local_addr()?);
    let server = Server::new("greeter").start().await?;
    axum::serve(listener, Router::new().route("/ws", get(upgrade)).with_state(server)).await?;
    Ok(())
}

/// Browsers let any page open a WebSocket to this machine, but say which page it was. Here, none may.
async fn upgrade(State(server): State<RunningServer>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if headers.contains_key(header::ORIGIN) {
        return StatusCode::FORBIDDEN.into_response();
    }
    upgrade.protocols(["mcp"]).max_message_size(LONGEST_MESSAGE).on_upgrade(move |socket| async move {
        let (ours, theirs) = duplex(64 * 1024);
        tokio::join!(server.serve(theirs), bridge(socket, ours));
    })
}

/// Carries messages between the socket and the pipe until either closes. Each way has a loop of its own, so that a client that
/// sends without reading cannot make the two wait for each other.
async fn bridge(socket: WebSocket, pipe: DuplexStream) {
    let (to_client, from_client) = socket.split();
    let (from_server, to_server) = split(pipe);
    tokio::select! {
        () = requests(from_client, to_server) => {}
        () = answers(from_server, to_client) => {}
    }
}

async fn requests(mut client: SplitStream<WebSocket>, mut server: WriteHalf<DuplexStream>) {
    while let Some(Ok(message)) = client.next().await {
        match message {
            Message::Text(text) if server.write_all(line(&text).as_bytes()).await.is_ok() => {}
            // A closing socket is read on, so that the other side's goodbye is answered.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => {}
            Message::Text(_) | Message::Binary(_) => break,
        }
    }
}

async fn answers(server: ReadHalf<DuplexStream>, mut client: SplitSink<WebSocket, Message>) {
    let mut lines = BufReader::new(server).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if client.send(Message::text(line)).await.is_err() {
            break;
        }
    }
}

/// A message on a line of its own. JSON has line breaks between its tokens only, where a space does as well.
fn line(message: &str) -> String {
    message.replace(['\n', '\r'], " ") + "\n"
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_message_stays_on_its_line() {
        assert_eq!(super::line("{\r\n  \"id\": 1\n}"), "{    \"id\": 1 }\n");
    }
}
