//! A foreign program that serves pages, and the pages of any.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use notafter_bench::Result;
use notafter_lab::port;

const PATIENCE: Duration = Duration::from_secs(120);

/// Where a program that is started next may listen.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port::free()?)))
}

/// It is killed when dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Program {
    /// Starts it, with its output at the end of `log`; returns when something listens at the address.
    pub(crate) fn start(command: &mut Command, address: SocketAddr, log: &Path) -> Result<Self> {
        let out = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let child = command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out).spawn()?;
        let mut program = Self { child, address };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if program.child.try_wait()?.is_some() || begun.elapsed() > PATIENCE {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                return Err(format!("nobody listens at {address}: {said}").into());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(program)
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Gone already is as good.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What a browser asks for, one after the other, until it can show a page; what it keeps (scripts, style) is left out.
pub(crate) struct Page {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    pub(crate) paths: &'static [&'static str],
    /// Empty, or lines with their ends.
    pub(crate) headers: String,
}

/// How a page came.
pub(crate) struct Loaded {
    pub(crate) took: Duration,
    /// Of all answers, with their headers, in bytes.
    pub(crate) size: usize,
}

impl Page {
    pub(crate) fn load(&self) -> Result<Loaded> {
        let begun = Instant::now();
        let mut size = 0;
        for path in self.paths {
            size += self.ask(path)?.len();
        }
        Ok(Loaded { took: begun.elapsed(), size })
    }

    fn ask(&self, path: &str) -> Result<Vec<u8>> {
        let mut stream = TcpStream::connect(self.address)?;
        let (host, headers) = (self.address, &self.headers);
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{headers}\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        if !answer.starts_with(b"HTTP/1.1 200") {
            let beginning = String::from_utf8_lossy(&answer[..answer.len().min(200)]);
            return Err(format!("{} ({path}): {beginning}", self.name).into());
        }
        Ok(answer)
    }
}

/// The resident memory of a process and all that it started, in bytes.
pub(crate) fn resident(process: u32) -> Result<u64> {
    let mut total = memory_of(process)?;
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(other) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // One that ended meanwhile holds nothing.
        if status(other, "PPid:").is_ok_and(|parent| parent == u64::from(process)) {
            total += resident(other).unwrap_or(0);
        }
    }
    Ok(total)
}

fn memory_of(process: u32) -> Result<u64> {
    Ok(status(process, "VmRSS:")? * 1024)
}

/// A number in proc(5).
fn status(process: u32, what: &str) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(what));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    Ok(number.ok_or_else(|| format!("proc(5) tells no {what} of {process}"))?)
}
