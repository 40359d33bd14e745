//! `check --auth`: why a token is taken, or not.

use std::io::Read as _;
use std::path::Path;

use super::output;
use crate::error::Error;
use crate::server::RunningServer;

/// The longest file that is read; a header of a request is shorter.
const LONGEST: u64 = 64 * 1024;

/// Reads a token from a file, or from standard input for `-`, and says what the server makes of it. What it prints never has the token.
pub(super) async fn check(server: &RunningServer, file: &Path) -> Result<(), Error> {
    let token =
        read(file).map_err(|error| Error::new(format!("{} cannot be read", file.display())).caused_by(error))?;
    let token = token.trim();
    // As it is copied from a header.
    let token = match token.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
        _ => token,
    };
    match server.explain_token(token).await {
        Ok(steps) => output::print(&steps),
        Err(steps) => {
            output::print(&steps)?;
            Err(Error::new("the token is not taken"))
        }
    }
}

fn read(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().take(LONGEST).read_to_string(&mut text)?;
    } else {
        std::fs::File::open(file)?.take(LONGEST).read_to_string(&mut text)?;
    }
    Ok(text)
}
