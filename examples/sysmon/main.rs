//! The state of this machine: disks, load and services, as tools and as resources, with time limits and hostile input in mind.
//!
//! ```sh
//! cargo run --example sysmon -- call disk_usage path=/
//! cargo run --example sysmon -- call service_status service_name=ssh.service
//! cargo run --example sysmon -- read sysmon://load
//! ```
//!
//! Every tool gives up after ten seconds: a plain function (a file system may hang) is left behind on its thread, an async one
//! is dropped, and the process it waits for is killed with it.

mod disk;
mod load;
mod services;

use disk::DiskUsage;
use fastmcp_rs::prelude::*;
use load::SystemLoad;
use services::ServiceStatus;

/// How full the file system is that holds a path.
#[tool(read_only, timeout = "10s", tags("disk"))]
fn disk_usage(
    /// Any existing file or directory, for example "/" or "/home".
    #[arg(default = "/", len(1..=4096))]
    path: String,
) -> Result<DiskUsage, ToolError> {
    disk::usage(path.as_ref())
}

/// How busy the machine is: load averages, memory and uptime.
#[tool(read_only, timeout = "10s", tags("load"))]
fn system_load() -> Result<SystemLoad, ToolError> {
    load::now()
}

/// What systemd says about a service.
#[tool(read_only, timeout = "10s", tags("services"))]
async fn service_status(
    /// The unit's name, for example "ssh" or "getty@tty1.service".
    #[arg(pattern = r"^[A-Za-z0-9@._:][A-Za-z0-9@._:-]{0,127}$")]
    service_name: String,
) -> Result<ServiceStatus, ToolError> {
    services::status(&service_name.parse()?).await
}

/// How full the root file system is.
#[resource("sysmon://disk")]
fn root_disk() -> Result<Json<DiskUsage>, ToolError> {
    disk::usage("/".as_ref()).map(Json)
}

/// How full the file system is that holds a path, given without its first slash: `sysmon://disk/var/log`.
#[resource("sysmon://disk/{path*}")]
fn any_disk(path: String) -> Result<Json<DiskUsage>, ToolError> {
    disk::usage(format!("/{path}").as_ref()).map(Json)
}

/// How busy the machine is: load averages, memory and uptime.
#[resource("sysmon://load")]
fn current_load() -> Result<Json<SystemLoad>, ToolError> {
    load::now().map(Json)
}

/// What systemd says about a service.
#[resource("sysmon://services/{service_name}")]
async fn one_service(service_name: String) -> Result<Json<ServiceStatus>, ToolError> {
    services::status(&service_name.parse()?).await.map(Json)
}

fn main() -> fastmcp_rs::Result {
    Server::new("sysmon")
        .version(env!("CARGO_PKG_VERSION"))
        .instructions("The state of the machine this server runs on. It only looks; it changes nothing.")
        .run()
}
