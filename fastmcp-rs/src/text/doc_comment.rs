//! The text of a doc comment as schemars hands it on: joined, trimmed, and still with the decoration of `/** .. */`.

/// The text without the column of stars and the indentation that a block comment has; `None` if it has neither.
///
/// Which lines were a block is not known any more. So stars are decoration where they are indented, as they are below `/**`, and
/// go on from text or have a line of their own; and indentation is the block's where every line after the first has it, unless
/// the first is an item of a list, which the others may belong to.
pub(crate) fn plain(text: &str) -> Option<String> {
    if !text.contains('\n') {
        return None;
    }
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    strip_stars(&mut lines);
    let indented = lines.iter().skip(1).filter(|line| !line.is_empty());
    let common = indented.map(|line| indent(line)).min().unwrap_or(0);
    if common > 0 && !lines.first().is_some_and(|first| is_item(first)) {
        for line in lines.iter_mut().skip(1) {
            *line = line.get(common..).unwrap_or_default();
        }
    }
    if !text.contains("```") && !text.contains("~~~") {
        lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    }
    let plain = lines.join("\n").trim_matches('\n').to_owned();
    (plain != text).then_some(plain)
}

fn strip_stars(lines: &mut [&str]) {
    let is_star = |line: &str| line == "*" || line.starts_with("* ");
    let is_decorated = |line: &str| indent(line) > 0 && is_star(line.trim_start());
    // `/**` stands alone, so that the first line has a star too.
    let is_whole =
        |lines: &[&str]| is_star(lines[0]) && lines.len() > 1 && lines[1..].iter().all(|line| is_decorated(line));
    let mut at = usize::from(!is_whole(lines));
    while at < lines.len() {
        let length = lines[at..].iter().take_while(|line| at == 0 || is_decorated(line)).count();
        let goes_on = at == 0 || !(lines[at - 1].is_empty() || is_item(lines[at - 1]));
        let run = &mut lines[at..at + length];
        if goes_on || run.iter().any(|line| line.trim() == "*") {
            for line in run {
                let rest = line.trim_start();
                let rest = rest.strip_prefix('*').unwrap_or(rest);
                *line = rest.strip_prefix(' ').unwrap_or(rest);
            }
        }
        at += length.max(1);
    }
}

/// Whether a line begins an item of a list.
fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = number.len() < line.len() && (number.starts_with(". ") || number.starts_with(") "));
    numbered || line.starts_with("* ") || line.starts_with("- ") || line.starts_with("+ ")
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_lose_their_decoration() {
        assert_eq!(plain("One.\n     *\n     * Two.").as_deref(), Some("One.\n\nTwo."));
        assert_eq!(plain("* One.\n *\n * - a\n *   - b").as_deref(), Some("One.\n\n- a\n  - b"));
        assert_eq!(plain("One.\n\n    Two.\n      Three.").as_deref(), Some("One.\n\nTwo.\n  Three."));
        assert_eq!(plain("One.\nTwo.\n * Three.\nFour.").as_deref(), Some("One.\nTwo.\nThree.\nFour."));
        assert_eq!(plain("One.\n\n\n    *\n    * - a\n    * - b\n\nTwo.").as_deref(), Some("One.\n\n- a\n- b\n\nTwo."));
        assert_eq!(plain("One  \nTwo.").as_deref(), Some("One\nTwo."));
    }

    #[test]
    fn lines_keep_their_lists() {
        for text in [
            "One.",
            "One.\n\nTwo.",
            "* a\n* b",
            "- a\n  - b",
            "One:\n\n* a\n  * b\n* c",
            "One:\n* a\n  more of a",
            "1. a\n   more\n2. b",
            "One:\n\n  * a\n\nTwo.",
        ] {
            assert_eq!(plain(text), None, "{text}");
        }
    }
}
