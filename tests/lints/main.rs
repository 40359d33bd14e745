//! Crates as users have them, outside of this workspace: with `fastmcp-rs` as their only dependency, under another name, in an
//! older edition, and with every lint denied that expansions might trip over.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/outside.rs"]
mod outside;

use std::fs;
use std::path::Path;
use std::process::Output;

use outside::{cargo, runtime};

/// The smallest server of the examples, as it is.
const HELLO: &str = include_str!("../../examples/hello.rs");

/// Everything that rustc can object to is denied in it; here clippy has its say as well.
const STRICT: &str = include_str!("../ui/pass/lints_denied.rs");

/// What the functions of these crates are guilty of themselves.
const THEIR_OWN: [&str; 5] = [
    "clippy::missing_errors_doc",
    "clippy::trivially_copy_pass_by_ref",
    "clippy::unnecessary_wraps",
    "clippy::unused_async",
    "clippy::unused_self",
];

/// Writes a crate with one dependency.
fn write(workspace: &Path, name: &str, edition: &str, dependency: &str, main: &str) {
    let directory = workspace.join(name);
    fs::create_dir_all(directory.join("src")).unwrap();
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"{edition}\"\n\n[dependencies]\n{dependency} = {{ {} }}\n",
        runtime(),
    );
    fs::write(directory.join("Cargo.toml"), manifest).unwrap();
    fs::write(directory.join("src/main.rs"), main).unwrap();
}

const MEMBERS: [&str; 5] = ["hello", "typed", "older", "renamed", "strict"];

/// No error, and no warning in a crate of a user's.
fn is_silent(what: &str, output: &Output) {
    let text = String::from_utf8_lossy(&output.stderr);
    let warned = MEMBERS.iter().any(|member| text.contains(&format!("warning: `{member}` (")));
    assert!(output.status.success() && !warned, "{what}:\n{text}");
}

#[test]
fn crates_of_users_compile_without_a_warning() {
    let workspace = tempfile::tempdir().unwrap();
    let workspace = workspace.path();
    fs::write(
        workspace.join("Cargo.toml"),
        format!("[workspace]\nresolver = \"3\"\nmembers = {MEMBERS:?}\n\n[profile.dev]\ndebug = 0\n"),
    )
    .unwrap();
    write(workspace, "hello", "2024", "fastmcp-rs", HELLO);
    write(workspace, "typed", "2024", "fastmcp-rs", include_str!("typed.rs"));
    write(workspace, "older", "2021", "fastmcp-rs", include_str!("typed.rs"));
    write(workspace, "renamed", "2021", "mcp", include_str!("renamed.rs"));
    write(workspace, "strict", "2024", "fastmcp-rs", STRICT);
    let Some(checked) = cargo(workspace, &["check", "--workspace"]) else {
        eprintln!("skipped: there is no cargo to run");
        return;
    };
    is_silent("cargo check", &checked);
    let mut pedantic = vec!["clippy", "--workspace", "--", "-D", "clippy::pedantic"];
    pedantic.extend(THEIR_OWN.iter().flat_map(|lint| ["-A", lint]));
    match cargo(workspace, &pedantic) {
        Some(output) if !String::from_utf8_lossy(&output.stderr).contains("cargo-clippy") => {
            is_silent("cargo clippy", &output);
        }
        _ => eprintln!("clippy skipped: it is not installed"),
    }
}
