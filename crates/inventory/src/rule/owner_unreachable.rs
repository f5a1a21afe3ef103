//! Nobody can be told at all.

use serde_json::json;

use super::{Kind, Meta, OwnerFacts, Rule, Said};
use crate::model::{Path, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "owner.unreachable",
        title: "the owner cannot be told",
        why: "Whatever happens to what this owner answers for, nobody who can act will hear of it.",
        source: "notafter: design, law 11",
        severity: Severity::Critical,
        hint: "Give the owner a contact on a channel that works in the inventory file, `notafter apply` it, and prove it with `notafter alert test`.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Owner(violated),
};

fn violated(facts: &OwnerFacts<'_>) -> Vec<Said> {
    let name = &facts.owner.name;
    let all_down = facts.paths.iter().all(|(_, path)| path.is_some_and(Path::is_down));
    if !all_down {
        return Vec::new();
    }
    if facts.paths.is_empty() {
        // The default owner's contacts still hear of it, unless this is the default owner.
        let severity = if facts.is_last { Severity::Critical } else { Severity::Warning };
        return vec![Said::new(severity, "no-contact", format!("{name} has no contact"), json!(null))];
    }
    let errors: Vec<_> = facts
        .paths
        .iter()
        .map(|(contact, path)| {
            json!({
                "channel": contact.channel,
                "to": contact.to,
                "failing_since": path.and_then(|path| path.failing_since),
                "last_error": path.and_then(|path| path.last_error.clone()),
            })
        })
        .collect();
    let text = format!("every path to {name} fails");
    vec![Said::new(Severity::Critical, "all-paths-down", text, json!({ "paths": errors }))]
}

#[cfg(test)]
pub(super) mod stage {
    use crate::model::{BusinessHours, ChannelId, Contact, Owner, OwnerId, Path};

    pub(crate) fn owner(contacts: usize) -> Owner {
        Owner {
            id: OwnerId::from_bytes([1; 16]),
            name: "shop".to_owned(),
            contacts: (0..contacts).map(|number| contact(number).into()).collect(),
            owns: Vec::new(),
            hours: BusinessHours::default(),
            acknowledge: None,
        }
    }

    pub(crate) fn contact(number: usize) -> Contact {
        Contact { channel: "mail".to_owned(), to: Some(format!("{number}@example")) }
    }

    pub(crate) fn path() -> Path {
        Path::unknown(ChannelId::from_bytes([3; 16]), None, OwnerId::from_bytes([1; 16]))
    }
}

#[cfg(test)]
mod tests {
    use notafter_cert::Time;

    use super::*;
    use stage::{contact, owner, path};

    fn said(paths: &[Option<Path>], is_last: bool) -> Vec<Said> {
        let owner = owner(paths.len());
        let contacts: Vec<_> = (0..paths.len()).map(contact).collect();
        let paths = contacts.iter().zip(paths.iter().map(Option::as_ref)).collect();
        violated(&OwnerFacts {
            owner: &owner,
            paths,
            is_last,
            loopback_site: None,
            resting: None,
            ownership: None,
            now: Time::from_unix_seconds(1_796_000_000),
        })
    }

    #[test]
    fn one_path_that_is_not_down_is_enough() {
        let down = Path { failures: Path::DOWN_AFTER, ..path() };
        assert_eq!(said(&[Some(down.clone()), None], false), []);
        assert_eq!(said(&[Some(down.clone())], false)[0].cause, "all-paths-down");
        assert_eq!(said(&[Some(down)], false)[0].severity, Severity::Critical);
    }

    #[test]
    fn without_a_contact_it_is_critical_where_nobody_stands_behind() {
        assert_eq!(said(&[], false)[0].severity, Severity::Warning);
        assert_eq!(said(&[], true)[0].severity, Severity::Critical);
    }
}
