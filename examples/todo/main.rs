//! A to-do list in a JSON file: typed inputs and outputs, state shared by the tools, and errors a model can act on.
//!
//! ```sh
//! cargo run --example todo -- call create_todo title="Learn MCP"
//! cargo run --example todo -- call list_todos
//! cargo run --example todo -- --http                        # http://127.0.0.1:8000/mcp
//! TODO_DB=./work.json cargo run --example todo -- list      # another list
//! ```
//!
//! The tools below are thin: what a to-do is lives in [`service`], how the file survives crashes and rivals in [`storage`].
//! They are plain functions, because files are read by blocking; the server runs them beside its own threads.

mod service;
mod storage;

use fastmcp_rs::prelude::*;
use service::{Health, Todo, TodoError, TodoList, TodoService};
use storage::StorageError;

/// Check that the to-do file can be read, and say where it is.
#[tool(read_only)]
fn health_check(todos: State<TodoService>) -> Result<Health, ToolError> {
    todos.health().map_err(in_words)
}

/// List every to-do, oldest first, with the number of those still open.
#[tool(read_only)]
fn list_todos(todos: State<TodoService>) -> Result<TodoList, ToolError> {
    todos.list().map_err(in_words)
}

/// Add a to-do. It starts as not done, and gets a number of its own. The same one is not added again while it is not done.
#[tool(destructive = false, idempotent)]
fn create_todo(
    /// What is to be done, in a few words.
    #[arg(len(3..=140), pattern = r"\S", example = "Learn MCP")]
    title: String,
    /// Details, if the title does not say it all.
    #[arg(len(..=500))]
    description: Option<String>,
    todos: State<TodoService>,
) -> Result<Todo, ToolError> {
    todos.create(title, description).map_err(in_words)
}

/// Mark a to-do as done, or as open again.
#[tool(destructive = false, idempotent)]
fn set_todo_status(
    /// The number of the to-do, as `create_todo` and `list_todos` give it.
    #[arg(range(1..))]
    todo_id: u64,
    /// `true` when it is done, `false` to open it again.
    done: bool,
    todos: State<TodoService>,
) -> Result<Todo, ToolError> {
    todos.set_status(todo_id, done).map_err(in_words)
}

/// What the model gets to read. Everything here was written for its eyes: no error text of the system's goes out unnoticed.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn in_words(error: TodoError) -> ToolError {
    let words = error.to_string();
    match error {
        TodoError::NotFound(_) => ToolError::not_found(words),
        TodoError::Full => ToolError::conflict(words),
        TodoError::Storage(StorageError::Io { .. }) => ToolError::unavailable(words),
        TodoError::Storage(StorageError::Corrupted { .. }) => ToolError::internal(words),
    }
}

fn main() -> fastmcp_rs::Result {
    Server::new("todo")
        .version(env!("CARGO_PKG_VERSION"))
        .instructions("A to-do list. Look at list_todos before changing anything; numbers are never reused.")
        .lifespan(|| async {
            let todos = TodoService::open(&storage::default_path())?;
            eprintln!("todo: the list is in {}", todos.path().display());
            Ok::<_, StorageError>(todos)
        })
        .run()
}
