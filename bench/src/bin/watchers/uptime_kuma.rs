//! Uptime Kuma on SQLite, set up through the socket that its own pages use.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use notafter_bench::Result;

use crate::endpoints::Endpoints;
use crate::program::{Page, Program, free_address};

const SCRIPT: &str = include_str!("uptime_kuma.js");
const DASHBOARDS: &str = "20";

pub(crate) struct UptimeKuma {
    pub(crate) program: Program,
    sources: PathBuf,
    folder: PathBuf,
}

impl UptimeKuma {
    /// Makes the monitors and a status page with all of them, and starts anew.
    pub(crate) fn start(
        sources: &Path,
        endpoints: &Endpoints,
        folder: &Path,
        interval: Duration,
    ) -> Result<Self> {
        let folder = folder.join("uptime-kuma");
        std::fs::create_dir(&folder)?;
        std::fs::write(folder.join("db-config.json"), "{\"type\":\"sqlite\"}")?;
        std::fs::write(folder.join("watchers.js"), SCRIPT)?;
        let urls = endpoints.addresses.iter().map(|address| format!("https://{address}:{}", endpoints.port));
        std::fs::write(folder.join("urls"), urls.collect::<Vec<String>>().join("\n"))?;
        let start = || start(sources, &folder, &endpoints.root);
        let filled = Self { program: start()?, sources: sources.to_owned(), folder: folder.clone() };
        filled.told(&["fill", &interval.as_secs().to_string()])?;
        drop(filled);
        Ok(Self { program: start()?, sources: sources.to_owned(), folder })
    }

    /// How many it looked at since it started anew (each one once before), and found well.
    pub(crate) fn looked_at(&self) -> Result<usize> {
        Ok(self.told(&["looked", "2"])?.trim().parse()?)
    }

    /// What its status page loads: the list stands in the page itself, what became of them is asked for.
    pub(crate) fn pages(&self) -> Vec<Page> {
        vec![Page {
            name: "Uptime Kuma, status page",
            address: self.program.address,
            paths: &["/status/all", "/api/status-page/heartbeat/all"],
            headers: String::new(),
        }]
    }

    /// How long it takes to be sent what the dashboard shows, for somebody who comes back to it.
    pub(crate) fn dashboard(&self) -> Result<Vec<Duration>> {
        let told = self.told(&["dashboard", DASHBOARDS])?;
        let milliseconds = told.lines().map(|line| Ok(line.parse::<f64>()? / 1e3));
        milliseconds.map(|seconds| seconds.map(Duration::from_secs_f64)).collect()
    }

    fn told(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new("node");
        command.arg(self.folder.join("watchers.js")).arg(&self.sources).arg(&self.folder);
        let output = command.arg(format!("http://{}", self.program.address)).args(arguments).output()?;
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout)?);
        }
        Err(format!("Uptime Kuma, {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}

fn start(sources: &Path, folder: &Path, root: &Path) -> Result<Program> {
    let address = free_address()?;
    let mut command = Command::new("node");
    command.current_dir(sources).arg("server/server.js");
    command.arg(format!("--host={}", address.ip())).arg(format!("--port={}", address.port()));
    // The folder's name has to end so.
    command.env("DATA_DIR", format!("{}/", folder.display()));
    command.env("NODE_ENV", "production").env("NODE_EXTRA_CA_CERTS", root);
    Program::start(&mut command, address, &folder.join("log"))
}
