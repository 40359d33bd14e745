//! The command line of every server: [`Server::run`](crate::Server::run) reads it.
//!
//! ```text
//! server                       serve standard input and output (the default; also --stdio)
//! server --http [ADDR]         serve Streamable HTTP, at 127.0.0.1:8000 unless told otherwise; path /mcp
//! server --sse [ADDR]          the same, with the older HTTP+SSE transport at /sse (feature `sse`)
//! server list                  what is served
//! server call NAME key=value   call a tool; `--key value` says the same, `--args '{"key": "value"}'` all at once
//! server read URI              read a resource
//! server prompt NAME key=value fill in a prompt
//! server inspect               everything that clients are told
//! server health [URL]          ask a server that runs over HTTP whether it answers
//! server check --production    what it lacks for production, served as the flags or the environment say
//! server check --auth FILE     why a token is taken, or not, step by step
//! server version               name and version
//! server help [COMMAND]        what there is; `server call NAME --help` shows the arguments of a tool
//! ```
//!
//! `--transport http --host HOST --port PORT --path PATH` is the long form of `--http`. `FASTMCP_TRANSPORT` (`stdio`, `http` or
//! `sse`), `FASTMCP_HOST`, `FASTMCP_PORT` and `FASTMCP_PATH` say the same from the environment; a flag outweighs them.
//!
//! `--json` after a command prints JSON, exactly as a client is told it.
//!
//! A command ends the process with 0 when all went well, 1 when it could not be done, 4 when `health` finds nobody, and 5 when a
//! tool failed.

mod address;
mod arguments;
mod client;
mod commands;
#[cfg(feature = "http")]
mod health;
mod help;
mod inspect;
mod output;
mod parse;
mod perform;
mod progress;
mod run;
#[cfg(feature = "http")]
mod token;

pub(crate) use run::run;
