//! Crates outside of this workspace, as users have them: written into a temporary directory, built with the lock file of here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The root of this workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a member").to_owned()
}

/// What such a crate depends on.
pub(crate) fn runtime() -> String {
    format!("path = {:?}, package = \"fastmcp-rs\"", root().join("fastmcp-rs"))
}

/// Runs cargo in a directory that has a `Cargo.toml`; `None` if there is no cargo. What it builds is kept for the next time.
pub(crate) fn cargo(directory: &Path, arguments: &[&str]) -> Option<Output> {
    fs::copy(root().join("Cargo.lock"), directory.join("Cargo.lock")).expect("a lock file can be copied");
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.arg(arguments[0]).arg("--offline").args(&arguments[1..]).current_dir(directory).env_remove("RUSTFLAGS");
    command.env("CARGO_TARGET_DIR", target()).output().ok()
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("outside")
}
