use fastmcp_rs::prelude::*;

/// A text and how much of it there is.
#[model]
struct Counted {
    words: usize,
    /// Characters, not bytes.
    characters: usize,
}

/// Count the words of a text.
#[tool(read_only)]
fn count_words(
    /// The text, as it is.
    #[arg(len(1..))]
    text: String,
) -> Counted {
    Counted { words: text.split_whitespace().count(), characters: text.chars().count() }
}
