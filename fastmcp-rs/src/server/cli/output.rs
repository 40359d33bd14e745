//! What is printed: no panic when nobody reads it, and nothing that moves a terminal's cursor.

use std::borrow::Cow;
use std::io::Write as _;

use crate::error::Error;
use crate::text::sanitize;

/// A word that somebody typed, for a message.
pub(super) fn shown(word: &str) -> Cow<'_, str> {
    sanitize::bounded(word, 64)
}

/// Text on standard output, and a line end.
pub(super) fn print(text: &str) -> Result<(), Error> {
    write(format!("{}\n", sanitize::for_terminal(text)).as_bytes())
}

/// JSON on standard output, on several lines, its members in the order in which they were written.
pub(super) fn print_json(json: &str) -> Result<(), Error> {
    write(format!("{}\n", pretty(json)).as_bytes())
}

/// Bytes on standard output as they are.
pub(super) fn write(bytes: &[u8]) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Control characters stand in strings only, where JSON has another spelling for them.
fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut text, mut escaped) = (0_usize, false, false);
    let mut rest = json.chars().peekable();
    while let Some(c) = rest.next() {
        if text {
            match c {
                c if sanitize::is_control_or_bidi(c) => out.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => out.push(c),
            }
            text = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '{' | '[' if rest.peek().is_some_and(|next| matches!(next, '}' | ']')) => {
                out.push(c);
                out.extend(rest.next());
            }
            '{' | '[' | ',' => {
                depth += usize::from(c != ',');
                out.push(c);
                out.push('\n');
                out.extend(std::iter::repeat_n("  ", depth));
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                out.push('\n');
                out.extend(std::iter::repeat_n("  ", depth));
                out.push(c);
            }
            ':' => out.push_str(": "),
            c if c.is_whitespace() => {}
            _ => {
                text = c == '"';
                out.push(c);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn pretty_json_keeps_its_order_and_reads_back_the_same() {
        let json = "{\"b\":[1,{\"a\":\"x, {\\\"y\\\": \\\\\"}],\"empty\":{},\"none\":[], \"a\":null,\"c\":\"\u{9b}31m\u{202e}\"}";
        let shown = pretty(json);
        assert_eq!(
            serde_json::from_str::<Value>(&shown).expect("JSON"),
            serde_json::from_str::<Value>(json).expect("JSON")
        );
        assert!(shown.starts_with("{\n  \"b\": [\n    1,"), "{shown}");
        assert!(!shown.contains(['\u{9b}', '\u{202e}']), "{shown}");
    }
}
