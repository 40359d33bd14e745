//! What a to-do list can do, and nothing about MCP: this layer would serve a web page as well.

use std::fmt;
use std::path::{Path, PathBuf};

use fastmcp_rs::prelude::*;

use crate::storage::{Storage, StorageError};

/// One thing to be done.
#[model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Todo {
    /// Its number, which never changes.
    pub(crate) id: u64,
    /// What is to be done.
    pub(crate) title: String,
    /// Details, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// Whether it is done.
    pub(crate) done: bool,
}

/// The whole list.
#[model]
#[derive(Debug)]
pub(crate) struct TodoList {
    /// How many are still to be done.
    pub(crate) open: usize,
    /// All of them, oldest first.
    pub(crate) todos: Vec<Todo>,
}

/// A server in working order.
#[model]
#[derive(Debug)]
pub(crate) struct Health {
    /// `ok`; when it is not, the call is an error that says why.
    pub(crate) status: String,
    /// The file that holds the list.
    pub(crate) file: PathBuf,
    /// How many to-dos it holds.
    pub(crate) todos: usize,
}

/// The list, kept in a file.
#[derive(Debug)]
pub(crate) struct TodoService {
    storage: Storage,
}

impl TodoService {
    /// A list kept in `path`. The file is made by the first to-do, its directory now.
    pub(crate) fn open(path: &Path) -> Result<Self, StorageError> {
        Ok(Self { storage: Storage::open(path)? })
    }

    /// The file that holds the list.
    pub(crate) fn path(&self) -> &Path {
        self.storage.path()
    }

    pub(crate) fn health(&self) -> Result<Health, TodoError> {
        let todos = self.storage.read()?.len();
        Ok(Health { status: "ok".to_owned(), file: self.storage.path().to_owned(), todos })
    }

    pub(crate) fn list(&self) -> Result<TodoList, TodoError> {
        let todos = self.storage.read()?;
        Ok(TodoList { open: todos.iter().filter(|todo| !todo.done).count(), todos })
    }

    /// Adds a to-do, unless the very same is still to be done: whoever asks twice, not knowing whether it worked, gets one.
    pub(crate) fn create(&self, title: String, description: Option<String>) -> Result<Todo, TodoError> {
        self.storage.update(|todos| {
            let same = |todo: &&Todo| !todo.done && todo.title == title && todo.description == description;
            if let Some(same) = todos.iter().find(same) {
                return Ok(same.clone());
            }
            let last = todos.iter().map(|todo| todo.id).max().unwrap_or(0);
            let id = last.checked_add(1).ok_or(TodoError::Full)?;
            let todo = Todo { id, title, description, done: false };
            todos.push(todo.clone());
            Ok(todo)
        })
    }

    pub(crate) fn set_status(&self, id: u64, done: bool) -> Result<Todo, TodoError> {
        self.storage.update(|todos| {
            let todo = todos.iter_mut().find(|todo| todo.id == id).ok_or(TodoError::NotFound(id))?;
            todo.done = done;
            Ok(todo.clone())
        })
    }
}

/// Why the list refused.
#[derive(Debug)]
pub(crate) enum TodoError {
    NotFound(u64),
    /// Somebody wrote the highest possible number into the file.
    Full,
    Storage(StorageError),
}

impl fmt::Display for TodoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(id) => write!(f, "there is no to-do with the number {id}; list_todos shows those there are"),
            Self::Full => f.write_str("the list has run out of numbers"),
            Self::Storage(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TodoError {}

impl From<StorageError> for TodoError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::tests::Scratch;

    #[test]
    fn a_todo_is_created_listed_and_done() -> Result<(), TodoError> {
        let scratch = Scratch::new("service-flow");
        let list = TodoService::open(&scratch.file())?;
        assert_eq!(list.health()?.todos, 0);

        let first = list.create("Learn MCP".to_owned(), None)?;
        let second = list.create("Write a server".to_owned(), Some("in Rust".to_owned()))?;
        assert_eq!((first.id, second.id), (1, 2));

        assert!(list.set_status(1, true)?.done);
        let all = list.list()?;
        assert_eq!((all.open, all.todos.len()), (1, 2));
        assert_eq!(all.todos[1], second);
        Ok(())
    }

    #[test]
    fn what_is_still_to_be_done_is_not_added_twice() -> Result<(), TodoError> {
        let scratch = Scratch::new("service-twice");
        let list = TodoService::open(&scratch.file())?;
        let first = list.create("Learn MCP".to_owned(), None)?;
        assert_eq!(list.create("Learn MCP".to_owned(), None)?, first);
        assert_eq!(list.create("Learn MCP".to_owned(), Some("the tools".to_owned()))?.id, 2);
        list.set_status(1, true)?;
        assert_eq!(list.create("Learn MCP".to_owned(), None)?.id, 3);
        Ok(())
    }

    #[test]
    fn an_unknown_number_changes_nothing() -> Result<(), TodoError> {
        let scratch = Scratch::new("service-unknown");
        let list = TodoService::open(&scratch.file())?;
        assert!(matches!(list.set_status(7, true), Err(TodoError::NotFound(7))));
        assert!(!scratch.file().exists());
        Ok(())
    }
}
