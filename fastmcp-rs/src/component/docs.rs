//! Doc comments as people see them: the description, and what an `# Arguments` section says of each argument.

/// What the docs of a function or parameter say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Docs {
    /// The Markdown text without the section on arguments; `None` if nothing is left.
    pub description: Option<String>,
    /// Name and text of every argument that the section lists.
    pub arguments: Vec<(String, String)>,
}

impl Docs {
    /// Reads the lines of all doc attributes, joined by newlines, each still with its leading space.
    pub(crate) fn read(raw: &str) -> Docs {
        let lines = dedent(raw);
        let mut kept: Vec<&str> = Vec::new();
        let mut arguments = Vec::new();
        let mut fence = Fence::default();
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            at += 1;
            if fence.inside(line) {
                kept.push(line);
                continue;
            }
            let rest = lines.get(at..).unwrap_or_default();
            let taken = if is_heading(line) {
                section(rest, &mut arguments)
            } else if is_label(line) {
                labelled(rest, &mut arguments)
            } else {
                None
            };
            match taken {
                Some(taken) => at += taken,
                None => kept.push(line),
            }
        }
        Docs { description: tidy(&kept), arguments }
    }
}

/// Whether a line is within a fenced code block (the fences count as within).
#[derive(Default)]
struct Fence(Option<(char, usize)>);

impl Fence {
    fn inside(&mut self, line: &str) -> bool {
        let line = line.trim_start();
        let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'));
        let run = mark.map_or(0, |mark| line.chars().take_while(|c| *c == mark).count());
        match (self.0, mark) {
            (None, Some(mark)) if run >= 3 => self.0 = Some((mark, run)),
            (Some((open, length)), Some(mark))
                if open == mark && run >= length && line.chars().skip(run).all(char::is_whitespace) =>
            {
                self.0 = None;
            }
            (state, _) => return state.is_some(),
        }
        true
    }
}

/// The lines without what all of them are indented by, and without the stars of a block comment.
fn dedent(raw: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = raw.lines().map(str::trim_end).collect();
    let starred = lines.len() > 1
        && lines.iter().skip(1).any(|l| !l.is_empty())
        && lines.iter().skip(1).filter(|l| !l.is_empty()).all(|l| {
            let l = l.trim_start();
            l == "*" || l.starts_with("* ")
        })
        // A list of items is starred too, but begins on the first line or has text before it.
        && lines.first().is_some_and(|l| l.is_empty());
    if starred {
        for line in &mut lines {
            let bare = line.trim_start();
            *line = bare.strip_prefix('*').unwrap_or(bare);
        }
    }
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let common = lines.iter().filter(|l| !l.is_empty()).map(|l| indent(l)).min().unwrap_or(0);
    lines.iter().map(|line| line.get(common..).unwrap_or_default()).collect()
}

fn is_arguments(word: &str) -> bool {
    ["arguments", "args", "parameters", "params"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

fn is_heading(line: &str) -> bool {
    let words = line.trim_start_matches('#');
    let level = line.len() - words.len();
    (1..=6).contains(&level)
        && words.starts_with(' ')
        && is_arguments(words.trim().trim_end_matches('#').trim_end().trim_end_matches(':'))
}

fn is_label(line: &str) -> bool {
    line.trim_end().strip_suffix(':').is_some_and(is_arguments)
}

/// Reads a section's list up to the next heading. Returns how many lines it took; `None` if it lists nothing.
fn section(lines: &[&str], arguments: &mut Vec<(String, String)>) -> Option<usize> {
    let mut fence = Fence::default();
    let end = lines
        .iter()
        .position(|line| !fence.inside(line) && line.starts_with('#') && line.trim_start_matches('#').starts_with(' '))
        .unwrap_or(lines.len());
    let found = items(lines.get(..end)?, true);
    if found.is_empty() {
        return None;
    }
    arguments.extend(found);
    Some(end)
}

/// Reads the indented `name: text` lines (or a list) below an `Args:` line.
fn labelled(lines: &[&str], arguments: &mut Vec<(String, String)>) -> Option<usize> {
    let first = lines.iter().find(|l| !l.is_empty())?;
    let listed = bullet(first).is_some();
    let mut end = 0;
    for (at, line) in lines.iter().enumerate() {
        let within = line.starts_with([' ', '\t']) || (listed && bullet(line).is_some());
        if within {
            end = at + 1;
        } else if !line.is_empty() {
            break;
        }
    }
    let found = items(lines.get(..end)?, listed);
    if found.is_empty() {
        return None;
    }
    arguments.extend(found);
    Some(end)
}

fn items(lines: &[&str], listed: bool) -> Vec<(String, String)> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut found: Vec<(usize, String, String)> = Vec::new();
    for line in lines {
        let depth = indent(line);
        // Deeper than the item before: it goes on, whatever it looks like.
        let continues = found.last().is_some_and(|(before, _, _)| depth > *before);
        let item = match bullet(line) {
            Some(text) => Some(text),
            None if listed => None,
            None => Some(line.trim()),
        };
        match item.and_then(named).filter(|_| !continues) {
            Some((name, text)) => found.push((depth, name.to_owned(), text.to_owned())),
            None => {
                let Some((_, _, text)) = found.last_mut() else {
                    continue;
                };
                let more = line.trim();
                if more.is_empty() {
                    if !text.ends_with("\n\n") {
                        text.push_str("\n\n");
                    }
                } else {
                    if bullet(line).is_some() && !text.ends_with('\n') {
                        text.push('\n');
                    } else if !text.is_empty() && !text.ends_with('\n') {
                        text.push(' ');
                    }
                    text.push_str(more);
                }
            }
        }
    }
    found.into_iter().map(|(_, name, text)| (name, text.trim().to_owned())).collect()
}

/// The text of a list item.
fn bullet(line: &str) -> Option<&str> {
    let line = line.trim_start();
    ["* ", "- ", "+ "].iter().find_map(|mark| line.strip_prefix(mark)).map(str::trim)
}

/// `` `name` - text ``, `name: text`, `**name** (u8): text`, as name and text.
fn named(item: &str) -> Option<(&str, &str)> {
    let bare = item.trim_start_matches('*');
    let (name, rest) = match bare.strip_prefix('`') {
        Some(quoted) => {
            let (name, rest) = quoted.split_once('`')?;
            // `name: u8` has its type within the quotes.
            let name = name.split_once(':').map_or(name, |(name, _)| name);
            (name, rest)
        }
        None => {
            let end = bare.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(bare.len());
            bare.split_at_checked(end)?
        }
    };
    let name = name.trim().strip_prefix("r#").unwrap_or(name.trim());
    if name.is_empty() || name.chars().any(char::is_whitespace) {
        return None;
    }
    let mut rest = rest.trim_start_matches('*').trim_start();
    if let Some(kind) = rest.strip_prefix('(') {
        let (_, after) = kind.split_once(')')?;
        rest = after.trim_start_matches('*').trim_start();
    }
    let text = ["--", "-", ":", "–", "—"].iter().find_map(|mark| rest.strip_prefix(mark));
    match text {
        Some(text) => Some((name, text.trim_start_matches('*').trim())),
        // A name in quotes alone, its text on the next line.
        None if rest.is_empty() && bare.starts_with('`') => Some((name, "")),
        None => None,
    }
}

fn tidy(lines: &[&str]) -> Option<String> {
    let mut out = String::new();
    let mut fence = Fence::default();
    let mut blank = 0;
    for line in lines {
        let code = fence.inside(line);
        if line.is_empty() && !code {
            blank += 1;
            continue;
        }
        if !out.is_empty() {
            // Where a section was cut out, one blank line is left.
            for _ in 0..=blank.min(1) {
                out.push('\n');
            }
        }
        blank = 0;
        out.push_str(line);
    }
    let out = out.trim_end();
    (!out.is_empty()).then(|| out.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> (Option<String>, Vec<(String, String)>) {
        let docs = Docs::read(raw);
        (docs.description, docs.arguments)
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn nothing_is_none() {
        assert_eq!(read(""), (None, vec![]));
        assert_eq!(read(" \n  \n"), (None, vec![]));
    }

    #[test]
    fn markdown_and_paragraphs_are_kept() {
        let raw = " Adds two numbers.\n\n Second *paragraph*:\n\n - one\n   - nested\n\n ```\n let x = 1;\n\n\n # Arguments\n ```";
        let want =
            "Adds two numbers.\n\nSecond *paragraph*:\n\n- one\n  - nested\n\n```\nlet x = 1;\n\n\n# Arguments\n```";
        assert_eq!(read(raw), (Some(want.into()), vec![]));
    }

    #[test]
    fn indentation_common_to_all_lines_goes() {
        assert_eq!(read("    deep\n      deeper").0.as_deref(), Some("deep\n  deeper"));
        assert_eq!(read("none\n  some").0.as_deref(), Some("none\n  some"));
        assert_eq!(read("\u{3000}wide\n x").0.as_deref(), Some("\u{3000}wide\n x"));
    }

    #[test]
    fn block_comments_lose_their_stars() {
        assert_eq!(read("\n     * Greets.\n     *\n     * Kindly.\n     ").0.as_deref(), Some("Greets.\n\nKindly."));
    }

    #[test]
    fn an_arguments_section_is_cut_out() {
        let raw = " Forecast.\n\n # Arguments\n\n * `city` - City name,\n   for example \"Rome\".\n * `days`: How many.\n\n # Errors\n\n When there is none.";
        assert_eq!(
            read(raw),
            (
                Some("Forecast.\n\n# Errors\n\nWhen there is none.".into()),
                pairs(&[("city", "City name, for example \"Rome\"."), ("days", "How many.")])
            )
        );
    }

    #[test]
    fn other_spellings_of_the_section() {
        for heading in ["# Args", "## Arguments", "# Parameters", "# ARGUMENTS:", "### args ###"] {
            let (description, arguments) = read(&format!(" T.\n {heading}\n - city: A city.\n - days - Days."));
            assert_eq!(description.as_deref(), Some("T."), "{heading}");
            assert_eq!(arguments, pairs(&[("city", "A city."), ("days", "Days.")]), "{heading}");
        }
    }

    #[test]
    fn python_style_labels() {
        let raw = " Forecast.\n\n Args:\n     city: A city\n         of the world.\n     days (int): How many.\n\n Returns:\n     A forecast.";
        assert_eq!(
            read(raw),
            (
                Some("Forecast.\n\nReturns:\n    A forecast.".into()),
                pairs(&[("city", "A city of the world."), ("days", "How many.")])
            )
        );
        assert_eq!(
            read(" T.\n Arguments:\n - `a` - One.\n - `b` - Two.\n Done."),
            (Some("T.\nDone.".into()), pairs(&[("a", "One."), ("b", "Two.")]))
        );
    }

    #[test]
    fn items_may_be_spelt_in_many_ways() {
        let raw = " # Arguments\n * `r#type`: kind\n * **bold** - b\n * `n: u8` — number\n * `alone`\n   below\n * `list`: of\n   - one: x\n   - two\n\n   more";
        assert_eq!(
            read(raw),
            (
                None,
                pairs(&[
                    ("type", "kind"),
                    ("bold", "b"),
                    ("n", "number"),
                    ("alone", "below"),
                    ("list", "of\n- one: x\n- two\n\nmore")
                ])
            )
        );
    }

    #[test]
    fn a_section_that_lists_nothing_stays() {
        let raw = " T.\n\n # Arguments\n\n None to speak of.";
        assert_eq!(read(raw), (Some("T.\n\n# Arguments\n\nNone to speak of.".into()), vec![]));
        assert_eq!(read(" Args:\n nothing").0.as_deref(), Some("Args:\nnothing"));
        assert_eq!(read(" # Arguments").0.as_deref(), Some("# Arguments"));
    }
}
