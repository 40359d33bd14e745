//! The fixture on fastmcp-rs. `bench-fastmcp` serves stdio, `bench-fastmcp --http ADDR` serves HTTP.

mod tools;

use fastmcp_rs::prelude::*;
use fastmcp_rs::serde_json::{Value, json};

fn main() -> fastmcp_rs::Result {
    let mut server = Server::new("bench").version("1.0.0");
    for name in bench_fixture::more_tools() {
        let schema = json!({
            "type": "object",
            "properties": {
                "first": { "type": "string", "description": "The first argument." },
                "second": { "type": "integer", "description": "The second argument." },
            },
            "required": ["first"],
        });
        let tool = DynamicTool::new(name, schema, |arguments: Value, _: Context| async move {
            Ok::<_, ToolError>(arguments.to_string())
        });
        server = server.add_tool(tool.description(bench_fixture::MORE_DESCRIPTION));
    }
    server.run()
}
