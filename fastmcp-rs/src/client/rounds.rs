//! Calls that ask before they answer (2026-07-28, basic/patterns/mrtr): the same request again, with the answers and the state that
//! came with the questions, until it is answered.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::ClientError;
use super::exchange::{Query, Tie};
use super::incoming::Received;
use super::questions;
use super::results;
use crate::future::BoxFuture;
use crate::protocol::{InputRequest, Revision, RpcError};
use crate::text::sanitize;

/// How long is waited before a request is repeated that was told nothing but to come again, times the number of the round.
const PAUSE: Duration = Duration::from_millis(50);

/// Questions, or their answers, by their keys.
type RoundAnswers = BTreeMap<String, Box<RawValue>>;

/// A question that is being answered: its key, its method, and what will be its answer.
type OpenQuestion<'a> = (String, &'static str, BoxFuture<'a, Result<Box<RawValue>, RpcError>>);

/// Questions within a result.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoundQuestions {
    #[serde(default)]
    input_requests: Option<RoundAnswers>,
    /// Repeated byte for byte, so it stays as it was written.
    #[serde(default)]
    request_state: Option<Box<RawValue>>,
}

/// Sends a request, again after each round of questions, until its result is complete.
pub(super) async fn ask(
    link: &Tie,
    revision: Revision,
    make: impl Fn() -> Result<Query, ClientError>,
    limit: usize,
) -> Received {
    let mut answered: Option<(RoundAnswers, Option<Box<RawValue>>)> = None;
    let mut last = None;
    for round in 0..=limit {
        let mut ask = make()?;
        if let Some((answers, state)) = &answered {
            if !answers.is_empty() {
                ask.members = ask.members.with("inputResponses", answers)?;
            }
            if let Some(state) = state {
                ask.members = ask.members.with("requestState", state)?;
            }
        }
        let result = link.ask(revision, ask).await?;
        match &*results::kind(&result) {
            "complete" => return Ok(result),
            "input_required" if !revision.asks_in_place() => {}
            other => return Err(unknown_kind(other)),
        }
        let asked: RoundQuestions = serde_json::from_str(result.get())
            .map_err(|error| ClientError::protocol(format!("questions cannot be read: {}", sanitize::error(&error))))?;
        let requests = asked.input_requests.unwrap_or_default();
        if requests.is_empty() {
            if asked.request_state.is_none() {
                return Err(ClientError::protocol("a result asks nothing and has no state"));
            }
            tokio::time::sleep(PAUSE * u32::try_from(round + 1).unwrap_or(u32::MAX)).await;
            answered = Some((BTreeMap::new(), asked.request_state));
            continue;
        }
        let answers = answers(link, revision, &requests).await?;
        let texts = |of: &RoundAnswers| -> Vec<(String, String)> {
            of.iter().map(|(key, json)| (key.clone(), json.get().to_owned())).collect()
        };
        // The same question after the same answer: nothing would ever change.
        let exchange = (texts(&requests), texts(&answers));
        if last.as_ref() == Some(&exchange) {
            let first = requests.values().next().map_or("", |json| json.get());
            return Err(ClientError::protocol(format!(
                "the server asks again what it was told: {}",
                sanitize::bounded(first, crate::bounds::CAUSE)
            )));
        }
        last = Some(exchange);
        answered = Some((answers, asked.request_state));
    }
    Err(ClientError::Rounds { limit })
}

/// A result of a kind that is not known here, or not where it came.
pub(super) fn unknown_kind(kind: &str) -> ClientError {
    ClientError::protocol(format!("a result of the kind `{}`", sanitize::bounded(kind, crate::bounds::ECHO)))
}

/// The answers to the questions of one round, all asked at the same time.
async fn answers(link: &Tie, revision: Revision, requests: &RoundAnswers) -> Result<RoundAnswers, ClientError> {
    let hooks = &link.conversation.hooks;
    let declared = hooks.capabilities();
    let mut asking: Vec<OpenQuestion<'_>> = Vec::new();
    for (key, raw) in requests {
        let request: InputRequest = serde_json::from_str(raw.get()).map_err(|error| {
            ClientError::protocol(format!("a question cannot be read: {}", sanitize::error(&error)))
        })?;
        let asked = request.method();
        if request.undeclared(&declared).is_some() {
            return Err(ClientError::Unanswered { asked, why: "nobody here answers that: it was not declared".into() });
        }
        asking.push((key.clone(), asked, Box::pin(questions::reply(hooks, revision, request))));
    }
    let mut answers = BTreeMap::new();
    let mut open = asking;
    std::future::poll_fn(|task| {
        let mut index = 0;
        while let Some((key, asked, answer)) = open.get_mut(index) {
            match answer.as_mut().poll(task) {
                std::task::Poll::Pending => index += 1,
                std::task::Poll::Ready(Ok(answer)) => {
                    answers.insert(std::mem::take(key), answer);
                    drop(open.swap_remove(index));
                }
                std::task::Poll::Ready(Err(error)) => {
                    let why = error.message.into_owned();
                    return std::task::Poll::Ready(Err(ClientError::Unanswered { asked, why }));
                }
            }
        }
        if open.is_empty() { std::task::Poll::Ready(Ok(())) } else { std::task::Poll::Pending }
    })
    .await?;
    Ok(answers)
}
