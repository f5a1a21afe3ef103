//! A server's certificate does not live longer than the client allows.

use super::{Meta, Rule};
use crate::Span;
use crate::path::question::Purpose;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.lifetime",
        title: "It lives longer than this client allows",
        why: "The client limits how long a server's certificate may live, so that mistakes end sooner; most limits are for public CAs.",
        section: "Chrome Root Program; Apple support 102028",
        hint: "have it issued for a shorter time",
        weight: 3,
        is_doubt: false,
    },
    judge: |walk, findings| {
        if walk.question.purpose != Purpose::Server {
            return;
        }
        let leaf = walk.leaf().certificate;
        let begins = leaf.not_before().unix_seconds();
        let limits = walk.question.profile.longest.of(walk.is_public);
        let limit = limits.iter().rev().find(|(since, _)| begins >= *since);
        let Some((_, days)) = limit else { return };
        let lifetime = leaf.lifetime();
        if lifetime > Span::days(*days) {
            let shown = lifetime.as_seconds().div_euclid(86_400);
            findings.tell(0, format!("{shown} days and more"), format!("at most {days} days"));
        }
    },
};
