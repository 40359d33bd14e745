//! The book in `docs/`, so that `cargo test --doc` compiles and runs every Rust block in it.

#![cfg(doctest)]

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
    Middleware: "middleware.md",
    Testing: "testing.md",
    Protocol: "protocol.md",
    Clients: "clients.md",
    Security: "security.md",
}
