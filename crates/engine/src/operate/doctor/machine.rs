//! This machine: directory, disk, database, key, server.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use notafter_inventory::model::Severity;

use super::super::status::Server;
use super::{Fault, Row};
use crate::context::Context;

/// Below this, the next migration or backup may not fit.
const LITTLE: u64 = 512 * 1024 * 1024;
/// Below this, a renewal may not fit.
const TOO_LITTLE: u64 = 64 * 1024 * 1024;

pub(super) async fn examine(context: &Context) -> Result<Vec<Row>, Fault> {
    let mut rows = vec![server(context), directory(&context.data), disk(&context.data)];
    rows.push(match context.store.check_structure().await {
        Ok(()) => Row::ok("database", "its structure is sound"),
        Err(error) => Row::fault("database", Severity::Critical, error),
    });
    rows.push(match context.store.verify_chain(&context.scope).await {
        Ok(chain) => Row::ok("event log", format!("holds together, {} entries", chain.last - chain.cut)),
        Err(error) => Row::fault("event log", Severity::Critical, error),
    });
    rows.push(key(context).await?);
    Ok(rows)
}

fn server(context: &Context) -> Row {
    let server = Server::of(context);
    match &server {
        Server::Runs => Row::ok("server", "runs, and every loop gets on"),
        Server::Absent => Row::bad(
            "server",
            Severity::Critical,
            "none runs: nothing is renewed, looked at or told by itself",
            "start it, and let the system start it at boot: notafter serve",
        ),
        Server::Stalled { why, .. } => Row::bad(
            "server",
            Severity::Critical,
            format!("does not get on with: {}", server.stalled().unwrap_or_default()),
            match why {
                Some(_) => "mend what keeps it from its work; it goes on by itself",
                None => "look into its log, and start it again: whatever was under way goes on",
            },
        ),
    }
}

fn directory(data: &Path) -> Row {
    let name = "data directory";
    let cannot = |error: std::io::Error| {
        let hint = format!("let the user of notafter own {}", data.display());
        Row::bad(name, Severity::Critical, format!("{} cannot be used: {error}", data.display()), hint)
    };
    let mode = match std::fs::metadata(data) {
        Ok(meta) => meta.permissions().mode() & 0o777,
        Err(error) => return cannot(error),
    };
    if let Err(error) = rustix::fs::access(data, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK) {
        return cannot(error.into());
    }
    if mode & 0o077 != 0 {
        let text = format!("{} is open to others (mode {mode:04o})", data.display());
        return Row::bad(name, Severity::Critical, text, format!("chmod 700 {}", data.display()));
    }
    Row::ok(name, format!("{}, mode {mode:04o}", data.display()))
}

fn disk(data: &Path) -> Row {
    let name = "disk";
    let found = match rustix::fs::statvfs(data) {
        Ok(found) => found,
        Err(error) => {
            let text = format!("free space cannot be asked for: {}", std::io::Error::from(error));
            return Row::bad(name, Severity::Unknown, text, "look with: df");
        }
    };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let text = format!("{} free for {}", megabytes(free), data.display());
    let hint = "free some space: renewals, looks and alerts must be written down before they are done";
    match free {
        0..TOO_LITTLE => Row::bad(name, Severity::Critical, text, hint),
        TOO_LITTLE..LITTLE => Row::bad(name, Severity::Warning, text, hint),
        _ => Row::ok(name, text),
    }
}

fn megabytes(bytes: u64) -> String {
    let megabytes = bytes / (1024 * 1024);
    if megabytes < 10 * 1024 { format!("{megabytes} MB") } else { format!("{} GB", megabytes / 1024) }
}

/// The file of the key-encryption key is read again: what is in memory says nothing about the next start.
async fn key(context: &Context) -> Result<Row, Fault> {
    let name = "key-encryption key";
    let source = context.keyring.read().await.source().to_string();
    // As the next start will find it: the settings may still name what was rotated away from.
    Ok(match crate::open::reopen(&context.settings, &context.data, &context.store).await {
        Err(error) => Row::fault(name, Severity::Critical, error),
        Ok(keyring) if keyring.is_rotating() => Row::bad(
            name,
            Severity::Warning,
            format!("{source}: a rotation was interrupted; both keys are here"),
            "bring it to its end: notafter vault rotate",
        ),
        Ok(keyring) => Row::ok(name, format!("{source}: {}, opens everything that is sealed", keyring.id())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_others_may_enter_is_critical() {
        let folder = tempfile::tempdir().unwrap();
        let set = |mode| std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(mode)).unwrap();
        set(0o700);
        assert_eq!(directory(folder.path()).verdict, Severity::Ok);
        set(0o750);
        assert_eq!(directory(folder.path()).verdict, Severity::Critical);
        assert_eq!(directory(&folder.path().join("none")).verdict, Severity::Critical);
    }

    #[test]
    fn space_is_told_in_the_unit_that_fits() {
        assert_eq!(megabytes(700 * 1024 * 1024), "700 MB");
        assert_eq!(megabytes(50 * 1024 * 1024 * 1024), "50 GB");
    }
}
