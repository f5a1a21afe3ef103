//! Certificate policies along a path: RFC 5280 section 6.1 with the graph of RFC 9618, whose size grows with the
//! certificates and never with the paths through it.

use std::collections::{BTreeMap, BTreeSet};

use super::node::Node;
use super::question::PolicyInput;
use crate::der::{Integer, Oid, oid};
use crate::x509::extension::{InhibitAnyPolicy, PolicyConstraints, PolicyMappings};

/// More policies, or mappings of them, than a certificate may have here: that of the US Federal Bridge has some dozens.
pub(super) const MOST: usize = 250;

/// Why no policies can be told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PolicyFault {
    /// None is valid where one is needed.
    NoneValid { certificate: usize, found: String },
    /// A CA maps anyPolicy (RFC 5280 section 6.1.4 (a)).
    MapsAny { certificate: usize },
    /// There are more than are followed.
    TooMany { certificate: usize, count: usize },
}

/// The policies that a path is valid under: `None` for any.
pub(super) type Policies = Result<Option<Vec<Policy>>, PolicyFault>;

/// valid_policy, as content octets.
pub(super) type Policy = Vec<u8>;

/// One level of the graph: a node per policy.
type Level = BTreeMap<Policy, State>;

#[derive(Clone, Debug, Default)]
struct State {
    /// The policies of the level above that lead here.
    parents: BTreeSet<Policy>,
    /// expected_policy_set.
    expected: BTreeSet<Policy>,
}

/// The state of RFC 5280 section 6.1.2.
struct Walking {
    /// The graph, from the root downwards; `None` is NULL.
    levels: Option<Vec<Level>>,
    explicit: usize,
    mapping: usize,
    any: usize,
}

/// Goes down a path (leaf first in `nodes`).
pub(super) fn process(nodes: &[&Node<'_>], input: &PolicyInput, ends_at_anchor: bool) -> Policies {
    let count = nodes.len() - usize::from(ends_at_anchor && nodes.len() > 1);
    for (certificate, node) in nodes.iter().enumerate().take(count) {
        let mappings = node.value::<PolicyMappings<'_>>().map_or(0, |mappings| mappings.pairs.len());
        let policies = node.policies.as_ref().map_or(0, |policies| policies.policies.len());
        if policies.max(mappings) > MOST {
            return Err(PolicyFault::TooMany { certificate, count: policies + mappings });
        }
    }
    let limit = |inhibit: bool| if inhibit { 0 } else { count + 1 };
    let root = State { parents: BTreeSet::new(), expected: BTreeSet::from([any()]) };
    let mut walking = Walking {
        levels: Some(vec![Level::from([(any(), root)])]),
        explicit: limit(input.require_explicit),
        mapping: limit(input.inhibit_mapping),
        any: limit(input.inhibit_any),
    };
    for place in (0..count).rev() {
        walking.certificate(nodes[place], place)?;
        if place > 0 {
            walking.prepare(nodes[place], place)?;
        }
    }
    walking.wrap_up(nodes[0], input)
}

fn any() -> Policy {
    oid::ANY_POLICY.content().to_vec()
}

fn is_any(policy: &[u8]) -> bool {
    policy == oid::ANY_POLICY.content()
}

/// SkipCerts: the number, the largest where it is larger than that.
fn skip(number: Integer<'_>) -> usize {
    usize::try_from(number.to_i64().unwrap_or(i64::MAX).max(0)).unwrap_or(usize::MAX)
}

impl Walking {
    /// RFC 5280 section 6.1.3 (d) to (f), as RFC 9618 section 5 has them.
    fn certificate(&mut self, node: &Node<'_>, place: usize) -> Result<(), PolicyFault> {
        let any_counts = self.any > 0 || (place > 0 && node.is_self_issued());
        self.levels = match (self.levels.take(), &node.policies) {
            (Some(mut levels), Some(policies)) => {
                let asserted = policies.oids().map(|oid| oid.content().to_vec()).collect();
                let next = levels.last().map(|above| next_level(above, &asserted, any_counts));
                levels.extend(next);
                unless_ended(levels)
            }
            _ => None,
        };
        if self.explicit == 0 && self.levels.is_none() {
            let found = match &node.policies {
                None => "it has no policies".to_owned(),
                Some(policies) => {
                    let shown: Vec<String> = policies.oids().map(|oid| oid.shown()).collect();
                    format!("its policies ({}) are none that is valid here", shown.join(", "))
                }
            };
            return Err(PolicyFault::NoneValid { certificate: place, found });
        }
        Ok(())
    }

    /// RFC 5280 section 6.1.4 (a), (b) and (h) to (j).
    fn prepare(&mut self, node: &Node<'_>, place: usize) -> Result<(), PolicyFault> {
        if let Some(mappings) = node.value::<PolicyMappings<'_>>() {
            if mappings
                .pairs
                .iter()
                .any(|(issuer, subject)| is_any(issuer.content()) || is_any(subject.content()))
            {
                return Err(PolicyFault::MapsAny { certificate: place });
            }
            self.map(&mappings);
        }
        if !node.is_self_issued() {
            for counter in [&mut self.explicit, &mut self.mapping, &mut self.any] {
                *counter = counter.saturating_sub(1);
            }
        }
        if let Some(constraints) = node.value::<PolicyConstraints<'_>>() {
            self.explicit = self.explicit.min(constraints.require_explicit.map_or(usize::MAX, skip));
            self.mapping = self.mapping.min(constraints.inhibit_mapping.map_or(usize::MAX, skip));
        }
        if let Some(InhibitAnyPolicy(number)) = node.value() {
            self.any = self.any.min(skip(number));
        }
        Ok(())
    }

    fn map(&mut self, mappings: &PolicyMappings<'_>) {
        let Some(mut levels) = self.levels.take() else { return };
        let Some(last) = levels.last_mut() else { return };
        let mut mapped: BTreeMap<Policy, BTreeSet<Policy>> = BTreeMap::new();
        for (issuer, subject) in &mappings.pairs {
            mapped.entry(issuer.content().to_vec()).or_default().insert(subject.content().to_vec());
        }
        for (policy, expected) in mapped {
            if self.mapping == 0 {
                last.remove(&policy);
            } else if let Some(state) = last.get_mut(&policy) {
                state.expected = expected;
            } else if let Some(any_state) = last.get(&any()) {
                let parents = any_state.parents.clone();
                last.insert(policy, State { parents, expected });
            }
        }
        self.levels = unless_ended(levels);
    }

    /// RFC 5280 section 6.1.5 (a), (b) and (g), as RFC 9618 section 5.4 has it.
    fn wrap_up(mut self, leaf: &Node<'_>, input: &PolicyInput) -> Policies {
        self.explicit = self.explicit.saturating_sub(1);
        let constraints = leaf.value::<PolicyConstraints<'_>>();
        if constraints
            .and_then(|constraints| constraints.require_explicit)
            .is_some_and(|number| skip(number) == 0)
        {
            self.explicit = 0;
        }
        let valid = self.levels.as_deref().map(|levels| user_constrained(levels, &input.acceptable));
        match valid {
            Some(policies) if !policies.is_empty() => {
                Ok((!policies.iter().any(|policy| is_any(policy))).then_some(policies))
            }
            _ if self.explicit > 0 => Ok(Some(Vec::new())),
            Some(_) => {
                let shown = input
                    .acceptable
                    .iter()
                    .filter_map(|policy| Oid::from_content(policy))
                    .map(|oid| oid.shown());
                let wanted: Vec<String> = shown.collect();
                Err(PolicyFault::NoneValid {
                    certificate: 0,
                    found: format!("none of {} is valid here", wanted.join(", ")),
                })
            }
            None => Err(PolicyFault::NoneValid {
                certificate: 0,
                found: "no policy is valid for the whole path".to_owned(),
            }),
        }
    }
}

/// RFC 9618 section 5.3 (d) (1) and (2).
fn next_level(above: &Level, asserted: &BTreeSet<Policy>, any_counts: bool) -> Level {
    let mut next = Level::new();
    let mut reach = |policy: &Policy, parent: &Policy| {
        let state = next.entry(policy.clone()).or_default();
        state.parents.insert(parent.clone());
        state.expected = BTreeSet::from([policy.clone()]);
    };
    let mut expecting: BTreeMap<&Policy, Vec<&Policy>> = BTreeMap::new();
    for (parent, state) in above {
        state.expected.iter().for_each(|expected| expecting.entry(expected).or_default().push(parent));
    }
    for policy in asserted.iter().filter(|policy| !is_any(policy)) {
        match expecting.get(policy) {
            Some(parents) => parents.iter().for_each(|parent| reach(policy, parent)),
            None if above.contains_key(&any()) => reach(policy, &any()),
            None => {}
        }
    }
    if any_counts && asserted.contains(&any()) {
        for (expected, parents) in expecting {
            if !asserted.contains(expected) || is_any(expected) {
                parents.iter().for_each(|parent| reach(expected, parent));
            }
        }
    }
    next
}

/// NULL where nothing is left at the end. What leads nowhere is not looked for: nobody goes on from it, and in the end the ways are
/// followed from the leaf upwards.
fn unless_ended(levels: Vec<Level>) -> Option<Vec<Level>> {
    levels.last().is_some_and(|last| !last.is_empty()).then_some(levels)
}

/// The policies, in the issuer's domain at the root, that the user accepts and that lead to the end of the path: any where
/// the user takes any and anyPolicy leads there.
fn user_constrained(levels: &[Level], acceptable: &[Policy]) -> Vec<Policy> {
    let takes_any = acceptable.is_empty() || acceptable.iter().any(|policy| is_any(policy));
    // From the leaf upwards: which nodes lead to the last level.
    let mut leads: BTreeSet<&Policy> = levels.last().into_iter().flat_map(Level::keys).collect();
    let any_at_end = leads.iter().any(|policy| is_any(policy));
    let mut found: BTreeSet<Policy> = BTreeSet::new();
    for level in levels.iter().rev() {
        let mut above = BTreeSet::new();
        for (policy, state) in level.iter().filter(|(policy, _)| leads.contains(policy)) {
            // valid_policy_node_set: what anyPolicy leads to, and is not anyPolicy itself.
            if state.parents.iter().any(|parent| is_any(parent)) && !is_any(policy) {
                found.insert(policy.clone());
            }
            above.extend(&state.parents);
        }
        leads = above;
    }
    if takes_any {
        found.extend(any_at_end.then(any));
        return found.into_iter().collect();
    }
    let accepted = |policy: &Policy| any_at_end || found.contains(policy);
    acceptable.iter().filter(|policy| accepted(policy)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(nodes: &[(&str, &[&str])]) -> Level {
        let policy = |text: &str| if text == "any" { any() } else { text.as_bytes().to_vec() };
        let state = |parents: &[&str], own: &str| State {
            parents: parents.iter().map(|parent| policy(parent)).collect(),
            expected: BTreeSet::from([policy(own)]),
        };
        nodes.iter().map(|(own, parents)| (policy(own), state(parents, own))).collect()
    }

    #[test]
    fn what_leads_nowhere_is_not_told() {
        let levels =
            [level(&[("any", &[])]), level(&[("a", &["any"]), ("b", &["any"])]), level(&[("a", &["a"])])];
        assert_eq!(user_constrained(&levels, &[]), [b"a".to_vec()]);
        assert!(unless_ended(vec![level(&[("any", &[])]), Level::new()]).is_none());
    }

    #[test]
    fn a_user_gets_the_policies_of_the_first_issuer() {
        let levels = [level(&[("any", &[])]), level(&[("a", &["any"])]), level(&[("x", &["a"])])];
        assert_eq!(user_constrained(&levels, &[]), [b"a".to_vec()]);
        assert_eq!(user_constrained(&levels, &[b"x".to_vec()]), Vec::<Policy>::new());
        assert_eq!(user_constrained(&levels, &[b"a".to_vec()]), [b"a".to_vec()]);
        let open = [level(&[("any", &[])]), level(&[("any", &["any"])])];
        assert_eq!(user_constrained(&open, &[b"q".to_vec()]), [b"q".to_vec()]);
        assert_eq!(user_constrained(&open, &[]), [any()]);
    }

    /// RFC 9618 section 3: a tree would have two to the power of the certificates here.
    #[test]
    fn the_graph_stays_as_wide_as_the_policies() {
        let policies = BTreeSet::from([b"a".to_vec(), b"b".to_vec()]);
        let mut last = level(&[("a", &["any"]), ("b", &["any"])]);
        for _ in 0..200 {
            for state in last.values_mut() {
                state.expected = policies.iter().cloned().collect();
            }
            last = next_level(&last, &policies, false);
            assert_eq!(last.len(), 2);
        }
    }
}
