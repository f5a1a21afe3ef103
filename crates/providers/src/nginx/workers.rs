//! nginx's worker processes across a reload: until those of before have closed their sockets, both kinds take connections.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notafter_cert::Span;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::Config;

/// Where packages let nginx write the number of its master, when its configuration does not say.
const USUAL: [&str; 3] = ["/run/nginx.pid", "/var/run/nginx.pid", "/usr/local/nginx/logs/nginx.pid"];

/// Between two looks at the process table.
const PACE: Duration = Duration::from_millis(10);

/// The workers that run at one time; none where the process table cannot be read.
#[derive(Debug, Default)]
pub struct Workers(Vec<u32>);

impl Workers {
    /// Those that run now.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let children = pid_file(config).and_then(|file| children(&file));
        Self(children.unwrap_or_default())
    }

    /// Returns when none of them takes connections any more, or after `limit`: whoever asks over the wire sees the rest.
    pub async fn leave(&self, limit: Span) {
        let all_left = async {
            while self.0.iter().any(|worker| takes_connections(*worker)) {
                tokio::time::sleep(PACE).await;
            }
        };
        // Not in time: a reload that nginx refuses leaves the old workers in place, and its log says why.
        drop(tokio::time::timeout(limit.to_std(), all_left).await);
    }
}

/// nginx's pid file, where it leads to no process of nginx: to none, or to another program that was given the number since,
/// as after a crash or a restart of the machine. nginx's own test leaves an empty one behind where none runs.
pub(super) fn pid_file_of_nobody(config: &Config) -> Option<PathBuf> {
    let file = pid_file(config)?;
    let somebody = match fs::read_to_string(&file) {
        // A process of another user may not be told by us, and is there all the same.
        Ok(text) => text
            .trim()
            .parse()
            .ok()
            .and_then(Pid::from_raw)
            .is_some_and(|master| test_kill_process(master) != Err(Errno::SRCH) && may_be_nginx(master)),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    };
    (!somebody).then_some(file)
}

/// What it is called, or calls itself: programs made from nginx have names of their own, and their masters are called so,
/// too. Where nothing of the process can be seen, it may be.
fn may_be_nginx(master: Pid) -> bool {
    let read = |file: &str| fs::read(format!("/proc/{}/{file}", master.as_raw_nonzero()));
    let Ok(name) = read("comm") else { return true };
    let title = read("cmdline").unwrap_or_default();
    String::from_utf8_lossy(&name).contains("nginx")
        || String::from_utf8_lossy(&title).contains(": master process")
}

fn pid_file(config: &Config) -> Option<PathBuf> {
    config.pid_file().or_else(|| USUAL.iter().map(PathBuf::from).find(|path| path.exists()))
}

fn children(pid_file: &Path) -> Option<Vec<u32>> {
    let master: u32 = fs::read_to_string(pid_file).ok()?.trim().parse().ok()?;
    let listed = fs::read_to_string(format!("/proc/{master}/task/{master}/children")).ok()?;
    Some(listed.split_whitespace().filter_map(|number| number.parse().ok()).collect())
}

/// A worker that was told to go says so in its title, and closes its sockets (`ngx_worker_process_cycle`).
fn takes_connections(worker: u32) -> bool {
    let title = fs::read(format!("/proc/{worker}/cmdline")).unwrap_or_default();
    let title = String::from_utf8_lossy(&title);
    title.starts_with("nginx: worker process") && !title.contains("shutting down")
}
