//! Escaping text for the inside of a JSON string, eight bytes at a time: structured results go out twice, once as JSON and
//! once as the text of that JSON, and the second copy is mostly this loop.

/// Appends `text` with `"`, `\` and control characters escaped, as a JSON string wants it (RFC 8259, section 7).
///
/// In the text of JSON there is a quote every few bytes. What is between them goes through a buffer of known size eight bytes
/// at a time, since a copy of known length is one instruction, and one of any length is a call.
pub(crate) fn write_escaped(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut staged = [0; 256];
    let mut length = 0;
    let mut at = 0;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        // Eight bytes and one more for an escape, rounded up.
        let Some(room) = staged.get_mut(length..).and_then(|rest| rest.first_chunk_mut::<10>()) else {
            out.extend_from_slice(&staged[..length]);
            length = 0;
            continue;
        };
        room[..8].copy_from_slice(chunk);
        let marks = special(u64::from_le_bytes(*chunk));
        if marks == 0 {
            at += 8;
            length += 8;
            continue;
        }
        let plain = (marks.trailing_zeros() / 8) as usize;
        let byte = chunk[plain];
        at += plain + 1;
        if byte < 0x20 {
            out.extend_from_slice(&staged[..length + plain]);
            length = 0;
            write_control(out, byte);
        } else {
            room[plain] = b'\\';
            room[plain + 1] = byte;
            length += plain + 2;
        }
    }
    out.extend_from_slice(&staged[..length]);
    for byte in &bytes[at..] {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            0x20.. => out.push(*byte),
            _ => write_control(out, *byte),
        }
    }
}

const fn repeat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The high bit of each byte that needs escaping; exact up to and including the first one, which is all that is used.
const fn special(word: u64) -> u64 {
    const HIGH: u64 = repeat(0x80);
    const ONES: u64 = repeat(1);
    let control = word.wrapping_sub(repeat(0x20)) & !word;
    let quote = word ^ repeat(b'"');
    let quote = quote.wrapping_sub(ONES) & !quote;
    let backslash = word ^ repeat(b'\\');
    let backslash = backslash.wrapping_sub(ONES) & !backslash;
    (control | quote | backslash) & HIGH
}

#[cold]
fn write_control(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        _ => {
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = Vec::new();
        write_escaped(&mut out, text);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn every_text_reads_back_as_itself() {
        let all: String = (0..0x250).filter_map(char::from_u32).collect();
        for start in 0..24 {
            for text in [
                "plain",
                &all,
                "\"quoted\"\\",
                "ab\u{7f}\u{80}é漢字🦀\n",
                "1234567\"",
                "12345678\\",
                "\u{1f}       \u{20}",
                &r#"{"key":"said \"so\"","tab":"\t"}"#.repeat(40),
                &"\n".repeat(300),
            ] {
                let text = format!("{}{text}", "x".repeat(start));
                let read: String = serde_json::from_str(&format!("\"{}\"", escaped(&text))).expect("JSON");
                assert_eq!(read, text);
            }
        }
    }
}
