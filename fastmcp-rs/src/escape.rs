//! Escaping text for the inside of a JSON string, eight bytes at a time: structured results go out twice, once as JSON and
//! once as the text of that JSON, and the second copy is mostly this loop.

/// Appends `text` with `"`, `\` and control characters escaped, as a JSON string wants it (RFC 8259, section 7).
pub(crate) fn write_escaped(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let (chunks, rest) = bytes.as_chunks::<8>();
    // A quarter more is what JSON needs that is mostly short strings.
    out.reserve(bytes.len() + bytes.len() / 4);
    let mut plain = 0;
    for (place, chunk) in chunks.iter().enumerate() {
        if has_special(u64::from_le_bytes(*chunk)) {
            out.extend_from_slice(chunks[plain..place].as_flattened());
            // Where one is, others are near, and runs between them too short for a copy each.
            write_each(out, chunk);
            plain = place + 1;
        }
    }
    out.extend_from_slice(chunks[plain..].as_flattened());
    write_each(out, rest);
}

fn write_each(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x20.. => out.push(*byte),
            _ => write_control(out, *byte),
        }
    }
}

const fn repeat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Whether one of eight bytes needs escaping.
const fn has_special(word: u64) -> bool {
    const HIGH: u64 = repeat(0x80);
    const ONES: u64 = repeat(1);
    let control = word.wrapping_sub(repeat(0x20)) & !word;
    let quote = word ^ repeat(b'"');
    let quote = quote.wrapping_sub(ONES) & !quote;
    let backslash = word ^ repeat(b'\\');
    let backslash = backslash.wrapping_sub(ONES) & !backslash;
    (control | quote | backslash) & HIGH != 0
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
            ] {
                let text = format!("{}{text}", "x".repeat(start));
                let read: String = serde_json::from_str(&format!("\"{}\"", escaped(&text))).expect("JSON");
                assert_eq!(read, text);
            }
        }
    }
}
