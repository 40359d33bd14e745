//! How full a file system is, as `df` sees it.

use std::path::Path;

use fastmcp_rs::prelude::*;

/// The room on a file system.
#[model]
#[derive(Debug)]
pub(crate) struct DiskUsage {
    /// The path that was asked about.
    pub(crate) path: String,
    pub(crate) total_bytes: u64,
    pub(crate) used_bytes: u64,
    /// What a user without special rights may still fill.
    pub(crate) available_bytes: u64,
    /// Used, as a share of what a user without special rights can have at most.
    pub(crate) used_percent: f64,
}

#[cfg(unix)]
pub(crate) fn usage(path: &Path) -> Result<DiskUsage, ToolError> {
    use rustix::io::Errno;

    let shown = path.display();
    let found = rustix::fs::statvfs(path).map_err(|error| match error {
        Errno::NOENT | Errno::NOTDIR => ToolError::not_found(format!("there is no path `{shown}` on this machine")),
        Errno::ACCESS | Errno::PERM => ToolError::forbidden(format!("this server may not look at `{shown}`")),
        Errno::INVAL | Errno::NAMETOOLONG | Errno::LOOP => {
            ToolError::invalid_params(format!("`{shown}` is no usable path"))
        }
        other => ToolError::unavailable(format!("the file system of `{shown}` cannot be read: {other}")),
    })?;

    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    let used = found.f_blocks.saturating_sub(found.f_bfree);
    let reachable = used.saturating_add(found.f_bavail);
    // Some file systems (/proc, for one) have no blocks at all.
    let used_percent = if reachable == 0 { 0.0 } else { used as f64 * 100.0 / reachable as f64 };
    Ok(DiskUsage {
        path: shown.to_string(),
        total_bytes: bytes(found.f_blocks),
        used_bytes: bytes(used),
        available_bytes: bytes(found.f_bavail),
        used_percent: (used_percent * 10.0).round() / 10.0,
    })
}

#[cfg(not(unix))]
pub(crate) fn usage(_path: &Path) -> Result<DiskUsage, ToolError> {
    Err(ToolError::unavailable("this example reads disk usage on Unix only"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_root_has_room_and_uses_some() {
        let root = usage("/".as_ref()).expect("there is a root");
        assert!(root.total_bytes >= root.used_bytes && root.total_bytes > 0);
        assert!((0.0..=100.0).contains(&root.used_percent), "{root:?}");
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for path in ["/no/such/path", "/etc/passwd/below", "/a\0b", &"/x".repeat(5000)] {
            assert!(usage(path.as_ref()).is_err(), "{path:?}");
        }
    }
}
