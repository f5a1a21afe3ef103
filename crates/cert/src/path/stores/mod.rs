//! The anchors of named clients, as far as packages carry them: each with its source and its date, so that it can be said
//! for whom alone a chain fails. What cannot be had is in [`ABSENT`], with the reason.
//!
//! The data lies in `crates/cert/stores`, and is made there by `regenerate`.

mod judge;

use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, OnceLock};

pub use judge::{StoreVerdict, judge, judge_chain};

use super::{Anchors, Dated, Distrust, Terms};
use crate::der::Reader;
use crate::{Certificate, Fingerprint};

/// The anchors of one client.
#[derive(Debug)]
pub struct Store {
    /// The word in JSON.
    pub id: &'static str,
    /// Whose anchors they are.
    pub client: &'static str,
    /// The day that they are of, as `2026-03-28`.
    pub date: &'static str,
    /// The package that carries them, with its version.
    pub source: &'static str,
    /// Whether the list says that they are for TLS servers; one that does not is believed where another list says so.
    pub says_purposes: bool,
    /// What the client does with an anchor that has itself ended.
    pub ended_anchors: EndedAnchors,
    held: HashSet<Fingerprint>,
    /// Subjects of those that the list does not say the purpose of, by the beginning of their hash.
    unsaid: HashSet<String>,
    anchors: OnceLock<Anchors>,
}

/// What a client does with an anchor whose last second has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedAnchors {
    /// It ends no path any more.
    Refused,
    /// Its dates do not count.
    Accepted,
    /// Nobody says it.
    Unsaid,
}

/// A client whose anchors no package carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Whose.
    pub client: &'static str,
    /// Why they are not to be had.
    pub why: &'static str,
}

/// Clients about whom nothing can be said.
pub static ABSENT: [Absent; 4] = [
    Absent {
        client: "RHEL, CentOS and Fedora",
        why: "no package of Debian, PyPI, npm or crates.io carries their ca-certificates",
    },
    Absent { client: "Android 6 and older", why: "no package carries their anchors" },
    Absent { client: "Java 8", why: "no package carries the cacerts of a release of it" },
    Absent {
        client: "Windows without updates",
        why: "it has what it fetched until then, which no list tells",
    },
];

impl Store {
    /// All of them: browsers first, the newest of each client first.
    #[must_use]
    pub fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<Store>> = LazyLock::new(read);
        &ALL
    }

    /// The store of this id.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        Self::all().iter().find(|store| store.id == id)
    }

    /// Whether this very certificate is one of its anchors.
    #[must_use]
    pub fn contains(&self, certificate: &Certificate) -> bool {
        self.held.contains(&certificate.fingerprint())
    }

    /// How many anchors it has, beside those whose purpose its list does not say.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Its anchors, each on the terms of its programme.
    #[must_use]
    pub fn anchors(&self) -> Anchors {
        let made = || {
            let known = ders().iter().filter(|(one, _)| self.held.contains(one));
            Anchors::built_in(self.client, known.map(|(one, der)| (*der, terms(self.id, one))))
        };
        self.anchors.get_or_init(made).clone()
    }

    /// Whether its list has somebody of this name without saying what for.
    fn leaves_unsaid(&self, name: &[u8]) -> bool {
        !self.unsaid.is_empty() && self.unsaid.contains(&Fingerprint::of(name).to_string()[..UNSAID])
    }
}

/// Hexadecimal digits of a name's hash in `unsaid.tsv`.
const UNSAID: usize = 16;

const STORES: &str = include_str!("../../../stores/stores.tsv");
const HELD: &str = include_str!("../../../stores/anchors.tsv");
const NAMES: &str = include_str!("../../../stores/unsaid.tsv");
const TERMS: &str = include_str!("../../../stores/terms.tsv");
/// Those that are not in `webpki-root-certs`, one behind the other.
static DERS: &[u8] = include_bytes!("../../../stores/anchors.der");

fn read() -> Vec<Store> {
    STORES.lines().zip(0..).filter_map(|(line, number)| store(line, number)).collect()
}

fn store(line: &'static str, number: u32) -> Option<Store> {
    let [id, client, date, source, purposes, ended] = line.split('\t').collect::<Vec<_>>().try_into().ok()?;
    let is_in = |mask: &str| u64::from_str_radix(mask, 16).is_ok_and(|mask| mask >> number & 1 == 1);
    let mine = |line: &'static str| {
        let mut parts = line.split('\t');
        let name = parts.next()?;
        parts.next().is_some_and(is_in).then_some(name)
    };
    Some(Store {
        id,
        client,
        date,
        source,
        says_purposes: purposes == "servers",
        ended_anchors: match ended {
            "accepted" => EndedAnchors::Accepted,
            "refused" => EndedAnchors::Refused,
            _ => EndedAnchors::Unsaid,
        },
        held: HELD.lines().filter_map(mine).filter_map(|name| name.parse().ok()).collect(),
        unsaid: NAMES.lines().filter_map(mine).map(str::to_owned).collect(),
        anchors: OnceLock::new(),
    })
}

/// Every anchor of any store, in the order of the lists.
fn ders() -> &'static [(Fingerprint, &'static [u8])] {
    static KNOWN: LazyLock<Vec<(Fingerprint, &'static [u8])>> = LazyLock::new(|| {
        let built_in = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|der| &**der);
        let others = Reader::new(DERS).all().unwrap_or_default().into_iter().map(|element| element.whole);
        built_in.chain(others).map(|der| (Fingerprint::of(der), der)).collect()
    });
    &KNOWN
}

/// Every anchor of any store, on no terms.
fn union() -> Anchors {
    static UNION: LazyLock<Anchors> = LazyLock::new(|| {
        Anchors::built_in("named clients", ders().iter().map(|(_, der)| (*der, Terms::default())))
    });
    UNION.clone()
}

/// On what terms the keeper of a store trusts an anchor.
pub(super) fn terms(store: &str, anchor: &Fingerprint) -> Terms {
    static TERMS_OF: LazyLock<HashMap<(&'static str, Fingerprint), Terms>> = LazyLock::new(read_terms);
    TERMS_OF
        .iter()
        .find(|((of, one), _)| *of == store && one == anchor)
        .map(|(_, terms)| terms.clone())
        .unwrap_or_default()
}

fn read_terms() -> HashMap<(&'static str, Fingerprint), Terms> {
    let mut all: HashMap<(&'static str, Fingerprint), Terms> = HashMap::new();
    for line in TERMS.lines() {
        let Ok([store, anchor, what, value]) = <[&str; 4]>::try_from(line.split('\t').collect::<Vec<_>>())
        else {
            continue;
        };
        let Ok(anchor) = anchor.parse() else { continue };
        let terms = all.entry((store, anchor)).or_default();
        let until = |by| value.parse().ok().map(|after| Distrust { after, by });
        match what {
            "issued" => terms.distrust = until(Dated::Issued),
            "logged" => terms.distrust = until(Dated::Logged),
            "names" => terms.hosts = value.split(',').map(str::to_owned).collect(),
            _ => {}
        }
    }
    all
}

#[cfg(test)]
mod tests;
