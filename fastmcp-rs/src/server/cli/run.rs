//! From the words of a command line to what they ask for.

use std::ffi::OsString;
#[cfg(feature = "stdio")]
use std::io::IsTerminal as _;

use super::address::AddressFlags;
#[cfg(any(feature = "stdio", feature = "http"))]
use super::address::ServedBy;
use super::parse::{Task, parse};
use super::{help, inspect, output, perform};
use crate::error::Error;
use crate::printing;
use crate::server::Server;
use crate::server::production::Served;

/// Does what the arguments say; the first is the program's own path.
pub(crate) async fn run(mut server: Server, arguments: impl Iterator<Item = OsString>) -> Result<(), Error> {
    let lines = server.observers().lines.clone();
    crate::server::log::show(lines.clone());
    let done = perform(server, lexopt::Parser::from_iter(arguments)).await;
    if let Some(lines) = lines {
        lines.finish();
    }
    printing::finish();
    if let Err(error) = &done
        && let Some(code) = error.exit_code()
    {
        // `main` can only end with 1. Whatever had to be closed is closed.
        printing::say(&format!("Error: {error:?}"));
        std::process::exit(code);
    }
    done
}

async fn perform(server: Server, mut parser: lexopt::Parser) -> Result<(), Error> {
    let program = help::program(&parser);
    match parse(&mut parser, &program)? {
        Task::Help(None) => output::print(&help::general(&program)),
        Task::Help(Some(command)) => output::print(&help::of_command(&program, command)),
        Task::Serve(place) => serve(server, &place, &program).await,
        #[cfg(feature = "http")]
        Task::Health { url, place, json } => super::health::ask(url, &place, json).await,
        #[cfg(feature = "http")]
        Task::CheckAuth(path) => super::token::check(&server.build_for(Served::Looked)?, &path).await,
        #[cfg(feature = "interaction")]
        Task::CheckAudit(path) => output::print(&crate::observe::audit::check(&path)?),
        Task::CheckProduction(place) => check_production(server, &place),
        Task::Version { json } => inspect::version(&server.build_for(Served::Looked)?, json),
        Task::List { json } => inspect::list(&server.build_for(Served::Looked)?, json).await,
        Task::Inspect { json } => inspect::inspect(&server.build_for(Served::Looked)?, json).await,
        Task::Call(wanted) => perform::call(&server.build_for(Served::Looked)?, &program, wanted).await,
        Task::Prompt(wanted) => perform::prompt(&server.build_for(Served::Looked)?, &program, wanted).await,
        Task::Read { uri, json } => perform::read(&server.build_for(Served::Looked)?, &program, &uri, json).await,
    }
}

/// Shows what production needs of a server that is served as `place` says, and fails where something is missing.
#[cfg_attr(
    not(any(feature = "stdio", feature = "http")),
    allow(unreachable_code, unused_mut, unused_variables, reason = "there is nothing to serve by")
)]
fn check_production(mut server: Server, place: &AddressFlags) -> Result<(), Error> {
    let served = match place.transport()? {
        #[cfg(feature = "stdio")]
        ServedBy::Stdio => Served::Stream,
        #[cfg(feature = "http")]
        _ => Served::Http,
    };
    let (table, gaps) = server.standing(served);
    output::print(&table)?;
    // What keeps any server from starting is no row of the table.
    server.build_for(Served::Looked)?;
    match gaps {
        0 => Ok(()),
        1 => Err(Error::new("1 gap")),
        more => Err(Error::new(format!("{more} gaps"))),
    }
}

#[cfg_attr(
    not(all(feature = "stdio", feature = "http")),
    allow(
        unused_variables,
        clippy::needless_pass_by_value,
        clippy::unused_async,
        reason = "what one transport needs, the other does not"
    )
)]
async fn serve(server: Server, place: &AddressFlags, program: &str) -> Result<(), Error> {
    match place.transport()? {
        #[cfg(feature = "stdio")]
        ServedBy::Stdio => {
            if std::io::stdin().is_terminal() {
                printing::say(&format!(
                    "{program} speaks MCP over standard input and output, and waits for a client to do the same. \
                     Try `{program} list` or `{program} --help`; Ctrl-D ends it."
                ));
            }
            server.serve_stdio().await
        }
        #[cfg(feature = "http")]
        ServedBy::Http => over_http(server, place).await,
        #[cfg(feature = "sse")]
        ServedBy::Sse => {
            let mut server = server;
            server.http.sse = true;
            over_http(server, place).await
        }
    }
}

#[cfg(feature = "http")]
async fn over_http(mut server: Server, place: &AddressFlags) -> Result<(), Error> {
    if let Some(path) = place.path()? {
        server.http.path = path;
    }
    #[cfg(feature = "page")]
    if place.open() {
        server.page.open();
    }
    server.serve_http(place.address()?).await
}
