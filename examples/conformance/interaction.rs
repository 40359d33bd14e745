//! Tools that ask the client something, by the one interface that serves every revision.

use fastmcp_rs::prelude::*;
use serde_json::{Value, json};

/// Has the client's model answer a prompt.
#[tool]
async fn test_sampling(
    /// What to ask the model.
    prompt: String,
    ctx: Context,
) -> Result<String, ToolError> {
    let answer = ctx.sample(SamplingRequest::new(prompt).max_tokens(100)).await?;
    Ok(format!("LLM response: {}", answer.to_text()))
}

/// Needs a client that can sample, and is refused by others.
#[tool]
async fn test_missing_capability(ctx: Context) -> Result<String, ToolError> {
    let answer = ctx.sample(SamplingRequest::new("Say hello.").max_tokens(10)).await?;
    Ok(answer.to_text())
}

/// Asks the user for a name and an address.
#[tool]
async fn test_elicitation(
    /// The question.
    message: String,
    ctx: Context,
) -> Result<String, ToolError> {
    let account = json!({
        "type": "object",
        "properties": {
            "username": { "type": "string", "description": "User's response" },
            "email": { "type": "string", "description": "User's email address" }
        },
        "required": ["username", "email"]
    });
    let (action, content) = outcome(ctx.elicit_raw(message, account).await?);
    Ok(format!("User response: <action: {action}, content: {content}>"))
}

/// Asks with a default for every type a form can have.
#[tool]
async fn test_elicitation_sep1034_defaults(ctx: Context) -> Result<String, ToolError> {
    let form = json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "default": "John Doe" },
            "age": { "type": "integer", "default": 30 },
            "score": { "type": "number", "default": 95.5 },
            "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
            "verified": { "type": "boolean", "default": true }
        }
    });
    completed(ctx.elicit_raw("Please review the defaults", form).await?)
}

/// Asks with every form that a choice can have.
#[tool]
async fn test_elicitation_sep1330_enums(ctx: Context) -> Result<String, ToolError> {
    let titled = |noun: &str| {
        json!([
            { "const": "value1", "title": format!("First {noun}") },
            { "const": "value2", "title": format!("Second {noun}") },
            { "const": "value3", "title": format!("Third {noun}") }
        ])
    };
    let untitled = json!({ "type": "string", "enum": ["option1", "option2", "option3"] });
    let form = json!({
        "type": "object",
        "properties": {
            "untitledSingle": untitled,
            "titledSingle": { "type": "string", "oneOf": titled("Option") },
            "legacyEnum": {
                "type": "string",
                "enum": ["opt1", "opt2", "opt3"],
                "enumNames": ["Option One", "Option Two", "Option Three"]
            },
            "untitledMulti": { "type": "array", "items": untitled },
            "titledMulti": { "type": "array", "items": { "anyOf": titled("Choice") } }
        }
    });
    completed(ctx.elicit_raw("Please choose", form).await?)
}

/// Reports progress on a stream and then asks.
#[tool]
async fn test_streaming_elicitation(ctx: Context) -> Result<String, ToolError> {
    ctx.info("About to ask").await;
    ctx.progress(1.0, 2.0).await;
    let form = json!({ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] });
    completed(ctx.elicit_raw("What is your name?", form).await?)
}

fn completed(answer: Elicited<Value>) -> Result<String, ToolError> {
    let (action, content) = outcome(answer);
    Ok(format!("Elicitation completed: action={action}, content={content}"))
}

fn outcome(answer: Elicited<Value>) -> (&'static str, Value) {
    match answer {
        Elicited::Accepted(content) => ("accept", content),
        Elicited::Declined => ("decline", json!({})),
        Elicited::Cancelled => ("cancel", json!({})),
    }
}
