//! What belongs to what, for people.

use std::collections::BTreeSet;
use std::fmt::Write;

use notafter_cert::bag::Place;
use notafter_cert::inspect::Kind;
use notafter_cert::path::Anchors;
use notafter_cert::pile::{Lack, Pile, ServingOrder, Set, Thing, What, sort};
use notafter_cert::x509::{PrivateKeyStructure, RequestAnatomy};
use notafter_cert::{Certificate, Time};

use super::text::row;
use super::{Found, Inspected};

pub(super) fn sorted(found: &[Found], anchors: &Anchors, at: Time) -> Pile {
    let things: Vec<Thing> = found.iter().map(|one| Thing { file: one.source.clone(), what: what(one) }).collect();
    sort(&things, anchors, at)
}

fn what(found: &Found) -> What {
    let octets = &found.object.octets[..];
    match found.object.kind {
        Kind::Certificate => Certificate::parse(octets).map_or(What::Other, What::Certificate),
        Kind::Request => {
            let anatomy = RequestAnatomy::of(octets);
            anatomy.key.map_or(What::Other, |key| What::Request { spki: key.element.whole.to_vec() })
        }
        Kind::PublicKey => What::PublicKey(octets.to_vec()),
        Kind::RevocationList => What::RevocationList(octets.to_vec()),
        Kind::PrivateKey => {
            let is_sealed = PrivateKeyStructure::read(octets).is_ok_and(|key| key.encryption().is_some());
            What::Key { spki: found.spki.clone(), is_sealed: is_sealed || !found.object.headers.is_empty() }
        }
        _ => What::Other,
    }
}

/// Whether an object is alone: then there is nothing to sort.
pub(super) fn is_one(inspected: &Inspected) -> bool {
    inspected.found.iter().filter(|one| !one.object.kind.is_container()).count() <= 1
}

/// Where an object is: `chain.pem, block 2`; the file alone where it holds nothing else.
pub(super) fn place(inspected: &Inspected, position: usize) -> String {
    let one = &inspected.found[position];
    let is_alone = inspected.found.iter().filter(|other| other.source == one.source).count() == 1;
    let alias = one.object.alias.as_ref().map(|alias| format!(" ({alias})")).unwrap_or_default();
    match one.object.place {
        _ if is_alone => one.source.clone(),
        Place::Block { number, .. } => format!("{}, block {number}{alias}", one.source),
        Place::Byte(0) => format!("{}{alias}", served(inspected, position)),
        Place::Byte(at) => format!("{}, byte {at}{alias}", one.source),
    }
}

/// An endpoint's certificates are counted; those of a file have their bytes.
fn served(inspected: &Inspected, position: usize) -> String {
    let source = &inspected.found[position].source;
    let same: Vec<usize> =
        (0..inspected.found.len()).filter(|other| inspected.found[*other].source == *source).collect();
    let is_sent = same.iter().all(|other| inspected.found[*other].object.place == Place::Byte(0));
    match same.iter().position(|other| *other == position) {
        Some(number) if is_sent => format!("{source}, certificate {}", number + 1),
        _ => format!("{source}, byte 0"),
    }
}

pub(super) fn places(inspected: &Inspected, positions: &[usize]) -> String {
    positions.iter().map(|position| place(inspected, *position)).collect::<Vec<_>>().join("; ")
}

pub(super) fn write(inspected: &Inspected) -> String {
    let mut text = counted(inspected);
    for set in &inspected.pile.sets {
        text.push('\n');
        text.push_str(&told(inspected, set));
    }
    text.push_str(&beside(inspected));
    text
}

/// `3 files: 2 certificates, 1 private key`.
fn counted(inspected: &Inspected) -> String {
    let sources: BTreeSet<&str> = inspected.found.iter().map(|one| one.source.as_str()).collect();
    let kinds = [
        Kind::Certificate,
        Kind::Request,
        Kind::PrivateKey,
        Kind::PublicKey,
        Kind::RevocationList,
        Kind::OcspRequest,
        Kind::OcspResponse,
        Kind::Der,
        Kind::NotDer,
    ];
    let count = |kind: Kind| {
        let number = inspected.found.iter().filter(|one| one.object.kind == kind).count();
        let many = match kind {
            Kind::Der => "pieces of DER of another kind".to_owned(),
            Kind::NotDer => "pieces that are not DER".to_owned(),
            kind => format!("{}s", kind.name()),
        };
        match number {
            0 => None,
            1 if kind == Kind::Der || kind == Kind::NotDer => Some(format!("1 piece of {}", kind.name())),
            1 => Some(format!("1 {}", kind.name())),
            more => Some(format!("{more} {many}")),
        }
    };
    let things: Vec<String> = kinds.into_iter().filter_map(count).collect();
    let sources = match &sources.iter().collect::<Vec<_>>()[..] {
        [one] => (**one).to_owned(),
        several => format!("{} files", several.len()),
    };
    format!("{sources}: {}\n", if things.is_empty() { "nothing".to_owned() } else { things.join(", ") })
}

/// One certificate with all that belongs to it.
fn told(inspected: &Inspected, set: &Set) -> String {
    let description = &inspected.descriptions[set.leaf];
    let mut text = format!("{}\n", description.title);
    for line in &description.glance {
        text.push_str(&row(&line.name, &super::text::shown(line)));
    }
    text.push_str(&row("lies in", &place(inspected, set.leaf)));
    text.push_str(&row("private key", &key(inspected, set)));
    if !set.requests.is_empty() {
        text.push_str(&row("request", &places(inspected, &set.requests)));
    }
    if !set.public_keys.is_empty() {
        text.push_str(&row("public key", &places(inspected, &set.public_keys)));
    }
    text.push_str(&row("chain", &chain(inspected, &set.chain)));
    if let Some(Lack::Issuer { urls, .. }) = &set.chain.lack {
        for url in urls.iter().filter(|url| url.starts_with("http")) {
            text.push_str(&row("fetch it", &format!("curl -sO {url}")));
        }
    }
    text.push_str(&row("serve", &serve(inspected, &set.chain)));
    for problem in &set.chain.problems {
        text.push_str(&row("clients say", problem));
    }
    if let Some(odd) = super::text::oddities_in_short(&description.odd) {
        text.push_str(&row("odd", &odd));
    }
    text
}

fn key(inspected: &Inspected, set: &Set) -> String {
    match (&set.keys[..], &inspected.pile.untold_keys[..]) {
        ([], []) if inspected.pile.lonely_keys.is_empty() => "none is here".to_owned(),
        ([], []) => "none of those that are here fits".to_owned(),
        ([], untold) => format!("perhaps {}: what is under a password cannot be told", places(inspected, untold)),
        (keys, _) => format!("{}, which fits", places(inspected, keys)),
    }
}

fn chain(inspected: &Inspected, chain: &ServingOrder) -> String {
    let names: Vec<String> = chain.links.iter().map(|link| link.certificate.shown_name()).collect();
    let names = names.join(" < ");
    let anchors = inspected.anchors.name();
    match &chain.lack {
        None if chain.links.len() == 1 && chain.end == names => format!("complete: {anchors} has it itself"),
        None => format!("complete: {names} < {} (which {anchors} has)", chain.end),
        Some(Lack::Issuer { name, .. }) => format!("not complete: {names} < {name}, which is missing"),
        Some(Lack::UnknownRoot) => {
            format!("complete, below a root that {anchors} has not: {names} < {}", chain.end)
        }
        Some(Lack::SelfSigned) => format!("signed by itself, and {anchors} has it not"),
        Some(Lack::WrongSignature) => {
            format!("not complete: {names}, and whoever bears its issuer's name here did not sign it")
        }
    }
}

/// Which certificates, in which order, and how to make a file of them.
fn serve(inspected: &Inspected, chain: &ServingOrder) -> String {
    let positions: Vec<usize> = chain.links.iter().filter_map(|link| link.place).collect();
    if positions.len() < chain.links.len() {
        return "nothing yet: some of it is not here".to_owned();
    }
    let files = files(inspected, &positions);
    let listed: Vec<String> = positions.iter().map(|position| place(inspected, *position)).collect();
    let missing = if chain.lack.is_some() && matches!(chain.lack, Some(Lack::Issuer { .. } | Lack::WrongSignature)) {
        ", then what is missing"
    } else {
        ""
    };
    match files {
        Some(files) if files.len() == 1 => format!("{} as it is{missing}", files[0]),
        Some(files) => format!("in this order{missing}: cat {} > fullchain.pem", files.join(" ")),
        None => format!("in this order: {}{missing}", listed.join(", then ")),
    }
}

/// The files that make the chain when they are put one after the other: each must be PEM and hold just these certificates, in
/// this order.
fn files(inspected: &Inspected, positions: &[usize]) -> Option<Vec<String>> {
    let mut files: Vec<String> = Vec::new();
    let mut made: Vec<usize> = Vec::new();
    for position in positions {
        let source = &inspected.found[*position].source;
        if files.last() != Some(source) {
            let all = inspected.found.iter().enumerate().filter(|(_, one)| one.source == *source);
            made.extend(all.map(|(other, _)| other));
            files.push(source.clone());
        }
    }
    let is_pem = |position: &usize| matches!(inspected.found[*position].object.place, Place::Block { .. });
    let is_plain = |file: &String| file.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-+".contains(letter));
    (made == positions && positions.iter().all(is_pem) && files.iter().all(is_plain)).then_some(files)
}

/// What belongs to nothing, and what is too much.
fn beside(inspected: &Inspected) -> String {
    let pile = &inspected.pile;
    let mut text = String::new();
    let mut list = |heading: &str, positions: &[usize], words: &dyn Fn(usize) -> String| {
        for position in positions {
            let title = &inspected.descriptions[*position].title;
            let line = format!("{}: {title}{}", place(inspected, *position), words(*position));
            writeln!(text, "  {heading}: {line}").ok();
        }
    };
    let nothing = |_| String::new();
    list("not needed", &pile.unneeded, &nothing);
    list("a root, not to be served", &pile.roots, &nothing);
    let first = |position: usize| {
        let before = pile.duplicates.iter().find(|(later, _)| *later == position).map(|(_, before)| *before);
        before.map(|before| format!(", as {}", place(inspected, before))).unwrap_or_default()
    };
    let twice: Vec<usize> = pile.duplicates.iter().map(|(later, _)| *later).collect();
    list("there twice", &twice, &first);
    list("fits no certificate", &pile.lonely_keys, &nothing);
    list("cannot be told", &pile.untold_keys, &nothing);
    list("no certificate yet", &pile.open_requests, &nothing);
    let about = |position: usize| {
        let of = pile.revocation_lists.iter().find(|(list, _)| *list == position).map(|(_, of)| &of[..]);
        match of.unwrap_or_default() {
            [] => ", about nothing here".to_owned(),
            of => format!(", may tell of {}", places(inspected, of)),
        }
    };
    let lists: Vec<usize> = pile.revocation_lists.iter().map(|(position, _)| *position).collect();
    list("revocation list", &lists, &about);
    let others: Vec<usize> = (0..inspected.found.len()).filter(|position| is_other(inspected, *position)).collect();
    list("beside", &others, &nothing);
    if text.is_empty() { text } else { format!("\nbeside\n{text}") }
}

/// What no set and no list names: answers of OCSP, what nobody knows, certificates that are broken.
fn is_other(inspected: &Inspected, position: usize) -> bool {
    let object = &inspected.found[position].object;
    match object.kind {
        Kind::Certificate => Certificate::parse(&object.octets).is_err(),
        Kind::OcspRequest | Kind::OcspResponse | Kind::Der | Kind::NotDer => true,
        _ => false,
    }
}
