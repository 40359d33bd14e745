//! What a message can make the server hold while it is looked at, refused or not: the most at one time, whatever the message is.

use std::io;
use std::pin::Pin;
use std::task::{Context as Task, Poll};

use allocation_counter::measure;
use fastmcp_rs::prelude::*;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{LEGACY, MODERN, initialize, request, runtime};

const MIB: u64 = 1024 * 1024;

/// Any JSON.
#[tool(inline)]
fn any(value: Value) -> bool {
    value.is_array()
}

/// A client that sends one text and reads nothing.
struct Flood(&'static [u8]);

impl AsyncRead for Flood {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Task<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let (now, later) = self.0.split_at(buffer.remaining().min(self.0.len()));
        buffer.put_slice(now);
        self.0 = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Flood {
    fn poll_write(self: Pin<&mut Self>, _: &mut Task<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The most that is allocated at one time while these lines are taken.
fn most(lines: &str) -> u64 {
    let text = format!("{}\n{lines}\n", initialize()).leak().as_bytes();
    let (runtime, server) = (runtime(), Server::empty("flood").tool(any));
    measure(|| runtime.block_on(server.serve(Flood(text))).unwrap()).bytes_max
}

#[test]
fn a_flood_of_small_values_takes_no_more_than_its_text() {
    let call = |revision| request(revision, "tools/call", json!({ "name": "any", "arguments": { "value": "FLOOD" } }));
    for part in [r#"{"":0},"#, "[0],", r#"{"":[{"":0}]},"#, r#""","#, "0,", r#"{"a":null,"b":null},"#] {
        let flood = format!("[{}0]", part.repeat(((4 << 20) - 1024) / part.len()));
        for message in [
            flood.clone(),
            request(LEGACY, "tools/list", json!("FLOOD")).replace("\"FLOOD\"", &flood),
            request(LEGACY, "nothing", json!({ "a": "FLOOD" })).replace("\"FLOOD\"", &flood),
            call(LEGACY).replace(r#"{"value":"FLOOD"}"#, &flood),
            call(LEGACY).replace("\"FLOOD\"", &flood),
            call(MODERN).replace("\"FLOOD\"", &flood),
            format!(r#"{{"jsonrpc":"2.0","id":1,"id":2,"method":{flood}}}"#),
            format!(r#"{{"jsonrpc":"2.0","id":7,"result":{flood},"error":{flood}}}"#).chars().take(4 << 20).collect(),
            format!(r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{flood}}}"#),
        ] {
            // The line itself, as it grows, and what is taken over of it.
            let most = most(&message);
            assert!(most < 24 * MIB, "{part}: {} MiB for {:.80}", most / MIB, message);
        }
    }
}

#[test]
fn what_is_let_through_stays_below_its_bound() {
    let call = request(LEGACY, "tools/call", json!({ "name": "any", "arguments": { "value": "FLOOD" } }));
    for part in [r#"{"":0},"#, "[0],", r#"{"":[{"":0}]},"#, r#""x","#, "0,", r#"{"a":null,"b":null},"#] {
        // As many as just pass.
        let flood = |count: usize| call.replace("\"FLOOD\"", &format!("[{}0]", part.repeat(count)));
        for bytes in [100 << 10, 170 << 10, 300 << 10, 600 << 10, 1 << 20, 3 << 20] {
            let most = most(&flood(bytes / part.len()));
            assert!(most < 64 * MIB, "{part}: {} MiB for {bytes} bytes", most / MIB);
        }
    }
}
