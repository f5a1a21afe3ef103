//! What the comparisons share: the binary under test, nginx, and what programs cost.

pub mod bare;
pub mod installation;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

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

/// One nginx on every loopback address, with TLS 1.3 and an ECDSA P-256 certificate for `name` by the root that lies as
/// `root.pem` in the folder.
///
/// # Errors
/// When it does not start.
pub fn nginx_on(folder: &Path, port: u16, name: &str) -> Result<Nginx> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "Bench root");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let leaf = CertificateParams::new([name.to_owned()])?.signed_by(&key, &root)?;
    std::fs::write(folder.join("root.pem"), root.pem())?;
    std::fs::write(folder.join("leaf.pem"), leaf.pem())?;
    std::fs::write(folder.join("leaf.key"), key.serialize_pem())?;
    let config = format!(
        "worker_processes 2;\nuser root;\npid nginx.pid;\nerror_log error.log crit;\n\
         events {{ worker_connections 4096; }}\n\
         http {{\n access_log off;\n client_body_temp_path tmp; proxy_temp_path tmp;\n \
         fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;\n \
         server {{ listen {port} ssl backlog=4096; ssl_protocols TLSv1.3;\n \
         ssl_certificate leaf.pem; ssl_certificate_key leaf.key; return 204; }}\n}}\n"
    );
    Nginx::start(folder, &config)
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
    memory_of(&child.id().to_string(), "VmHWM:")
}

/// The highest resident memory of this process so far, in bytes.
#[must_use]
pub fn own_memory() -> u64 {
    memory_of("self", "VmHWM:")
}

/// The resident memory of a running program, in bytes.
#[must_use]
pub fn resident(child: &Child) -> u64 {
    memory_of(&child.id().to_string(), "VmRSS:")
}

fn memory_of(process: &str, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    let kilobytes = line.and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

/// The processor time of this process so far, to a hundredth of a second.
///
/// # Errors
/// When proc(5) does not tell.
pub fn own_cpu() -> Result<Duration> {
    cpu_of("self")
}

/// The processor time of a running program so far, to a hundredth of a second.
///
/// # Errors
/// When proc(5) does not tell.
pub fn cpu(child: &Child) -> Result<Duration> {
    cpu_of(&child.id().to_string())
}

fn cpu_of(process: &str) -> Result<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name in parentheses may hold anything; user and system time are the twelfth and thirteenth field after it.
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|text| text.parse::<u64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).ok_or("proc(5) tells no processor time")?;
    Ok(Duration::from_millis((user + system) * 10))
}

/// What a short program cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// From start to end.
    pub wall: Duration,
    /// User and system time of it and its children.
    pub cpu: Duration,
}

/// Runs a program to its end, its output into `log`; to the millisecond, by the shell's own clock.
///
/// # Errors
/// When it fails; the end of its output is told.
pub fn cost(program: &Path, arguments: &[&str], variables: &[(&str, &str)], log: &Path) -> Result<Cost> {
    const SCRIPT: &str = "TIMEFORMAT='%R %U %S'; log=$1; shift; time \"$@\" >\"$log\" 2>&1 </dev/null";
    let mut command = Command::new("bash");
    command.args(["-c", SCRIPT, "bash"]).arg(log).arg(program).args(arguments);
    command.envs(variables.iter().copied());
    let output = command.output()?;
    if !output.status.success() {
        let said = std::fs::read_to_string(log).unwrap_or_default();
        let end: Vec<&str> = said.lines().rev().take(8).collect();
        return Err(format!("{} failed: {}", program.display(), end.join(" | ")).into());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let seconds: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [wall, user, system] = seconds[..] else { return Err(format!("bash tells {text:?}").into()) };
    Ok(Cost { wall: Duration::from_secs_f64(wall), cpu: Duration::from_secs_f64(user + system) })
}

/// The load average of the last minute: what else this machine does spoils absolute figures, not ratios.
#[must_use]
pub fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("?").to_owned()
}

/// The one in the middle.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn median<T: PartialOrd + Copy>(mut all: Vec<T>) -> T {
    all.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
    all[all.len() / 2]
}

/// One line of results.
#[expect(clippy::print_stdout, reason = "a comparison is there to be read")]
pub fn report(line: &str) {
    println!("{line}");
}
