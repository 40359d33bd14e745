//! A list in a JSON file that is always whole: after a crash, beside a second process, and when somebody else has spoilt it.
//!
//! * A write goes to a temporary file in the same directory, is synced, and takes the old file's place by a rename, so a
//!   reader (or whoever comes after `kill -9`) finds the old list or the new one, never half of one.
//! * Whoever changes the list holds an advisory lock on a file beside it while reading, changing and writing. The lock belongs
//!   to the open file, so it keeps threads apart as well as processes, and goes away with its owner. Reading needs none.
//! * A file that is not a list of to-dos is reported with its path and left as it is.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::service::Todo;

/// Where the list is kept: `TODO_DB` if set, else `fastmcp-todo/todos.json` in the user's data directory, else the same in the
/// current directory. The current one comes last because MCP clients start their servers in directories of their own.
pub(crate) fn default_path() -> PathBuf {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(path) = set("TODO_DB") {
        return path;
    }
    let data = if cfg!(windows) { set("APPDATA") } else { set("XDG_DATA_HOME") }.filter(|path| path.is_absolute());
    data.or_else(|| Some(env::home_dir()?.join(".local/share"))).unwrap_or_default().join("fastmcp-todo/todos.json")
}

/// The file, and the way to change it.
#[derive(Debug)]
pub(crate) struct Storage {
    file: PathBuf,
    lock: PathBuf,
    temporary: PathBuf,
}

impl Storage {
    /// Makes the directory if need be. The file is not looked at, so that a server starts with a spoilt one and can say so.
    pub(crate) fn open(path: &Path) -> Result<Self, StorageError> {
        let (directory, name) = prepare(path).map_err(StorageError::io("create the directory of", path))?;
        let beside = |ending: &str| {
            let mut hidden = OsString::from(".");
            hidden.push(&name);
            hidden.push(ending);
            directory.join(hidden)
        };
        Ok(Self { lock: beside(".lock"), temporary: beside(".tmp"), file: directory.join(name) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.file
    }

    /// The list as it is now; an empty one if it was never written.
    pub(crate) fn read(&self) -> Result<Vec<Todo>, StorageError> {
        let text = match fs::read(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(StorageError::io("read", &self.file)(error)),
        };
        serde_json::from_slice(&text).map_err(|fault| StorageError::Corrupted { path: self.file.clone(), fault })
    }

    /// Changes the list, alone. If `change` refuses, nothing is written.
    pub(crate) fn update<T, E: From<StorageError>>(
        &self,
        change: impl FnOnce(&mut Vec<Todo>) -> Result<T, E>,
    ) -> Result<T, E> {
        let _alone = self.lock().map_err(StorageError::io("lock", &self.lock))?;
        let mut todos = self.read()?;
        let answer = change(&mut todos)?;
        self.write(&todos).map_err(StorageError::io("write", &self.file))?;
        Ok(answer)
    }

    /// Waits until nobody else changes the list. Dropping the file releases the lock.
    fn lock(&self) -> io::Result<File> {
        let lock = File::options().create(true).truncate(false).write(true).open(&self.lock)?;
        lock.lock()?;
        Ok(lock)
    }

    /// Called under the lock, so there is one temporary file and nobody else's: one left over by a crash is simply overwritten.
    fn write(&self, todos: &[Todo]) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(todos)?;
        text.push(b'\n');
        let mut temporary = File::create(&self.temporary)?;
        if let Ok(old) = fs::metadata(&self.file) {
            temporary.set_permissions(old.permissions())?;
        }
        temporary.write_all(&text)?;
        temporary.sync_all()?;
        drop(temporary);
        fs::rename(&self.temporary, &self.file)?;
        // The rename itself is safe only when the directory is; other systems cannot open one and do not need it.
        if cfg!(unix)
            && let Some(directory) = self.file.parent()
        {
            File::open(directory)?.sync_all()?;
        }
        Ok(())
    }
}

/// The existing directory and the name of the file that `path` means. Links are followed, so that a rename replaces the file
/// and not the link to it.
fn prepare(path: &Path) -> io::Result<(PathBuf, OsString)> {
    let path = fs::canonicalize(path).or_else(|_| std::path::absolute(path))?;
    match (path.parent(), path.file_name()) {
        (Some(directory), Some(name)) if !path.is_dir() => {
            fs::create_dir_all(directory)?;
            Ok((fs::canonicalize(directory)?, name.to_owned()))
        }
        _ => Err(ErrorKind::IsADirectory.into()),
    }
}

/// What can be wrong with the file. Every message names it.
#[derive(Debug)]
pub(crate) enum StorageError {
    Io { deed: &'static str, path: PathBuf, cause: io::Error },
    Corrupted { path: PathBuf, fault: serde_json::Error },
}

impl StorageError {
    fn io(deed: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { deed, path, cause }
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { deed, path, cause } => {
                write!(f, "cannot {deed} {}: {cause}", path.display())
            }
            Self::Corrupted { path, fault } => write!(
                f,
                "{} is not a list of to-dos ({fault}); it was left as it is: repair it, move it away, or choose another with TODO_DB",
                path.display()
            ),
        }
    }
}

impl std::error::Error for StorageError {}

#[cfg(test)]
pub(crate) mod tests {
    use std::process::{Child, Command, Stdio};
    use std::{process, thread};

    use super::*;

    /// A directory of a test's own, gone when the test is.
    pub(crate) struct Scratch(PathBuf);

    impl Scratch {
        pub(crate) fn new(test: &str) -> Self {
            let path = env::temp_dir().join(format!("fastmcp-todo-{test}-{}", process::id()));
            fs::create_dir_all(&path).expect("a temporary directory can be made");
            Self(path)
        }

        /// In a directory that does not exist yet.
        pub(crate) fn file(&self) -> PathBuf {
            self.0.join("made/on demand/todos.json")
        }

        fn holding(&self, text: &str) -> Storage {
            let storage = Storage::open(&self.file()).expect("the directory can be made");
            fs::write(storage.path(), text).expect("the file can be written");
            storage
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            _ = fs::remove_dir_all(&self.0);
        }
    }

    fn add(storage: &Storage, title: &str) -> Result<(), StorageError> {
        storage.update(|todos| {
            let id = todos.len() as u64 + 1;
            todos.push(Todo { id, title: title.to_owned(), description: None, done: false });
            Ok(())
        })
    }

    fn numbers(storage: &Storage) -> Vec<u64> {
        storage.read().expect("the list is whole").iter().map(|todo| todo.id).collect()
    }

    #[test]
    fn a_spoilt_file_is_named_and_left_alone() {
        for spoilt in ["", "not json", "{\"todos\": []}", "[1, 2]", "[{\"id\": 1}]", "[] trailing", "null"] {
            let scratch = Scratch::new("spoilt");
            let storage = scratch.holding(spoilt);
            for error in [storage.read().err(), add(&storage, "more").err()] {
                let error = error.expect("the file is refused");
                assert!(matches!(error, StorageError::Corrupted { .. }), "{spoilt:?}: {error}");
                assert!(error.to_string().contains("todos.json"), "{error}");
            }
            assert_eq!(fs::read_to_string(storage.path()).expect("still there"), spoilt);
        }
    }

    #[test]
    fn a_directory_in_place_of_the_file_is_refused_by_name() {
        let scratch = Scratch::new("directory");
        let error = Storage::open(&scratch.0).expect_err("a directory is no list");
        assert!(error.to_string().contains(&scratch.0.display().to_string()), "{error}");
    }

    #[test]
    fn threads_lose_nothing_and_repeat_no_number() {
        let scratch = Scratch::new("threads");
        let storage = Storage::open(&scratch.file()).expect("the directory can be made");
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..10).for_each(|_| add(&storage, "from a thread").expect("added")));
            }
        });
        assert_eq!(numbers(&storage), (1..=80).collect::<Vec<_>>());
    }

    #[test]
    fn two_processes_lose_nothing_and_repeat_no_number() {
        let scratch = Scratch::new("processes");
        let storage = Storage::open(&scratch.file()).expect("the directory can be made");
        let rivals = [writer(&storage, 40), writer(&storage, 40)];
        for mut rival in rivals {
            assert!(rival.wait().expect("the writer ends").success());
        }
        assert_eq!(numbers(&storage), (1..=80).collect::<Vec<_>>());
    }

    #[test]
    fn a_killed_writer_leaves_a_whole_list_and_no_lock() {
        let scratch = Scratch::new("killed");
        let storage = Storage::open(&scratch.file()).expect("the directory can be made");
        for round in 0..5 {
            let before = numbers(&storage).len();
            let mut victim = writer(&storage, usize::MAX);
            // Strike amid its writing, at a different moment each time.
            while numbers(&storage).len() < before + 3 + round {
                thread::yield_now();
            }
            victim.kill().expect("the writer is killed");
            victim.wait().expect("the writer is gone");
            let left = numbers(&storage);
            assert_eq!(left, (1..=left.len() as u64).collect::<Vec<_>>());
            add(&storage, "after the crash").expect("the lock went with its owner");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_and_the_rights_of_the_file_survive_a_write() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let scratch = Scratch::new("link");
        let target = scratch.holding("[]");
        fs::set_permissions(target.path(), fs::Permissions::from_mode(0o600)).expect("rights can be set");
        let link = scratch.0.join("link.json");
        symlink(target.path(), &link).expect("a link can be made");

        add(&Storage::open(&link).expect("the link is followed"), "through a link").expect("added");
        assert!(link.is_symlink());
        assert_eq!(numbers(&target), [1]);
        let rights = fs::metadata(target.path()).expect("still there").permissions();
        assert_eq!(rights.mode() & 0o777, 0o600);
    }

    /// This very test program, run as a process that only writes.
    fn writer(storage: &Storage, count: usize) -> Child {
        Command::new(env::current_exe().expect("a test has a program"))
            .args(["--exact", "storage::tests::as_a_writer", "--ignored"])
            .env("TODO_WRITER", storage.path())
            .env("TODO_WRITER_COUNT", count.to_string())
            .stdout(Stdio::null())
            .spawn()
            .expect("the test program starts")
    }

    #[test]
    #[ignore = "run by the tests above as a process of its own"]
    fn as_a_writer() {
        let Some(path) = env::var_os("TODO_WRITER") else {
            return;
        };
        let storage = Storage::open(path.as_ref()).expect("the directory is there");
        let count = env::var("TODO_WRITER_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(0_usize);
        for _ in 0..count {
            add(&storage, "from a process").expect("added");
        }
    }
}
