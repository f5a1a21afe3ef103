//! What a path must obey, one rule a file, in the order in which people want to be told.

mod algorithm_mismatch;
mod any_policy_mapped;
mod critical_extension;
mod distrusted;
mod duplicate_extension;
mod expired;
mod explicit_policy;
mod extensions_need_version_3;
mod leaf_is_ca;
mod leaf_key_usage;
mod lifetime;
mod lint;
mod malformed;
mod may_not_sign;
mod name_chaining;
mod name_constraint;
mod name_incomparable;
mod name_mismatch;
mod not_ca;
mod not_followed;
mod not_yet_valid;
mod path_length;
mod purpose;
mod revocation_unknown;
mod revoked;
mod signature;
mod time_stamping_alone;
mod too_deep;
mod too_many_names;
mod too_many_policies;
mod unknown_signature;
mod untrusted;
mod weak_key;
mod weak_signature;

use super::PathError;
use super::bounds::Breach;
use super::ledger::Ledger;
use super::node::Node;
use super::policy::Policies;
use super::question::Question;
use super::search::End;
use crate::revocation::Verdict;
use crate::{Certificate, Time};

/// What a rule is about.
#[derive(Debug, PartialEq, Eq)]
pub struct Meta {
    /// Its name, for ever: `path.expired`.
    pub code: &'static str,
    /// What is wrong where it is broken.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// Where it is written.
    pub section: &'static str,
    /// What whoever answers for the certificate can do.
    pub hint: &'static str,
    /// How far a path that breaks it is from being valid, for putting the most telling first: 1 to 9.
    pub weight: u8,
    /// Whether breaking it means that nobody can tell.
    pub is_doubt: bool,
}

/// One rule.
pub struct Rule {
    /// What it is about.
    pub meta: Meta,
    /// Tells where it is broken.
    pub(super) judge: fn(&Walk<'_, '_>, &mut Findings<'_>),
}

/// All rules.
pub static ALL: [&Rule; 34] = [
    &untrusted::RULE,
    &distrusted::RULE,
    &not_followed::RULE,
    &too_deep::RULE,
    &signature::RULE,
    &unknown_signature::RULE,
    &expired::RULE,
    &not_yet_valid::RULE,
    &revoked::RULE,
    &revocation_unknown::RULE,
    &lifetime::RULE,
    &name_mismatch::RULE,
    &not_ca::RULE,
    &may_not_sign::RULE,
    &name_chaining::RULE,
    &path_length::RULE,
    &name_constraint::RULE,
    &name_incomparable::RULE,
    &too_many_names::RULE,
    &purpose::RULE,
    &leaf_is_ca::RULE,
    &leaf_key_usage::RULE,
    &time_stamping_alone::RULE,
    &explicit_policy::RULE,
    &any_policy_mapped::RULE,
    &too_many_policies::RULE,
    &critical_extension::RULE,
    &weak_signature::RULE,
    &weak_key::RULE,
    &malformed::RULE,
    &duplicate_extension::RULE,
    &extensions_need_version_3::RULE,
    &algorithm_mismatch::RULE,
    &lint::RULE,
];

/// The rule of this code.
#[must_use]
pub fn find(code: &str) -> Option<&'static Rule> {
    ALL.into_iter().find(|rule| rule.meta.code == code)
}

/// A path before its rules.
pub(super) struct Walk<'a, 'n> {
    pub(super) question: &'a Question,
    /// From the leaf upwards.
    pub(super) nodes: Vec<&'a Node<'n>>,
    pub(super) end: End,
    /// Whether it ends at an anchor that clients have of themselves.
    pub(super) is_public: bool,
    /// The places of those whose signatures cannot be checked; none where the path leads nowhere anyway.
    pub(super) unchecked: &'a [usize],
    pub(super) ledger: &'a Ledger,
    /// What the policies come to, by whatever rules.
    pub(super) policies: &'a Policies,
    /// What is not known to be allowed of the names.
    pub(super) breaches: Vec<Breach>,
    /// Whether each certificate but the anchor was revoked; empty where nothing was given to tell by.
    pub(super) statuses: Vec<Verdict>,
}

impl<'a, 'n> Walk<'a, 'n> {
    /// The certificates that the rules bind, the leaf first: an anchor only where the profile wants it.
    pub(super) fn bound(&self) -> impl Iterator<Item = (usize, &'a Node<'n>)> {
        let binds = self.question.profile.anchor_constraints.of(self.is_public);
        let free = self.is_complete() && !binds && self.nodes.len() > 1;
        let count = self.nodes.len() - usize::from(free);
        self.nodes.iter().copied().enumerate().take(count)
    }

    /// Those of them that stand above the leaf.
    pub(super) fn issuers(&self) -> impl Iterator<Item = (usize, &'a Node<'n>)> {
        self.bound().skip(1)
    }

    /// The certificates whose own signatures count: all but an anchor's.
    pub(super) fn signed(&self) -> impl Iterator<Item = (usize, &'a Node<'n>)> {
        let count = self.nodes.len() - usize::from(self.is_complete());
        self.nodes.iter().copied().enumerate().take(count)
    }

    pub(super) fn is_complete(&self) -> bool {
        self.end == End::Anchor
    }

    pub(super) fn leaf(&self) -> &'a Node<'n> {
        self.nodes[0]
    }
}

/// Where errors are told.
pub(super) struct Findings<'e> {
    pub(super) rule: &'static Meta,
    pub(super) errors: &'e mut Vec<PathError>,
}

impl Findings<'_> {
    pub(super) fn tell(&mut self, certificate: usize, found: impl Into<String>, expected: impl Into<String>) {
        let (found, expected) = (found.into(), expected.into());
        self.errors.push(PathError { certificate, rule: self.rule, expected, found });
    }
}

/// Everything that is wrong with a path, certificate by certificate.
pub(super) fn judge(walk: &Walk<'_, '_>) -> Vec<PathError> {
    let mut errors = Vec::new();
    for rule in ALL {
        (rule.judge)(walk, &mut Findings { rule: &rule.meta, errors: &mut errors });
    }
    errors.sort_by_key(|error| error.certificate);
    errors
}

/// What is wrong with the dates of one certificate, even if the rules of the profile do not ask about them.
pub(super) fn dates(certificate: &Certificate, place: usize, at: Time) -> Option<PathError> {
    let error = |rule: &'static Rule, found| PathError {
        certificate: place,
        rule: &rule.meta,
        expected: String::new(),
        found,
    };
    let early = || not_yet_valid::found(certificate, at).map(|found| error(&not_yet_valid::RULE, found));
    expired::found(certificate, at).map(|found| error(&expired::RULE, found)).or_else(early)
}

#[cfg(test)]
mod tests;
