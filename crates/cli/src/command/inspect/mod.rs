//! `notafter inspect`: whatever a file, an endpoint or standard input holds, in words; of several things, what belongs to
//! what.

mod dump;
mod input;
mod json;
mod key;
mod look;
mod pile;
mod text;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::TypedValueParser;
use notafter_cert::inspect::{Context, Description, Object, describe};
use notafter_cert::path::Anchors;
use notafter_cert::pile::Pile;
use notafter_cert::{Identifier, Span, Time};
use notafter_ct::{LogId, LogList};
use notafter_net::dns::Override;
use notafter_net::trust::{Choice, Trust};
use notafter_tls::dialogue::Protocol;

use super::check;
use crate::argument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;
use crate::output::outcome;
use crate::session::Session;

/// Decode certificates, requests, CRLs, OCSP answers, keys and containers, and say what belongs to what
///
/// A thing alone is shown as a certificate viewer does: what it is for, whom it names, until when, by whom, what is odd,
/// then every field. Of several, or of a folder: which key fits which certificate, which chain is complete, what is
/// missing, in what order to serve it. PEM, DER, PKCS#7, PKCS#12 and Java keystores are read; what is broken is shown as
/// far as it goes. Nothing that is secret is shown.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Files, folders, endpoints as `check` takes them, or `-` for standard input: ./shop.pem, /etc/ssl, shop.example:443
    #[arg(value_name = "FILE|TARGET", required = true)]
    words: Vec<String>,
    /// Dump the DER element by element, with offsets and the names of fields
    #[arg(long)]
    der: bool,
    /// Everything about every object, however many there are and however long they are
    #[arg(short, long)]
    all: bool,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Judge as of this instant instead of now, such as 2027-01-31T12:00:00Z
    #[arg(long, value_name = "RFC3339")]
    at: Option<Time>,
    /// Trust anchors at which chains may end: mozilla, system, or a PEM file [default: the setting `trust`, else mozilla]
    #[arg(long, value_name = "ANCHORS")]
    trust: Option<Choice>,
    /// Keys and containers open with the password in the first line of this file [default: none, then `changeit`]
    #[arg(long, value_name = "FILE", conflicts_with = "password_env")]
    password_file: Option<PathBuf>,
    /// Keys and containers open with the password in this variable
    #[arg(long, value_name = "NAME")]
    password_env: Option<String>,
    /// A list of CT logs (log_list.json, version 3), by which logs are called by their names
    #[arg(long, value_name = "FILE")]
    ct_log_list: Option<PathBuf>,
    /// Use these addresses instead of DNS for an endpoint (repeatable): shop.example:443:192.0.2.7
    #[arg(long, value_name = "HOST:PORT:ADDRESS[,ADDRESS]")]
    resolve: Vec<Override>,
    /// Server name to send to an endpoint, instead of the host
    #[arg(long, value_name = "NAME")]
    sni: Option<Identifier>,
    /// Dialogue that leads to TLS for endpoints without a scheme
    #[arg(long, value_name = "PROTOCOL", value_parser = protocols())]
    starttls: Option<Protocol>,
    /// Limit for one look at an endpoint, such as 500ms, 10s or 2min, a bare number in seconds
    #[arg(short, long, value_name = "TIME", default_value = "10s", value_parser = argument::seconds)]
    timeout: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One document (docs/schema/inspect-1.json)
    Json,
}

fn protocols() -> impl TypedValueParser<Value = Protocol> {
    check::protocols()
}

/// An object with where it was found.
struct Found {
    /// The file or endpoint.
    source: String,
    /// Whether an endpoint sent it.
    is_sent: bool,
    /// What it is.
    object: Object,
    /// The public half of a private key, where it could be found out.
    spki: Option<Vec<u8>>,
}

/// Everything that was found, told.
struct Inspected {
    at: Time,
    anchors: Anchors,
    found: Vec<Found>,
    /// The objects of each source.
    sources: BTreeMap<String, Vec<usize>>,
    /// Where each of them is, in words.
    places: Vec<String>,
    descriptions: Vec<Description>,
    pile: Pile,
    /// What else is to be said: of containers that were not opened, of addresses that did not answer.
    remarks: Vec<String>,
}

/// With more objects than this, keys are not looked at for weaknesses that take calculating.
const CALCULATED: usize = 50;

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let at = args.at.unwrap_or_else(|| session.clock.now());
    let Ok(setting) = session.settings.trust.parse::<Choice>();
    let trust = Trust::load(args.trust.as_ref().unwrap_or(&setting))?;
    let logs = args.ct_log_list.as_deref().map(log_list).transpose()?;
    let input::Gathered { found, remarks } = input::gather(&args, session).await?;
    let log_name = |id: &[u8]| {
        let id = LogId::from_bytes(<[u8; 32]>::try_from(id).ok()?);
        logs.as_ref()?.find(id).map(|log| log.name.clone())
    };
    let context = Context { at, log_name: &log_name, calculates: found.len() <= CALCULATED };
    let descriptions = found.iter().map(|one| describe(&one.object, &context)).collect();
    let pile = pile::sorted(&found, trust.anchors(), at);
    let sources = pile::by_source(&found);
    let places = pile::named_places(&found, &sources);
    let anchors = trust.anchors().clone();
    let inspected = Inspected { at, anchors, found, sources, places, descriptions, pile, remarks };
    outcome::print(&match args.format {
        Format::Json => json::write(&inspected, args.der),
        Format::Text if args.der => dump::write(&inspected, args.all),
        Format::Text => text::write(&inspected, args.all),
    })?;
    Ok(Exit::Done)
}

fn log_list(path: &std::path::Path) -> Result<LogList, Failure> {
    let name = path.display();
    let bytes = file::read(path).map_err(|error| Failure::new(format!("{name} {error}"), error.hint()))?;
    LogList::read(&bytes).map_err(|error| {
        let hint = "name a list of CT logs: https://www.gstatic.com/ct/log_list/v3/log_list.json";
        Failure::new(format!("{name} is no list of CT logs"), hint).because(error)
    })
}
