//! The people: whether anybody hears of what goes wrong, and who renews what we only watch.

use notafter_inventory::model::{Owner, Violation};
use notafter_inventory::plan::alert;
use notafter_inventory::rule::{self, OwnerFacts};

use super::{Fault, Row};
use crate::context::Context;
use crate::tasks::alert::{DEFAULT_OWNER, resting};
use crate::tasks::watch;

pub(super) async fn examine(context: &Context) -> Result<Vec<Row>, Fault> {
    let mut rows = owners(context).await?;
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
    let owners = store.owners(scope).await?;
    let resting = resting(context, &owners, &channels).await?;
    let ownerships = store.ownerships(scope).await?;
    let now = context.clock.now();
    let row = |owner: &Owner| {
        let name = format!("alerts to {}", owner.name);
        let everybody = owner.everybody();
        let contacts: Vec<_> =
            everybody.iter().map(|to| (to, alert::path_of(&channels, &paths, to))).collect();
        let proved = contacts.iter().filter(|(_, path)| path.is_some_and(|path| path.is_proved(now))).count();
        let text = format!("{proved} of {} paths proved", contacts.len());
        let facts = OwnerFacts {
            owner,
            paths: contacts,
            is_last: owner.name == DEFAULT_OWNER,
            loopback_site: None,
            resting: resting.as_ref(),
            ownership: ownerships.iter().find(|known| known.owner_id == owner.id),
            now,
        };
        match worst(rule::judge_owner(&facts)) {
            Some(violation) => Row::bad(name, violation.severity, violation.text, violation.hint),
            None => Row::ok(name, text),
        }
    };
    Ok(owners.iter().map(row).collect())
}

fn worst(violations: Vec<Violation>) -> Option<Violation> {
    violations.into_iter().max_by_key(|violation| violation.severity)
}
