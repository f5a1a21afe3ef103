//! Name constraints are about DNS names, addresses and permitted directories.

use super::ask;
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::GeneralName;
use crate::x509::extension::{GeneralSubtree, NameConstraints};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-ca-name-constraints-form-not-recommended",
        title: "The name constraints of a TLS CA are about DNS names, addresses and permitted directory names alone.",
        why: "Other forms are not in server certificates, and clients that cannot compare them refuse every certificate below.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.8",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "constrain DNS names, addresses and directory names",
    },
    applies: |subject| subject.is_subordinate_ca(),
    judge: |subject| {
        reading::extension(subject, |constraints: Option<NameConstraints<'_>>| {
            let lists = constraints.iter().flat_map(|all| [(&all.permitted, true), (&all.excluded, false)]);
            let mut trees =
                lists.flat_map(|(list, permits)| list.iter().flatten().map(move |tree| (tree, permits)));
            Verdict::of(trees.find_map(|(tree, permits)| oddity(tree, permits)))
        })
    },
};

fn oddity(tree: &GeneralSubtree<'_>, permits: bool) -> Option<String> {
    match &tree.base {
        Ok(GeneralName::Dns(_) | GeneralName::Ip(_)) | Err(_) => None,
        Ok(GeneralName::Directory(_)) if permits => None,
        Ok(name) => Some(format!(
            "{} the {} {name}",
            if permits { "permitted is" } else { "excluded is" },
            name.form()
        )),
    }
}
