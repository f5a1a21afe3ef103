//! What the comparisons share: nginx, the binary under test, and its memory.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Whatever goes wrong ends the comparison.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The binary under test.
///
/// # Errors
/// When nobody built it.
pub fn binary() -> Result<PathBuf> {
    let path = std::env::var_os("NOTAFTER_BINARY")
        .map_or_else(|| PathBuf::from("target/release/notafter"), PathBuf::from);
    if !path.exists() {
        return Err(format!("{} does not exist: run bench/run", path.display()).into());
    }
    Ok(path)
}

/// A running nginx; stopped when dropped.
pub struct Nginx {
    folder: PathBuf,
}

impl Nginx {
    /// Starts nginx with this configuration file in this folder, and returns when it has bound its sockets.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(folder: &Path, config: &str) -> Result<Self> {
        std::fs::write(folder.join("nginx.conf"), config)?;
        let nginx = Self { folder: folder.to_owned() };
        let status = nginx.command().status().map_err(|error| format!("nginx is needed: {error}"))?;
        if !status.success() {
            return Err("nginx does not start".into());
        }
        Ok(nginx)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("nginx");
        command.arg("-p").arg(&self.folder).args(["-c", "nginx.conf", "-e", "error.log"]);
        command
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // A server that is gone already is what we want.
        drop(self.command().args(["-s", "stop"]).status());
    }
}

/// One run of a program.
pub struct Ran {
    /// From start to end.
    pub took: Duration,
    /// The highest resident memory, in bytes.
    pub memory: u64,
    /// The exit code.
    pub code: Option<i32>,
}

/// Runs a program to its end, its output into a file, watching its memory.
///
/// # Errors
/// When it cannot be started.
pub fn run(command: &mut Command, output: &Path) -> Result<Ran> {
    let begun = Instant::now();
    let out = std::fs::File::create(output)?;
    let mut child = command.stdin(Stdio::null()).stdout(out).stderr(Stdio::null()).spawn()?;
    let mut memory = 0;
    loop {
        memory = memory.max(high_water(&child));
        if let Some(status) = child.try_wait()? {
            return Ok(Ran { took: begun.elapsed(), memory, code: status.code() });
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// `VmHWM` of proc(5); 0 for a program that is gone.
fn high_water(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
