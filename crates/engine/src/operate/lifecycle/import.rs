//! Brings a certificate that was obtained elsewhere into a lineage, as its present version.

use notafter_cert::{Certificate, Time, path, pem};
use notafter_inventory::check::Judge;
use notafter_inventory::model::{Actor, Lineage, Mode, Origin, Version, VersionState};
use notafter_keys::PrivateKey;
use notafter_store::{Change, Holds};
use serde::{Deserialize, Serialize};

use super::super::Fault;
use super::{Outcome, managed, now_due, outcome, unknown};
use crate::context::Context;
use crate::draft::{Draft, Stored};
use crate::private_roots;
use crate::settle::settle;
use crate::tasks::renew::adopt;

/// A pair, as the files hold it.
#[derive(Serialize, Deserialize)]
pub struct Import {
    /// The lineage's name; it exists.
    pub lineage: String,
    /// PEM chain, leaf first.
    pub chain: String,
    /// PEM key.
    pub key: String,
    /// Where the chain came from, for the record.
    pub path: String,
    /// Also when it ends before the present version, or leads to no anchor where it would be served: none of the endpoint's
    /// own, or none of the installation's where the present version leads to one.
    #[serde(default)]
    pub force: bool,
}

pub(super) async fn import(context: &Context, actor: &Actor, args: Import) -> Result<Outcome, Fault> {
    let begun = context.clock.now();
    let lineage = managed(context, &args.lineage).await?;
    let key = PrivateKey::from_pem(args.key.as_bytes())?;
    let chain = pem::chain_from(args.chain.as_bytes()).map_err(|error| {
        Fault::new(
            "import.no-chain",
            format!("{} holds no certificate chain", args.path),
            "give a PEM file, leaf first",
        )
        .because(error.to_string())
    })?;
    let leaf = fit(context, &lineage, &chain, &args.path)?;
    key.check_spki(&leaf.key().spki_der)?;
    if !args.force {
        is_trusted(context, &lineage, &chain, &args.path).await?;
        outlasts(context, &lineage, &leaf, &args.path).await?;
    }
    let key_id = context.new_id();
    let sealed = context.keyring.read().await.seal_key(key_id.as_bytes(), &key)?;
    let version = Version {
        id: context.new_id(),
        lineage_id: lineage.id,
        key_id: Some(key_id),
        fingerprint: leaf.fingerprint(),
        chain_pem: pem::chain_to(&chain),
        not_before: leaf.not_before(),
        not_after: leaf.not_after(),
        obtained_at: begun,
        origin: Origin::Files { path: args.path, insisted: args.force },
        state: VersionState::Current,
    };
    let put_key = Change::PutKey {
        id: key_id,
        holds: Holds::CertificateKey,
        kek_id: sealed.kek_id(),
        sealed: sealed.as_bytes().to_vec(),
    };
    loop {
        let draft = Draft::load(context, lineage.id).await?;
        let mut draft = draft.ok_or_else(|| unknown(&lineage.name))?;
        let mut changes = vec![put_key.clone()];
        changes.extend(adopt(context, &mut draft.lineage, version.clone()).await?);
        if draft.store(context, None, actor, changes).await? == Stored::Done {
            break;
        }
    }
    now_due(context, actor, &lineage).await?;
    settle(context, lineage.id, super::PATIENCE).await?;
    outcome::of(context, &lineage.name, begun).await
}

/// The leaf of a chain that may be put on the wire for this lineage: it covers every name, is valid now, and its
/// signatures hold. Whether its root is trusted is for each endpoint to say ([`is_trusted`]).
fn fit(context: &Context, lineage: &Lineage, chain: &[Vec<u8>], file: &str) -> Result<Certificate, Fault> {
    let chain = path::Chain::read(chain).map_err(|error| {
        Fault::new(
            "import.unreadable",
            format!("the first certificate in {file} cannot be read"),
            "check the file",
        )
        .because(std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string))
    })?;
    let leaf = chain.leaf();
    let Mode::Managed(spec) = &lineage.mode else { return Ok(leaf.clone()) };
    let missing: Vec<String> =
        spec.identifiers.iter().filter(|name| !leaf.covers(name)).map(ToString::to_string).collect();
    if !missing.is_empty() {
        let named: Vec<String> = leaf.names().iter().map(ToString::to_string).collect();
        let named = if named.is_empty() { "no name".to_owned() } else { named.join(", ") };
        let what = format!("the certificate in {file} does not cover {}", missing.join(", "));
        let hint = format!("give the certificate for lineage {}, or change its names first", lineage.name);
        return Err(refused("import.other-names", what, hint, &format!("it is for {named}")));
    }
    let now = context.clock.now();
    let judgement = path::judge(&chain, context.judge().anchors(), now);
    match judgement.problems.iter().find_map(|problem| unfit(&problem.fault, leaf, now)) {
        Some(why) => {
            let what = format!("the chain in {file} cannot be served");
            Err(refused("import.unusable-chain", what, "give a chain that is valid now, leaf first", &why))
        }
        None => Ok(leaf.clone()),
    }
}

/// Why what is wrong with a chain would take the service down, if it would.
fn unfit(fault: &path::Fault, leaf: &Certificate, now: Time) -> Option<String> {
    match fault {
        path::Fault::Expired if leaf.is_expired(now) => Some(format!("it ended at {}", leaf.not_after())),
        path::Fault::Expired => Some("a certificate above it has expired".to_owned()),
        path::Fault::NotYetValid if leaf.is_not_yet_valid(now) => {
            Some(format!("it begins at {} (is this machine's clock right?)", leaf.not_before()))
        }
        path::Fault::NotYetValid => Some("a certificate above it is not valid yet".to_owned()),
        path::Fault::BadSignature => Some("a signature in it is wrong".to_owned()),
        path::Fault::Refused(_) => Some("it breaks a rule of RFC 5280 section 6".to_owned()),
        path::Fault::IssuerMissing
        | path::Fault::UntrustedRoot
        | path::Fault::SelfSigned
        | path::Fault::UnknownSignature => None,
    }
}

/// Whether the clients of its places trust it, as far as is said whom they trust: each endpoint by the anchors that it
/// names, else by the installation's. A private CA may well be unknown here, but not where the present version's is known:
/// proof would find every address worse than before. What signed itself is trusted only where it is an anchor itself.
async fn is_trusted(
    context: &Context,
    lineage: &Lineage,
    chain: &[Vec<u8>],
    file: &str,
) -> Result<(), Fault> {
    let Ok(chain) = path::Chain::read(chain) else { return Ok(()) };
    private_roots::refresh(context).await?;
    let present = present_chain(context, lineage).await?;
    let mut looked_at = false;
    for place in context.store.places_of(&context.scope, lineage.id).await? {
        for target in &place.endpoints {
            looked_at = true;
            let endpoint = context.store.endpoint_at(&context.scope, target).await?;
            let own = endpoint.as_ref().and_then(|endpoint| endpoint.trust.as_deref());
            let judge =
                endpoint.as_ref().map_or_else(|| context.judge(), |endpoint| context.judge_of(endpoint));
            if let Some(why) = distrust(context, (own, &judge), &chain, present.as_ref()) {
                return Err(untrusted(format!("the chain in {file} is not trusted at {target}"), &why));
            }
        }
    }
    match distrust(context, (None, &context.judge()), &chain, present.as_ref()) {
        Some(why) if !looked_at => Err(untrusted(format!("the chain in {file} is not trusted"), &why)),
        _ => Ok(()),
    }
}

fn untrusted(what: String, why: &str) -> Fault {
    let hint = "give one that its clients trust, add its root to the anchors, or insist with --force";
    refused("import.untrusted", what, hint, why)
}

/// The chain of the version that is there now; nothing where there is none, or it cannot be read.
async fn present_chain(context: &Context, lineage: &Lineage) -> Result<Option<path::Chain>, Fault> {
    let Some(id) = lineage.current else { return Ok(None) };
    let version = context.store.version(&context.scope, id).await?;
    let chain = version.and_then(|version| pem::chain_from(version.chain_pem.as_bytes()).ok());
    Ok(chain.and_then(|chain| path::Chain::read(&chain).ok()))
}

/// Why it is not trusted by the anchors of an endpoint's own, or by the installation's.
fn distrust(
    context: &Context,
    (own, judge): (Option<&str>, &Judge),
    chain: &path::Chain,
    present: Option<&path::Chain>,
) -> Option<String> {
    let anchors = judge.anchors();
    let judged = |chain| path::judge(chain, anchors, context.clock.now());
    let judgement = judged(chain);
    let signed_itself = judgement.problems.iter().any(|problem| problem.fault == path::Fault::SelfSigned);
    let present_leads_there = || present.is_some_and(|present| judged(present).is_complete());
    match (own, signed_itself) {
        _ if judgement.is_complete() => None,
        (Some(path), _) if anchors.is_empty() => Some(format!("the anchors in {path} cannot be read")),
        (Some(path), true) => Some(format!("it signed itself, and is not among the anchors in {path}")),
        (Some(path), false) => Some(format!("it leads to none of the anchors in {path}")),
        (None, true) => {
            Some("it signed itself, and is not among the anchors of this installation".to_owned())
        }
        (None, false) if present_leads_there() => Some(
            "it leads to none of the anchors of this installation, and the chain of the present version leads to one"
                .to_owned(),
        ),
        (None, false) => None,
    }
}

/// Whoever brings what ends sooner than what is there has most likely named the wrong file.
async fn outlasts(context: &Context, lineage: &Lineage, leaf: &Certificate, file: &str) -> Result<(), Fault> {
    let Some(id) = lineage.current else { return Ok(()) };
    let present = context.store.version(&context.scope, id).await?;
    match present.filter(|version| version.state == VersionState::Current) {
        Some(present) if leaf.not_after() < present.not_after => {
            let what =
                format!("the certificate in {file} ends before the present one of lineage {}", lineage.name);
            let why = format!("it ends at {}, the present one at {}", leaf.not_after(), present.not_after);
            Err(refused("import.ends-sooner", what, "give the newer one, or insist with --force", &why))
        }
        _ => Ok(()),
    }
}

fn refused(code: &str, what: String, hint: impl Into<String>, why: &str) -> Fault {
    Fault::new(code, what, hint).because(format!("{why}; nothing was changed"))
}
