//! `notafter verify`: whether a chain leads to an anchor, offline, with every path and everything wrong with each.

mod input;
mod json;
mod limbo;
mod text;

use std::iter;
use std::path::PathBuf;

use clap::ValueEnum;
use notafter_cert::der::oid;
use notafter_cert::path::{
    Budget, Evidence, Horizon, PeerName, PolicyInput, Profile, Purpose, Question, Verdict, Verification, horizon, stores,
    validate_by,
};
use notafter_cert::revocation::ocsp;
use notafter_cert::x509::ocsp::OcspResponseAnatomy;
use notafter_cert::{Certificate, Time};
use notafter_inventory::check::stores::StoreSummary;
use notafter_inventory::check::{LogJudge, Transparency};
use notafter_net::beside;
use notafter_net::trust::{Choice, Trust};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{outcome, transparency};
use crate::session::Session;

/// Validate a chain offline, and explain every path
///
/// CHAIN holds the certificate in question first, then what is sent with it, in PEM or DER. Nothing is fetched: what
/// the answer depends on is named here.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The chain, leaf first (`-` is standard input)
    #[arg(value_name = "CHAIN", required_unless_present = "limbo")]
    chain: Option<PathBuf>,
    /// Whom the leaf must speak for: a host, an address, a mailbox
    #[arg(short, long, value_name = "NAME")]
    name: Option<PeerName>,
    /// Trust the certificates in this file, and no others (repeatable)
    #[arg(long, value_name = "FILE")]
    trusted: Vec<PathBuf>,
    /// Trust anchors where no --trusted is given: mozilla, system, or a PEM file [default: the setting `trust`, else
    /// mozilla]
    #[arg(long, value_name = "ANCHORS", conflicts_with = "trusted")]
    trust: Option<Choice>,
    /// More certificates that may stand between leaf and anchor (repeatable)
    #[arg(long, value_name = "FILE")]
    untrusted: Vec<PathBuf>,
    /// CRLs: with one, every certificate but the anchor must be known not to be revoked (repeatable)
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,
    /// OCSP responses, as CRLs (repeatable)
    #[arg(long, value_name = "FILE")]
    ocsp: Vec<PathBuf>,
    /// Judge what logs promised of the leaf by this list (log_list.json, schema v3), as Chrome, Apple and Firefox do
    #[arg(long, value_name = "FILE")]
    ct_log_list: Option<PathBuf>,
    /// A policy that is acceptable, by its object identifier (repeatable) [default: any]
    #[arg(long, value_name = "OID", value_parser = policy)]
    policy: Vec<PolicyOid>,
    /// A policy must be valid for the whole path
    #[arg(long)]
    require_explicit_policy: bool,
    /// Policies are not mapped
    #[arg(long)]
    inhibit_policy_mapping: bool,
    /// anyPolicy stands for nothing
    #[arg(long)]
    inhibit_any_policy: bool,
    /// What the leaf must be meant for: server, client, email, code-signing, time-stamping, ocsp-signing, any
    #[arg(long, value_name = "PURPOSE", default_value = "server")]
    purpose: Purpose,
    /// A trusted certificate ends a path even if it is not its own issuer
    #[arg(long)]
    partial_chain: bool,
    /// At most so many intermediates
    #[arg(long, value_name = "N")]
    max_depth: Option<usize>,
    /// Whose rules: rfc5280, strict (with those of the CA/Browser Forum), chrome, firefox, apple, openssl
    #[arg(long, value_name = "PROFILE", default_value = "rfc5280", value_parser = profile)]
    profile: &'static Profile,
    /// Judge as of this instant instead of now, such as 2027-01-31T12:00:00Z
    #[arg(long, value_name = "RFC3339")]
    at: Option<Time>,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Tell of every client whose anchors are known, with their source
    #[arg(short, long)]
    verbose: bool,
    /// Say on standard error what rustls-webpki makes of it, for finding mistakes of either
    #[arg(long, hide = true)]
    beside_webpki: bool,
    /// Read a suite of x509-limbo on standard input, and write its results
    #[arg(long, conflicts_with = "chain")]
    limbo: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One document (docs/schema/verify-1.json)
    Json,
}

/// The content of an object identifier.
#[derive(Clone, Debug)]
struct PolicyOid(Vec<u8>);

fn policy(text: &str) -> Result<PolicyOid, String> {
    oid::parse(text).map(PolicyOid).ok_or_else(|| "not an object identifier such as 2.23.140.1.2.1".to_owned())
}

fn profile(text: &str) -> Result<&'static Profile, String> {
    text.parse().map_err(|error: notafter_cert::path::ParseProfileError| error.to_string())
}

/// What was validated, by the profile that was asked for and by those of all clients.
struct Answer {
    question: Question,
    asked: Verification,
    clients: Vec<(&'static Profile, Verification)>,
    /// Objects in the files that are left out of the search, and why.
    remarks: Vec<String>,
    /// What logs promised of the leaf, where a list was given.
    transparency: Option<Transparency>,
    /// Until when a usable path exists.
    horizon: Option<Horizon>,
    /// What the anchors of named clients make of it.
    stores: Vec<StoreSummary>,
    verbose: bool,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    if args.limbo {
        return limbo::run();
    }
    let (format, is_beside, verbose) = (args.format, args.beside_webpki, args.verbose);
    let at = args.at.unwrap_or_else(|| session.clock.now());
    let logs = args.ct_log_list.as_deref().map(transparency::read).transpose()?;
    let (question, remarks) = match read(args, session, at)? {
        Read::Asked(question, remarks) => (question, remarks),
        Read::Unreadable(unreadable) => {
            outcome::print(&unreadable.written(format))?;
            return Ok(Exit::Failed);
        }
    };
    if is_beside {
        anstream::eprintln!("{}", beside_webpki(&question));
    }
    let answer = answered(*question, remarks, logs.as_ref(), verbose);
    outcome::print(&match format {
        Format::Text => text::write(&answer),
        Format::Json => json::write(&answer),
    })?;
    Ok(exit(answer.asked.verdict))
}

/// The second opinion, in a line.
fn beside_webpki(question: &Question) -> String {
    match beside::webpki(question) {
        None => "webpki: cannot be asked this".to_owned(),
        Some(Ok(())) => "webpki: valid".to_owned(),
        Some(Err(why)) => format!("webpki: not valid: {why}"),
    }
}

const fn exit(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Valid => Exit::Done,
        Verdict::Invalid => Exit::Failed,
        Verdict::Unknown => Exit::OutcomeUnknown,
    }
}

fn answered(question: Question, remarks: Vec<String>, logs: Option<&LogJudge>, verbose: bool) -> Answer {
    let others = Profile::ALL.into_iter().filter(|profile| **profile != *question.profile);
    let profiles: Vec<_> = iter::once(question.profile).chain(others).collect();
    let mut said = profiles.iter().copied().zip(validate_by(&question, &profiles));
    let asked = said.next().map(|(_, asked)| asked).unwrap_or_default();
    let clients = said.collect();
    let horizon = horizon(&question, &asked);
    // The stores are of clients of TLS servers.
    let stores = match question.purpose {
        Purpose::Server => StoreSummary::all(&stores::judge(&question)),
        _ => Vec::new(),
    };
    let transparency = logs.map(|logs| promised(&question, &asked, logs));
    Answer { question, asked, clients, remarks, transparency, horizon, stores, verbose }
}

/// What logs promised of the leaf, in it and in an OCSP answer about it; the nearest path tells who issued it.
fn promised(question: &Question, asked: &Verification, logs: &LogJudge) -> Transparency {
    let links = asked.paths.first().map_or(&[][..], |path| &path.certificates);
    let issuer = links.get(1).map(|link| &link.certificate);
    let anchor = links.last().filter(|link| link.anchor).map(|link| &link.certificate);
    let answer = issuer.and_then(|issuer| about_leaf(question, issuer));
    logs.judge((&question.leaf, issuer), anchor, answer, question.at)
}

/// The OCSP response that has an answer about the leaf, wherever it stands among those that were given.
fn about_leaf<'q>(question: &'q Question, issuer: &Certificate) -> Option<&'q [u8]> {
    let (leaf, issuer) = (question.leaf.anatomy(), issuer.anatomy());
    let key = issuer.key.as_ref().ok()?;
    let is_about = |der: &&Vec<u8>| ocsp::is_about(&OcspResponseAnatomy::of(der), &leaf, key);
    question.revocation.answers.iter().find(is_about).map(AsRef::as_ref)
}

/// What the files say.
enum Read {
    /// The question, with remarks about what was left out of it.
    Asked(Box<Question>, Vec<String>),
    /// The leaf cannot be read.
    Unreadable(input::Unreadable),
}

fn read(args: Args, session: &Session, at: Time) -> Result<Read, Failure> {
    let Some(chain) = &args.chain else {
        return Err(Failure::usage("no chain is named", "notafter verify CHAIN"));
    };
    let anchors = match &args.trusted[..] {
        [] => {
            let Ok(setting) = session.settings.trust.parse::<Choice>();
            let choice = args.trust.clone().unwrap_or(setting);
            let trust = Trust::load(&choice).map_err(Failure::from)?;
            trust.anchors().clone()
        }
        files => input::anchors(files)?,
    };
    let mut remarks = Vec::new();
    let mut given = input::objects(chain)?;
    if given.is_empty() {
        return Err(input::no_certificate(chain));
    }
    let leaf = match given.remove(0) {
        Ok(leaf) => leaf,
        Err(unreadable) => return Ok(Read::Unreadable(unreadable)),
    };
    for file in &args.untrusted {
        given.extend(input::objects(file)?);
    }
    let mut untrusted = Vec::new();
    for one in given {
        match one {
            Ok(certificate) => untrusted.push(certificate),
            Err(unreadable) => remarks.push(unreadable.to_string()),
        }
    }
    let question = Question {
        leaf,
        untrusted,
        anchors,
        at,
        name: args.name,
        purpose: args.purpose,
        policies: PolicyInput {
            acceptable: args.policy.into_iter().map(|policy| policy.0).collect(),
            require_explicit: args.require_explicit_policy,
            inhibit_mapping: args.inhibit_policy_mapping,
            inhibit_any: args.inhibit_any_policy,
        },
        partial_chain: args.partial_chain,
        max_depth: args.max_depth,
        profile: args.profile,
        revocation: Evidence {
            crls: input::all(&args.crl, "X509 CRL")?,
            answers: input::all(&args.ocsp, "OCSP RESPONSE")?,
            max_age: None,
        },
        budget: Budget::default(),
    };
    Ok(Read::Asked(Box::new(question), remarks))
}
