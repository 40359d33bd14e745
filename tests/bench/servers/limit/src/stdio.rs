//! A plain loop: read what is there, answer every whole line of it, write once.

use std::io::{Read as _, Write as _};

use crate::protocol::Server;

pub fn serve() -> std::io::Result<()> {
    let server = Server::new();
    let mut input = std::io::stdin().lock();
    let mut output = std::io::stdout().lock();
    let mut buffer = vec![0; 64 * 1024];
    let mut filled = 0;
    let mut out = Vec::new();
    let mut greeted = false;
    loop {
        if filled == buffer.len() {
            buffer.resize(buffer.len() * 2, 0);
        }
        let read = input.read(&mut buffer[filled..])?;
        if read == 0 {
            return Ok(());
        }
        let end = filled + read;
        let mut start = 0;
        // What was there before has no line end.
        let mut from = filled;
        while let Some(length) = newline(&buffer[from..end]) {
            let line = &buffer[start..from + length];
            let before = out.len();
            server.answer(line, &mut greeted, &mut out);
            if out.len() > before {
                out.push(b'\n');
            }
            start = from + length + 1;
            from = start;
        }
        buffer.copy_within(start..end, 0);
        filled = end - start;
        if !out.is_empty() {
            output.write_all(&out)?;
            output.flush()?;
            out.clear();
        }
    }
}

fn newline(bytes: &[u8]) -> Option<usize> {
    let ones = u64::from_ne_bytes([1; 8]);
    let mut at = 0;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk) ^ (ones * u64::from(b'\n'));
        let zero = word.wrapping_sub(ones) & !word & (ones << 7);
        if zero != 0 {
            return Some(at + zero.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    bytes[at..].iter().position(|byte| *byte == b'\n').map(|place| at + place)
}
