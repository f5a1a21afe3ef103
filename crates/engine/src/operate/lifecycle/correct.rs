//! `issue` said again with something corrected: the pause after the attempt that failed before is not waited out.

use notafter_cert::Time;
use notafter_inventory::model::{Actor, Lineage, SecretRef};
use notafter_inventory::plan::renew::corrected;

use crate::context::Context;
use crate::draft::amend;
use crate::operate::{Fault, inventory::Planned};
use crate::tasks::renew::Case;

/// A lineage as it stood before it was told anything.
pub(super) struct Before(Option<Lineage>);

impl Before {
    pub(super) async fn of(context: &Context, name: &str) -> Result<Self, Fault> {
        Ok(Self(context.store.lineage_named(&context.scope, name).await?))
    }

    /// Why the next attempt, that would have waited, is made now: in words for the person who corrected something. The
    /// plan sees by itself what another wish is; of a secret it knows the name alone.
    pub(super) async fn corrected(
        self,
        context: &Context,
        actor: &Actor,
        lineage: &Lineage,
        written: &Planned,
    ) -> Result<Option<String>, Fault> {
        let Some(before) = self.0.filter(|before| !before.renewal.failures.is_empty()) else {
            return Ok(None);
        };
        let Some(mut case) = Case::load_one(context, lineage.clone()).await?.case? else { return Ok(None) };
        let now = context.clock.now();
        let tried = before.renewal.tried.clone();
        // A server may have tried again since it was written: what was waited for is what was known before.
        case.lineage.renewal = before.renewal;
        case.lineage.renewal.tried = None;
        let until = case.plan(now).action.not_before;
        if until <= now {
            return Ok(None);
        }
        if let Some(name) = another_secret(&case, written) {
            force(context, actor, lineage, now).await?;
            return Ok(Some(told(until, &format!("another value of {name}"))));
        }
        let what = tried.as_deref().and_then(|tried| corrected(tried, &case.spec, &case.issuer));
        case.lineage.renewal.tried = tried;
        Ok(what.filter(|_| case.plan(now).is_due(now)).map(|what| told(until, &what.what.join(", "))))
    }
}

fn told(until: Time, what: &str) -> String {
    format!("tried at once, without waiting until {}: {what}", until.for_people())
}

/// The secret that binds the account, where it has another value now and no account came of the one before.
fn another_secret(case: &Case, written: &Planned) -> Option<String> {
    let issuer = case.issuer.acme().filter(|issuer| issuer.account_url.is_none())?;
    let binding = issuer.external_account.as_ref()?;
    let SecretRef(name) = &binding.hmac;
    written.secrets.iter().any(|secret| secret.name == *name && secret.changes).then(|| name.clone())
}

async fn force(context: &Context, actor: &Actor, lineage: &Lineage, at: Time) -> Result<(), Fault> {
    let forced = amend(context, None, actor, lineage.id, |lineage| {
        lineage.renewal.forced_at = Some(at);
        Some(Vec::new())
    });
    forced.await.map(drop)
}
