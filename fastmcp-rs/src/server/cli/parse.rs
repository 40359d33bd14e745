//! Words into a task.

use std::ffi::OsString;

use lexopt::prelude::{Long, Short, Value as Word};

use super::address::AddressFlags;
use super::commands::{self, CALL, COMMANDS, Command, PROMPT, SERVING};
use super::output::shown;
use crate::error::Error;
use crate::text::suggest;

/// What is to be done.
pub(super) enum Task {
    Serve(AddressFlags),
    /// The help of the program, or of one command.
    Help(Option<&'static Command>),
    List {
        json: bool,
    },
    Inspect {
        json: bool,
    },
    Version {
        json: bool,
    },
    Call(Wanted),
    Prompt(Wanted),
    Read {
        uri: String,
        json: bool,
    },
    #[cfg(feature = "http")]
    CheckAuth(std::path::PathBuf),
    /// What production needs of a server that would be served like this.
    CheckProduction(AddressFlags),
    #[cfg(feature = "interaction")]
    CheckAudit(std::path::PathBuf),
    #[cfg(feature = "http")]
    Health {
        url: Option<String>,
        place: AddressFlags,
        json: bool,
    },
}

/// A tool or a prompt, and what was typed for it; only its schema can tell how to read that.
pub(super) struct Wanted {
    pub name: String,
    pub rest: Vec<OsString>,
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn usage(error: lexopt::Error) -> Error {
    Error::new(format!("{error}. Try --help"))
}

pub(super) fn text(word: OsString) -> Result<String, Error> {
    word.into_string().map_err(|word| Error::new(format!("`{}` is not UTF-8", shown(&word.to_string_lossy()))))
}

/// Reads the whole command line.
pub(super) fn parse(parser: &mut lexopt::Parser, program: &str) -> Result<Task, Error> {
    let mut place = AddressFlags::default();
    loop {
        match parser.next().map_err(usage)? {
            None => return Ok(Task::Serve(place)),
            Some(Long("help") | Short('h')) => return Ok(Task::Help(None)),
            Some(Long("version") | Short('V')) => return Ok(Task::Version { json: false }),
            Some(Long(flag)) => {
                let flag = flag.to_owned();
                if !place.take(&flag, parser)? {
                    return Err(unknown_flag(
                        &flag,
                        SERVING.iter().map(|flag| flag.name).chain(["help", "version"]),
                        program,
                    ));
                }
            }
            Some(Short(flag)) => return Err(unknown(&format!("-{flag}"), [].into_iter(), program)),
            Some(Word(word)) => {
                let word = text(word)?;
                let Some(command) = commands::command(&word) else {
                    return Err(unknown(&word, COMMANDS.iter().map(|command| command.word), program));
                };
                return in_command(parser, command, place, program);
            }
        }
    }
}

/// The words after a command.
fn in_command(
    parser: &mut lexopt::Parser,
    command: &'static Command,
    mut place: AddressFlags,
    program: &str,
) -> Result<Task, Error> {
    let asks = command.word == "health";
    let checks = command.word == "check";
    if let Some(what) = place.given().filter(|_| !asks && !checks) {
        return Err(Error::new(format!("{what} is for serving, and `{}` does not serve", command.word)));
    }
    let takes_arguments = std::ptr::eq(command, &raw const CALL) || std::ptr::eq(command, &raw const PROMPT);
    let (mut json, mut production) = (false, false);
    // Flags of the arguments that stand before the name.
    let mut early: Vec<OsString> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Long("help") | Short('h') => return Ok(Task::Help(Some(command))),
            Long("json") if command.flags.iter().any(|flag| flag.name == "json") => {
                json = true;
                early.push("--json".into());
            }
            #[cfg(feature = "http")]
            Long("auth") if command.word == "check" => {
                return Ok(Task::CheckAuth(parser.value().map_err(usage)?.into()));
            }
            #[cfg(feature = "interaction")]
            Long("audit") if checks => {
                return Ok(Task::CheckAudit(parser.value().map_err(usage)?.into()));
            }
            Long("production") if checks => production = true,
            Long("args") if takes_arguments => {
                let value = parser.value().map_err(usage)?;
                early.extend(["--args".into(), value]);
            }
            Long(flag) => {
                let flag = flag.to_owned();
                if checks && place.take(&flag, parser)? {
                    continue;
                }
                #[cfg(feature = "http")]
                if asks && place.take_where(&flag, parser)? {
                    continue;
                }
                let known = command.flags.iter().map(|flag| flag.name).chain(["help"]);
                return Err(unknown_flag(&flag, known, &format!("{program} {}", command.word)));
            }
            Short(flag) => {
                return Err(unknown(&format!("-{flag}"), [].into_iter(), &format!("{program} {}", command.word)));
            }
            Word(word) if takes_arguments => {
                let name = text(word)?;
                early.extend(parser.raw_args().map_err(usage)?);
                let wanted = Wanted { name, rest: early };
                return Ok(if command.word == CALL.word { Task::Call(wanted) } else { Task::Prompt(wanted) });
            }
            Word(word) => words.push(text(word)?),
        }
    }
    let mut words = words.into_iter();
    let first = words.next();
    // `help call NAME` is `call NAME --help`.
    if command.word == "help"
        && let Some(of) = first.as_deref().filter(|word| *word == CALL.word || *word == PROMPT.word)
        && let Some(name) = words.next()
    {
        let wanted = Wanted { name, rest: vec!["--help".into()] };
        return Ok(if of == CALL.word { Task::Call(wanted) } else { Task::Prompt(wanted) });
    }
    if let Some(extra) = if command.operands.is_empty() { first.as_ref() } else { words.as_slice().first() } {
        return Err(Error::new(format!(
            "`{}` is one word too many after `{}`. Try {program} {} --help",
            shown(extra),
            command.word,
            command.word
        )));
    }
    let needs = |first: Option<String>| {
        first.ok_or_else(|| {
            let operand = command.operands.first().map_or("", |(operand, _)| operand);
            Error::new(format!("`{}` needs {operand}. Try {program} {} --help", command.word, command.word))
        })
    };
    Ok(match command.word {
        "list" => Task::List { json },
        "inspect" => Task::Inspect { json },
        "version" => Task::Version { json },
        #[cfg(feature = "http")]
        "health" => Task::Health { url: first, place, json },
        "help" => match first {
            None => Task::Help(None),
            Some(word) => match commands::command(&word) {
                Some(command) => Task::Help(Some(command)),
                None => return Err(unknown(&word, COMMANDS.iter().map(|command| command.word), program)),
            },
        },
        "read" => Task::Read { uri: needs(first)?, json },
        "check" if production => Task::CheckProduction(place),
        "check" => {
            return Err(Error::new(format!(
                "`check` needs --production, --auth FILE or --audit FILE. Try {program} check --help"
            )));
        }
        _ => {
            needs(first)?;
            Task::Help(Some(command))
        }
    })
}

fn unknown_flag<'a>(flag: &str, known: impl Iterator<Item = &'a str>, program: &str) -> Error {
    let known: Vec<String> = known.map(|name| format!("--{name}")).collect();
    let flag = format!("--{flag}");
    if let Some(feature) = missing_feature(&flag) {
        return Error::new(format!("`{flag}` is not there: this program was built without the feature `{feature}`"));
    }
    unknown(&flag, known.iter().map(String::as_str), program)
}

/// The feature that a flag of other builds comes with.
fn missing_feature(flag: &str) -> Option<&'static str> {
    match flag {
        "--stdio" if !cfg!(feature = "stdio") => Some("stdio"),
        "--http" | "--host" | "--port" | "--path" if !cfg!(feature = "http") => Some("http"),
        "--sse" if !cfg!(feature = "sse") => Some("sse"),
        _ => None,
    }
}

/// A word that nobody knows, and the nearest that somebody does.
pub(super) fn unknown<'a>(word: &str, known: impl Iterator<Item = &'a str>, program: &str) -> Error {
    let near = suggest::nearest(word, known);
    let what = if word.starts_with('-') { "flag" } else { "command" };
    let shown = shown(word);
    Error::new(match near {
        Some(near) => format!("there is no {what} `{shown}`. Did you mean `{near}`? Try {program} --help"),
        None => format!("there is no {what} `{shown}`. Try {program} --help"),
    })
}
