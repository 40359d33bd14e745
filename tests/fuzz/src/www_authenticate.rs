//! What a client is told in `WWW-Authenticate`, a line for each member: each stays within its quotes.

use fastmcp_rs::__bench::challenge;

pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let (error, why, scope, url) = (line(), line(), line(), line());
    let header = challenge(error, why, &[scope.to_owned()], url);
    let header = std::str::from_utf8(&header).unwrap();
    assert!(header.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{header:?}");
    // Quoted strings are what is between every second quote, as nothing is escaped.
    let pieces: Vec<_> = header.split('"').collect();
    assert!(pieces.len() == 9 && !header.contains('\\'), "{header:?}");
    let outside: Vec<_> = pieces.iter().step_by(2).copied().collect();
    assert_eq!(
        outside,
        ["Bearer error=", ", error_description=", ", scope=", ", resource_metadata=", ""],
        "{header:?}"
    );
    for (said, told) in [error, why, scope, url].iter().zip(pieces.iter().skip(1).step_by(2)) {
        assert_eq!(said.chars().count(), told.len(), "{header:?}");
    }
}
