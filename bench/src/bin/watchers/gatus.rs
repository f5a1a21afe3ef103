//! gatus, which keeps everything in its memory unless told otherwise.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use notafter_bench::Result;

use crate::endpoints::Endpoints;
use crate::program::{Page, Program, free_address};

pub(crate) struct Gatus {
    pub(crate) program: Program,
    log: PathBuf,
}

impl Gatus {
    pub(crate) fn start(
        binary: &Path,
        endpoints: &Endpoints,
        folder: &Path,
        interval: Duration,
    ) -> Result<Self> {
        let address = free_address()?;
        let mut text = format!("web:\n  address: {}\n  port: {}\nendpoints:\n", address.ip(), address.port());
        for target in &endpoints.addresses {
            let (port, seconds) = (endpoints.port, interval.as_secs());
            write!(
                text,
                "  - name: \"{target}\"\n    url: \"tls://{target}:{port}\"\n    interval: {seconds}s\n    \
                 conditions:\n      - \"[CONNECTED] == true\"\n      - \"[CERTIFICATE_EXPIRATION] > 48h\"\n"
            )?;
        }
        let configuration = folder.join("gatus.yaml");
        std::fs::write(&configuration, text)?;
        let log = folder.join("gatus.log");
        let mut command = Command::new(binary);
        command.env("GATUS_CONFIG_PATH", &configuration).env("GATUS_CONFIG_FILE", &configuration);
        command.env("SSL_CERT_FILE", &endpoints.root);
        Ok(Self { program: Program::start(&mut command, address, &log)?, log })
    }

    /// How many it looked at, and found well. To ask would fill its cache.
    pub(crate) fn looked_at(&self) -> Result<usize> {
        let log = std::fs::read_to_string(&self.log)?;
        let well = log.lines().filter(|line| line.contains("success=true"));
        let names = well.filter_map(|line| line.split_once(" endpoint=")?.1.split(';').next());
        Ok(names.collect::<HashSet<&str>>().len())
    }

    pub(crate) fn pages(&self) -> Vec<Page> {
        vec![Page {
            name: "gatus, all endpoints",
            address: self.program.address,
            paths: &["/", "/api/v1/endpoints/statuses?page=1"],
            headers: String::new(),
        }]
    }
}
