//! What systemd says about a service, asked of `systemctl` without a shell in between.

use std::io::ErrorKind;
use std::process::Stdio;
use std::str::FromStr;

use fastmcp_rs::prelude::*;
use tokio::process::Command;

/// A service, as systemd sees it.
#[model]
#[derive(Debug, PartialEq)]
pub(crate) struct ServiceStatus {
    /// The full name of the unit.
    pub(crate) name: String,
    /// What it is, in its own words.
    pub(crate) description: String,
    /// `active`, `inactive`, `failed`, `activating` or `deactivating`.
    pub(crate) active: String,
    /// The finer state, for example `running`, `exited` or `dead`.
    pub(crate) state: String,
    /// Whether it is started at boot: `enabled`, `disabled`, `static` ..; empty if systemd does not say.
    pub(crate) at_boot: String,
}

/// A name that can only be a name: no option, no path, no pattern, nothing a shell would read.
#[derive(Debug)]
pub(crate) struct ServiceName(String);

impl FromStr for ServiceName {
    type Err = ToolError;

    fn from_str(name: &str) -> Result<Self, ToolError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@._:-".contains(&byte);
        if (1..=128).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with('-') {
            Ok(Self(name.to_owned()))
        } else {
            Err(ToolError::invalid_params(
                "a service name has 1 to 128 of the characters A-Z a-z 0-9 @ . _ : - and does not begin with -"
                    .to_owned(),
            ))
        }
    }
}

pub(crate) async fn status(name: &ServiceName) -> Result<ServiceStatus, ToolError> {
    let output = Command::new("systemctl")
        .args([
            "show",
            "--no-pager",
            "--property=Id,Description,LoadState,ActiveState,SubState,UnitFileState",
            "--",
            &name.0,
        ])
        .env("LC_ALL", "C")
        .stdin(Stdio::null()) // ours may be the client's side of the conversation
        .kill_on_drop(true) // the time limit drops this future
        .output()
        .await
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => ToolError::unavailable("there is no systemctl on this machine"),
            _ => ToolError::unavailable(format!("systemctl does not start: {error}")),
        })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let reason = said.lines().next().unwrap_or("it does not say why");
        return Err(ToolError::unavailable(format!("systemctl cannot tell: {reason}")));
    }
    parse(&String::from_utf8_lossy(&output.stdout))
        .ok_or_else(|| ToolError::not_found(format!("systemd knows no service called `{}`", name.0)))
}

/// Reads `Key=value` lines. systemctl describes a unit that does not exist as well, so `LoadState` decides.
fn parse(shown: &str) -> Option<ServiceStatus> {
    let value = |key: &str| shown.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    if value("LoadState")? == "not-found" {
        return None;
    }
    Some(ServiceStatus {
        name: value("Id")?.to_owned(),
        description: value("Description").unwrap_or_default().to_owned(),
        active: value("ActiveState")?.to_owned(),
        state: value("SubState").unwrap_or_default().to_owned(),
        at_boot: value("UnitFileState").unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_is_a_name() {
        for good in ["ssh", "getty@tty1.service", "a:b_c-d.socket", &"x".repeat(128)] {
            assert!(good.parse::<ServiceName>().is_ok(), "{good}");
        }
        let bad = ["", "-h", "--help", "a b", "a;b", "$(id)", "a\n", "a/b", "*", "[a]", "ä", "a\0", &"x".repeat(129)];
        for bad in bad {
            assert!(bad.parse::<ServiceName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_running_service_is_described() {
        let shown = "Id=ssh.service\nDescription=OpenBSD Secure Shell server\nLoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\n";
        let status = parse(shown).expect("a status");
        assert_eq!(
            (status.name.as_str(), status.active.as_str(), status.state.as_str()),
            ("ssh.service", "active", "running")
        );
        assert_eq!(status.at_boot, "enabled");
    }

    #[test]
    fn an_unknown_service_is_none() {
        assert_eq!(parse("Id=no.service\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n"), None);
        assert_eq!(parse(""), None);
    }
}
