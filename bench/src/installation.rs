//! An installation of the binary under test in a folder of its own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use notafter_lab::port;

use crate::{Result, binary};

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// A data directory with its settings.
pub struct Installation {
    folder: PathBuf,
    binary: PathBuf,
    /// Where `serve` answers.
    pub listen: SocketAddr,
}

impl Installation {
    /// Writes the settings into this folder; `more` is added to them.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn new(folder: &Path, more: &str) -> Result<Self> {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port::free()?));
        let settings = format!(
            "data = {:?}\nkey_encryption_key = {:?}\nlisten = \"{listen}\"\nlog_level = \"warn\"\n{more}",
            folder.join("data"),
            folder.join("key-encryption-key"),
        );
        std::fs::write(folder.join("notafter.toml"), settings)?;
        Ok(Self { folder: folder.to_owned(), binary: std::path::absolute(binary()?)?, listen })
    }

    /// The binary.
    #[must_use]
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// The settings file.
    #[must_use]
    pub fn settings(&self) -> String {
        self.folder.join("notafter.toml").display().to_string()
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// When it fails.
    pub fn run(&self, arguments: &[&str]) -> Result<()> {
        self.told(arguments).map(drop)
    }

    /// Runs a command to its end; what it told.
    ///
    /// # Errors
    /// When it fails.
    pub fn told(&self, arguments: &[&str]) -> Result<String> {
        let output =
            Command::new(&self.binary).arg("--config").arg(self.settings()).args(arguments).output()?;
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout)?);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("notafter {arguments:?} failed: {said}").into())
    }

    /// Makes the inventory what this text says.
    ///
    /// # Errors
    /// When it cannot be applied.
    pub fn apply(&self, inventory: &str) -> Result<()> {
        let path = self.folder.join("inventory.toml");
        std::fs::write(&path, inventory)?;
        self.run(&["apply", "--yes", &path.display().to_string()])
    }

    /// Starts the server.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn serve(&self) -> Result<Serving> {
        let log =
            std::fs::OpenOptions::new().create(true).append(true).open(self.folder.join("serve.log"))?;
        let child = Command::new(&self.binary)
            .args(["--config", &self.settings(), "serve"])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        Ok(Serving { child, listen: self.listen, begun: Instant::now() })
    }
}

/// A running server; it ends when dropped.
pub struct Serving {
    /// The process.
    pub child: Child,
    /// Where it answers.
    pub listen: SocketAddr,
    begun: Instant,
}

impl Serving {
    /// Waits until `/readyz` answers 200; tells how long that took from the start.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn ready(&self) -> Result<Duration> {
        while self.begun.elapsed() < PATIENCE {
            if self.get("/readyz").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                return Ok(self.begun.elapsed());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Err("the server does not become ready; see serve.log".into())
    }

    /// What it answers at this path, with its headers.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn get(&self, path: &str) -> Result<String> {
        self.ask("GET", path, "")
    }

    /// As [`Serving::get`], with another method and more headers, each with its line's end.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn ask(&self, method: &str, path: &str, headers: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.listen)?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{headers}\r\n",
            self.listen
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Makes an account and signs in; its cookie.
    ///
    /// # Errors
    /// When it is not let in.
    pub fn come_in(&self, installation: &Installation) -> Result<String> {
        let made = installation.told(&["user", "add", "bench", "--role", "admin", "--format", "json"])?;
        let made: serde_json::Value = serde_json::from_str(&made)?;
        let path = made["link"]["path"].as_str().ok_or("no link")?;
        let answer = self.ask("POST", path, "content-length: 0\r\n")?;
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).ok_or("no cookie")?;
        Ok(cookie.split(';').next().unwrap_or_default().to_owned())
    }

    /// The value of a metric without labels, or with exactly these.
    ///
    /// # Errors
    /// When there is none.
    pub fn metric(&self, name: &str) -> Result<f64> {
        let answer = self.get("/metrics")?;
        let found = answer.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        Ok(found.ok_or_else(|| format!("no metric {name}"))?)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Gone already is as good; a server is there to be killed (and starts again).
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
