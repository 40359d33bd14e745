//! What a type is, is decided by traits and not by its spelling.

use fastmcp_rs::prelude::*;

struct Db;

type Answer<T = String> = std::result::Result<T, ToolError>;
type Cx = Context;
type Database = State<Db>;
type Maybe<T> = Option<T>;
type Text = String;
mod names {
    pub use fastmcp_rs::Context as Handle;
    pub use fastmcp_rs::State as Shared;
}

/// All of it.
#[tool]
async fn everything(name: Text, age: Maybe<u8>, cx: Cx, db: Database, handle: names::Handle, shared: names::Shared<Db>) -> Answer {
    let _ = (age, cx, db, handle, shared);
    Ok(name)
}

/// All of it again.
#[resource("all://{name}{?age}")]
async fn all(name: Text, age: Maybe<u8>, cx: Cx, db: Database) -> Answer<Vec<u8>> {
    let _ = (age, cx, db);
    Ok(name.into_bytes())
}

/// And once more.
#[prompt]
fn more(name: Text, age: Maybe<u8>, cx: Cx) -> Answer<Vec<Message>> {
    let _ = (age, cx);
    Ok(vec![Message::user(name)])
}

fn main() {
    let server = Server::empty("aliases").state(Db).tool(everything).resource(all).prompt(more);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(server.start()).unwrap();
    let result = runtime.block_on(server.call_tool("everything", fastmcp_rs::serde_json::json!({ "name": "Ada" }))).unwrap();
    assert_eq!(result.to_text(), "Ada");
}
