//! What belongs to what, for people.

use std::collections::BTreeMap;
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

/// Which objects are in which source.
pub(super) fn by_source(found: &[Found]) -> BTreeMap<String, Vec<usize>> {
    let mut sources: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (position, one) in found.iter().enumerate() {
        sources.entry(one.source.clone()).or_default().push(position);
    }
    sources
}

/// Where each object is: `chain.pem, block 2`; the file alone where it holds nothing else.
pub(super) fn named_places(found: &[Found], sources: &BTreeMap<String, Vec<usize>>) -> Vec<String> {
    let mut places = vec![String::new(); found.len()];
    for positions in sources.values() {
        let count = |is: &dyn Fn(&Found) -> bool| positions.iter().filter(|at| is(&found[**at])).count();
        let is_alone = count(&|one| !one.object.kind.is_container()) == 1;
        // What was sent, or was under a password, has no place of its own: it is counted.
        let has_no_places = count(&|one| one.object.place == Place::Byte(0)) > 1;
        let mut of_kind: BTreeMap<&str, usize> = BTreeMap::new();
        for position in positions {
            let Found { source, object, .. } = &found[*position];
            let kind = object.kind.name();
            let number = of_kind.entry(kind).or_default();
            *number += 1;
            let alias = object.alias.as_ref().map(|alias| format!(" ({alias})")).unwrap_or_default();
            places[*position] = match object.place {
                _ if is_alone || object.kind.is_container() => source.clone(),
                Place::Block { number, .. } => format!("{source}, block {number}{alias}"),
                Place::Byte(0) if has_no_places => format!("{source}, {kind} {number}{alias}"),
                Place::Byte(at) => format!("{source}, byte {at}{alias}"),
            };
        }
    }
    places
}

pub(super) fn place(inspected: &Inspected, position: usize) -> &str {
    &inspected.places[position]
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
    let words = if inspected.found.iter().any(|one| one.is_sent) { "sources" } else { "files" };
    let sources = match &inspected.sources.keys().collect::<Vec<_>>()[..] {
        [one] => (*one).clone(),
        several => format!("{} {words}", several.len()),
    };
    format!("{sources}: {}\n", if things.is_empty() { "nothing".to_owned() } else { things.join(", ") })
}

/// One certificate with all that belongs to it.
fn told(inspected: &Inspected, set: &Set) -> String {
    let description = &inspected.descriptions[set.leaf];
    let mut text = format!("{}\n", super::text::title(inspected, set.leaf));
    for line in &description.glance {
        text.push_str(&row(&line.name, &super::text::shown(line)));
    }
    text.push_str(&row("lies in", place(inspected, set.leaf)));
    if !(set.keys.is_empty() && inspected.found[set.leaf].is_sent) {
        text.push_str(&row("private key", &key(inspected, set)));
    }
    if !set.requests.is_empty() {
        text.push_str(&row("request", &places(inspected, &set.requests)));
    }
    if !set.public_keys.is_empty() {
        text.push_str(&row("public key", &places(inspected, &set.public_keys)));
    }
    text.push_str(&row("chain", &chain(inspected, &set.chain)));
    if let Some(Lack::Issuer { urls, .. } | Lack::IssuerOrRoot { urls, .. }) = &set.chain.lack {
        for url in urls {
            text.push_str(&row("fetch it", &fetching(url)));
        }
    }
    text.push_str(&row("serve", &serve(inspected, &set.chain)));
    for problem in &set.chain.problems {
        text.push_str(&row("clients say", problem));
    }
    let is_public = set.chain.lack.is_none();
    if let Some(odd) = super::text::oddities_in_short(&description.odd, is_public) {
        text.push_str(&row("odd", &odd));
    }
    text
}

/// The command that fetches it, where the address is one that no shell takes for anything else; a stranger wrote it.
fn fetching(url: &str) -> String {
    let is_web = url.starts_with("http://") || url.starts_with("https://");
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._~:%?&=+-".contains(letter);
    match url {
        url if !is_web || !url.chars().all(is_plain) => url.to_owned(),
        url if url.contains(['?', '&']) => format!("curl -sO '{url}'"),
        url => format!("curl -sO {url}"),
    }
}

fn key(inspected: &Inspected, set: &Set) -> String {
    match (&set.keys[..], &inspected.pile.untold_keys[..]) {
        ([], []) if inspected.pile.lonely_keys.is_empty() => "none is here".to_owned(),
        ([], []) => "none of those that are here fits".to_owned(),
        ([], untold) => format!("perhaps {}, of which it cannot be told", places(inspected, untold)),
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
        Some(Lack::IssuerOrRoot { name, .. }) => {
            format!("{names}: complete if {name}, which is neither here nor among {anchors}'s, is a root")
        }
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
    if positions.is_empty() || positions.len() < chain.links.len() {
        return "nothing yet: some of it is not here".to_owned();
    }
    let first = &inspected.found[positions[0]];
    if first.is_sent && inspected.sources.get(&first.source) == Some(&positions) {
        return "as it is sent".to_owned();
    }
    let files = files(inspected, &positions);
    let listed: Vec<&str> = positions.iter().map(|position| place(inspected, *position)).collect();
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
            made.extend(inspected.sources.get(source).into_iter().flatten());
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
            let title = super::text::title(inspected, *position);
            let line = format!("{}: {title}{}", place(inspected, *position), words(*position));
            writeln!(text, "  {heading}: {line}").ok();
        }
    };
    let nothing = |_| String::new();
    list("not needed", &pile.unneeded, &nothing);
    list("a root, not to be served", &pile.roots, &nothing);
    let before: BTreeMap<usize, usize> = pile.duplicates.iter().copied().collect();
    let first = |position: usize| {
        let before = before.get(&position);
        before.map(|before| format!(", as {}", place(inspected, *before))).unwrap_or_default()
    };
    let twice: Vec<usize> = pile.duplicates.iter().map(|(later, _)| *later).collect();
    list("there twice", &twice, &first);
    list("fits no certificate", &pile.lonely_keys, &nothing);
    list("cannot be told", &pile.untold_keys, &nothing);
    list("no certificate yet", &pile.open_requests, &nothing);
    let told_of: BTreeMap<usize, &[usize]> =
        pile.revocation_lists.iter().map(|(list, of)| (*list, &of[..])).collect();
    let about = |position: usize| {
        match told_of.get(&position).copied().unwrap_or_default() {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// `curl -sO http://x/$(touch ...);id` was offered, as a certificate had it.
    #[test]
    fn a_stranger_writes_no_command() {
        let told = [
            "http://ca.example/ca.crt",
            "https://ca.example/get?id=1&form=der",
            "http://x/$(touch /tmp/x);id",
            "http://x/a'b",
            "http://x/a b",
            "httpx://x/a",
            "ldap://ca.example/cn=CA?cACertificate",
        ]
        .map(fetching);
        insta::assert_snapshot!(told.join("\n"), @"
        curl -sO http://ca.example/ca.crt
        curl -sO 'https://ca.example/get?id=1&form=der'
        http://x/$(touch /tmp/x);id
        http://x/a'b
        http://x/a b
        httpx://x/a
        ldap://ca.example/cn=CA?cACertificate
        ");
    }
}
