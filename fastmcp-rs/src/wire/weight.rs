//! How much memory a JSON text would take as a tree of values, found without building it. A few bytes of text can become several
//! hundred in memory, so that the length of a message alone bounds little.

use crate::bounds;

/// A value in a list.
const VALUE: usize = 32;
/// A string that is not empty, beside its bytes.
const STRING: usize = 24;
/// A list that is not empty: the room that it begins with.
const LIST: usize = 128;
/// An object that is not empty: the first node of its map.
const OBJECT: usize = 632;
/// One more member: its name, and its share of further nodes.
const MEMBER: usize = 96;
/// The most that one byte of text can become: `{"":{"":{..`, with four bytes for an object of one member.
const STEEPEST: usize = (OBJECT + MEMBER + VALUE) / 4 + 1;

/// Whether the values of a message would take more than [`bounds::TREE`] allows for messages of up to `message_bytes`.
pub(crate) fn exceeds(json: &str, message_bytes: usize) -> bool {
    let most = message_bytes.saturating_mul(bounds::TREE);
    json.len() > most / STEEPEST && of(json) > most
}

/// The memory that the values in a JSON text would take, by an estimate that errs upward.
pub(crate) fn of(json: &str) -> usize {
    let json = json.as_bytes();
    let mut total = VALUE;
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        at += 1;
        let is_empty = |closing: u8| json.get(at) == Some(&closing);
        total += match byte {
            b',' => VALUE,
            b':' => MEMBER,
            b'[' if !is_empty(b']') => LIST + VALUE,
            b'{' if !is_empty(b'}') => OBJECT + VALUE,
            b'"' => {
                let length = string(json.get(at..).unwrap_or_default());
                at += length + 1;
                if length == 0 { 0 } else { STRING + length }
            }
            _ => 0,
        };
    }
    total
}

/// The length of a string's text, up to the quote that ends it.
fn string(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = rest.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found;
        if rest.get(at) == Some(&b'"') {
            return at;
        }
        at += 2;
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    #[test]
    fn floods_of_small_values_exceed_and_honest_messages_do_not() {
        let filled = |part: &str, size: usize| format!("[{}0]", part.repeat(size / part.len()));
        for flood in [
            r#"{"":0},"#,
            r#"{"a":0},"#,
            "[0],",
            "[[0]],",
            r#"{"":{"":0}},"#,
            r#"{"":[0]},"#,
            r#""a","#,
            r#"{ "": 0 },"#,
        ] {
            assert!(exceeds(&filled(flood, 4 * MIB - 8), 4 * MIB), "{flood}");
        }
        for open in ["[{\"\":", "[", "{\"\":"] {
            assert!(exceeds(&open.repeat((4 * MIB - 8) / open.len()), 4 * MIB), "{open}");
        }
        for honest in [
            filled("0.125,", 4 * MIB - 8),
            filled(r#"{"id":1,"name":"somebody"},"#, MIB / 2),
            filled(
                r#""a line of text of the usual length, eighty characters or so, like this one here","#,
                4 * MIB - 128,
            ),
            format!("\"{}\"", r#"{\"\":0},[[,:"#.repeat(300_000)),
            format!("\"{}\"", r"\\".repeat(2_000_000)),
        ] {
            assert!(!exceeds(&honest, 4 * MIB), "{} bytes, {}", honest.len(), of(&honest));
        }
    }

    #[test]
    fn nothing_short_can_exceed() {
        for steep in ["[{\"\":", "{\"\":", "[[", "[{\"\":0},", "[0],", "{\"\":0},", "\"a\",", "0,"] {
            let json = steep.repeat(1000);
            assert!(of(&json) <= json.len() * STEEPEST, "{steep}: {} of {}", of(&json), json.len() * STEEPEST);
        }
    }

    #[test]
    fn the_estimate_is_not_fooled_by_text() {
        assert_eq!(of(r#""\"[{,:\\""#), VALUE + STRING + 8);
        assert_eq!(of("{}"), VALUE);
        assert_eq!(of("[]"), VALUE);
        assert_eq!(of(r#"[0,0]"#), VALUE + LIST + 2 * VALUE);
        assert_eq!(of(r#"{"":0}"#), VALUE + OBJECT + VALUE + MEMBER);
        assert_eq!(of("\"unfinished"), VALUE + STRING + 10);
        assert_eq!(of("\"\\"), VALUE + STRING + 1);
    }
}
