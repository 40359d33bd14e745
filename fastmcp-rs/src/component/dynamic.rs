//! A tool added by hand, with a schema that is published word for word.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::call::{blocking, refusal};
use super::hold::repetitions;
use super::output::{HandlerError, ToolOutput};
use super::signature::warn_of_patterns;
use super::stall;
use super::tables::Timeout;
use super::tool::{Common, Handler, OutputCheck, ToolComponent, header_params};
use crate::bounds;
use crate::context::{Context, Origin};
use crate::error::{Error, ToolError};
use crate::future::BoxFuture;
use crate::protocol::{Tool as Entry, ToolAnnotations};
use crate::result::ToolResult;
use crate::schema::json::JsonTree;
use crate::schema::scan::{VALUE_OBJECT, weight};
use crate::schema::{Faults, Leniency, Pointer, Validator, coerce};
use crate::text::sanitize;

/// A tool whose schema and arguments are JSON, for what is only known at run time.
///
/// ```
/// use fastmcp_rs::{Context, DynamicTool, Server, ToolError};
/// use serde_json::{Value, json};
///
/// let schema = json!({ "type": "object", "properties": { "sides": { "type": "integer", "minimum": 2 } }, "required": ["sides"] });
/// let dice = DynamicTool::new("dice", schema, |arguments: Value, _: Context| async move {
///     Ok::<_, ToolError>(format!("a die of {} sides", arguments["sides"]))
/// });
/// let server = Server::empty("games").add_tool(dice.description("Makes a die."));
/// ```
pub struct DynamicTool {
    entry: Entry,
    tags: Vec<String>,
    timeout: Timeout,
    handler: Arc<dyn DynamicHandler>,
}

impl fmt::Debug for DynamicTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamicTool").field("name", &self.entry.name).finish_non_exhaustive()
    }
}

/// A handler of JSON, erased.
pub(crate) trait DynamicHandler: Send + Sync {
    fn call(&self, arguments: Value, context: Context) -> BoxFuture<'static, Result<ToolResult, ToolError>>;
}

struct TypedHandler<F>(F);

impl<F, R, T, E> DynamicHandler for TypedHandler<F>
where
    F: Fn(Value, Context) -> R + Send + Sync,
    R: Future<Output = Result<T, E>> + Send + 'static,
    T: ToolOutput,
    E: HandlerError,
{
    fn call(&self, arguments: Value, context: Context) -> BoxFuture<'static, Result<ToolResult, ToolError>> {
        let answer = (self.0)(arguments, context);
        Box::pin(async move { answer.await.map_err(HandlerError::into_tool_error)?.into_result() })
    }
}

impl DynamicTool {
    /// A tool of this name. `input_schema` is a JSON Schema (2020-12) whose root has `"type": "object"`; calls are held against it.
    pub fn new<F, R, T, E>(name: impl Into<String>, input_schema: Value, handler: F) -> Self
    where
        F: Fn(Value, Context) -> R + Send + Sync + 'static,
        R: Future<Output = Result<T, E>> + Send + 'static,
        T: ToolOutput,
        E: HandlerError,
    {
        Self {
            entry: Entry::new(name, input_schema),
            tags: Vec::new(),
            timeout: Timeout::Inherit,
            handler: Arc::new(TypedHandler(handler)),
        }
    }

    /// What the tool does, for the model.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.entry.description = Some(description.into());
        self
    }

    /// The name for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.entry.title = Some(title.into());
        self
    }

    /// The schema of the structured content. Results are held against it before they are sent.
    #[must_use]
    pub fn output_schema(mut self, schema: Value) -> Self {
        self.entry.output_schema = Some(schema);
        self
    }

    /// Hints for the client.
    #[must_use]
    pub fn annotations(mut self, annotations: ToolAnnotations) -> Self {
        self.entry.annotations = Some(annotations);
        self
    }

    /// Tags, by which a server can choose.
    #[must_use]
    pub fn tags<S: Into<String>>(mut self, tags: impl IntoIterator<Item = S>) -> Self {
        self.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// How long one call may take.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Timeout::After(limit);
        self
    }

    pub(crate) fn compile(self) -> Result<ToolComponent, Error> {
        let name = self.entry.name.clone();
        let problem = one_problem("tool", &name);
        if !is_name(&name) {
            return Err(problem("a name is 1 to 128 of `A-Z a-z 0-9 _ - .`"));
        }
        if self.entry.input_schema.get("type").is_none_or(|kind| kind != "object") {
            return Err(problem(
                "the root of its input schema must have `\"type\": \"object\"`, or clients reject the whole list",
            ));
        }
        let validator = Validator::compile(&self.entry.input_schema)
            .map_err(|unsupported| problem(&format!("its input schema cannot be enforced: {unsupported}")))?;
        warn_of_patterns(&format!("tool `{name}`"), "its arguments", &validator);
        let input = Arc::new(DynamicInput { validator, schema: self.entry.input_schema.clone() });
        let output = match &self.entry.output_schema {
            Some(schema) => {
                let check = Validator::compile(schema)
                    .map_err(|unsupported| problem(&format!("its output schema cannot be checked: {unsupported}")))?;
                Some(OutputCheck { check, null_only: false })
            }
            None => None,
        };
        let mut problems = Vec::new();
        let headers = header_params(&self.entry.input_schema, &mut problems);
        if let Some(what) = problems.pop() {
            return Err(problem(&what));
        }
        let wrapped_output = None;
        Ok(ToolComponent {
            common: Common::dynamic(name, self.tags, self.timeout),
            entry: self.entry,
            wrapped_output,
            handler: Handler::Dynamic { handler: self.handler, input },
            output,
            service: None,
            headers,
        })
    }
}

/// What is wrong with a component that was added at run time.
pub(super) fn one_problem(word: &str, name: &str) -> impl Fn(&str) -> Error + use<> {
    let whose = format!("{word} `{}` (added at run time)", sanitize::bounded(name, bounds::ECHO));
    move |what| Error::new(format!("{whose}: {what}"))
}

/// What the arguments of such a tool are held against.
pub(crate) struct DynamicInput {
    validator: Validator,
    schema: Value,
}

impl DynamicInput {
    /// Reads the arguments and makes the handler's future. Long ones are read on the blocking pool.
    pub(crate) fn start(
        self: &Arc<Self>,
        handler: Arc<dyn DynamicHandler>,
        arguments: &str,
        origin: &Origin<'_>,
        common: &Common,
    ) -> BoxFuture<'static, Result<ToolResult, ToolError>> {
        let lenient = origin.lenient;
        if arguments.len() <= bounds::CHECKED_INLINE {
            return match self.read(arguments, lenient) {
                Ok(arguments) => stall::aside(handler.call(arguments, Context::of(origin)), common),
                Err(error) => Box::pin(std::future::ready(Err(error))),
            };
        }
        let (input, arguments, context) = (Arc::clone(self), arguments.to_owned(), Context::of(origin));
        Box::pin(async move {
            let arguments = blocking(move || input.read(&arguments, lenient)).await??;
            handler.call(arguments, context).await
        })
    }

    fn read(&self, arguments: &str, lenient: bool) -> Result<Value, ToolError> {
        let refused = |what: &str| ToolError::invalid_params(format!("The arguments cannot be read: {what}"));
        if weight(arguments, VALUE_OBJECT) > bounds::BUILT {
            return Err(refused("there are too many values in them"));
        }
        let mut tree = JsonTree::read(arguments).map_err(|why| refused(&format!("the text {}", why.message())))?;
        let mut faults = Faults::default();
        repetitions(&tree, &mut Pointer::root(), &mut faults);
        if !faults.is_empty() {
            return Err(refusal(&faults));
        }
        self.validator.run(&tree, &mut Pointer::root(), &mut faults);
        if !faults.is_empty() {
            let mut meant = tree.clone();
            let leniency = Leniency { texts: lenient, nulls: false };
            if !coerce(&mut meant, &self.schema, &self.schema, leniency) {
                return Err(refusal(&faults));
            }
            faults = Faults::default();
            repetitions(&meant, &mut Pointer::root(), &mut faults);
            self.validator.run(&meant, &mut Pointer::root(), &mut faults);
            if !faults.is_empty() {
                return Err(refusal(&faults));
            }
            tree = meant;
        }
        tree.to_value().ok_or_else(|| refused("a number is too large"))
    }
}

/// The specification's rule for names (server/tools, "Tool Names").
pub(crate) fn is_name(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}
