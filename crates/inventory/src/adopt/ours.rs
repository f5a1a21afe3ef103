//! What notafter itself renews, recognised among everything that a machine has.

use notafter_cert::{Fingerprint, Time};
use serde::{Deserialize, Serialize};

use super::case::Case;
use super::fact::{Known, Software};
use crate::model::Renewer;

/// A lineage that notafter renews, as its installation describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ours {
    /// Its name.
    pub lineage: String,
    /// When it is renewed next; `None` when that cannot be decided.
    pub next_renewal: Option<Time>,
    /// Why then, or why that is not known.
    pub why: String,
    /// Failed attempts since the last success.
    pub failures: usize,
    /// Its current certificate; `None` when it has none yet.
    pub current: Option<Fingerprint>,
    /// Whether a server is there that will renew it.
    pub alive: Known,
    /// What its places write.
    pub writes: Vec<Writes>,
}

/// What a place writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writes {
    /// The directory through which all links of the place lead, once something was installed there.
    pub generations: String,
    /// Files that its settings name, as the machine names them.
    pub files: Vec<String>,
    /// The nginx site whose files it writes, where its settings name that instead.
    pub nginx_site: Option<String>,
}

/// How a case belongs to a lineage of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tie {
    /// We write its file, or what we write is what is served.
    Renewed(Ours),
    /// The same certificate, in a file that none of our places writes: the next one will not come here.
    Copied {
        /// The lineage.
        lineage: String,
    },
}

impl Case {
    /// The case as whoever knows `all` of our lineages sees it.
    #[must_use]
    pub fn tied(self, all: &[Ours]) -> Self {
        // What a living program renews is that program's, whatever we believe.
        let theirs =
            self.kept.as_ref().is_some_and(|kept| kept.enabled == Known::Yes) && !self.triggers.is_empty();
        if theirs {
            return self;
        }
        if let Some(ours) = all.iter().find(|ours| ours.renews(&self)) {
            // The program that kept it before has no say any more.
            return Self {
                renewer: Renewer::Unknown,
                kept: None,
                triggers: vec![],
                runs: vec![],
                tie: Some(Tie::Renewed(ours.clone())),
                ..self
            };
        }
        let leaf = self.newest.as_ref().map(notafter_cert::Certificate::fingerprint);
        let copied = all.iter().find(|ours| leaf.is_some() && ours.current == leaf);
        let tie = copied
            .filter(|_| self.renewer == Renewer::Unknown)
            .map(|ours| Tie::Copied { lineage: ours.lineage.clone() });
        Self { tie, ..self }
    }

    /// The lineage of ours that renews it.
    #[must_use]
    pub const fn ours(&self) -> Option<&Ours> {
        match &self.tie {
            Some(Tie::Renewed(ours)) => Some(ours),
            _ => None,
        }
    }
}

impl Ours {
    fn renews(&self, case: &Case) -> bool {
        if case.chain_file.is_empty() {
            // Only seen on the wire: whoever serves it got it from us.
            return self.current.is_some() && case.seen.iter().any(|seen| seen.fingerprint() == self.current);
        }
        self.writes.iter().any(|writes| writes.reach(case))
    }

    /// Whether the newest certificate of the case is the one that we have.
    #[must_use]
    pub fn is_current(&self, case: &Case) -> bool {
        let leaf = case.newest.as_ref().map(notafter_cert::Certificate::fingerprint);
        let on_the_wire = case.seen.iter().find_map(super::Seen::fingerprint);
        self.current.is_some() && leaf.or(on_the_wire) == self.current
    }
}

impl Writes {
    fn reach(&self, case: &Case) -> bool {
        let installed =
            case.real_file.as_ref().is_some_and(|real| real.split('/').any(|part| part == self.generations));
        let named =
            self.files.iter().any(|file| *file == case.chain_file || Some(file) == case.key_file.as_ref());
        let site = self.nginx_site.as_ref().is_some_and(|name| {
            case.sites.iter().any(|site| site.software == Software::Nginx && site.names.contains(name))
        });
        installed || named || site
    }
}
