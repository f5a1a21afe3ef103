//! Where the client compares names octet by octet, issuer and subject are written alike.

use super::{Meta, Rule};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.name-chaining",
        title: "Its issuer's name is written otherwise there",
        why: "RFC 5280 compares names by their text; some clients compare octets, and find no issuer.",
        section: "RFC 5280 sections 6.1.3 (a) (4) and 7.1",
        hint: "have the issuer copy its own name octet by octet into what it issues",
        weight: 5,
        is_doubt: false,
    },
    judge: |walk, findings| {
        if walk.question.profile.names_by_text {
            return;
        }
        for (place, pair) in walk.nodes.windows(2).enumerate() {
            if pair[0].certificate.issuer_der() != pair[1].certificate.subject_der() {
                findings.tell(place, pair[0].certificate.issuer(), "the same octets");
            }
        }
    },
};
