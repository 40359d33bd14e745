//! Arguments as logs may show them: what was declared `sensitive` is not there, and what is long is cut.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::component::ComponentInfo;
use crate::text::sanitize::{bounded, is_control_or_bidi};

/// The longest argument that is shown, and all of them together, as JSON in bytes.
const EACH: usize = 1024;
const ALL: usize = 4096;
/// What stands in place of a value that was declared `sensitive`.
const REDACTED: &str = "\"[redacted]\"";

/// The arguments of a call as JSON on one line.
pub(super) fn redacted(component: &ComponentInfo, arguments: &RawValue) -> String {
    let Ok(arguments) = serde_json::from_str::<BTreeMap<String, &RawValue>>(arguments.get()) else {
        // It may hold anything.
        return REDACTED.to_owned();
    };
    let mut out = String::from("{");
    for (name, value) in arguments {
        let key = json_text(&bounded(&name, 64));
        let value = if component.is_sensitive(&name) {
            REDACTED.to_owned()
        } else if value.get().len() > EACH {
            format!("\"[{} bytes]\"", value.get().len())
        } else {
            one_line(value.get())
        };
        if out.len() + key.len() + value.len() > ALL {
            out.push_str(if out.len() > 1 { ",\"[more]\":true" } else { "\"[more]\":true" });
            break;
        }
        if out.len() > 1 {
            out.push(',');
        }
        out.push_str(&key);
        out.push(':');
        out.push_str(&value);
    }
    out.push('}');
    out
}

/// JSON on one line, in which nothing reaches a terminal as a command.
pub(super) fn one_line(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            // Between tokens: within a string they are escaped already.
            '\n' | '\r' | '\t' => out.push(' '),
            // Within a string, where else there is none of them.
            letter if is_control_or_bidi(letter) || letter == '\u{feff}' => {
                let mut units = [0; 2];
                for unit in letter.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            letter => out.push(letter),
        }
    }
    out
}

fn json_text(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
