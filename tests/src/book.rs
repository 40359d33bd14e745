//! The book in `docs/`: `cargo test --doc` compiles and runs every Rust block in it.

#[cfg(doctest)]
mod pages {
    macro_rules! pages {
        ($($page:ident: $file:literal),* $(,)?) => {
            $(#[doc = include_str!(concat!("../../docs/", $file))] pub struct $page;)*
        };
    }

    pages! {
        GettingStarted: "getting-started.md",
        Tools: "tools.md",
        Resources: "resources.md",
        Prompts: "prompts.md",
        ContextAndState: "context-and-state.md",
        ResultsAndErrors: "results-and-errors.md",
        Interaction: "interaction.md",
        Running: "running.md",
        Page: "page.md",
        Scaling: "scaling.md",
        Middleware: "middleware.md",
        Extensions: "extensions.md",
        Testing: "testing.md",
        Client: "client.md",
        Protocol: "protocol.md",
        Clients: "clients.md",
        Auth: "auth.md",
        IdentityProviders: "identity-providers.md",
        Access: "access.md",
        Limits: "limits.md",
        Production: "production.md",
        Observability: "observability.md",
        Monitoring: "monitoring.md",
        Security: "security.md",
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// The root of the repository.
    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    fn files(below: &Path, extension: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(below).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, extension, found);
            } else if path.extension() == Some(OsStr::new(extension)) {
                found.push(path);
            }
        }
    }

    #[test]
    fn every_test_that_the_protocol_table_names_exists() {
        let mut sources = Vec::new();
        files(&root().join("tests/it"), "rs", &mut sources);
        files(&root().join("fastmcp-rs/src"), "rs", &mut sources);
        let table = fs::read_to_string(root().join("docs/protocol.md")).unwrap();
        // Between backticks, in the last cell of a row.
        let cells = table.lines().filter_map(|line| line.strip_suffix('|')?.rsplit('|').next());
        let named = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).filter_map(|name| name.split_once("::"));
        let missing: Vec<_> = named
            .filter(|(file, test)| {
                let of_that_name = sources.iter().filter(|path| path.file_stem() == Some(OsStr::new(file)));
                !of_that_name.into_iter().any(|path| fs::read_to_string(path).unwrap().contains(&format!("fn {test}(")))
            })
            .collect();
        assert!(missing.is_empty(), "no such tests: {missing:?}");
    }

    #[test]
    fn every_page_is_compiled_and_in_the_summary() {
        let summary = fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
        let mut pages = Vec::new();
        files(&root().join("docs"), "md", &mut pages);
        for page in pages {
            let name = page.file_name().unwrap().to_str().unwrap();
            let text = fs::read_to_string(&page).unwrap();
            if name != "SUMMARY.md" {
                assert!(summary.contains(&format!("({name})")), "{name} is not in SUMMARY.md");
                assert!(include_str!("book.rs").contains(name) || !text.contains("```rust"), "{name} is not compiled");
            }
        }
    }

    #[test]
    fn links_between_files_lead_somewhere() {
        let mut pages: Vec<PathBuf> =
            ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"].map(|page| root().join(page)).to_vec();
        files(&root().join("docs"), "md", &mut pages);
        for page in pages {
            let text = fs::read_to_string(&page).unwrap();
            for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                let file = link.split('#').next().unwrap();
                if !link.contains("://") && !file.is_empty() {
                    assert!(page.with_file_name(file).exists(), "{}: {link} leads nowhere", page.display());
                }
            }
        }
    }
}
