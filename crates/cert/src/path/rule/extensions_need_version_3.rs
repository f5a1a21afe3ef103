//! Only certificates of version 3 have extensions, and the client takes no others at the end of a path.

use super::{Meta, Rule};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.version",
        title: "Its version does not fit",
        why: "Extensions came with version 3; older versions cannot say what the certificate may be used for.",
        section: "RFC 5280 sections 4.1.2.1 and 4.1.2.9",
        hint: "have it issued anew as version 3",
        weight: 6,
        is_doubt: false,
    },
    judge: |walk, findings| {
        for (place, node) in walk.bound() {
            let Ok(version) = node.anatomy.version else { continue };
            let shown = format!("version {}", version.number.saturating_add(1));
            let has_extensions = node.anatomy.extensions.is_some();
            let is_too_old = place == 0 && !walk.question.profile.leaf_may_be_version_1;
            if !version.is_3() && (has_extensions || is_too_old) {
                let found = if has_extensions { format!("{shown} with extensions") } else { shown };
                findings.tell(place, found, "version 3");
            } else if !(0..=2).contains(&version.number) || (version.is_written && version.number == 0) {
                findings.tell(place, format!("{shown}, written out"), "version 3");
            }
        }
    },
};
