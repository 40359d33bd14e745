//! Whether a function stands in an impl block.
//!
//! An attribute sees its function and nothing around it. A method with `self` betrays itself; an associated function does
//! not, and what we would generate beside it is no Rust in an impl block ("struct is not supported in impls"). So, for an
//! indented function, we look at the source file. Where there is none (editors, macros), rustc's message has to do.

use proc_macro2::{Ident, TokenStream, TokenTree};

use crate::function::Function;

/// Whether the function can be seen to be an associated function of an impl block.
pub(crate) fn is_in_impl_block(function: &Function) -> bool {
    let sig = &function.sig;
    mentions_self(quote::quote!(#sig)) || stands_in_impl_block(function.name())
}

/// `Self` means something in impl blocks only (and in traits, which are as wrong a place).
fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) => mentions_self(group.stream()),
        _ => false,
    })
}

fn stands_in_impl_block(name: &Ident) -> bool {
    if !proc_macro::is_available() {
        return false;
    }
    let span = name.span().unwrap();
    // `fn name` at the margin stands in no block, and most functions do.
    if span.column() == "fn ".len() + 1 {
        return false;
    }
    let source = span.local_file().and_then(|file| std::fs::read_to_string(file).ok());
    source.is_some_and(|source| before(&source, span.line(), &name.to_string()).is_some_and(ends_in_impl_block))
}

/// The source up to the name, if the name is where it should be.
fn before<'s>(source: &'s str, line: usize, name: &str) -> Option<&'s str> {
    let start: usize = source.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let this = source.get(start..)?.lines().next()?;
    this.contains(name).then(|| &source[..start])
}

/// Whether the innermost block that is open at the end of `source` is that of an impl.
fn ends_in_impl_block(source: &str) -> bool {
    let mut open: Vec<bool> = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    let mut depth = 0_usize;
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '/' | '"' | '\'' | 'r' | 'b' | 'c' => skipped(rest),
            _ => 0,
        };
        if length > 0 {
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        let mut taken = c.len_utf8();
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '{' => {
                open.push(depth == 0 && matches!(words[..], ["impl", ..] | ["unsafe", "impl", ..]));
                words.clear();
                depth = 0;
            }
            '}' => {
                open.pop();
                words.clear();
            }
            ';' if depth == 0 => words.clear(),
            c if c.is_alphabetic() || c == '_' => {
                taken = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                if depth == 0 && words.len() < 3 {
                    words.push(&rest[..taken]);
                }
            }
            _ => {}
        }
        rest = &rest[taken..];
    }
    open.last().copied().unwrap_or(false)
}

/// The length of the comment, string or character that `text` begins with; 0 if there is none.
fn skipped(text: &str) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        let (mut depth, mut at) = (1, 2);
        while depth > 0 {
            let Some(next) = text.get(at..).and_then(|rest| rest.find(['/', '*'])) else {
                return text.len();
            };
            at += next;
            let step = text.get(at..at + 2);
            depth += i32::from(step == Some("/*")) - i32::from(step == Some("*/"));
            at += if matches!(step, Some("/*" | "*/")) { 2 } else { 1 };
        }
        return at;
    }
    let prefix = text.find(|c| !matches!(c, 'r' | 'b' | 'c')).unwrap_or(0);
    let quoted = &text[prefix..];
    if text[..prefix].contains('r') {
        let hashes = quoted.len() - quoted.trim_start_matches('#').len();
        if !quoted[hashes..].starts_with('"') {
            return 0;
        }
        let (from, close) = (prefix + hashes + 1, format!("\"{}", "#".repeat(hashes)));
        return text[from..].find(&close).map_or(text.len(), |at| from + at + close.len());
    }
    let Some(quote) = quoted.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return 0;
    };
    let mut chars = quoted[1..].char_indices();
    // A lifetime has no quote behind its first character.
    if quote == '\'' && !quoted[1..].starts_with('\\') && quoted[1..].chars().nth(1) != Some('\'') {
        return prefix + 1;
    }
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            c if c == quote => return prefix + 1 + at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impl_blocks_are_seen() {
        assert!(ends_in_impl_block("struct N;\nimpl N {\n    #[tool]\n    "));
        assert!(ends_in_impl_block(
            "mod m { impl<'a, T: Fn(u8) -> [u8; 2]> N<'a> for T where T: X { fn a() {} const B: u8 = 1; "
        ));
        assert!(ends_in_impl_block("/* { */ impl N { // }\n fn a() { \"}\"; '}'; '\\''; r#\"}\"# } "));
        assert!(ends_in_impl_block("#[x(y)] unsafe impl N { "));
    }

    #[test]
    fn other_blocks_are_not() {
        assert!(!ends_in_impl_block("impl N {} mod m { "));
        assert!(!ends_in_impl_block("impl N { fn a() { "));
        assert!(!ends_in_impl_block("fn f() -> impl Fn() { "));
        assert!(!ends_in_impl_block("// impl N {\n"));
        assert!(!ends_in_impl_block("const A: &str = \"impl N {\"; "));
    }
}
