//! From a question to its answer.

use std::cell::Cell;

use super::node::Node;
use super::policy;
use super::profile::Profile;
use super::question::Question;
use super::rule::{self, Walk};
use super::search::{self, Found, Way};
use super::status::Desk;
use super::verdict::{Link, Path, Verdict, Verification};
use crate::der::Oid;

/// Keys are rolled over one CA after the other: NIST's tests have two such CAs in one path.
const SIGNERS: u8 = 2;

/// Every path that leads upwards from the leaf, judged by every rule of the profile.
#[must_use]
pub fn validate(question: &Question) -> Verification {
    validate_by(question, &[question.profile]).pop().unwrap_or_default()
}

/// The same by several profiles, in their order: the ways are walked once, and judged by the rules of each.
#[must_use]
pub fn validate_by(question: &Question, profiles: &[&'static Profile]) -> Vec<Verification> {
    let nodes = search::nodes(question);
    let found = search::search(&nodes, question);
    let by = |profile: &&'static Profile| {
        let question = Question { profile, ..question.clone() };
        verification(paths_of(&found, &nodes, &question, SIGNERS), found.exhausted)
    };
    profiles.iter().map(by).collect()
}

fn verification(paths: Vec<Path>, exhausted: Option<&'static str>) -> Verification {
    let nearest = paths.first().map_or(Verdict::Unknown, Path::verdict);
    let verdict = match nearest {
        Verdict::Invalid if exhausted.is_some() => Verdict::Unknown,
        other => other,
    };
    Verification { verdict, paths, exhausted }
}

/// The paths, the most telling first. Those about whom CRLs are signed by others of their issuer's name have `signers` more of
/// them above one another.
pub(super) fn paths(question: &Question, signers: u8) -> Vec<Path> {
    let nodes = search::nodes(question);
    let found = search::search(&nodes, question);
    paths_of(&found, &nodes, question, signers)
}

fn paths_of(found: &Found, nodes: &[Node<'_>], question: &Question, signers: u8) -> Vec<Path> {
    let comparisons = Cell::new(question.budget.name_comparisons);
    let desk = Desk::of(question, nodes, signers);
    let judged = found.ways.iter().map(|way| judged(way, nodes, question, (&comparisons, &desk)));
    let mut paths: Vec<Path> = judged.collect();
    paths.sort_by_key(Path::distance);
    paths
}

fn judged<'a, 'n>(
    way: &Way,
    nodes: &'a [Node<'n>],
    question: &'a Question,
    (comparisons, desk): (&'a Cell<usize>, &Desk<'a, 'n>),
) -> Path {
    let on_way: Vec<&Node<'n>> = way.nodes.iter().map(|position| &nodes[*position]).collect();
    let is_complete = way.end == search::End::Anchor;
    let statuses = if is_complete { desk.statuses(&on_way) } else { Vec::new() };
    let walk = Walk { question, nodes: on_way, end: way.end, comparisons, statuses };
    let errors = rule::judge(&walk);
    let policies = policy::process(&walk.nodes, &question.policies, is_complete).ok().flatten();
    let shown = |content: &Vec<u8>| Oid::from_content(content).map(|oid| oid.to_string());
    let last = walk.nodes.len() - 1;
    let link = |(place, node): (usize, &&Node<'_>)| Link {
        certificate: node.certificate.clone(),
        given: node.given,
        anchor: is_complete && place == last,
    };
    Path {
        certificates: walk.nodes.iter().enumerate().map(link).collect(),
        errors,
        policies: policies.map(|policies| policies.iter().filter_map(shown).collect()),
    }
}
