//! The fixture with more tools than `#[server]` is written for: the three of [`Bench`], and the rest in a table. As with the
//! macro's own code, a list clones what was made once, and a lookup goes by name.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;
use turbomcp::neutral::{CallToolParams, CallToolResult, ListParams, ListToolsResult, Tool};
use turbomcp::{CallToolContext, Implementation, ListToolsContext, McpResult, McpServerCore, ServerBuilder, WithTools};

use crate::Bench;

#[derive(Clone)]
pub struct Many {
    tools: Arc<HashMap<String, usize>>,
    list: Arc<Vec<Tool>>,
}

pub fn builder() -> ServerBuilder<Many> {
    let list: Vec<Tool> = bench_fixture::more_tools()
        .map(|name| {
            let schema = json!({
                "type": "object",
                "properties": {
                    "first": { "type": "string", "description": "The first argument." },
                    "second": { "type": "integer", "description": "The second argument." },
                },
                "required": ["first"],
            });
            let mut tool = Tool::new(name, schema);
            tool.description = Some(bench_fixture::MORE_DESCRIPTION.to_owned());
            tool
        })
        .collect();
    let tools = list.iter().enumerate().map(|(place, tool)| (tool.name.clone(), place)).collect();
    ServerBuilder::new(Many { tools: Arc::new(tools), list: Arc::new(list) }).with_tools()
}

impl McpServerCore for Many {
    fn server_info(&self) -> Implementation {
        Bench.server_info()
    }
}

impl WithTools for Many {
    async fn lookup_tool(&self, context: &ListToolsContext, name: String) -> McpResult<Option<Tool>> {
        match self.tools.get(&name) {
            Some(place) => Ok(Some(self.list[*place].clone())),
            None => Bench.lookup_tool(context, name).await,
        }
    }

    async fn list_tools(&self, context: &ListToolsContext, params: ListParams) -> McpResult<ListToolsResult> {
        let mut all = Bench.list_tools(context, params).await?;
        all.tools.extend_from_slice(&self.list);
        Ok(all)
    }

    async fn call_tool(&self, context: &CallToolContext, params: CallToolParams) -> McpResult<CallToolResult> {
        if self.tools.contains_key(&params.name) {
            return Ok(CallToolResult::text(json!(params.arguments).to_string()));
        }
        Bench.call_tool(context, params).await
    }
}
