//! A template, a line end, a URI: the values that are found are within what their variable may be, and the URI that has these values
//! leads to them again.

use fastmcp_rs::__bench::Templates;

pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some((template, uri)) = text.split_once('\n') else { return };
    let mut templates = Templates::default();
    if templates.try_add(template).is_err() {
        return;
    }
    let Some(values) = templates.values(uri) else { return };
    for (name, value) in &values {
        let forbidden =
            |c: char| c == '\\' || c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let segment = template.contains(&format!("{{{name}}}"));
        // Only in a query may a value have a backslash, within it.
        if segment || template.contains(&format!("{{{name}*}}")) {
            assert!(!value.contains(forbidden), "{template} on {uri}: {name} is {value:?}");
        }
        assert!(!(segment && value.contains('/')), "{template} on {uri}: {name} is {value:?}");
        assert!(!value.split(['/', '\\']).any(|part| part == ".."), "{template} on {uri}: {name} is {value:?}");
    }
    let again = expanded(template, &values);
    let found =
        templates.values(&again).unwrap_or_else(|| panic!("{template}: {uri} leads to it, and {again} does not"));
    let sorted = |mut values: Vec<(String, String)>| {
        values.sort();
        values
    };
    assert_eq!(sorted(found), sorted(values), "{template}: {uri} and {again}");
}

/// The URI of a template that has these values.
fn expanded(template: &str, values: &[(String, String)]) -> String {
    let (path, query) = template.split_once("{?").unwrap_or((template, ""));
    let query: Vec<_> = query.trim_end_matches('}').split(',').map(str::trim).collect();
    let mut uri = path.to_owned();
    let mut mark = '?';
    let mut pairs = String::new();
    for (name, value) in values {
        if query.contains(&name.as_str()) {
            pairs.push_str(&format!("{mark}{}={}", encoded(name), encoded(value)));
            mark = '&';
        } else {
            uri = uri.replace(&format!("{{{name}}}"), &encoded(value));
            let segments: Vec<_> = value.split('/').map(encoded).collect();
            uri = uri.replace(&format!("{{{name}*}}"), &segments.join("/"));
        }
    }
    uri + &pairs
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}
