//! What must not compile, and with which words; what must compile, and run.
//!
//! `fail/` has one program per mistake, named by it, with the text that the compiler prints. `pass/` has programs that are
//! unusual and right. `TRYBUILD=overwrite cargo test -p fastmcp-rs-tests --test ui` rewrites the texts: read them as
//! somebody would who has made the mistake. `cargo test -p fastmcp-rs-tests --test ui -- trybuild=NAME` takes only some.

// Two sets, because trybuild checks a set in which nothing has to run with one call of cargo.

#[test]
fn fail() {
    trybuild::TestCases::new().compile_fail("ui/fail/*.rs");
}

#[test]
fn pass() {
    trybuild::TestCases::new().pass("ui/pass/*.rs");
}
