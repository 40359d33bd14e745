//! A server on a Unix socket, where the rights of the file decide who may connect. Any `AsyncRead + AsyncWrite` will do.
//!
//! ```sh
//! cargo run --example unix_socket -- /tmp/greeter.sock
//! echo '{"jsonrpc":"2.0","id":1,"method":"ping"}' | nc -U -q1 /tmp/greeter.sock
//! ```

#[cfg(unix)]
#[tokio::main]
async fn main() -> fastmcp_rs::Result {
    unix::serve().await
}

#[cfg(not(unix))]
fn main() {
    eprintln!("this system has no Unix sockets");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
    use std::path::{Path, PathBuf};
    use std::{env, fs, io};

    use fastmcp_rs::prelude::*;
    use tokio::net::{UnixListener, UnixStream};

    /// Greet someone by name.
    #[tool(inline)]
    fn greet(
        /// Who to greet.
        name: String,
    ) -> String {
        format!("Hello, {name}!")
    }

    pub(crate) async fn serve() -> fastmcp_rs::Result {
        let path = env::args_os().nth(1).map_or_else(|| env::temp_dir().join("greeter.sock"), PathBuf::from);
        clear(&path).await?;
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        eprintln!("listening on {}", path.display());

        Server::new("greeter").start().await?.serve_each(listener).await
    }

    /// Removes the socket of a server that is gone, and nothing else.
    async fn clear(path: &Path) -> io::Result<()> {
        match fs::symlink_metadata(path) {
            Ok(found) if found.file_type().is_socket() && UnixStream::connect(path).await.is_err() => {
                fs::remove_file(path)
            }
            _ => Ok(()),
        }
    }
}
