//! The one table of keys: which attributes know a key, how it is written, its line in the documentation, and words for those
//! who wrote something else and meant it.
//!
//! Every key is a type, so that a key cannot be read under a wrong spelling, and rustc says which row nobody reads.

use crate::errors::{listed, nearest};
use crate::kind::Kind;

/// A row of the table.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// What people write who mean this key, and what to tell them.
    mistaken: &'static [(&'static [&'static str], &'static str)],
}

/// A key of one of our attributes.
pub(crate) trait Key {
    const NAME: &'static str;
}

/// An attribute that takes keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribute {
    Component(Kind),
    Arg,
    /// `annotations(..)` within `#[resource(..)]`.
    Annotations,
    Server,
    Model,
}

macro_rules! keys {
    ($(
        $(#[$of_group:meta])*
        mod $group:ident, $rows:ident {
            $($key:ident $name:literal, $written:literal, $docs:literal $(, $($mistaken:literal)|+ => $advice:literal)*;)*
        }
    )*) => {
        $(
            $(#[$of_group])*
            pub(crate) mod $group {
                use super::{Key, Row};

                $(
                    pub(crate) struct $key;

                    impl Key for $key {
                        const NAME: &'static str = $name;
                    }
                )*

                pub(super) const ROWS: &[Row] =
                    &[$(Row { name: $name, mistaken: &[$((&[$($mistaken),+], $advice)),*] }),*];
            }

            /// The rows as lines of a table in Markdown.
            macro_rules! $rows {
                () => { concat!($("| `", $written, "` | ", $docs, " |\n"),*) };
            }
        )*
    };
}

keys! {
    /// The keys of all three kinds of components.
    mod common, common_keys {
        Name "name", "name = \"..\"", "the name on the wire, if not the function's";
        Description "description", "description = \"..\"", "instead of the doc comment",
            "desc" | "doc" | "docs" | "about" => "write a doc comment (`/// ..`), or `description = \"..\"`";
        Title "title", "title = \"..\"", "a name for people", "summary" | "label" => "did you mean `title`?";
        Tags "tags", "tags(\"..\", ..)", "for choosing among components";
        Version "version", "version = \"..\"", "of this component";
        Timeout "timeout", "timeout = \"10s\"", "instead of the server's 30 s; `\"none\"` for no limit";
        Inline "inline", "inline", "runs a plain `fn` in place instead of on the blocking pool",
            "blocking" => "a plain `fn` runs on the blocking pool by itself; `inline` turns that off";
        Scopes "scopes", "scopes(\"..\", ..)", "the scopes that a caller needs, all of them";
        Roles "roles", "roles(\"..\", ..)", "the roles of which a caller needs one";
        RateLimit "rate_limit", "rate_limit = \"60/min\"",
            "how often each client may call it", "rate" | "limit" => "did you mean `rate_limit = \"60/min\"`?";
        Concurrency "concurrency", "concurrency = 4", "how many calls of it may run at the same time",
            "max_concurrency" | "parallel" => "did you mean `concurrency = 4`?";
        Hidden "hidden", "hidden", "not listed, but answers to its exact name";
        Icon "icon", "icon = \"https://..\"", "for clients with a screen; may be repeated";
        Icons "icons", "icons(\"..\", ..)", "several of them at once";
        Meta "meta", "meta = expr", "anything serializable, as `_meta`";
        ExposeErrors "expose_errors", "expose_errors", "shows clients the texts of foreign errors";
        Server "server", "server = \"..\"", "only for the server of this name",
            "group" => "did you mean `server` or `tags`?";
    }

    /// The keys that only tools have.
    mod tool, tool_keys {
        ReadOnly "read_only", "read_only", "a hint: it changes nothing; also `= false`, as its siblings",
            "annotations" => "write the hints themselves: `read_only`, `destructive`, `idempotent`, `open_world`";
        Destructive "destructive", "destructive", "a hint: it may destroy something";
        Idempotent "idempotent", "idempotent", "a hint: a second call changes nothing more";
        OpenWorld "open_world", "open_world", "a hint: it reaches beyond this server, for example to the web";
        OutputSchema "output_schema", "output_schema = expr", "instead of the one of the return type";
    }

    /// The keys that only resources have.
    mod resource, resource_keys {
        MimeType "mime_type", "mime_type = \"..\"", "of the contents",
            "mime" | "content_type" => "did you mean `mime_type`?",
            "uri" | "uri_template" => "write the URI first, without a key: `#[resource(\"scheme://..\")]`";
        Ttl "ttl", "ttl = \"5m\"", "how long an answer may be kept";
        CacheScope "cache_scope", "cache_scope = \"private\"", "by whom an answer may be kept";
        Size "size", "size = 1024", "in bytes";
        Annotations "annotations", "annotations(audience(\"user\"), priority = 0.8, last_modified = \"..\")",
            "hints for clients";
    }

    /// The keys of `annotations(..)`.
    mod annotations, annotations_keys {
        Audience "audience", "audience(\"user\")", "whom it is for: `user`, `assistant` or both";
        Priority "priority", "priority = 0.8", "how much it matters, from 0.0 to 1.0";
        LastModified "last_modified", "last_modified = \"..\"", "when it last changed";
    }

    /// The keys of `#[arg(..)]`.
    mod arg, arg_keys {
        Name "name", "name = \"..\"", "the name on the wire", "rename" => "did you mean `name`?";
        Default "default", "default = expr", "used when the client sends nothing; `default` alone is the type's own",
            "optional" | "required" => "an argument is optional if its type is `Option<..>` or if it has a `default`";
        Range "range", "range(1..=14)", "the numbers allowed",
            "min" | "minimum" | "ge" | "gt" => "write `range(1..)`",
            "max" | "maximum" | "le" | "lt" => "write `range(..=14)`";
        Len "len", "len(3..=140)", "how long a text or a list may be",
            "min_length" | "min_len" => "write `len(3..)`",
            "max_length" | "max_len" => "write `len(..=140)`";
        Pattern "pattern", "pattern = \"..\"", "a regular expression that a text must match",
            "regex" => "did you mean `pattern`?";
        Format "format", "format = \"..\"", "published with the schema";
        Example "example", "example = expr", "published with the schema";
        Complete "complete", "complete = path", "a function that completes what the user types";
        Header "header", "header = \"Region\"", "also sent as the HTTP header `Mcp-Param-Region`";
        Flatten "flatten", "flatten", "spreads the fields of a struct among the arguments";
        Sensitive "sensitive", "sensitive", "never written to a log",
            "secret" => "did you mean `sensitive`?",
            "skip" => "a parameter that clients must not see is one that is injected: a type with `FromContext`",
            "description" | "desc" | "doc" | "docs" => "write a doc comment (`/// ..`) above the parameter";
    }

    /// The key that every attribute on an item has.
    mod every, every_keys {
        Crate "crate", "crate = path", "where `fastmcp_rs` is found, if it was renamed";
    }
}

impl Attribute {
    /// The attribute in messages.
    pub(crate) fn written(self) -> &'static str {
        match self {
            Self::Component(kind) => kind.attribute(),
            Self::Arg => "#[arg]",
            Self::Annotations => "annotations(..)",
            Self::Server => "#[server]",
            Self::Model => "#[model]",
        }
    }

    /// What this attribute knows. The rarest key comes last.
    fn groups(self) -> &'static [&'static [Row]] {
        match self {
            Self::Component(Kind::Tool) => &[common::ROWS, tool::ROWS, every::ROWS],
            Self::Component(Kind::Resource) => &[common::ROWS, resource::ROWS, every::ROWS],
            Self::Component(Kind::Prompt) => &[common::ROWS, every::ROWS],
            Self::Arg => &[arg::ROWS],
            Self::Annotations => &[annotations::ROWS],
            Self::Server | Self::Model => &[every::ROWS],
        }
    }

    fn rows(self) -> impl Iterator<Item = &'static Row> + Clone {
        self.groups().iter().flat_map(|rows| *rows)
    }

    pub(crate) fn knows(self, name: &str) -> bool {
        self.rows().any(|row| row.name == name)
    }

    /// For a key that this attribute does not know: which one is meant, or where it belongs.
    pub(crate) fn advice(self, found: &str) -> String {
        let names: Vec<&str> = self.rows().map(|row| row.name).collect();
        if let Some(near) = nearest(found, names.iter().copied()) {
            return format!("did you mean `{near}`?");
        }
        let mistaken = self.rows().flat_map(|row| row.mistaken);
        let exact = || mistaken.clone().find(|(words, _)| words.contains(&found));
        let near = || {
            mistaken.clone().find(|(words, _)| {
                // Short words are near to too much.
                let words = words.iter().copied().filter(|word| word.len() > 3);
                nearest(found, words).is_some()
            })
        };
        if let Some((_, advice)) = exact().or_else(near) {
            return (*advice).to_owned();
        }
        self.elsewhere(found).unwrap_or_else(|| format!("it knows {}", listed(&names)))
    }

    /// For a key that another attribute knows.
    fn elsewhere(self, found: &str) -> Option<String> {
        match self {
            Self::Component(_) => {
                if Self::Arg.knows(found) {
                    return Some(format!("write `#[arg({found} ..)]` on the parameter it is for"));
                }
                let other = Kind::ALL.into_iter().find(|kind| Self::Component(*kind).knows(found))?;
                Some(format!("it belongs to `{}`", other.attribute()))
            }
            Self::Server => {
                let builders = ["name", "version", "instructions", "title"].contains(&found);
                builders
                    .then(|| "name, version and instructions belong to the builder: `Server::new(\"..\")`".to_owned())
            }
            Self::Model => Some(
                "serde's and schemars' own attributes go below it: `#[serde(rename_all = \"camelCase\")]`".to_owned(),
            ),
            Self::Arg | Self::Annotations => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_once_in_what_an_attribute_knows() {
        let attributes = [
            Attribute::Component(Kind::Tool),
            Attribute::Component(Kind::Resource),
            Attribute::Component(Kind::Prompt),
            Attribute::Arg,
            Attribute::Annotations,
        ];
        for attribute in attributes {
            let mut names: Vec<&str> = attribute.rows().map(|row| row.name).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{}", attribute.written());
        }
    }

    #[test]
    fn advice_is_for_words_that_no_key_is_near_to() {
        let attribute = Attribute::Component(Kind::Tool);
        assert_eq!(attribute.advice("titel"), "did you mean `title`?");
        assert_eq!(attribute.advice("label"), "did you mean `title`?");
        assert_eq!(attribute.advice("mime_type"), "it belongs to `#[resource]`");
        assert_eq!(attribute.advice("range"), "write `#[arg(range ..)]` on the parameter it is for");
        assert!(attribute.advice("annotations").starts_with("write the hints themselves"));
        assert!(attribute.advice("colour").starts_with("it knows `name`, `description`"));
        assert_eq!(Attribute::Arg.advice("minimum"), "write `range(1..)`");
        assert_eq!(
            Attribute::Arg.advice("docstring"),
            "it knows `name`, `default`, `range`, `len`, `pattern`, `format`, `example`, `complete`, `header`, `flatten` and `sensitive`"
        );
    }

    #[test]
    fn the_table_is_what_the_documentation_shows() {
        assert!(tool_keys!().starts_with("| `read_only` | a hint: it changes nothing"));
        assert!(common_keys!().contains("| `tags(\"..\", ..)` | for choosing among components |\n"));
    }
}
