//! From a question to its answer.

use std::cell::Cell;

use super::node::Node;
use super::policy;
use super::question::Question;
use super::rule::{self, Walk};
use super::search::{self, Way};
use super::verdict::{Link, Path, Verdict, Verification};
use crate::der::Oid;

/// Every path that leads upwards from the leaf, judged by every rule of the profile.
#[must_use]
pub fn validate(question: &Question) -> Verification {
    let nodes = search::nodes(question);
    let found = search::search(&nodes, question);
    let comparisons = Cell::new(question.budget.name_comparisons);
    let judged = found.ways.iter().map(|way| judged(way, &nodes, question, &comparisons));
    let mut paths: Vec<Path> = judged.collect();
    paths.sort_by_key(Path::distance);
    let nearest = paths.first().map_or(Verdict::Unknown, Path::verdict);
    let verdict = match nearest {
        Verdict::Invalid if found.exhausted.is_some() => Verdict::Unknown,
        other => other,
    };
    Verification { verdict, paths, exhausted: found.exhausted }
}

fn judged(way: &Way, nodes: &[Node<'_>], question: &Question, comparisons: &Cell<usize>) -> Path {
    let on_way = way.nodes.iter().map(|position| &nodes[*position]).collect();
    let walk = Walk { question, nodes: on_way, end: way.end, comparisons };
    let errors = rule::judge(&walk);
    let policies = policy::process(&walk.nodes, &question.policies, walk.is_complete()).ok().flatten();
    let shown = |content: &Vec<u8>| Oid::from_content(content).map(|oid| oid.to_string());
    let last = walk.nodes.len() - 1;
    let link = |(place, node): (usize, &&Node<'_>)| Link {
        certificate: node.certificate.clone(),
        given: node.given,
        anchor: walk.is_complete() && place == last,
    };
    Path {
        certificates: walk.nodes.iter().enumerate().map(link).collect(),
        errors,
        policies: policies.map(|policies| policies.iter().filter_map(shown).collect()),
    }
}
