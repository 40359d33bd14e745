//! Several servers, from a configuration file of the form that desktop clients share. One that cannot be reached does not take the
//! others away.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::builder::ClientBuilder;
use super::error::{ClientError, ConnectError};
use super::{Client, Era};
use crate::protocol::Tool;
use crate::result::ToolResult;
use crate::text::sanitize;

/// What stands between a server's name and that of its tool.
const BETWEEN: &str = "__";

/// Servers that are to be connected, made by [`ClientGroup::from_config`].
#[must_use = "nothing happens before `connect`"]
pub struct ClientGroupBuilder {
    servers: Vec<(String, Result<ClientBuilder, ClientError>)>,
}

/// Clients of several servers, each with a conversation and a revision of its own. Tools are named by their server: `weather__forecast` is
/// `forecast` of `weather`.
#[derive(Clone, Debug)]
pub struct ClientGroup {
    clients: BTreeMap<String, Client>,
    failures: std::sync::Arc<Vec<(String, ClientError)>>,
}

/// A file with servers in it.
#[derive(Deserialize)]
struct ConfigFile {
    #[serde(rename = "mcpServers", alias = "servers")]
    servers: Map<String, Value>,
}

/// One of them.
#[derive(Deserialize)]
struct ConfigEntry {
    #[serde(default, rename = "type", alias = "transport")]
    kind: Option<String>,
    #[serde(default)]
    command: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    cwd: Option<PathBuf>,
    #[serde(default, alias = "httpUrl", alias = "serverUrl")]
    url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// For one request, in milliseconds.
    #[serde(default)]
    timeout: Option<u64>,
    /// `auto`, `legacy`, or a revision.
    #[serde(default)]
    mode: Option<String>,
    #[serde(default)]
    disabled: bool,
}

impl ClientGroup {
    /// Reads a configuration file: an object `mcpServers` (or `servers`) of servers by their names, each with `command`, `args`, `env` and
    /// `cwd`, or with `url` and `headers`; `type` is `stdio`, `http` or `sse` where it is said. Also known are `timeout` in
    /// milliseconds, `mode` (`auto`, `legacy` or a revision) and `disabled`. `${NAME}` and `${NAME:-default}` in texts stand for
    /// variables of the environment. A server that is described wrongly is one of the [failures](Self::failures).
    ///
    /// # Errors
    /// When the file cannot be read, or is not of that form.
    pub fn from_config(file: impl AsRef<Path>) -> Result<ClientGroupBuilder, ClientError> {
        let file = file.as_ref();
        let shown = file.display();
        let setting = |what: String| ClientError::Connect(ConnectError::Setting { what });
        let text =
            std::fs::read_to_string(file).map_err(|error| setting(format!("{shown} cannot be read: {error}")))?;
        Self::from_json(&text).map_err(|error| setting(format!("{shown}: {error}")))
    }

    /// The same from a text.
    ///
    /// # Errors
    /// When it is not of that form.
    pub fn from_json(json: &str) -> Result<ClientGroupBuilder, ClientError> {
        let setting = |what: String| ClientError::Connect(ConnectError::Setting { what });
        let json = json.strip_prefix('\u{feff}').unwrap_or(json);
        let config: ConfigFile =
            serde_json::from_str(json).map_err(|error| setting(format!("no configuration of servers: {error}")))?;
        let mut servers = Vec::new();
        for (name, entry) in config.servers {
            let entry = ConfigEntry::deserialize(entry).map_err(|error| sanitize::error(&error));
            if entry.as_ref().is_ok_and(|entry| entry.disabled) {
                continue;
            }
            let builder = entry.and_then(|entry| entry.builder(|variable| std::env::var(variable).ok()));
            servers.push((name, builder.map_err(setting)));
        }
        Ok(ClientGroupBuilder { servers })
    }

    /// The client of a server, if it is connected.
    #[must_use]
    pub fn client(&self, server: &str) -> Option<&Client> {
        self.clients.get(server)
    }

    /// The clients by the names of their servers.
    pub fn clients(&self) -> impl Iterator<Item = (&str, &Client)> {
        self.clients.iter().map(|(name, client)| (name.as_str(), client))
    }

    /// The servers that could not be connected, and why.
    #[must_use]
    pub fn failures(&self) -> &[(String, ClientError)] {
        &self.failures
    }

    /// The tools of all servers, by the names that [`call_tool`](Self::call_tool) takes. A server that does not tell its tools comes last,
    /// with its error.
    pub async fn tools(&self) -> (Vec<Tool>, Vec<(String, ClientError)>) {
        let (mut tools, mut failed) = (Vec::new(), Vec::new());
        for (server, client) in &self.clients {
            match client.tools().await {
                Ok(listed) => tools.extend(listed.into_iter().map(|mut tool| {
                    tool.name = format!("{server}{BETWEEN}{}", tool.name);
                    tool
                })),
                Err(error) => failed.push((server.clone(), error)),
            }
        }
        (tools, failed)
    }

    /// Calls a tool by the name of its server and its own, `weather__forecast`.
    ///
    /// # Errors
    /// When no server is called so, or two could be meant; and the client's.
    pub async fn call_tool(&self, name: &str, arguments: impl Serialize) -> Result<ToolResult, ClientError> {
        let (client, tool) = self.find(name)?;
        client.call_tool(tool, arguments).await
    }

    /// Calls a tool in the same way, and reads its result as a `T`.
    ///
    /// # Errors
    /// As [`call_tool`](Self::call_tool), and as [`Client::call`].
    pub async fn call<T: serde::de::DeserializeOwned>(
        &self,
        name: &str,
        arguments: impl Serialize,
    ) -> Result<T, ClientError> {
        let (client, tool) = self.find(name)?;
        client.call(tool, arguments).await
    }

    fn find<'a>(&self, name: &'a str) -> Result<(&Client, &'a str), ClientError> {
        let shown = || sanitize::bounded(name, crate::bounds::ECHO).into_owned();
        let known = self.clients.keys().chain(self.failures.iter().map(|(server, _)| server));
        let mut meant = known.filter_map(|server| Some((server, name.strip_prefix(&**server)?.strip_prefix(BETWEEN)?)));
        let Some((server, tool)) = meant.next() else {
            let servers: Vec<&str> = self.clients.keys().map(String::as_str).collect();
            let what =
                format!("no server of `{}` (write `server{BETWEEN}tool`; there are {})", shown(), servers.join(", "));
            return Err(ClientError::request(what));
        };
        // With the names `a` and `a__b`, `a__b__c` may be of either.
        if let Some((other, _)) = meant.next() {
            return Err(ClientError::request(format!("`{}` may be of `{server}` or of `{other}`", shown())));
        }
        match self.clients.get(server) {
            Some(client) => Ok((client, tool)),
            None => Err(ClientError::request(format!("the server `{server}` is not connected"))),
        }
    }

    /// Ends all conversations, at the same time.
    ///
    /// # Errors
    /// When a server had to be killed; the others have ended all the same.
    pub async fn close(self) -> crate::Result {
        let closing: Vec<_> = self
            .clients
            .into_iter()
            .map(|(name, client)| {
                let (done, ended) = tokio::sync::oneshot::channel();
                crate::future::spawn(async move {
                    let _ = done.send(client.close().await);
                });
                (name, ended)
            })
            .collect();
        let mut problems = Vec::new();
        for (name, ended) in closing {
            if let Ok(Err(error)) = ended.await {
                problems.push(format!("{name}: {error}"));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(crate::Error::new(problems.join("\n"))) }
    }
}

impl ClientGroupBuilder {
    /// Sets each client up further, by the name of its server: who answers questions, time limits.
    pub fn each(mut self, set_up: impl Fn(&str, ClientBuilder) -> ClientBuilder) -> Self {
        self.servers = self
            .servers
            .into_iter()
            .map(|(name, builder)| {
                let builder = builder.map(|builder| set_up(&name, builder));
                (name, builder)
            })
            .collect();
        self
    }

    /// Connects all of them at the same time.
    ///
    /// # Errors
    /// When none can be connected, and there are some: why the first cannot.
    pub async fn connect(self) -> Result<ClientGroup, ClientError> {
        let connecting: Vec<_> = self
            .servers
            .into_iter()
            .map(|(name, builder)| {
                let (done, connected) = tokio::sync::oneshot::channel();
                // Dropped with its receiver: whoever gives up connecting leaves nothing behind.
                crate::future::spawn(async move {
                    let connect = async {
                        match builder {
                            Ok(builder) => builder.connect().await,
                            Err(error) => Err(error),
                        }
                    };
                    let mut done = done;
                    let mut connect = std::pin::pin!(connect);
                    let outcome = std::future::poll_fn(|task| {
                        if done.poll_closed(task).is_ready() {
                            return std::task::Poll::Ready(None);
                        }
                        connect.as_mut().poll(task).map(Some)
                    });
                    if let Some(outcome) = outcome.await {
                        let _ = done.send(outcome);
                    }
                });
                (name, connected)
            })
            .collect();
        let (mut clients, mut failures) = (BTreeMap::new(), Vec::new());
        for (name, connected) in connecting {
            match connected.await.unwrap_or_else(|_| Err(ClientError::request("connecting was given up"))) {
                Ok(client) => drop(clients.insert(name, client)),
                Err(error) => failures.push((name, error)),
            }
        }
        if clients.is_empty() && !failures.is_empty() {
            return Err(failures.swap_remove(0).1);
        }
        Ok(ClientGroup { clients, failures: failures.into() })
    }
}

impl fmt::Debug for ClientGroupBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.servers.iter().map(|(name, _)| name).collect();
        f.debug_struct("ClientGroupBuilder").field("servers", &names).finish()
    }
}

impl ConfigEntry {
    fn builder(self, variable: impl Fn(&str) -> Option<String>) -> Result<ClientBuilder, String> {
        let text = |text: String| expanded(&text, &variable);
        let kind = self.kind.as_deref().unwrap_or(if self.url.is_some() { "http" } else { "stdio" });
        let mut builder = match (kind, self.command, self.url) {
            ("stdio", Some(command), _) => {
                let args = self.args.into_iter().map(text).collect::<Result<Vec<_>, _>>()?;
                #[cfg(unix)]
                let mut builder = Client::stdio(text(command)?, args);
                #[cfg(not(unix))]
                let mut builder: ClientBuilder = {
                    let _ = (command, args);
                    return Err("child processes take a Unix".to_owned());
                };
                for (name, value) in self.env {
                    builder = builder.env(name, text(value)?);
                }
                if let Some(directory) = self.cwd {
                    builder = builder.current_dir(directory);
                }
                builder
            }
            ("stdio", None, _) => return Err("a server needs a `command` or a `url`".to_owned()),
            ("http" | "streamable-http" | "streamableHttp" | "sse", _, Some(url)) => remote(
                kind,
                text(url)?,
                self.headers
                    .into_iter()
                    .map(|(name, value)| Ok((name, text(value)?)))
                    .collect::<Result<_, String>>()?,
            )?,
            ("http" | "streamable-http" | "streamableHttp" | "sse", _, None) => {
                return Err(format!("a server of the type `{kind}` needs a `url`"));
            }
            (other, ..) => {
                let other = sanitize::bounded(other, crate::bounds::ECHO);
                return Err(format!("`{other}` is no type of a server: there are `stdio`, `http` and `sse`"));
            }
        };
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(Duration::from_millis(timeout));
        }
        match self.mode.as_deref() {
            None | Some("auto") => Ok(builder),
            Some("legacy") => Ok(builder.era(Era::Handshake)),
            Some("modern") => Ok(builder.era(Era::Modern)),
            Some(revision) => match revision.parse::<crate::protocol::Revision>() {
                Ok(revision) => Ok(builder.era(revision)),
                Err(error) => Err(format!("the mode is `auto`, `legacy`, `modern` or a revision: {error}")),
            },
        }
    }
}

#[cfg(feature = "client-http")]
fn remote(kind: &str, url: String, headers: Vec<(String, String)>) -> Result<ClientBuilder, String> {
    let builder = if kind == "sse" { Client::sse(url) } else { Client::http(url) };
    Ok(headers.into_iter().fold(builder, |builder, (name, value)| builder.header(name, value)))
}

#[cfg(not(feature = "client-http"))]
fn remote(_: &str, _: String, _: Vec<(String, String)>) -> Result<ClientBuilder, String> {
    Err("a server over HTTP takes the feature `client-http` of fastmcp-rs".to_owned())
}

/// A text with variables of the environment in it: `${NAME}`, or `${NAME:-default}` for one that may be missing.
fn expanded(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((named, after)) = after.split_once('}') else {
            // No variable, and what it says.
            out.push_str("${");
            rest = after;
            continue;
        };
        let (name, default) = named.split_once(":-").map_or((named, None), |(name, default)| (name, Some(default)));
        let name = name.strip_prefix("env:").unwrap_or(name);
        match (variable(name).filter(|value| !value.is_empty()), default) {
            (Some(value), _) => out.push_str(&value),
            (None, Some(default)) => out.push_str(default),
            (None, None) => {
                return Err(format!("the variable `{}` is not set", sanitize::bounded(name, crate::bounds::ECHO)));
            }
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in_and_missing_ones_named() {
        let variable = |name: &str| (name == "TOKEN").then(|| "abc".to_owned());
        for (text, is) in [
            ("plain $TOKEN {TOKEN}", "plain $TOKEN {TOKEN}"),
            ("Bearer ${TOKEN}", "Bearer abc"),
            ("${TOKEN}${env:TOKEN}", "abcabc"),
            ("${NONE:-x}-${TOKEN:-y}", "x-abc"),
            ("${NONE:-}", ""),
            ("${TOKEN", "${TOKEN"),
        ] {
            assert_eq!(expanded(text, variable).as_deref(), Ok(is), "{text}");
        }
        assert_eq!(expanded("${NONE}", variable), Err("the variable `NONE` is not set".to_owned()));
    }
}
