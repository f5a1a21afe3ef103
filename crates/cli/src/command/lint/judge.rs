//! All lints over all objects.

use std::collections::BTreeMap;

use notafter_cert::lint::{
    self, About, CrlLint, Lint, OcspLint, Outcome, Page, Severity, Subject, Verdict,
};
use notafter_cert::weak_key::{self, Check, Given, Key, PileLimits, Unknown};
use notafter_cert::x509::ocsp::{OcspResponseAnatomy, ResponderId};
use notafter_cert::x509::{Anatomy, CrlAnatomy, DistinguishedName};
use notafter_cert::{Fingerprint, Time, hex};

use super::input::{Object, Source};

/// The lints that were asked for.
pub(super) struct Book {
    certificates: Vec<(Page, &'static Lint)>,
    crls: Vec<(Page, &'static CrlLint)>,
    responses: Vec<(Page, &'static OcspLint)>,
    keys: Vec<(Page, &'static Check)>,
    piles: Vec<(Page, &'static Check)>,
}

/// An object and what the lints say of it.
pub(super) struct Linted<'a> {
    pub(super) file: &'a str,
    /// The how manieth file that is.
    pub(super) source: usize,
    /// The how manieth object of its file, counted from zero.
    pub(super) index: usize,
    pub(super) object: &'a Object,
    pub(super) sha256: Fingerprint,
    /// The subject of a certificate, the issuer of a CRL, the responder of an OCSP response.
    pub(super) subject: String,
    pub(super) results: Vec<Result<'a>>,
}

/// What one lint says of an object.
pub(super) struct Result<'a> {
    pub(super) page: &'a Page,
    pub(super) said: Said,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Pass,
    NotApplicable,
    NotEffective,
    Violated(String),
    Unknown(String),
    /// There is no list that could tell: nobody gave one.
    NoList,
}

/// Why a list of keys did not tell.
pub(super) const NO_LIST: &str = "no list was given: --debian-list, --compromised-list";

impl Result<'_> {
    /// What is wrong, where something is.
    pub(super) fn violation(&self) -> Option<&str> {
        match &self.said {
            Said::Violated(details) => Some(details),
            _ => None,
        }
    }

    /// Why it could not be told, where that is the object's doing.
    pub(super) fn doubt(&self) -> Option<&str> {
        match &self.said {
            Said::Unknown(why) => Some(why),
            _ => None,
        }
    }

    /// The word in documents.
    pub(super) const fn word(&self) -> &'static str {
        match (&self.said, self.page.severity) {
            (Said::Pass, _) => "pass",
            (Said::NotApplicable, _) => "na",
            (Said::NotEffective, _) => "ne",
            (Said::Unknown(_) | Said::NoList, _) => "unknown",
            (Said::Violated(_), Severity::Notice) => "notice",
            (Said::Violated(_), Severity::Warning) => "warn",
            (Said::Violated(_), Severity::Error) => "error",
        }
    }
}

impl From<Outcome> for Said {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::NotApplicable => Self::NotApplicable,
            Outcome::NotEffective => Self::NotEffective,
            Outcome::Judged(Verdict::Pass) => Self::Pass,
            Outcome::Judged(Verdict::Violated(found)) => Self::Violated(found),
            Outcome::Judged(Verdict::Unknown(why)) => Self::Unknown(why),
        }
    }
}

impl From<weak_key::Verdict> for Said {
    fn from(verdict: weak_key::Verdict) -> Self {
        match verdict {
            weak_key::Verdict::Sound => Self::Pass,
            weak_key::Verdict::Inapplicable => Self::NotApplicable,
            weak_key::Verdict::Weak(evidence) => Self::Violated(evidence.to_string()),
            weak_key::Verdict::Unknown(Unknown::NoList) => Self::NoList,
            weak_key::Verdict::Unknown(why) => Self::Unknown(why.to_string()),
        }
    }
}

impl Book {
    /// The lints whose page is wanted.
    pub(super) fn of(wanted: impl Fn(&Page) -> bool) -> Self {
        let keep = |page: Page| Some(page).filter(|page| wanted(page));
        let checks = || weak_key::ALL.iter().filter_map(|check| Some((keep(Page::of_check(check))?, *check)));
        Self {
            certificates: lint::all().filter_map(|lint| Some((keep(Page::of(lint))?, lint))).collect(),
            crls: lint::of_crls().filter_map(|lint| Some((keep(Page::of_crl(lint))?, lint))).collect(),
            responses: lint::of_ocsp().filter_map(|lint| Some((keep(Page::of_ocsp(lint))?, lint))).collect(),
            keys: checks().filter(|(_, check)| !check.is_of_a_pile()).collect(),
            piles: checks().filter(|(_, check)| check.is_of_a_pile()).collect(),
        }
    }

    /// Everything that the lints say of everything in the files.
    pub(super) fn lint<'a>(&'a self, sources: &'a [Source], at: Time, given: &Given<'_>) -> Vec<Linted<'a>> {
        let objects = (0..).zip(sources).flat_map(|source| (0..).zip(&source.1.objects).map(move |it| (source, it)));
        let mut linted: Vec<Linted<'a>> = objects
            .map(|((source, from), (index, object))| {
                let (subject, results) = match object.about {
                    About::Crl => self.crl(&object.der),
                    About::OcspResponse => self.response(&object.der),
                    _ => self.certificate(&object.der, at, given),
                };
                let sha256 = Fingerprint::of(&object.der);
                Linted { file: &from.file, source, index, object, sha256, subject, results }
            })
            .collect();
        self.compare(&mut linted);
        linted
    }

    fn certificate(&self, der: &[u8], at: Time, given: &Given<'_>) -> (String, Vec<Result<'_>>) {
        let subject = Subject::of(der, at);
        let mut results: Vec<Result<'_>> =
            self.certificates.iter().map(|(page, lint)| Result { page, said: lint.run(&subject).into() }).collect();
        let key = subject.anatomy.key.as_ref().map_err(|fault| *fault).and_then(Key::of);
        results.extend(self.keys.iter().map(|(page, check)| {
            let said = match &key {
                Ok(key) => check.judge(key, given).into(),
                Err(fault) => Said::Unknown(format!("the key cannot be read: {fault}")),
            };
            Result { page, said }
        }));
        (named(&subject.anatomy), results)
    }

    fn crl(&self, der: &[u8]) -> (String, Vec<Result<'_>>) {
        let crl = CrlAnatomy::of(der);
        let results = self.crls.iter().map(|(page, lint)| Result { page, said: lint.run(&crl).into() });
        (crl.header.issuer.as_ref().map(shown).unwrap_or_default(), results.collect())
    }

    fn response(&self, der: &[u8]) -> (String, Vec<Result<'_>>) {
        let response = OcspResponseAnatomy::of(der);
        let Some(basic) = &response.basic else {
            let status = response.status.map_or("a status that cannot be read", |status| status.name());
            let said = Said::Unknown(format!("there is no basic response: {status}"));
            let results = self.responses.iter().map(|(page, _)| Result { page, said: said.clone() });
            return (String::new(), results.collect());
        };
        let responder = match &basic.responder {
            Ok(ResponderId::Name(name)) => shown(name),
            Ok(ResponderId::Key(hash)) => format!("key {}", hex(hash)),
            Err(_) => String::new(),
        };
        let results = self.responses.iter().map(|(page, lint)| Result { page, said: lint.run(basic).into() });
        (responder, results.collect())
    }

    /// Compares the keys of all certificates with each other: those that have one key by definition count once.
    fn compare<'a>(&'a self, linted: &mut [Linted<'a>]) {
        let mut places: BTreeMap<Fingerprint, Vec<usize>> = BTreeMap::new();
        for (place, one) in linted.iter().enumerate().filter(|(_, one)| one.object.about == About::Certificate) {
            places.entry(weak_key::holder(&Anatomy::of(&one.object.der))).or_default().push(place);
        }
        let anatomies = places.values().filter_map(|places| {
            let place = *places.first()?;
            Some((places, Anatomy::of(&linted[place].object.der).key))
        });
        let (members, keys): (Vec<&Vec<usize>>, Vec<Key<'_>>) =
            anatomies.filter_map(|(places, key)| Some((places, Key::of(&key.ok()?).ok()?))).unzip();
        for (page, check) in &self.piles {
            let mut said: BTreeMap<usize, Said> = BTreeMap::new();
            let verdict = check.judge_pile(&keys, &PileLimits::default()).unwrap_or_default();
            for (member, why) in verdict.unknown {
                said.insert(member, Said::Unknown(why.to_string()));
            }
            for group in verdict.groups {
                for member in &group.members {
                    let others = group.members.iter().filter(|other| *other != member);
                    let others: Vec<String> = others.map(|other| linted[members[*other][0]].place()).collect();
                    said.insert(*member, Said::Violated(together(&group.evidence.to_string(), &others)));
                }
            }
            let of_members = members.iter().enumerate().flat_map(|(member, places)| places.iter().map(move |place| (*place, member)));
            let of_places: BTreeMap<usize, usize> = of_members.collect();
            for (place, one) in linted.iter_mut().enumerate().filter(|(_, one)| one.object.about == About::Certificate) {
                let lone = if keys.len() < 2 { Said::NotApplicable } else { Said::Pass };
                let said = match of_places.get(&place) {
                    Some(member) => said.get(member).cloned().unwrap_or(lone),
                    None => Said::Unknown("the key cannot be read".to_owned()),
                };
                one.results.push(Result { page, said });
            }
        }
    }
}

/// As many others as anybody reads.
const MOST_OTHERS: usize = 3;

fn together(evidence: &str, others: &[String]) -> String {
    let named = others.iter().take(MOST_OTHERS).cloned().collect::<Vec<_>>().join(", ");
    match others.len() {
        0 => evidence.to_owned(),
        count if count > MOST_OTHERS => format!("{evidence}: as {named} and {} more", count - MOST_OTHERS),
        _ => format!("{evidence}: as {named}"),
    }
}

impl Linted<'_> {
    /// Where it stands, as people count.
    pub(super) fn place(&self) -> String {
        format!("{} {}", self.file, self.index + 1)
    }

    /// What could not be told of it, and why.
    pub(super) fn doubts(&self) -> impl Iterator<Item = (&Page, &str)> {
        self.results.iter().filter_map(|result| Some((result.page, result.doubt()?)))
    }

    /// What is violated, the worst first.
    pub(super) fn findings(&self) -> Vec<(&Page, &str)> {
        let mut found: Vec<(&Page, &str)> =
            self.results.iter().filter_map(|result| Some((result.page, result.violation()?))).collect();
        found.sort_by_key(|(page, _)| std::cmp::Reverse(page.severity));
        found
    }
}

/// Whom a certificate names: its subject, or where that is empty, its first name.
fn named(anatomy: &Anatomy<'_>) -> String {
    let subject = anatomy.subject.as_ref().map(shown).unwrap_or_default();
    if !subject.is_empty() {
        return subject;
    }
    let names = anatomy.readable::<notafter_cert::x509::GeneralNames<'_>>();
    names.and_then(|names| names.iter().next().map(|name| name.to_string())).unwrap_or_default()
}

fn shown(name: &DistinguishedName<'_>) -> String {
    if name.is_empty() { String::new() } else { name.to_string() }
}
