//! The state of a call between two rounds: one byte says where to change it, then there are lines: what it is bound to, and the rest.
//! Nobody can make one, what was sealed comes back as it was for the same call, and one that was changed does not open.

use std::sync::LazyLock;

use fastmcp_rs::__bench::Seals;

static SEALS: LazyLock<Seals> = LazyLock::new(|| Seals::with([7; 32]));

pub fn check(bytes: &[u8]) {
    let Some((&place, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let (bound, rest) = text.split_once('\n').unwrap_or(("", text));
    assert_eq!(SEALS.open(rest, bound.as_bytes()), None, "a state of somebody's own");

    let Some(sealed) = SEALS.seal(rest, bound.as_bytes()) else { return };
    let opened = SEALS.open(&sealed, bound.as_bytes()).expect("what was sealed opens");
    let again = SEALS.seal(&opened, bound.as_bytes()).expect("what was opened can be sealed");
    assert_eq!(SEALS.open(&again, bound.as_bytes()), Some(opened));

    assert_eq!(SEALS.open(&sealed, format!("{bound}x").as_bytes()), None, "it is bound to another call");
    let at = usize::from(place) % sealed.len();
    let other = if sealed[at..].starts_with('A') { "B" } else { "A" };
    let changed = format!("{}{other}{}", &sealed[..at], &sealed[at + 1..]);
    assert_eq!(SEALS.open(&changed, bound.as_bytes()), None, "it was changed");
    assert_eq!(SEALS.open(&sealed[..at], bound.as_bytes()), None, "it was cut");
    assert_eq!(SEALS.open(&format!("{sealed}A"), bound.as_bytes()), None, "it was made longer");
}
