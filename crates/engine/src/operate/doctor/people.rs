//! The people: whether anybody hears of what goes wrong, and who renews what we only watch.

use notafter_inventory::model::{Owner, Severity, Violation};
use notafter_inventory::plan::alert;
use notafter_inventory::rule::{self, OwnerFacts};

use super::{Fault, Row};
use crate::alert_link::Site;
use crate::context::Context;
use crate::tasks::watch;

pub(super) async fn examine(context: &Context) -> Result<Vec<Row>, Fault> {
    let mut rows = owners(context).await?;
    rows.extend(links(context).await?);
    for (lineage, violations) in watch::judged_now(context).await? {
        let name = format!("automation of {lineage}");
        rows.push(match worst(violations) {
            Some(violation) => Row::bad(name, violation.severity, violation.text, violation.hint),
            None => Row::ok(name, "alive, and what it renewed is served"),
        });
    }
    Ok(rows)
}

async fn owners(context: &Context) -> Result<Vec<Row>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let channels = store.channels(scope).await?;
    let paths = store.paths(scope).await?;
    let now = context.clock.now();
    let row = |owner: &Owner| {
        let name = format!("alerts to {}", owner.name);
        let contacts: Vec<_> =
            owner.contacts.iter().map(|to| (to, alert::path_of(&channels, &paths, to))).collect();
        let proved = contacts.iter().filter(|(_, path)| path.is_some_and(|path| path.is_proved(now))).count();
        let text = format!("{proved} of {} paths proved", contacts.len());
        let facts =
            OwnerFacts { owner, paths: contacts, is_last: owner.name == "default", loopback_site: None, now };
        match worst(rule::judge_owner(&facts)) {
            Some(violation) => Row::bad(name, violation.severity, violation.text, violation.hint),
            None => Row::ok(name, text),
        }
    };
    Ok(store.owners(scope).await?.iter().map(row).collect())
}

/// Whether what people are told can be taken on a phone. Nothing where nobody is told.
async fn links(context: &Context) -> Result<Option<Row>, Fault> {
    let owners = context.store.owners(&context.scope).await?;
    if owners.iter().all(|owner| owner.contacts.is_empty()) {
        return Ok(None);
    }
    let name = "links in alerts";
    Ok(Some(match Site::of(&context.settings) {
        Site::Elsewhere(site) => Row::ok(name, format!("an alert is taken on a phone, at {site}")),
        // Nobody said that the pages can be reached from elsewhere: that is a choice.
        Site::Absent => {
            Row::ok(name, "none, as base_url is not set: alerts are taken here, or after signing in")
        }
        Site::Loopback(site) => {
            let text = format!("none: base_url is {site}, which is this machine alone");
            let hint = "set it to the address at which people reach the pages from elsewhere, and start the server anew";
            Row::bad(name, Severity::Warning, text, hint)
        }
    }))
}

fn worst(violations: Vec<Violation>) -> Option<Violation> {
    violations.into_iter().max_by_key(|violation| violation.severity)
}
