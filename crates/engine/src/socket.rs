//! The door of a running server: a UNIX socket in its data directory, one JSON line in, one JSON line out.
//!
//! Whoever may open the socket may do everything: it is 0600, and the peer's user is checked besides.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use notafter_cert::{Retry, Trouble};
use notafter_inventory::model::Actor;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::context::Context;
use crate::operate::{self, Fault};

/// Version of the line protocol.
const VERSION: u32 = 1;

/// The longest request or answer: an inventory of a million endpoints fits.
const LONGEST: u64 = 512 * 1024 * 1024;

/// The file name of the socket in the data directory.
pub const FILE_NAME: &str = "socket";

#[derive(Serialize, Deserialize)]
struct Request {
    version: u32,
    operation: String,
    args: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Response {
    Done(serde_json::Value),
    Fault(Fault),
}

/// Why the socket could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Nobody listens: no server runs on this data directory.
    #[error("no server listens at {0}")]
    Nobody(PathBuf),
    /// The socket is there and cannot be used.
    #[error("cannot talk to the server at {path}")]
    Io {
        /// The socket.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The server ended before it answered: what was asked may have come about.
    #[error(
        "the server at {path} ended before it answered; it is not known whether what was asked came about"
    )]
    Ended {
        /// The socket.
        path: PathBuf,
    },
    /// The other side does not speak this protocol.
    #[error("the server at {path} answered something else than notafter's protocol")]
    Protocol {
        /// The socket.
        path: PathBuf,
    },
}

impl Trouble for SocketError {
    fn code(&self) -> &'static str {
        match self {
            Self::Nobody(_) => "socket.nobody",
            Self::Io { .. } => "socket.io",
            Self::Ended { .. } => "socket.ended",
            Self::Protocol { .. } => "socket.protocol",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Nobody(_) => "start it with: notafter serve".to_owned(),
            Self::Io { path, .. } => {
                let data = path.parent().unwrap_or(path).display();
                format!("run the command as the user that owns {data}, or name another directory with --data")
            }
            Self::Ended { .. } => {
                "start the server again if it does not run; what is under way goes on: notafter status"
                    .to_owned()
            }
            Self::Protocol { .. } => "make sure that command and server are of the same version".to_owned(),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Nobody(_) | Self::Protocol { .. } => Retry::Never,
            Self::Io { .. } | Self::Ended { .. } => Retry::Later,
        }
    }
}

/// Asks the server behind this socket to carry out an operation.
///
/// # Errors
/// The outer error says that the server could not be asked; the inner one is the operation's own.
pub async fn call(
    path: &Path,
    operation: &str,
    args: serde_json::Value,
) -> Result<Result<serde_json::Value, Fault>, SocketError> {
    let io = |source| SocketError::Io { path: path.to_owned(), source };
    let protocol = || SocketError::Protocol { path: path.to_owned() };
    let stream = UnixStream::connect(path).await.map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound
        | std::io::ErrorKind::ConnectionRefused
        | std::io::ErrorKind::NotADirectory => SocketError::Nobody(path.to_owned()),
        _ => io(source),
    })?;
    let request = Request { version: VERSION, operation: operation.to_owned(), args };
    let mut line = serde_json::to_vec(&request).map_err(|_| protocol())?;
    line.push(b'\n');
    let (reader, mut writer) = stream.into_split();
    writer.write_all(&line).await.map_err(io)?;
    let mut answer = Vec::new();
    BufReader::new(reader.take(LONGEST)).read_until(b'\n', &mut answer).await.map_err(
        |source| match source.kind() {
            std::io::ErrorKind::ConnectionReset => SocketError::Ended { path: path.to_owned() },
            _ => io(source),
        },
    )?;
    if !answer.ends_with(b"\n") && (answer.len() as u64) < LONGEST {
        return Err(SocketError::Ended { path: path.to_owned() });
    }
    match serde_json::from_slice(&answer).map_err(|_| protocol())? {
        Response::Done(value) => Ok(Ok(value)),
        Response::Fault(fault) => Ok(Err(fault)),
    }
}

/// A bound socket; its file goes away with it.
pub struct Door {
    listener: UnixListener,
    path: PathBuf,
}

impl Door {
    /// Binds the socket in this data directory, replacing one that a killed server left (the caller holds the
    /// directory's lock, so no other server can own it).
    ///
    /// # Errors
    /// The directory cannot be written.
    pub fn open(data: &Path) -> Result<Self, SocketError> {
        let path = data.join(FILE_NAME);
        let io = |source| SocketError::Io { path: path.clone(), source };
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&path).map_err(io)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(io)?;
        Ok(Self { listener, path })
    }

    /// Answers until the future is dropped.
    pub async fn answer(&self, context: Arc<Context>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    tokio::spawn(converse(stream, Arc::clone(&context)));
                }
                Err(error) => {
                    tracing::warn!(%error, "the command socket cannot accept");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "the command socket was gone already");
        }
    }
}

async fn converse(stream: UnixStream, context: Arc<Context>) {
    if let Err(error) = conversation(stream, &context).await {
        tracing::debug!(%error, "a command went away before it had its answer");
    }
}

async fn conversation(stream: UnixStream, context: &Context) -> std::io::Result<()> {
    let user = stream.peer_cred()?.uid();
    let (reader, mut writer) = stream.into_split();
    let response = if may_command(user) {
        let mut line = Vec::new();
        BufReader::new(reader.take(LONGEST)).read_until(b'\n', &mut line).await?;
        carry_out(context, user, &line).await
    } else {
        Response::Fault(Fault::new(
            "socket.forbidden",
            format!("user {user} may not command this server"),
            "run the command as the user that runs the server, or as root",
        ))
    };
    let mut line = serde_json::to_vec(&response)?;
    line.push(b'\n');
    writer.write_all(&line).await
}

fn may_command(user: u32) -> bool {
    user == 0 || user == rustix::process::geteuid().as_raw()
}

async fn carry_out(context: &Context, user: u32, line: &[u8]) -> Response {
    let request: Request = match serde_json::from_slice(line) {
        Ok(request) => request,
        Err(error) => {
            let fault =
                Fault::new("socket.protocol", "the request cannot be read", "use the notafter command");
            return Response::Fault(fault.because(error.to_string()));
        }
    };
    if request.version != VERSION {
        return Response::Fault(Fault::new(
            "socket.protocol",
            format!("the server speaks version {VERSION} of the command protocol, not {}", request.version),
            "make sure that command and server are of the same version",
        ));
    }
    let actor = Actor::Person(user_name(user));
    match operate::call(context, &actor, &request.operation, request.args).await {
        Ok(value) => Response::Done(value),
        Err(fault) => Response::Fault(fault),
    }
}

/// The name behind a user number, as the local password file tells it.
#[must_use]
pub fn user_name(user: u32) -> String {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    passwd
        .lines()
        .find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)? == user.to_string()).then(|| name.to_owned())
        })
        .unwrap_or_else(|| format!("uid {user}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It was called another protocol, and blamed on versions.
    #[tokio::test]
    async fn a_server_that_ends_before_its_answer_leaves_the_outcome_unknown() {
        let folder = tempfile::tempdir().unwrap();
        for answered in [b"".as_slice(), b"{\"done\":"] {
            let path = folder.path().join(FILE_NAME);
            let listener = UnixListener::bind(&path).unwrap();
            let killed = async {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut line = String::new();
                BufReader::new(&mut stream).read_line(&mut line).await.unwrap();
                stream.write_all(answered).await.unwrap();
            };
            let (asked, ()) = tokio::join!(call(&path, "lifecycle.renew", serde_json::Value::Null), killed);
            assert!(matches!(asked, Err(SocketError::Ended { .. })), "{asked:?}");
            std::fs::remove_file(&path).unwrap();
        }
    }
}
