//! What a test answers to a server's questions, and what it saw.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value};

use crate::client::{ClientBuilder, ProgressUpdate, ServerLog};
use crate::error::BoxError;
use crate::protocol::{ElicitAction, ElicitResult, LogLevel, SamplingContent, SamplingResult};
use crate::session::lock;

/// The answer to one question of a server's: [`accept`], [`decline`], [`cancel`] or [`sampled`].
#[derive(Clone, Debug)]
pub struct TestAnswer(AnswerKind);

#[derive(Clone, Debug)]
enum AnswerKind {
    Form(ElicitResult),
    Model(SamplingResult),
}

/// The user fills in these fields, an object; what is left out gets the form's defaults. Of a page, the user agrees to go there.
///
/// # Panics
/// When the fields are no object.
#[track_caller]
pub fn accept(fields: impl serde::Serialize) -> TestAnswer {
    let fields = match serde_json::to_value(fields) {
        Ok(Value::Object(fields)) => fields,
        Ok(Value::Null) => Map::new(),
        other => panic!("fields are an object, and not {other:?}"),
    };
    TestAnswer(AnswerKind::Form(ElicitResult::accept(fields)))
}

/// The user says no.
#[must_use]
pub fn decline() -> TestAnswer {
    TestAnswer(AnswerKind::Form(ElicitResult::decline()))
}

/// The user closes the question.
#[must_use]
pub fn cancel() -> TestAnswer {
    TestAnswer(AnswerKind::Form(ElicitResult::cancel()))
}

/// The model says this.
pub fn sampled(text: impl Into<String>) -> TestAnswer {
    TestAnswer(AnswerKind::Model(SamplingResult::text(text)))
}

/// What was asked and answered, logged and reported.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<SeenSoFar>>);

#[derive(Default)]
struct SeenSoFar {
    answers: VecDeque<TestAnswer>,
    asked: Vec<String>,
    logs: Vec<ServerLog>,
    progress: Vec<ProgressUpdate>,
}

impl Seen {
    /// Answers and hears by what the test gave.
    pub(super) fn attend(&self, builder: ClientBuilder) -> ClientBuilder {
        let (form, page, model, log) = (self.clone(), self.clone(), self.clone(), self.clone());
        builder
            .on_elicit(move |ask| {
                let answer = form.form(&ask.message, false);
                async move { answer }
            })
            .on_elicit_url(move |ask| {
                let answer = page.form(&ask.message, true);
                async move { answer }
            })
            .on_sample(move |request| {
                let said = request.messages.last().map(|message| texts(&message.content)).unwrap_or_default();
                let answer = model.model(&said);
                async move { answer }
            })
            .log_level(LogLevel::Debug)
            .on_log(move |said| lock(&log.0).logs.push(said))
    }

    fn form(&self, message: &str, page: bool) -> Result<ElicitResult, BoxError> {
        match self.next(message)? {
            TestAnswer(AnswerKind::Form(mut answer)) => {
                if page && answer.action == ElicitAction::Accept {
                    answer.content = None;
                }
                Ok(answer)
            }
            TestAnswer(AnswerKind::Model(_)) => {
                Err(format!("the test has an answer of the model's next, and the user was asked {message:?}").into())
            }
        }
    }

    fn model(&self, message: &str) -> Result<SamplingResult, BoxError> {
        match self.next(message)? {
            TestAnswer(AnswerKind::Model(answer)) => Ok(answer),
            TestAnswer(AnswerKind::Form(_)) => {
                Err(format!("the test has an answer of the user's next, and the model was asked {message:?}").into())
            }
        }
    }

    fn next(&self, message: &str) -> Result<TestAnswer, BoxError> {
        let mut seen = lock(&self.0);
        seen.asked.push(message.to_owned());
        seen.answers
            .pop_front()
            .ok_or_else(|| format!("the test has no answer to {message:?}: give one with `client.answers(..)`").into())
    }

    pub(super) fn answer(&self, answer: TestAnswer) {
        lock(&self.0).answers.push_back(answer);
    }

    pub(super) fn progressed(&self) -> impl Fn(ProgressUpdate) + Send + Sync + 'static {
        let seen = self.clone();
        move |update| lock(&seen.0).progress.push(update)
    }

    pub(super) fn asked(&self) -> AskedSoFar {
        AskedSoFar(lock(&self.0).asked.clone())
    }

    pub(super) fn logs(&self) -> Logs {
        Logs(lock(&self.0).logs.clone())
    }

    pub(super) fn progress(&self) -> ProgressSeen {
        ProgressSeen(lock(&self.0).progress.clone())
    }
}

fn texts(content: &[SamplingContent]) -> String {
    content
        .iter()
        .filter_map(|block| match block {
            SamplingContent::Text(text) => Some(text.text.as_str()),
            _ => None,
        })
        .collect()
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen").finish_non_exhaustive()
    }
}

/// The questions that a server asked, oldest first.
#[derive(Clone, Debug, Default)]
pub struct AskedSoFar(Vec<String>);

impl AskedSoFar {
    /// What the user or the model was asked.
    #[must_use]
    pub fn messages(&self) -> &[String] {
        &self.0
    }

    /// Exactly these were asked, in this order. On 2026-07-28 a handler that asks twice runs twice, and each question still comes
    /// once.
    ///
    /// # Panics
    /// When others were.
    #[track_caller]
    pub fn assert_messages<'a>(&self, expected: impl IntoIterator<Item = &'a str>) {
        let expected: Vec<&str> = expected.into_iter().collect();
        assert_eq!(self.0, expected, "these questions were asked (left), and those expected (right)");
    }
}

/// The log messages of a server, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Logs(Vec<ServerLog>);

impl Logs {
    /// The messages.
    #[must_use]
    pub fn messages(&self) -> &[ServerLog] {
        &self.0
    }

    /// One of them has this in its text.
    ///
    /// # Panics
    /// When none has.
    #[track_caller]
    pub fn assert_contains(&self, part: &str) {
        let texts: Vec<String> = self.0.iter().map(|log| format!("[{}] {}", log.level, log.text())).collect();
        assert!(texts.iter().any(|text| text.contains(part)), "nobody logged {part:?}, only {texts:#?}");
    }
}

/// The progress that calls reported, oldest first.
#[derive(Clone, Debug, Default)]
pub struct ProgressSeen(Vec<ProgressUpdate>);

impl ProgressSeen {
    /// The reports.
    #[must_use]
    pub fn updates(&self) -> &[ProgressUpdate] {
        &self.0
    }

    /// So much of the whole was reported as done, where 1.0 is all of it. Where no whole was said, the number counts by itself.
    ///
    /// # Panics
    /// When it was not.
    #[track_caller]
    pub fn assert_reached(&self, part: f64) {
        let most =
            self.0.iter().map(|it| it.done / it.total.filter(|total| *total > 0.0).unwrap_or(1.0)).fold(0.0, f64::max);
        assert!(most >= part, "progress reached {most} and not {part}: {:#?}", self.0);
    }
}
