//! What a tool says besides its answer: progress, log messages, changes of the lists, and a stream that breaks off.

use std::time::Duration;

use fastmcp_rs::prelude::*;
use tokio::time::sleep;

const MOMENT: Duration = Duration::from_millis(50);

/// Reports its progress in three steps.
#[tool(read_only)]
async fn test_tool_with_progress(ctx: Context) -> &'static str {
    for done in [0.0, 50.0, 100.0] {
        ctx.progress(done, 100.0).await;
        sleep(MOMENT).await;
    }
    "Tool with progress completed."
}

/// Logs three messages.
#[tool(read_only)]
async fn test_tool_with_logging(ctx: Context) -> &'static str {
    for message in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
        ctx.info(message).await;
        sleep(MOMENT).await;
    }
    "Tool with logging completed."
}

/// Logs one message, which only those receive who asked for messages.
#[tool(read_only)]
async fn test_logging_tool(ctx: Context) -> &'static str {
    ctx.info("The logging tool is at work").await;
    "Logging tool completed."
}

/// Tells everybody who listens that the list of tools has changed.
#[tool]
fn test_trigger_tool_change(ctx: Context) -> &'static str {
    ctx.tools_changed();
    "Sent tools/list_changed."
}

/// Tells everybody who listens that the list of prompts has changed.
#[tool]
fn test_trigger_prompt_change(ctx: Context) -> &'static str {
    ctx.prompts_changed();
    "Sent prompts/list_changed."
}

/// Closes its own stream and finishes afterwards, so that the answer must be fetched by reconnecting.
#[tool(read_only)]
async fn test_reconnection(ctx: Context) -> &'static str {
    ctx.close_sse_stream();
    sleep(2 * MOMENT).await;
    "Reconnection test completed: this answer was sent after the stream had been closed."
}
