//! Answers to what a server asks: a form, a page, the model, the roots. By a request of its own in the older revisions, within the
//! result of a call on 2026-07-28.

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use super::dialogue::unknown;
use super::hooks::{ClientHooks, Elicitation, UrlElicitation};
use crate::bounds;
use crate::protocol::shape::Shaped;
use crate::protocol::{
    ElicitAction, ElicitParams, ElicitResult, InputRequest, Revision, RootsResult, RpcError, SamplingRequest, method,
};
use crate::schema::Validator;
use crate::session::lock;
use crate::text::sanitize;

/// The answer to a request of the server's, as the older revisions have them.
pub(super) async fn answer(
    hooks: &ClientHooks,
    revision: Revision,
    name: &str,
    params: Option<&RawValue>,
) -> Result<Box<RawValue>, RpcError> {
    if name == method::PING {
        return raw(&json!({}));
    }
    if !matches!(name, "elicitation/create" | "sampling/createMessage" | "roots/list") {
        return Err(unknown(name));
    }
    let params = params.map_or(Value::Null, |params| serde_json::from_str(params.get()).unwrap_or(Value::Null));
    let request = serde_json::from_value::<InputRequest>(json!({ "method": name, "params": params }))
        .map_err(|error| RpcError::invalid_params(sanitize::error(&error)))?;
    reply(hooks, revision, request).await
}

/// The answer to one question.
pub(super) async fn reply(
    hooks: &ClientHooks,
    revision: Revision,
    request: InputRequest,
) -> Result<Box<RawValue>, RpcError> {
    let name = request.method();
    let missing = || RpcError::new(crate::protocol::jsonrpc::METHOD_NOT_FOUND, format!("nobody here answers `{name}`"));
    let failed = |error: crate::error::BoxError| {
        RpcError::internal(format!("`{name}` could not be answered: {}", sanitize::error(&error)))
    };
    if request.undeclared(&hooks.capabilities()).is_some() {
        return Err(missing());
    }
    match request {
        InputRequest::Elicit(ElicitParams::Form(form)) => {
            let answerer = hooks.elicit.as_ref().ok_or_else(missing)?;
            let schema = form.requested_schema.clone();
            let answer = answerer.ask(Elicitation::of(form)).await.map_err(failed)?;
            raw(&filled_in(answer, &schema)?)
        }
        InputRequest::Elicit(ElicitParams::Url(url)) => {
            let answerer = hooks.elicit_url.as_ref().ok_or_else(missing)?;
            let answer = answerer.ask(UrlElicitation::of(url)).await.map_err(failed)?;
            raw(&ElicitResult { action: answer.action, content: None })
        }
        InputRequest::Sample(request) => {
            let answerer = hooks.sample.as_ref().ok_or_else(missing)?;
            let request: SamplingRequest = *request;
            let answer = answerer.ask(request).await.map_err(failed)?;
            raw(&Shaped(&answer, revision))
        }
        InputRequest::Roots => {
            let roots = lock(&hooks.roots).clone().ok_or_else(missing)?;
            raw(&RootsResult::new(roots))
        }
    }
}

fn raw<T: serde::Serialize + ?Sized>(value: &T) -> Result<Box<RawValue>, RpcError> {
    to_raw_value(value).map_err(|error| RpcError::internal(error.to_string()))
}

/// An accepted form with the defaults of the fields that were left out (SEP-1034), if it then is what was asked for.
fn filled_in(mut answer: ElicitResult, schema: &Value) -> Result<ElicitResult, RpcError> {
    if answer.action != ElicitAction::Accept {
        answer.content = None;
        return Ok(answer);
    }
    let content = answer.content.get_or_insert_with(Map::new);
    for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if let (false, Some(default)) = (content.contains_key(name), field.get("default")) {
            content.insert(name.clone(), default.clone());
        }
    }
    // A schema with something that the checker does not know is the server's to check.
    if let Ok(checker) = Validator::compile(schema) {
        let value = Value::Object(content.clone());
        let faults = checker.faults(&value);
        if !faults.is_empty() {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            let what = sanitize::bounded(&faults.join("; "), bounds::CAUSE).into_owned();
            return Err(RpcError::internal(format!("the answer does not fit the form: {what}")));
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Value {
        json!({
            "type": "object",
            "properties": {
                "name": { "type": "string", "default": "Ada" },
                "age": { "type": "integer", "minimum": 0, "default": 30 },
                "sure": { "type": "boolean" }
            },
            "required": ["name", "sure"]
        })
    }

    fn accepted(fields: Value) -> Result<Value, String> {
        let Value::Object(fields) = fields else { unreachable!("an object") };
        let filled = filled_in(ElicitResult::accept(fields), &form()).map_err(|error| error.to_string())?;
        Ok(Value::Object(filled.content.expect("it was accepted")))
    }

    #[test]
    fn defaults_fill_in_what_was_left_out_and_nothing_else() {
        assert_eq!(accepted(json!({ "sure": true })), Ok(json!({ "name": "Ada", "age": 30, "sure": true })));
        assert_eq!(
            accepted(json!({ "sure": false, "name": "Bo", "age": 0 })),
            Ok(json!({ "name": "Bo", "age": 0, "sure": false }))
        );
        let declined = filled_in(ElicitResult::decline(), &form()).expect("nothing to check");
        assert_eq!(declined, ElicitResult::decline());
    }

    #[test]
    fn an_answer_that_does_not_fit_is_not_sent() {
        for (fields, word) in [
            (json!({}), "sure"),
            (json!({ "sure": "yes" }), "sure"),
            (json!({ "sure": true, "age": -1 }), "age"),
            (json!({ "sure": true, "name": 7 }), "name"),
        ] {
            let refused = accepted(fields).unwrap_err();
            assert!(refused.contains("does not fit the form") && refused.contains(word), "{refused}");
        }
    }
}
