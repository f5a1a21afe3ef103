//! A real nginx on loopback, with a configuration and a directory of its own.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::port;

/// Where packages put the program.
const PROGRAMS: [&str; 3] = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"];

/// A port may be taken by somebody else between choosing and using it: so many are tried.
const ATTEMPTS: u32 = 5;

/// A running nginx; killed when dropped.
pub struct Nginx {
    child: Child,
    directory: PathBuf,
    port: u16,
}

impl Nginx {
    /// Starts nginx with this content of its `http` block, made for a free port of loopback, in a directory that exists
    /// and outlives it. `None` when nginx is not installed.
    ///
    /// # Errors
    /// nginx does not start; its own words are in the error.
    pub fn start(directory: &Path, http: impl Fn(u16) -> String) -> io::Result<Option<Self>> {
        let Some(program) = PROGRAMS.iter().find(|path| Path::new(path).exists()) else { return Ok(None) };
        let mut refused = String::new();
        for _ in 0..ATTEMPTS {
            let port = port::free()?;
            fs::write(directory.join("nginx.conf"), whole(directory, &http(port)))?;
            let mut child = Command::new(program)
                .arg("-c")
                .arg(directory.join("nginx.conf"))
                .args(["-g", "daemon off;"])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()?;
            match wait_for_workers(&mut child) {
                Ok(()) => return Ok(Some(Self { child, directory: directory.to_owned(), port })),
                Err(words) => {
                    child.kill()?;
                    child.wait()?;
                    refused = words;
                }
            }
        }
        Err(io::Error::other(refused))
    }

    /// Its main configuration file.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.directory.join("nginx.conf")
    }

    /// The port that its configuration was made for.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// A command that reloads it, and ends when the workers of before have left: nginx's own signal returns at once, and
    /// for a while both kinds of worker take connections.
    #[must_use]
    pub fn reload_command(&self) -> [String; 3] {
        let (config, pid) = (self.config(), self.pid_file());
        let script = format!(
            "read -r master < {pid}\nread -r old < /proc/$master/task/$master/children\nnginx -c {config} -s reload || exit\n\
             for worker in $old; do tail -s 0.02 --pid=$worker -f /dev/null; done",
            pid = pid.display(),
            config = config.display(),
        );
        ["sh".to_owned(), "-c".to_owned(), script]
    }

    /// Returns once no worker of before the last reload is left to take connections.
    ///
    /// # Panics
    /// When one is still there after half a minute.
    pub fn settle(&self) {
        let pid = fs::read_to_string(self.pid_file()).unwrap_or_default();
        let children = format!("/proc/{pid}/task/{pid}/children", pid = pid.trim());
        let begun = Instant::now();
        let workers = || fs::read_to_string(&children).unwrap_or_default().split_whitespace().count();
        while workers() > 1 {
            assert!(begun.elapsed() < Duration::from_secs(30), "nginx keeps its workers of before");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The file with the number of its master process.
    #[must_use]
    pub fn pid_file(&self) -> PathBuf {
        self.directory.join("nginx.pid")
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM lets the master take its workers along.
        let id = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        let told = id.map(|id| rustix::process::kill_process(id, rustix::process::Signal::TERM));
        if !matches!(told, Some(Ok(()))) {
            drop(self.child.kill());
        }
        drop(self.child.wait());
    }
}

fn whole(directory: &Path, http: &str) -> String {
    let directory = directory.display();
    let user = if rustix::process::geteuid().is_root() { "user root;\n" } else { "" };
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("  {kind}_temp_path {directory}/{kind}_temp;\n"))
        .concat();
    format!(
        "{user}worker_processes 1;\npid {directory}/nginx.pid;\nerror_log stderr notice;\n\
         events {{ worker_connections 512; }}\nhttp {{\n  access_log off;\n{temporary}{http}\n}}\n"
    )
}

/// nginx says that it starts its workers once it listens.
fn wait_for_workers(child: &mut Child) -> Result<(), String> {
    let Some(stderr) = child.stderr.take() else { return Err("no standard error".to_owned()) };
    let (told, heard) = mpsc::channel();
    // The thread goes on reading, so that nginx never waits for room in the pipe; it ends with nginx.
    std::thread::spawn(move || {
        let mut words = String::new();
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if line.contains("start worker process ") {
                drop(told.send(Ok(())));
            }
            words.push_str(&line);
            words.push('\n');
        }
        drop(told.send(Err(words)));
    });
    heard.recv().unwrap_or_else(|error| Err(error.to_string()))
}
