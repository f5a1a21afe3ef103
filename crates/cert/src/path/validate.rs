//! From a question to its answer.

use super::Anchors;
use super::bounds;
use super::ledger::Ledger;
use super::node::Node;
use super::policy::{self, Policies, PolicyFault};
use super::profile::Profile;
use super::question::Question;
use super::rule::{self, Walk};
use super::search::{self, End, Way};
use super::status::Desk;
use super::verdict::{Link, Path, Verdict, Verification};
use crate::der::{Oid, oid};

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
    validate_within(question, profiles, &Ledger::of(question.budget))
}

pub(super) fn validate_within(
    question: &Question,
    profiles: &[&'static Profile],
    ledger: &Ledger,
) -> Vec<Verification> {
    let nodes = search::nodes(question);
    let found = search::search(&nodes, question, ledger, 0);
    let trails: Vec<Trail<'_, '_>> =
        found.ways.iter().map(|way| Trail::of(way, &nodes, question, ledger)).collect();
    let by = |profile: &&'static Profile| {
        let question = Question { profile, ..question.clone() };
        let desk = Desk::of(&question, &nodes, ledger);
        let share = question.budget.name_comparisons / trails.len().max(1);
        let judged = |trail: &Trail<'_, '_>| {
            let is_complete = trail.end == End::Anchor;
            let statuses = if is_complete { desk.statuses(&trail.nodes, SIGNERS) } else { Vec::new() };
            trail.path(rule::judge(&trail.walk(&question, share, statuses)))
        };
        let mut paths: Vec<Path> = trails.iter().map(judged).collect();
        paths.sort_by_key(Path::distance);
        verification(paths, found.exhausted)
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

/// A way, and what is found out about it whatever the profile.
pub(super) struct Trail<'a, 'n> {
    nodes: Vec<&'a Node<'n>>,
    end: End,
    is_public: bool,
    unchecked: &'a [usize],
    ledger: &'a Ledger,
    policies: Policies,
}

impl<'a, 'n> Trail<'a, 'n> {
    pub(super) fn of(way: &'a Way, nodes: &'a [Node<'n>], question: &Question, ledger: &'a Ledger) -> Self {
        let on_way: Vec<&Node<'n>> = way.nodes.iter().map(|position| &nodes[*position]).collect();
        let is_complete = way.end == End::Anchor;
        Self {
            policies: policy::process(&on_way, &question.policies, is_complete),
            is_public: is_complete
                && on_way.last().is_some_and(|anchor| Anchors::is_public(anchor.certificate)),
            nodes: on_way,
            end: way.end,
            unchecked: if is_complete { &way.unchecked } else { &[] },
            ledger,
        }
    }

    pub(super) fn nodes(&self) -> &[&'a Node<'n>] {
        &self.nodes
    }

    /// What the rules look at, with a share of the comparisons of names.
    pub(super) fn walk<'w>(
        &'w self,
        question: &'w Question,
        share: usize,
        statuses: Vec<crate::revocation::Verdict>,
    ) -> Walk<'w, 'n> {
        let mut walk = Walk {
            question,
            nodes: self.nodes.clone(),
            end: self.end,
            is_public: self.is_public,
            unchecked: self.unchecked,
            ledger: self.ledger,
            policies: &self.policies,
            breaches: Vec::new(),
            statuses,
        };
        walk.breaches = bounds::breaches(&walk, share);
        walk
    }

    fn path(&self, errors: Vec<super::PathError>) -> Path {
        let shown = |content: &Vec<u8>| Oid::from_content(content).map(|oid| oid.to_string());
        let (last, is_complete) = (self.nodes.len() - 1, self.end == End::Anchor);
        let link = |(place, node): (usize, &&Node<'_>)| Link {
            certificate: node.certificate.clone(),
            given: node.given,
            anchor: is_complete && place == last,
        };
        let policies = match &self.policies {
            Ok(None) => Some(vec![oid::ANY_POLICY.to_string()]),
            Ok(Some(policies)) => Some(policies.iter().filter_map(shown).collect()),
            Err(PolicyFault::NoneValid { .. } | PolicyFault::MapsAny { .. }) => Some(Vec::new()),
            Err(PolicyFault::TooMany { .. }) => None,
        };
        Path { certificates: self.nodes.iter().enumerate().map(link).collect(), errors, policies }
    }
}
