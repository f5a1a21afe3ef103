//! How long to tell nobody of something, as forms ask for it, and what becomes of such a form.

use notafter_cert::Time;
use notafter_engine::operate::alert::SilenceArgs;
use notafter_inventory::model::{BusinessHours, OwnerId, QuietFor, Silence, Subject};
use serde::Deserialize;

use super::operate;
use crate::auth::Visit;
use crate::refusal::Refusal;

/// One length to choose.
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) words: &'static str,
    pub(super) until: String,
}

/// Those of a form, each with its end where the owner works so.
pub(super) fn choices(all: &[QuietFor], hours: BusinessHours, now: Time) -> Vec<Choice> {
    let choice = |quiet: &QuietFor| Choice {
        value: quiet.name(),
        words: quiet.words(),
        until: quiet.until(hours, now).for_people(),
    };
    all.iter().map(choice).collect()
}

/// What a form about silence carries.
#[derive(Debug, Deserialize)]
pub(crate) struct Silencing {
    pub(super) quiet: QuietFor,
    #[serde(default)]
    pub(super) note: String,
}

/// Silences what an owner answers for: findings of this code, or of every, with this subject.
pub(super) async fn silence(
    visit: &Visit,
    (code, subject): (Option<String>, &Subject),
    owner: OwnerId,
    Silencing { quiet, note }: Silencing,
) -> Result<Silence, Refusal> {
    let context = &visit.context;
    let owner = context.store.owner(&context.scope, owner).await?;
    let owner = owner.ok_or_else(|| Refusal::absent("such owner"))?;
    let args = SilenceArgs {
        code,
        subject: Some(subject.to_string()),
        until: Some(quiet.until(owner.hours, context.clock.now())),
        owner: Some(owner.name),
        for_how_long: None,
        why: note.trim().to_owned(),
    };
    operate(visit, "alert.silence", args).await
}
