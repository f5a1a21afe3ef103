//! Mails about what the status page tells, to those who asked for them: one at a time, a few in a turn, and none while an alert
//! waits.
//!
//! What is told and to whom is stored before anything is sent, and that a mail is begun before it goes out. After a crash between
//! that and the receipt nobody knows whether it arrived: it is not sent again, and the page has what it said.

use futures_util::FutureExt;
use notafter_cert::{Retry, Span, Time, Trouble};
use notafter_inventory::model::{
    Actor, CONFIRMED_WITHIN, Channel, StatusMail, Subject, Subscriber, SubscriberId, Subscribers,
};
use notafter_inventory::status_page::{self, News};
use notafter_providers::notify::{self, Door, Letter, LetterFault, NotifyError, Opened, Secrets};
use notafter_store::{Change, Lease, StoreError, Subscription};
use serde_json::json;

use super::{Next, Task, Work, deliver, ensure_one};
use crate::context::Context;
use crate::operate::Fault;
use crate::subscription::{self, Does};

/// The kind of this task.
pub const KIND: &str = "mailing";

/// How often is looked whether there is something to tell.
const LOOKS_EVERY: Span = Span::seconds(15);
/// The same where nobody is told.
const NOBODY_WAITS: Span = Span::minutes(10);
/// Mails in one turn, and how long the next turn waits: at most five a second.
const IN_A_TURN: u32 = 25;
const BETWEEN_TURNS: Span = Span::seconds(5);
/// How long a channel that takes nothing is left alone.
const CHANNEL_RESTS: Span = Span::minutes(1);
/// The first wait of a mail that was not taken, which doubles; and how long after what it tells it is tried: later it is no news.
const WAITS: Span = Span::minutes(5);
const TRIED_FOR: Span = Span::hours(24);
/// What was told is remembered for longer than the page shows it, so that nothing is told twice.
const KNOWN_FOR: Span = Span::days(100);

/// Plans the first turn, where mails are sent.
///
/// # Errors
/// The store failed.
pub async fn ensure(context: &Context) -> Result<(), Fault> {
    if context.settings.status_mail.is_none() {
        return Ok(());
    }
    ensure_one(context, KIND).await
}

pub(super) static TASK: Task = Task {
    kind: KIND,
    purpose: "mails what the status page tells to those who asked",
    parallel: |_| 1,
    lease_for: Span::minutes(30),
    work: Work::One(|context, lease| run(context, lease).boxed()),
};

async fn run(context: &Context, lease: &Lease) -> Result<Next, Fault> {
    if context.settings.status_mail.is_none() {
        return Ok(Next::Done);
    }
    let now = context.clock.now();
    let count = context.store.count_subscribers(&context.scope).await?;
    let Some(channel) = subscription::channel(context).await?.filter(|_| count != Subscribers::default())
    else {
        // Whoever asks has it look at once.
        return Ok(Next::At(now + NOBODY_WAITS));
    };
    forget(context, lease, (count, now)).await?;
    if count.confirmed > 0 {
        tell(context, lease, now).await?;
    }
    let way = Way::through(context, &channel).await?;
    for mail in context.store.status_mails_due(&context.scope, now, IN_A_TURN).await? {
        if alerts_wait(context).await? {
            return Ok(Next::At(context.clock.now() + BETWEEN_TURNS));
        }
        if way.carry(lease, mail).await? == Went::ChannelIsOut {
            return Ok(Next::At(context.clock.now() + CHANNEL_RESTS));
        }
    }
    let now = context.clock.now();
    let next = context.store.next_status_mail(&context.scope).await?;
    let looks = now + if count.confirmed > 0 { LOOKS_EVERY } else { NOBODY_WAITS };
    Ok(match next {
        Some(due) if due <= now => Next::At(now + BETWEEN_TURNS),
        Some(due) => Next::At(due.min(looks)),
        None => Next::At(looks),
    })
}

/// Whoever did not confirm in time, and mails of which nobody knows whether they arrived.
async fn forget(context: &Context, lease: &Lease, (count, now): (Subscribers, Time)) -> Result<(), Fault> {
    let begun = context.store.status_mails_begun(&context.scope).await?;
    if !begun.is_empty() {
        let mails = begun.len();
        tracing::warn!(mails, "mails of the status page may have arrived or not: they are not sent again");
    }
    let mut changes: Vec<Change> =
        begun.into_iter().map(|mail| Subscription::RemoveMail(mail).into()).collect();
    if count.unconfirmed > 0 {
        changes.push(Subscription::ForgetUnconfirmed(now - CONFIRMED_WITHIN).into());
    }
    if changes.is_empty() {
        return Ok(());
    }
    Ok(context.apply(Some(lease), &Actor::Engine, &changes).await?)
}

/// Stores what is new, with a mail to each who wants to know.
async fn tell(context: &Context, lease: &Lease, now: Time) -> Result<(), Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let facts = context.status_facts.read(context).await?;
    let known = store.status_news_known(scope).await?;
    let all = status_page::news(&status_page::judge(&facts, now), &known, now);
    if all.is_empty() {
        return Ok(());
    }
    store.cut_status_news(scope, now - KNOWN_FOR).await?;
    let subscribers = store.subscribers(scope).await?;
    for news in all {
        let wants = |one: &&Subscriber| news.is_for(one);
        let to: Vec<SubscriberId> = subscribers.iter().filter(wants).map(|one| one.id).collect();
        let told = Change::Event {
            kind: "notafter.status-page.mailed.v1".to_owned(),
            subject: Subject::Installation,
            data: json!({ "news": news.id, "subject": news.subject, "mails": to.len() }),
        };
        match context
            .apply(Some(lease), &Actor::Engine, &[told, Subscription::Tell { news, to, due_at: now }.into()])
            .await
        {
            Ok(()) | Err(StoreError::Overtaken(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Alerts go first: they are carried by others, and perhaps through the same mail server.
async fn alerts_wait(context: &Context) -> Result<bool, Fault> {
    let due = context.store.next_due(deliver::KIND).await?;
    Ok(due.is_some_and(|due| due <= context.clock.now()))
}

/// What came of a mail.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Went {
    /// It is done with, or waits for its next try.
    Settled,
    /// The channel takes nothing now.
    ChannelIsOut,
}

/// How mails go out.
struct Way<'a> {
    context: &'a Context,
    channel: &'a Channel,
    secrets: Secrets,
    door: Door,
}

impl<'a> Way<'a> {
    async fn through(context: &'a Context, channel: &'a Channel) -> Result<Self, Fault> {
        let mut secrets = Secrets::new();
        for (key, reference) in notify::secrets(channel) {
            secrets.insert(key, context.open_secret(&reference).await?.into());
        }
        Ok(Self { context, channel, secrets, door: deliver::door(context)? })
    }

    /// Carries one mail. That it is begun is stored before it goes out.
    async fn carry(&self, lease: &Lease, mail: StatusMail) -> Result<Went, Fault> {
        let context = self.context;
        let (store, scope) = (&context.store, &context.scope);
        let to = store.subscriber(scope, mail.to).await?;
        let news = match &mail.news {
            Some(id) => store.status_news(scope, id).await?,
            None => None,
        };
        let is_meant = |to: &Subscriber| match &mail.news {
            Some(_) => news.is_some() && to.confirmed_at.is_some(),
            None => true,
        };
        let Some(to) = to.filter(is_meant) else {
            context.apply(Some(lease), &Actor::Engine, &[Subscription::RemoveMail(mail).into()]).await?;
            return Ok(Went::Settled);
        };
        let written = match &news {
            Some(news) => Written::news(context, &to, news).await?,
            None => Written::asking(context, &to).await?,
        };
        let begun = StatusMail { is_begun: true, ..mail.clone() };
        context.apply(Some(lease), &Actor::Engine, &[Subscription::UpdateMail(begun).into()]).await?;
        let letter = written.letter(context, &to);
        let sent = notify::send_letter(&letter, Opened::new(self.channel, &self.secrets), &self.door).await;
        let sent = sent.map(drop);
        self.settle(lease, (mail, to, written.at), sent).await
    }

    async fn settle(
        &self,
        lease: &Lease,
        (mail, to, written_at): (StatusMail, Subscriber, Time),
        sent: Result<(), NotifyError>,
    ) -> Result<Went, Fault> {
        let fault = sent.as_ref().err().map(|error| error.letter_fault(&to.address));
        // They may have left while the mail was on its way, or asked for something else.
        let to = self.context.store.subscriber(&self.context.scope, to.id).await?;
        let now = self.context.clock.now();
        let (changes, went): (Vec<Change>, Went) = match (sent, fault) {
            (Ok(()), _) => {
                let well = to.filter(|to| to.bounces > 0).map(|to| Subscriber { bounces: 0, ..to });
                let well = well.map(Subscription::Update).map(Change::from);
                let sent = Change::from(Subscription::RemoveMail(mail));
                (well.into_iter().chain([sent]).collect(), Went::Settled)
            }
            (Err(_), Some(LetterFault::Mailbox)) => (bounced(mail, to), Went::Settled),
            (Err(error), fault) => {
                // What a mail server says may name the address.
                let is_of_this_mail = fault == Some(LetterFault::Letter);
                let is_late = now.since(written_at) >= TRIED_FOR;
                let given_up = is_of_this_mail && error.retry() == Retry::Never || is_late;
                tracing::warn!(code = error.code(), subscriber = %mail.to, given_up, "a mail of the status page was not taken");
                let change = match given_up {
                    true => Subscription::RemoveMail(mail),
                    false => Subscription::UpdateMail(later(mail, now)),
                };
                (vec![change.into()], if is_of_this_mail { Went::Settled } else { Went::ChannelIsOut })
            }
        };
        self.context.apply(Some(lease), &Actor::Engine, &changes).await?;
        Ok(went)
    }
}

/// There is no such mailbox: several times in a row, and it is written to no more.
fn bounced(mail: StatusMail, to: Option<Subscriber>) -> Vec<Change> {
    let done = Subscription::RemoveMail(mail).into();
    let Some(to) = to else { return vec![done] };
    match to.bounced() {
        Some(to) => vec![done, Subscription::Update(to).into()],
        None => {
            tracing::info!(subscriber = %to.id, "an address refuses mails of the status page, and is dropped");
            vec![subscription::event("dropped", to.id), Subscription::Remove(to.id).into()]
        }
    }
}

fn later(mail: StatusMail, now: Time) -> StatusMail {
    let waits = Span::micros(WAITS.as_micros() << mail.tries.min(5));
    StatusMail { is_begun: false, due_at: now + waits, tries: mail.tries + 1, ..mail }
}

/// A mail as it goes out.
struct Written {
    id: String,
    subject: String,
    text: String,
    at: Time,
    leave: Option<String>,
}

impl Written {
    fn letter<'a>(&'a self, context: &'a Context, to: &'a Subscriber) -> Letter<'a> {
        Letter {
            id: &self.id,
            from: context.settings.status_name.trim(),
            to: &to.address,
            subject: &self.subject,
            text: &self.text,
            at: self.at,
            leave: self.leave.as_deref(),
        }
    }

    /// Asks whether whoever has the address wants the mails.
    async fn asking(context: &Context, to: &Subscriber) -> Result<Self, Fault> {
        let name = context.settings.status_name.trim();
        let link = subscription::link(context, Does::Confirm, to).await?;
        let text = format!(
            "Somebody, you perhaps, asked for mails to this address when something is wrong at {name}, and when work on it is \
             announced.\n\nIf you want them, open this page within a day, and confirm:\n{link}\n\nIf it was not you, do nothing: you \
             get no more mails, and the address is forgotten.\n"
        );
        Ok(Self {
            id: format!("{}.{}", to.id, to.asked_at.as_micros()),
            subject: format!("{name}: do you want mails about its status?"),
            text,
            at: to.asked_at,
            leave: None,
        })
    }

    async fn news(context: &Context, to: &Subscriber, news: &News) -> Result<Self, Fault> {
        let name = context.settings.status_name.trim();
        let page = page(context);
        let leave = subscription::link(context, Does::Leave, to).await?;
        let text = format!(
            "{}\n\nOn the page: {page}#{}\n\n-- \nYou get this because you asked for it at {page}\nTo get no more: {leave}\n",
            news.text, news.anchor
        );
        Ok(Self {
            id: format!("{}.{}", to.id, news.id),
            subject: format!("[{name}] {}", news.subject),
            text,
            at: news.at,
            leave: Some(leave),
        })
    }
}

/// Where the status page is.
fn page(context: &Context) -> String {
    match &context.settings.status_url {
        Some(url) => format!("{}/", url.trim_end_matches('/')),
        None => format!("{}/status", context.site()),
    }
}
