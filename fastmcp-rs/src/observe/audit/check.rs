//! Whether an audit log is whole: each line has the hash of the one before.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use serde::Deserialize;

use super::queue::hash;
use crate::error::Error;

/// The longest line that is one.
const LINE: usize = 64 * 1024;

#[derive(Deserialize)]
struct ChainLink {
    prev: String,
    #[serde(default)]
    action: String,
}

/// Reads an audit log, and says how many lines it has, and what of it is torn.
pub(crate) fn check(path: &Path) -> Result<String, Error> {
    let failed = |error: std::io::Error| Error::new(format!("{} cannot be read", path.display())).caused_by(error);
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let (mut number, mut torn) = (0_usize, Vec::new());
    // The hash of the line before; nothing before the first, whose own may be in a file that was moved away.
    let mut before: Option<String> = None;
    let mut cut = false;
    let mut line = Vec::new();
    loop {
        line.clear();
        if std::io::Read::take(&mut file, LINE as u64 + 1).read_until(b'\n', &mut line).map_err(failed)? == 0 {
            break;
        }
        number += 1;
        let whole = line.last() == Some(&b'\n');
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let wrong = |what: &str| Err(Error::new(format!("{}:{number}: {what}", path.display())));
        if text.len() > LINE {
            return wrong("this is not a line of an audit log: it is too long");
        }
        match serde_json::from_slice::<ChainLink>(text) {
            Ok(link) => {
                if before.as_ref().is_some_and(|before| *before != link.prev) {
                    return wrong("the line before it was changed, or lines between them are missing");
                }
                if cut && link.action != "start" {
                    return wrong("the line before it is torn, and the server did not start after it");
                }
                cut = false;
            }
            Err(_) if cut => return wrong("this is not a line of an audit log"),
            // The server died while it wrote; the next line, if there is any, is of its next start and vouches for the rest.
            Err(_) => {
                cut = true;
                torn.push(number);
            }
        }
        before = Some(hash(text));
        if !whole && !cut {
            torn.push(number);
        }
    }
    let lines = if number == 1 { "line" } else { "lines" };
    let rest = match torn.as_slice() {
        [] => String::new(),
        torn => format!(
            "; cut off where the server was ended: {}",
            torn.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        ),
    };
    Ok(format!("{}: {number} {lines}, each follows the one before{rest}", path.display()))
}
