//! One certificate of a machine, with everything that was found about it.

use std::net::SocketAddr;

use notafter_cert::{Certificate, Fingerprint, Identifier, Time};
use notafter_tls::Target;
use notafter_tls::observation::{Observation, Outcome};

use super::fact::{Kept, KeyUse, Known, Run, Site, Software, Survey, Trigger, Unseen, Validity};
use super::habit;
use super::ours::Tie;
use super::take_over::graceful;
use crate::model::{Automation, Renewer};

/// A certificate on disk, who keeps it, who reads it, and what is served in its place.
#[derive(Clone, Debug)]
pub struct Case {
    /// The renewing program's name for it, or the certificate's.
    pub name: String,
    /// Who renews it.
    pub renewer: Renewer,
    /// What the renewing program's own files say.
    pub kept: Option<Kept>,
    /// The file with the chain.
    pub chain_file: String,
    /// What that file is in the end, symbolic links followed; `None` where it was not read.
    pub real_file: Option<String>,
    /// The key file, where known.
    pub key_file: Option<String>,
    /// The keys that are used with it, and whether they are its own.
    pub key_uses: Vec<KeyUse>,
    /// The newest certificate on disk; `None` when the file cannot be read.
    pub newest: Option<Certificate>,
    /// Why the file cannot be read, when it cannot.
    pub unread: Option<String>,
    /// When the file was last written.
    pub written: Option<Time>,
    /// Virtual hosts that read it.
    pub sites: Vec<Site>,
    /// Whatever starts the renewing program for it.
    pub triggers: Vec<Trigger>,
    /// Whether systemd runs the machine, without which no timer fires.
    pub systemd_runs: Known,
    /// The runs that may have touched it, oldest first.
    pub runs: Vec<Run>,
    /// Why some trigger may have been overlooked.
    pub blind_to_triggers: Option<String>,
    /// Why its account at the CA could not be read, where it is there.
    pub blind_to_account: Option<String>,
    /// Why whoever renews it may have been overlooked, where nobody was found.
    pub blind_to_renewers: Option<Blind>,
    /// What the addresses served, once somebody looked.
    pub seen: Vec<Seen>,
    /// Certificates that an installation saw in that file before, once somebody asked it.
    pub remembered: Vec<Fingerprint>,
    /// How it belongs to what notafter renews, once somebody compared.
    pub tie: Option<Tie>,
}

/// Something that may have been overlooked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blind {
    /// What could not be seen, and why.
    pub why: String,
    /// Root sees more.
    pub as_root: bool,
}

/// What one address served.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What was asked for.
    pub target: Target,
    /// Where.
    pub address: SocketAddr,
    /// The leaf, or why there is none.
    pub leaf: Result<Certificate, String>,
    /// The look itself.
    pub observation: Observation,
    /// The file that a server of the same name reads for this address, where that is another case's and lies behind it.
    pub read_from: Option<String>,
    /// Nothing but its looks says that it is an earlier certificate of its case.
    pub by_its_looks: bool,
}

impl Seen {
    /// A listener of which only the address is known answers for the names of its certificate: nobody expects the address
    /// itself to be in it.
    pub(super) fn watched(&self) -> Target {
        let mut target = self.target.clone();
        let Ok(leaf) = &self.leaf else { return target };
        if target.sni.is_none() && matches!(target.host, Identifier::Ip(_)) && !leaf.covers(&target.host) {
            let name = leaf.names().iter().find_map(|name| match name {
                Identifier::Dns(name) => Some(name.replacen('*', "www", 1)),
                Identifier::Ip(_) => None,
            });
            target.sni = name;
        }
        target
    }
}

/// How what is served relates to what is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Agreement {
    /// It is the newest on disk.
    Newest,
    /// It is an earlier one: renewed on disk, not taken up by the server.
    Earlier,
    /// It is a certificate of other making.
    Other,
    /// One of the two is not known.
    Unknown,
}

impl Seen {
    /// From a look.
    #[must_use]
    pub fn of(target: &Target, observation: &Observation) -> Self {
        let leaf = match &observation.outcome {
            Outcome::Served(served) => match served.chain.first() {
                Some(der) => Certificate::parse(der).map_err(|error| error.to_string()),
                None => Err("it sent no certificate".to_owned()),
            },
            Outcome::Failed(failure) => Err(failure.detail.clone()),
        };
        Self {
            target: target.clone(),
            address: observation.address,
            leaf,
            observation: observation.clone(),
            read_from: None,
            by_its_looks: false,
        }
    }

    /// The leaf's identity.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.leaf.as_ref().ok().map(Certificate::fingerprint)
    }

    /// Compared with the newest certificate on disk.
    #[must_use]
    pub fn agreement(&self, newest: Option<&Certificate>) -> Agreement {
        let (Ok(served), Some(newest)) = (&self.leaf, newest) else { return Agreement::Unknown };
        if served.fingerprint() == newest.fingerprint() {
            return Agreement::Newest;
        }
        if self.read_from.is_some() {
            return Agreement::Other;
        }
        let shares_a_name = served.names().iter().any(|name| newest.names().contains(name));
        if shares_a_name
            && served.not_before() <= newest.not_before()
            && served.not_after() <= newest.not_after()
        {
            Agreement::Earlier
        } else {
            Agreement::Other
        }
    }
}

impl Case {
    /// What a watch-only lineage remembers of it.
    #[must_use]
    pub fn automation(&self) -> Automation {
        Automation {
            renewer: self.renewer,
            identifiers: self.newest.as_ref().map(|it| it.names().to_vec()).unwrap_or_default(),
            chain_file: self.chain_file.clone(),
            key_file: self.key_file.clone(),
            config_file: self.kept.as_ref().and_then(|kept| kept.config_file.clone()),
            trigger: self.triggers.first().map(|trigger| trigger.name.clone()),
            habit_permille: self.kept.as_ref().and_then(|kept| habit::habit_permille(&kept.history)),
            ping: None,
        }
    }

    /// A watched certificate of which nothing was found any more.
    #[must_use]
    pub fn lost(name: &str, automation: &Automation, why: &str) -> Self {
        Self {
            name: name.to_owned(),
            renewer: automation.renewer,
            kept: None,
            chain_file: automation.chain_file.clone(),
            real_file: None,
            key_file: automation.key_file.clone(),
            key_uses: vec![],
            newest: None,
            unread: Some(why.to_owned()),
            written: None,
            sites: vec![],
            triggers: vec![],
            systemd_runs: Known::Unasked,
            runs: vec![],
            blind_to_triggers: None,
            blind_to_account: None,
            blind_to_renewers: None,
            seen: vec![],
            remembered: vec![],
            tie: None,
        }
    }

    /// A certificate that is served, and lies in no file that was found; `None` when none was seen.
    #[must_use]
    pub fn on_the_wire(survey: &Survey, seen: Seen) -> Option<Self> {
        let name = seen.leaf.as_ref().ok()?.shown_name();
        Some(Self {
            name,
            renewer: Renewer::Unknown,
            kept: None,
            chain_file: String::new(),
            real_file: None,
            key_file: None,
            key_uses: vec![],
            newest: None,
            unread: Some("it is served, but no file with it was found".to_owned()),
            written: None,
            sites: vec![],
            triggers: vec![],
            systemd_runs: survey.systemd_runs.clone(),
            runs: vec![],
            blind_to_triggers: None,
            blind_to_account: None,
            blind_to_renewers: blind_to_renewers(survey),
            seen: vec![seen],
            remembered: vec![],
            tie: None,
        })
    }

    /// Whether its renewer had this certificate before the newest: whoever serves it reads what is not read any more, or was
    /// never told.
    #[must_use]
    pub fn had(&self, leaf: &Certificate) -> bool {
        let Some(newest) = &self.newest else { return false };
        let validity = Validity { not_before: leaf.not_before(), not_after: leaf.not_after() };
        let is_kept = self.kept.as_ref().is_some_and(|kept| kept.history.contains(&validity));
        // One that is remembered may be newer than a file that was put back.
        let is_remembered =
            self.remembered.contains(&leaf.fingerprint()) && leaf.not_before() <= newest.not_before();
        (is_kept || is_remembered)
            && leaf.names().iter().any(|name| newest.names().contains(name))
            && leaf.fingerprint() != newest.fingerprint()
    }

    /// The command that makes the server take up what is on disk, or what to do where no server is known: for the one
    /// that serves an earlier certificate, where one was seen to.
    #[must_use]
    pub fn how_to_reload(&self) -> String {
        let newest = self.newest.as_ref();
        let stale: Vec<SocketAddr> = self
            .seen
            .iter()
            .filter(|seen| seen.agreement(newest) == Agreement::Earlier)
            .map(|seen| seen.address)
            .collect();
        let listens = |site: &Site, at: &SocketAddr| site.listens.iter().any(|it| it.port() == at.port());
        let is_stale = |site: &&Site| stale.iter().any(|at| listens(site, at));
        let is_of_nobody = |at: &&SocketAddr| !self.sites.iter().any(|site| listens(site, at));
        let site = self.sites.iter().find(is_stale);
        match site.or(self.sites.first().filter(|_| stale.is_empty())) {
            Some(site) if site.software == Software::Apache => graceful(site),
            Some(Site { main: Some(main), .. }) => format!("nginx -c {main} -s reload"),
            Some(_) => "nginx -s reload".to_owned(),
            None => match stale.iter().find(is_of_nobody) {
                Some(at) => format!("reload whatever listens at {at}"),
                None => format!("reload the server that reads {}", self.chain_file),
            },
        }
    }

    /// The command that lets notafter renew it, where nothing stands against that.
    #[must_use]
    pub fn how_to_take_over(&self) -> String {
        format!("notafter adopt --take-over {}", self.name)
    }

    /// Whether one of its servers answers for this name at this address.
    fn answers(&self, name: &str, at: SocketAddr) -> bool {
        let listens =
            |listen: &SocketAddr| *listen == at || listen.port() == at.port() && listen.ip().is_unspecified();
        self.sites.iter().any(|site| {
            site.listens.iter().any(listens)
                && site.names.iter().any(|known| known.eq_ignore_ascii_case(name))
        })
    }

    /// The command that gets a certificate with a key of its own, where its program has one.
    #[must_use]
    pub fn how_to_get_a_pair(&self) -> Option<String> {
        let kept = self.kept.as_ref().filter(|kept| kept.renewer == Renewer::Certbot)?;
        let home = match kept.home.as_str() {
            "/etc/letsencrypt" => String::new(),
            home => format!(" --config-dir {home}"),
        };
        Some(format!("certbot renew --force-renewal --cert-name {}{home}", kept.name))
    }

    /// The line of a server's configuration that names a key which is not its own; `None` where the key is the one that
    /// its renewing program keeps with it: then the line is right, and the file is not.
    #[must_use]
    pub fn line_of_wrong_key<'a>(&self, used: &'a KeyUse) -> Option<&'a str> {
        let is_kept = self.kept.as_ref().is_some_and(|kept| kept.key_file.as_ref() == Some(&used.key));
        let is_wrong = matches!(used.fits, Known::No(_)) && !is_kept;
        used.named_at.as_deref().filter(|_| is_wrong)
    }

    /// Whether the keys that are used with it are its own: as bad as the worst of them.
    #[must_use]
    pub fn key_fits(&self) -> Known {
        let first = |wanted: fn(&Known) -> bool| {
            let mut found = self.key_uses.iter().map(|used| &used.fits);
            found.find(|fits| wanted(fits)).cloned()
        };
        first(|fits| matches!(fits, Known::No(_)))
            .or_else(|| first(|fits| matches!(fits, Known::Unknown(_))))
            .or_else(|| first(|fits| *fits == Known::Yes))
            .unwrap_or_default()
    }

    /// Whether it vouches for itself, and nothing that was looked at has a use for it: what packages and tests leave behind.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.renewer == Renewer::Unknown
            && self.tie.is_none()
            && self.sites.is_empty()
            && self.seen.is_empty()
            && self.newest.as_ref().is_some_and(Certificate::is_self_signed)
    }

    /// Every endpoint at which it was looked for, to be watched.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        let mut targets: Vec<Target> = self.seen.iter().map(Seen::watched).collect();
        targets.sort();
        targets.dedup();
        targets
    }
}

/// Two servers of one name may each read a pair of their own: what one of them serves is none that the other missed.
pub fn tell_servers_apart(cases: &mut [Case]) {
    let behind = |cases: &[Case], own: usize, seen: &Seen| {
        let (leaf, name) = (seen.fingerprint()?, seen.target.expected_name().to_string());
        if cases[own].newest.as_ref().is_some_and(|newest| newest.fingerprint() == leaf) {
            return None;
        }
        let is_behind = |case: &Case| {
            case.newest.as_ref().is_some_and(|newest| newest.fingerprint() == leaf)
                && case.answers(&name, seen.address)
        };
        let mut others = cases.iter().enumerate().filter(|(number, _)| *number != own);
        others.find(|(_, case)| is_behind(case)).map(|(_, case)| case.chain_file.clone())
    };
    for number in 0..cases.len() {
        let files: Vec<Option<String>> =
            cases[number].seen.iter().map(|seen| behind(cases, number, seen)).collect();
        for (seen, file) in cases[number].seen.iter_mut().zip(files) {
            seen.read_from = file;
        }
    }
}

/// One case per kept certificate, per file that a site reads, and per other file, in this order.
#[must_use]
pub fn cases(survey: &Survey) -> Vec<Case> {
    let mut cases: Vec<Case> = survey.kept.iter().map(|kept| kept_case(survey, kept)).collect();
    let named = survey.sites.iter().flat_map(|site| site.pairs.iter().map(|pair| pair.certificate.as_str()));
    let others = survey.files.iter().map(|file| file.path.as_str());
    for path in named.chain(others) {
        if !cases.iter().any(|case| is_in(survey, case, path)) {
            cases.push(file_case(survey, path));
        }
    }
    cases
}

fn kept_case(survey: &Survey, kept: &Kept) -> Case {
    let case = Case {
        name: kept.name.clone(),
        renewer: kept.renewer,
        key_file: kept.key_file.clone(),
        triggers: triggers(survey, kept),
        runs: runs(survey, kept),
        kept: Some(kept.clone()),
        blind_to_triggers: blind_to_triggers(survey),
        blind_to_account: blind_to_account(survey, kept),
        blind_to_renewers: None,
        ..file_case(survey, &kept.chain_file)
    };
    with_uses(survey, case)
}

fn file_case(survey: &Survey, path: &str) -> Case {
    let file = survey.file(path);
    let leaf = file.and_then(|file| Some(Certificate::parse(&file.chain.first()?.0)));
    let told = survey.unseen.iter().find(|unseen| unseen.what == path).map(|unseen| unseen.why.clone());
    let (newest, unread) = match leaf {
        Some(Ok(leaf)) => (Some(leaf), None),
        Some(Err(error)) => (None, Some(error.to_string())),
        None => (None, Some(told.unwrap_or_else(|| "it was not found".to_owned()))),
    };
    let pairs = survey.sites.iter().flat_map(|site| &site.pairs);
    let key = pairs.clone().find(|pair| pair.certificate == path).and_then(|pair| pair.key.clone());
    let case = Case {
        name: newest.as_ref().map_or_else(|| path.to_owned(), Certificate::shown_name),
        renewer: Renewer::Unknown,
        kept: None,
        chain_file: path.to_owned(),
        real_file: file.map(|file| file.real.clone()),
        key_file: key.or_else(|| file.filter(|file| file.has_key).map(|_| path.to_owned())),
        key_uses: vec![],
        newest,
        unread,
        written: file.and_then(|file| file.modified),
        sites: vec![],
        triggers: vec![],
        systemd_runs: survey.systemd_runs.clone(),
        runs: vec![],
        blind_to_triggers: None,
        blind_to_account: None,
        blind_to_renewers: blind_to_renewers(survey),
        seen: vec![],
        remembered: vec![],
        tie: None,
    };
    with_uses(survey, case)
}

fn with_uses(survey: &Survey, case: Case) -> Case {
    let reads = |site: &&Site| site.pairs.iter().any(|pair| is_in(survey, &case, &pair.certificate));
    let sites = survey.sites.iter().filter(reads).cloned().collect();
    let with_it = |used: &&KeyUse| is_in(survey, &case, &used.certificate);
    let key_uses = survey.key_uses.iter().filter(with_it).cloned().collect();
    Case { sites, key_uses, ..case }
}

/// Whether the path is the case's file, a copy of it, or one of its kind (`cert.pem` beside `fullchain.pem`).
fn is_in(survey: &Survey, case: &Case, path: &str) -> bool {
    if case.chain_file == path {
        return true;
    }
    let file = survey.file(path);
    let real = |path: &str| survey.file(path).map(|file| file.real.clone());
    if file.is_some() && real(path) == real(&case.chain_file) {
        return true;
    }
    let Some(kept) = &case.kept else { return false };
    let directory = |path: &str| path.rsplit_once('/').map(|(directory, _)| directory.to_owned());
    let same_leaf = file
        .and_then(|file| Some(Fingerprint::of(&file.chain.first()?.0)))
        .is_some_and(|leaf| case.newest.as_ref().is_some_and(|newest| newest.fingerprint() == leaf));
    // lego keeps every certificate in one directory; certbot and acme.sh one in each.
    let beside = kept.renewer != Renewer::Lego && directory(path) == directory(&kept.chain_file);
    beside || same_leaf || kept.copies.iter().any(|copy| copy == path)
}

fn triggers(survey: &Survey, kept: &Kept) -> Vec<Trigger> {
    let flag = match kept.renewer {
        Renewer::Certbot => "--config-dir",
        Renewer::Lego => "--path",
        Renewer::AcmeSh => "--home",
        Renewer::Unknown => return vec![],
    };
    // A command that names another home starts somebody else's renewals.
    let in_home = |trigger: &&Trigger| {
        trigger.starts == kept.renewer
            && (!trigger.command.contains(flag) || trigger.command.contains(&kept.home))
    };
    survey.triggers.iter().filter(in_home).cloned().collect()
}

fn runs(survey: &Survey, kept: &Kept) -> Vec<Run> {
    let concerns =
        |run: &&Run| run.renewer == kept.renewer && run.home.as_ref().is_none_or(|home| *home == kept.home);
    let mut runs: Vec<Run> = survey.runs.iter().filter(concerns).cloned().collect();
    runs.sort_by_key(|run| run.at);
    runs
}

fn blind_to_triggers(survey: &Survey) -> Option<String> {
    let unseen = survey.unseen.iter().find(|unseen| unseen.may_hide_a_trigger())?;
    Some(format!("{}: {}", unseen.what, unseen.why))
}

/// Programs keep their accounts below a directory of their home, for their own user alone.
fn blind_to_account(survey: &Survey, kept: &Kept) -> Option<String> {
    let directory = if kept.renewer == Renewer::AcmeSh { "ca" } else { "accounts" };
    let accounts = format!("{}/{directory}", kept.home);
    let unseen = survey.unseen.iter().find(|unseen| unseen.what.starts_with(&accounts))?;
    Some(format!("{}: {}", unseen.what, unseen.why))
}

/// Where nobody was found, somebody may have been overlooked (law 6).
fn blind_to_renewers(survey: &Survey) -> Option<Blind> {
    let mut hiding = survey.unseen.iter().filter(|unseen| unseen.may_hide_a_renewer());
    let first = hiding.next()?;
    let as_root = first.is_for_root() || hiding.clone().any(Unseen::is_for_root);
    let more = match hiding.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let why = format!(
        "whether anybody renews it cannot be told, for not all could be seen: {} ({}){more}",
        first.what, first.why
    );
    Some(Blind { why, as_root })
}
