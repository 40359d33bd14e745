//! Help: of the program, of a command, and of one tool or prompt from its schema.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::arguments::{kinds, resolved};
use super::commands::{CALL, COMMANDS, Command, Flag, PROMPT, SERVING};
use crate::protocol::{Prompt, Tool};
use crate::text::sanitize;

/// The program's own name, as it was called.
pub(super) fn program(parser: &lexopt::Parser) -> String {
    let name = parser.bin_name().map(Path::new).and_then(Path::file_name).map(|name| name.to_string_lossy());
    let name = name.as_deref().unwrap_or("server");
    sanitize::bounded(name.strip_suffix(std::env::consts::EXE_SUFFIX).unwrap_or(name), 64).into_owned()
}

/// What there is.
pub(super) fn general(program: &str) -> String {
    let mut out = format!("An MCP server.\n\nUsage: {program} [OPTIONS]\n       {program} <COMMAND>\n");
    out.push_str(match cfg!(feature = "stdio") {
        true => "\nWithout a command it serves: standard input and output, or what the options say.\n",
        false => "\nWithout a command it serves.\n",
    });
    section(&mut out, "Commands", COMMANDS.iter().map(|command| (command.word.to_owned(), command.about.to_owned())));
    let version = [("-V, --version".to_owned(), "Show the server's name and version".to_owned())];
    section(&mut out, "Options", flags(SERVING).chain(version).chain([help_flag()]));
    out.trim_end().to_owned()
}

/// One command.
pub(super) fn of_command(program: &str, command: &Command) -> String {
    let mut out = format!("{}.\n\nUsage: {program} {}", command.about, command.word);
    for (operand, _) in command.operands {
        let _ = write!(out, " {operand}");
    }
    out.push_str(" [OPTIONS]\n");
    let operands = command.operands.iter().map(|(operand, about)| ((*operand).to_owned(), (*about).to_owned()));
    section(&mut out, "Arguments", operands);
    section(&mut out, "Options", flags(command.flags).chain([help_flag()]));
    out.trim_end().to_owned()
}

/// One tool, from what clients are told of it.
pub(super) fn of_tool(program: &str, tool: &Tool) -> String {
    let schema = &tool.input_schema;
    let is_required = |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let mut properties: Vec<(&String, &Value)> = schema["properties"].as_object().into_iter().flatten().collect();
    properties.sort_by_key(|(name, _)| !is_required(name));
    let required = properties.iter().filter(|(name, _)| is_required(name));
    let required: String =
        required.map(|(name, property)| format!(" --{name} {}", placeholder(property, schema))).collect();
    let rows = properties.iter().map(|(name, property)| {
        (format!("    --{name} {}", placeholder(property, schema)), told(property, schema, is_required(name)))
    });
    of_component(program, &CALL, &tool.name, tool.description.as_deref(), &required, rows.collect())
}

/// One prompt.
pub(super) fn of_prompt(program: &str, prompt: &Prompt) -> String {
    let is_required = |required: Option<bool>| required == Some(true);
    let required = prompt.arguments.iter().filter(|argument| is_required(argument.required));
    let required: String = required.map(|argument| format!(" --{} <TEXT>", argument.name)).collect();
    let rows = prompt.arguments.iter().map(|argument| {
        let about = in_one_line(argument.description.as_deref());
        let optional = if is_required(argument.required) { "" } else { " (optional)" };
        (format!("    --{} <TEXT>", argument.name), format!("{about}{optional}").trim().to_owned())
    });
    of_component(program, &PROMPT, &prompt.name, prompt.description.as_deref(), &required, rows.collect())
}

fn of_component(
    program: &str,
    command: &Command,
    name: &str,
    about: Option<&str>,
    required: &str,
    rows: Vec<(String, String)>,
) -> String {
    let about = about.map(|about| format!("{about}\n\n")).unwrap_or_default();
    let optional = if rows.is_empty() { "" } else { " [ARGUMENT]..." };
    let mut out = format!("{about}Usage: {program} {} {name}{required}{optional} [OPTIONS]\n", command.word);
    section(&mut out, "Arguments", rows.into_iter());
    section(&mut out, "Options", flags(command.flags).chain([help_flag()]));
    out.trim_end().to_owned()
}

fn flags(flags: &[Flag]) -> impl Iterator<Item = (String, String)> {
    flags.iter().map(|flag| (format!("    --{} {}", flag.name, flag.value), flag.about.to_owned()))
}

fn help_flag() -> (String, String) {
    ("-h, --help".to_owned(), "Show help".to_owned())
}

fn in_one_line(about: Option<&str>) -> String {
    about.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Rows in two columns under a heading; nothing where there is no row.
fn section(out: &mut String, heading: &str, rows: impl Iterator<Item = (String, String)>) {
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return;
    }
    // What is wider than this has its words in a line below.
    let width =
        rows.iter().map(|(left, _)| left.trim_end().chars().count()).filter(|width| *width <= 32).max().unwrap_or(0);
    let _ = writeln!(out, "\n{heading}:");
    for (left, right) in rows {
        let left = left.trim_end();
        if right.is_empty() {
            let _ = writeln!(out, "  {left}");
        } else if left.chars().count() > width {
            let _ = writeln!(out, "  {left}\n  {:width$}  {right}", "");
        } else {
            let _ = writeln!(out, "  {left:width$}  {right}");
        }
    }
}

/// The kind of a value, as usage writes it.
fn placeholder(schema: &Value, root: &Value) -> String {
    let kinds = kinds(schema, root);
    let words: Vec<&str> = kinds
        .iter()
        .filter(|kind| **kind != "null")
        .map(|kind| match *kind {
            "string" => "TEXT",
            "integer" => "INTEGER",
            "number" => "NUMBER",
            "boolean" => "true|false",
            _ => "JSON",
        })
        .collect();
    match words.as_slice() {
        ["JSON"] if kinds.contains(&"array") => {
            let items = resolved(schema, root).unwrap_or(schema).get("items");
            match items.map(|items| placeholder(items, root)) {
                Some(item) if item.matches('<').count() == 1 && !item.contains("JSON") => format!("{item}..."),
                _ => "<JSON>".to_owned(),
            }
        }
        [] => "<JSON>".to_owned(),
        words => format!("<{}>", words.join("|")),
    }
}

/// The description of an argument, and the rules that it must keep.
fn told(schema: &Value, root: &Value, required: bool) -> String {
    let mut told = in_one_line(schema["description"].as_str());
    let target = resolved(schema, root).unwrap_or(schema);
    let mut notes = Vec::new();
    let values = choices(target, root);
    if !values.is_empty() {
        notes.push(format!("one of {}", values.join(", ")));
    }
    let limit = |name: &str| target.get(name).filter(|value| value.is_number());
    for (least, most, unit) in
        [("minimum", "maximum", ""), ("minLength", "maxLength", " characters"), ("minItems", "maxItems", " items")]
    {
        match (limit(least), limit(most)) {
            (Some(least), Some(most)) => notes.push(format!("{least} to {most}{unit}")),
            (Some(least), None) => notes.push(format!("at least {least}{unit}")),
            (None, Some(most)) => notes.push(format!("at most {most}{unit}")),
            (None, None) => {}
        }
    }
    if let Some(pattern) = target["pattern"].as_str() {
        notes.push(format!("matches {pattern}"));
    }
    if let Some(format) = target["format"].as_str().filter(|_| target["type"] == "string") {
        notes.push(format.to_owned());
    }
    match schema.get("default") {
        Some(default) => notes.push(format!("default {default}")),
        None if !required => notes.push("optional".to_owned()),
        None => {}
    }
    if let Some(example) = schema["examples"].get(0) {
        notes.push(format!("for example {example}"));
    }
    if !notes.is_empty() {
        if !told.is_empty() {
            told.push(' ');
        }
        let _ = write!(told, "[{}]", notes.join("; "));
    }
    told
}

/// The values of an enum, also of an optional one.
fn choices(schema: &Value, root: &Value) -> Vec<String> {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut values: Vec<String> = schema["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .chain(schema.get("const"))
        .filter(|value| !value.is_null())
        .map(plain)
        .collect();
    for alternative in ["anyOf", "oneOf"].iter().filter_map(|word| schema[*word].as_array()).flatten() {
        let alternative = resolved(alternative, root).unwrap_or(alternative);
        let own = alternative["enum"].as_array().into_iter().flatten().chain(alternative.get("const"));
        values.extend(own.filter(|value| !value.is_null()).map(plain));
    }
    values
}
