//! The binary under test.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use notafter_bench::Result;
use notafter_bench::installation::{Installation, Serving};

use crate::endpoints::Endpoints;
use crate::program::Page;

const PATIENCE: Duration = Duration::from_secs(300);

pub(crate) struct Notafter {
    serving: Serving,
    cookie: String,
}

impl Notafter {
    /// Looks at every endpoint, and starts anew.
    pub(crate) fn start(endpoints: &Endpoints, folder: &Path) -> Result<Self> {
        let installation = Installation::new(folder, &format!("trust = {:?}\n", endpoints.root))?;
        installation.apply(&inventory(endpoints)?)?;
        until_all_well(&installation.serve()?, endpoints.addresses.len())?;
        let serving = installation.serve()?;
        serving.ready()?;
        let cookie = serving.come_in(&installation)?;
        Ok(Self { serving, cookie })
    }

    pub(crate) fn process(&self) -> u32 {
        self.serving.child.id()
    }

    /// The overview and the first hundred endpoints are for people with an account; the status page has all, for everybody.
    pub(crate) fn pages(&self) -> Vec<Page> {
        let cookie = format!("cookie: {}\r\n", self.cookie);
        let page = |name, paths, headers: &str| Page {
            name,
            address: self.serving.listen,
            paths,
            headers: headers.to_owned(),
        };
        vec![
            page("notafter, overview", &["/"], &cookie),
            page("notafter, endpoints", &["/endpoints"], &cookie),
            page("notafter, status page", &["/status"], ""),
        ]
    }
}

/// Each is a component of the status page, as it is a monitor on the others' pages.
fn inventory(endpoints: &Endpoints) -> Result<String> {
    let mut text = String::new();
    for address in &endpoints.addresses {
        let port = endpoints.port;
        write!(
            text,
            "[[endpoint]]\ntarget = \"{address}:{port}\"\nlabels = {{ component = \"{address}\" }}\n\n"
        )?;
    }
    Ok(text)
}

fn until_all_well(serving: &Serving, count: usize) -> Result<()> {
    serving.ready()?;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_secs(2));
        let answer = serving.get("/api/v2/components.json")?;
        if answer.matches("\"operational\"").count() >= count {
            return Ok(());
        }
    }
    Err("notafter did not find all endpoints well; see serve.log".into())
}
