//! The fixture with room for as many sessions and connections as the parts `scale`, `replicas` and `hostile` open, with a Redis
//! if the environment names one, and with a change to tell of.

mod tools;

use fastmcp_rs::prelude::*;

/// Beside ten thousand held ones, there are those of the clients that call: the default would end idle sessions for them.
const ROOM: usize = 12_000;

/// Tells everybody who listens that the list of tools changed.
#[tool]
async fn change(context: Context) -> &'static str {
    context.tools_changed();
    "told"
}

fn main() -> fastmcp_rs::Result {
    let http = Http::new().max_sessions(ROOM).max_connections(ROOM);
    Server::new("bench").version("1.0.0").http(http).run()
}
