//! The targets of `tests/fuzz`, with every file of its corpus: on any compiler, and without libFuzzer.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

#[allow(unreachable_pub, reason = "a library of its own, where it is built with libFuzzer")]
#[path = "../fuzz/src/lib.rs"]
pub(crate) mod targets;

#[test]
fn every_file_of_the_corpus_is_answered_as_it_must_be() {
    let corpus = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus"));
    let names: Vec<_> = targets::TARGETS.iter().map(|(name, _)| *name).collect();
    for entry in fs::read_dir(corpus).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(names.contains(&name.as_str()), "corpus/{name} belongs to no target");
    }
    let mut failed = Vec::new();
    for (name, check) in targets::TARGETS {
        let files: Vec<_> = fs::read_dir(corpus.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(files.len() >= 5, "the corpus of {name} has {} files", files.len());
        for file in files {
            let bytes = fs::read(&file).unwrap();
            // Cut and changed, too: a seed is near to what others may send.
            let half = &bytes[..bytes.len() / 2];
            let mut changed = bytes.clone();
            if let Some(byte) = changed.get_mut(bytes.len() / 3) {
                *byte ^= 1;
            }
            for bytes in [&bytes[..], half, &changed] {
                if catch_unwind(|| check(bytes)).is_err() {
                    failed.push(format!("{}: {:?}", file.display(), String::from_utf8_lossy(bytes)));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
