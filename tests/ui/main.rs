//! What must not compile, and with which words; what must compile, and run.
//!
//! `fail/` has one program per mistake, named by it, with the text that the compiler prints. `pass/` has programs that are
//! unusual and right. `TRYBUILD=overwrite cargo test -p fastmcp-rs-tests --test ui` rewrites the texts: read them as
//! somebody would who has made the mistake. `cargo test -p fastmcp-rs-tests --test ui -- trybuild=NAME` takes only some.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/fail/*.rs");
    cases.pass("ui/pass/*.rs");
}
