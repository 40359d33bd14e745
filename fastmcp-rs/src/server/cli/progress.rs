//! A long call on a terminal: one line that says how far it is, and what the server logs above it.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use serde_json::Value;
use serde_json::value::RawValue;

use crate::protocol::method;
use crate::text::sanitize;

/// How far a call is, for whoever waits in front of it.
pub(super) struct Progress {
    what: String,
    begun: Instant,
    terminal: bool,
    /// What the handler said last.
    said: String,
    drawn: bool,
}

impl Progress {
    /// Of a call that begins now.
    pub(super) fn of(what: &str) -> Self {
        let terminal = std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self {
            what: sanitize::bounded(what, 64).into_owned(),
            begun: Instant::now(),
            terminal,
            said: String::new(),
            drawn: false,
        }
    }

    /// How long to wait before the line is drawn anew; `None` where nobody looks.
    pub(super) fn patience(&self) -> Option<Duration> {
        self.terminal.then_some(Duration::from_millis(if self.drawn { 250 } else { 1000 }))
    }

    /// Time has passed.
    pub(super) fn tick(&mut self) {
        self.draw();
    }

    /// A notification came.
    pub(super) fn hear(&mut self, method: &str, params: Option<&RawValue>) {
        if !self.terminal {
            return;
        }
        let params: Value = params.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
        match method {
            method::PROGRESS => {
                let mut said = number(&params["progress"]);
                if !params["total"].is_null() {
                    said = format!("{said} of {}", number(&params["total"]));
                }
                if let Some(message) = params["message"].as_str() {
                    said = format!("{said}, {}", sanitize::bounded(message, 60));
                }
                self.said = said;
                self.draw();
            }
            method::MESSAGE => {
                self.end();
                let level = params["level"].as_str().unwrap_or("info");
                let data = params["data"].as_str().map_or_else(|| params["data"].to_string(), str::to_owned);
                eprintln!("{}: {}", sanitize::bounded(level, 16), sanitize::bounded_lines(&data, 4096));
            }
            _ => {}
        }
    }

    fn draw(&mut self) {
        let seconds = self.begun.elapsed().as_secs();
        let said = if self.said.is_empty() { "running" } else { &self.said };
        let line = format!("\r\x1b[K{}: {said}, {seconds} s", self.what);
        let mut out = std::io::stderr().lock();
        // It is only for the eye; a terminal that cannot be written to has no reader.
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
        self.drawn = true;
    }

    /// Takes the line away.
    pub(super) fn end(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let mut out = std::io::stderr().lock();
            let _ = out.write_all(b"\r\x1b[K").and_then(|()| out.flush());
        }
    }
}

/// `1` for `1.0`.
fn number(value: &Value) -> String {
    value.as_f64().map_or_else(|| value.to_string(), |number| number.to_string())
}
