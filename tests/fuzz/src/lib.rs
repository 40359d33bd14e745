//! What anybody may send, in any form. Each target is a function of bytes that panics when an answer is wrong: not only when
//! something of ours does.
//!
//! libFuzzer runs them (`cargo +nightly fuzz run --fuzz-dir tests/fuzz message`), and `tests/it/corpus.rs` gives them the files of
//! `corpus/`, on any compiler. A file that made one fail goes there.

pub mod arguments;
pub mod forwarded_header;
pub mod headers;
pub mod jwks_document;
pub mod jws_parts;
pub mod jwt_claims;
pub mod message;
pub mod rate_spec;
pub mod sealed_state;
pub mod uri_template;
pub mod www_authenticate;

/// What is done with an input; it panics where that shows a fault.
pub type Target = fn(&[u8]);

/// All of them, each with the name of its corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("arguments", arguments::check),
    ("forwarded_header", forwarded_header::check),
    ("headers", headers::check),
    ("jwks_document", jwks_document::check),
    ("jws_parts", jws_parts::check),
    ("jwt_claims", jwt_claims::check),
    ("message", message::check),
    ("rate_spec", rate_spec::check),
    ("sealed_state", sealed_state::check),
    ("uri_template", uri_template::check),
    ("www_authenticate", www_authenticate::check),
];
