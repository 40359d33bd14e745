//! Multi round-trip requests of the 2026-07-28 revision, by hand: the suite asks for keys of its own choice. The answer says
//! what is missing, the client repeats the call with it, and the state that goes along is sealed by the server.

use fastmcp_rs::prelude::*;
use serde_json::{Value, json};

/// Asks for a name and greets.
#[tool]
fn test_input_required_result_elicitation(ctx: Context) -> Result<String, ToolError> {
    match answer(&ctx, "user_name", "name") {
        Some(name) => Ok(format!("Hello, {name}!")),
        None => Err(InputRequired::new().ask("user_name", ask_name()).into()),
    }
}

/// Has the client's model answer a question.
#[tool]
fn test_input_required_result_sampling(ctx: Context) -> Result<String, ToolError> {
    match ctx.input_response("capital_question") {
        Some(answer) => Ok(format!("The model says: {}", said(answer))),
        None => {
            Err(InputRequired::new().ask("capital_question", ask_model("What is the capital of France?", 100)).into())
        }
    }
}

/// Asks for the client's roots.
#[tool]
fn test_input_required_result_list_roots(ctx: Context) -> Result<String, ToolError> {
    match ctx.input_response("client_roots") {
        Some(answer) => Ok(format!("Roots: {}", answer["roots"])),
        None => Err(InputRequired::new().ask("client_roots", InputRequest::roots()).into()),
    }
}

/// Asks for a confirmation and carries a state along.
#[tool]
fn test_input_required_result_request_state(ctx: Context) -> Result<String, ToolError> {
    confirmed(&ctx)
}

/// The same; the suite spoils the state before it comes back, and the server must notice.
#[tool]
fn test_input_required_result_tampered_state(ctx: Context) -> Result<String, ToolError> {
    confirmed(&ctx)
}

/// Asks for three different things at once.
#[tool]
fn test_input_required_result_multiple_inputs(ctx: Context) -> Result<String, ToolError> {
    let name = answer(&ctx, "user_name", "name");
    let greeting = ctx.input_response("greeting");
    let roots = ctx.input_response("client_roots");
    if let (Some(name), Some(greeting), Some(roots)) = (name, greeting, roots) {
        return Ok(format!("{} {name}, your roots are {}", said(greeting), roots["roots"]));
    }
    Err(InputRequired::new()
        .ask("user_name", ask_name())
        .ask("greeting", ask_greeting())
        .ask("client_roots", InputRequest::roots())
        .state("multiple_inputs")
        .into())
}

/// Asks for a name, then for a colour, and remembers the name in between.
#[tool]
fn test_input_required_result_multi_round(ctx: Context) -> Result<String, ToolError> {
    let name = ctx.request_state().and_then(|state| Some(state.strip_prefix("name:")?.to_owned()));
    match (name, answer(&ctx, "step1", "name"), answer(&ctx, "step2", "color")) {
        (Some(name), _, Some(color)) => Ok(format!("{name} likes {color}.")),
        (Some(name), _, None) | (None, Some(name), _) => {
            Err(InputRequired::new().ask("step2", ask_color()).state(format!("name:{name}")).into())
        }
        (None, None, _) => Err(InputRequired::new().ask("step1", ask_name()).state("no name yet").into()),
    }
}

/// Asks only for what the client has declared it can give.
#[tool]
fn test_input_required_result_capabilities(ctx: Context) -> Result<String, ToolError> {
    let able = |able: bool, key, request: fn() -> InputRequest| able.then_some((key, request));
    let missing: Vec<_> = [
        able(ctx.client_supports_elicitation(), "user_name", ask_name),
        able(ctx.client_supports_sampling(), "greeting", ask_greeting),
        able(ctx.client_supports_roots(), "client_roots", InputRequest::roots),
    ]
    .into_iter()
    .flatten()
    .filter(|(key, _)| ctx.input_response(key).is_none())
    .collect();
    if missing.is_empty() {
        return Ok("All that the client can give was given.".to_owned());
    }
    let ask = |all: InputRequired, (key, request): (_, fn() -> InputRequest)| all.ask(key, request());
    Err(missing.into_iter().fold(InputRequired::new(), ask).into())
}

/// A prompt that asks what it shall be about.
#[prompt]
fn test_input_required_result_prompt(ctx: Context) -> Result<Vec<Message>, ToolError> {
    match answer(&ctx, "user_context", "context") {
        Some(context) => Ok(vec![Message::user(format!("The context is: {context}"))]),
        None => {
            let request = InputRequest::elicit("What context should the prompt use?", form("context", "string"));
            Err(InputRequired::new().ask("user_context", request).into())
        }
    }
}

fn confirmed(ctx: &Context) -> Result<String, ToolError> {
    let answered = ctx.input_response("confirm").is_some();
    match ctx.request_state() {
        Some(state) if answered && state == "confirming" => Ok("state-ok".to_owned()),
        _ => {
            let request = InputRequest::elicit("Please confirm", form("ok", "boolean"));
            Err(InputRequired::new().ask("confirm", request).state("confirming").into())
        }
    }
}

fn ask_name() -> InputRequest {
    InputRequest::elicit("What is your name?", form("name", "string"))
}

fn ask_color() -> InputRequest {
    InputRequest::elicit("What is your favorite color?", form("color", "string"))
}

fn ask_greeting() -> InputRequest {
    ask_model("Generate a greeting", 50)
}

fn ask_model(question: &str, max_tokens: u64) -> InputRequest {
    InputRequest::sample(SamplingRequest::new(question).max_tokens(max_tokens))
}

/// A form of one required field.
fn form(field: &str, kind: &str) -> Value {
    json!({ "type": "object", "properties": { field: { "type": kind } }, "required": [field] })
}

/// The text that the user put into a field. Anything else (a refusal, a wrong key, nonsense) is no answer, and is asked again.
fn answer(ctx: &Context, key: &str, field: &str) -> Option<String> {
    let answer = ctx.input_response(key)?;
    let accepted = answer["action"] == "accept";
    accepted.then(|| answer["content"][field].as_str().map(ToOwned::to_owned))?
}

/// What a model said.
fn said(answer: &Value) -> &str {
    answer["content"]["text"].as_str().unwrap_or("nothing")
}
