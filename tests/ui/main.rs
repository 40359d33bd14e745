//! What must not compile, and with which words; what must compile, and run.
//!
//! `fail/` has one program per mistake, named by it, with the text that the compiler prints. `pass/` has programs that are
//! unusual and right. `TRYBUILD=overwrite cargo test -p fastmcp-rs-tests --test ui` rewrites the texts: read them as
//! somebody would who has made the mistake. `cargo test -p fastmcp-rs-tests --test ui fail -- trybuild=NAME` takes only some.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/outside.rs"]
mod outside;

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

#[test]
fn fail() {
    trybuild::TestCases::new().compile_fail("ui/fail/*.rs");
}

/// One call of cargo builds all of them; trybuild would make it one call per program, and one more to run it.
#[test]
fn pass() {
    let crate_of_all = tempfile::tempdir().unwrap();
    let mut manifest = format!(
        "[workspace]\n\n[package]\nname = \"pass\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[profile.dev]\ndebug = 0\n\n[dependencies]\nanyhow = \"1\"\nfastmcp-rs = {{ {} }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\ntokio = {{ version = \"1\", features = [\"rt\"] }}\n",
        outside::runtime(),
    );
    let programs = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/ui/pass")).unwrap();
    let mut programs: Vec<_> = programs.map(|program| program.unwrap().path()).collect();
    programs.sort();
    assert!(programs.len() >= 25, "only {} programs were found", programs.len());
    for program in &programs {
        let name = program.file_stem().unwrap();
        write!(manifest, "\n[[bin]]\nname = {name:?}\npath = {program:?}\n").unwrap();
    }
    fs::write(crate_of_all.path().join("Cargo.toml"), manifest).unwrap();
    let Some(built) = outside::cargo(crate_of_all.path(), &["build", "--bins", "--keep-going"]) else {
        println!("skipped: there is no cargo to run");
        return;
    };
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    for program in &programs {
        let name = program.file_stem().unwrap();
        let ran = Command::new(outside::target().join("debug").join(name)).output().unwrap();
        assert!(ran.status.success(), "{name:?} ran badly:\n{}", String::from_utf8_lossy(&ran.stderr));
    }
}
