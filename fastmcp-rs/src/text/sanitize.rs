//! The safe echoing of what somebody else wrote.

use std::borrow::Cow;

use crate::bounds;

/// At most `n` characters of `text`, with control and direction-changing characters made visible.
///
/// For everything of a client's that goes into a message or a log: it cannot move the cursor, start a line or
/// reorder what stands around it.
pub(crate) fn bounded(text: &str, n: usize) -> Cow<'_, str> {
    made_visible(text, n, disturbs)
}

/// The same for what an author wrote, in lines of his own.
pub(crate) fn bounded_lines(text: &str, n: usize) -> Cow<'_, str> {
    made_visible(text, n, |c| !matches!(c, '\n' | '\t') && disturbs(c))
}

/// A text of any length for a terminal, in lines of its own: with the characters made visible that would move the cursor, change
/// colours or reorder what stands around them. A line end of two characters becomes one of one.
pub(crate) fn for_terminal(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| !matches!(c, '\n' | '\t') && is_control_or_bidi(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\n' | '\t' => out.push(c),
            '\r' => out.push_str("\\r"),
            c if is_control_or_bidi(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A failure's text for the log: on one line, so that nobody can put a line of his own there.
pub(crate) fn for_log(text: &str) -> Cow<'_, str> {
    bounded(text, bounds::LOG_TEXT)
}

/// What a library says of a client's text, some of which it may repeat.
pub(crate) fn error(error: &dyn std::fmt::Display) -> String {
    bounded(&error.to_string(), bounds::CAUSE).into_owned()
}

fn made_visible(text: &str, n: usize, disturbs: fn(char) -> bool) -> Cow<'_, str> {
    let cut = text.char_indices().nth(n).map(|(at, _)| at);
    let head = cut.map_or(text, |at| text.get(..at).unwrap_or_default());
    if cut.is_none() && !head.chars().any(disturbs) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(head.len() + 8);
    for c in head.chars() {
        if disturbs(c) {
            match c {
                '\n' | '\r' | '\t' => out.extend(c.escape_default()),
                c => out.extend(c.escape_unicode()),
            }
        } else {
            out.push(c);
        }
    }
    if cut.is_some() {
        out.push('…');
    }
    Cow::Owned(out)
}

fn disturbs(c: char) -> bool {
    is_control_or_bidi(c) || matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{feff}')
}

/// Whether a character moves the cursor, ends a line or turns the direction of what stands around it. Unlike the invisible
/// joiners, which names in many scripts need, none of these is part of a word.
pub(crate) fn is_control_or_bidi(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(bounded("héllo", 2), "hé…");
        assert_eq!(bounded("héllo", 5), "héllo");
        assert!(matches!(bounded("plain", 10), Cow::Borrowed(_)));
    }

    #[test]
    fn control_and_bidi_characters_are_shown() {
        assert_eq!(bounded("a\nb", 10), "a\\nb");
        assert_eq!(bounded_lines("a\n\tb\r\u{1b}", 10), "a\n\tb\\r\\u{1b}");
        assert_eq!(bounded("a\u{1b}[31m", 10), "a\\u{1b}[31m");
        assert_eq!(bounded("a\u{202e}b", 10), "a\\u{202e}b");
    }

    #[test]
    fn a_terminal_gets_lines_and_no_commands() {
        assert_eq!(for_terminal("a\r\nb\tc"), "a\nb\tc");
        assert_eq!(for_terminal("\u{1b}]0;x\u{7}\u{9b}2J\r\u{7f}"), "\\u{1b}]0;x\\u{7}\\u{9b}2J\\r\\u{7f}");
        assert_eq!(for_terminal("\u{2067}a\u{202e}"), "\\u{2067}a\\u{202e}");
        assert!(matches!(for_terminal("👨\u{200d}👩 plain"), Cow::Borrowed(_)));
    }
}
