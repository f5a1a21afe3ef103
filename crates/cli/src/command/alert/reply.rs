//! `notafter alert reply`: what a mail server hands over.

use std::io::{self, Read};

use notafter_engine::alert_reply::{Answered, AnsweredAlert, Done};
use notafter_inventory::reply::{self, MAIL_BYTES};
use serde_json::json;

use super::{Format, write};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const SCHEMA: &str = "notafter.alert-reply/1";

pub(super) async fn run(session: &Session, sender: Option<&str>, format: Format) -> Result<Exit, Failure> {
    let mail = mail()?;
    match reply::read(&mail, sender).map_err(|error| Failure::of(error.into()))? {
        reply::Read::Automatic(why) => {
            let result = json!({ "automatic": why, "contact": null, "alerts": [] });
            let text = format!("nothing was done: nobody wrote this mail, {why}\n");
            write(session, format, SCHEMA, &result, &text)
        }
        reply::Read::Reply(reply) => {
            let answered: Answered = session.operate("alert.reply", reply).await?;
            let Answered { contact, alerts } = &answered;
            let result = json!({ "automatic": null, "contact": contact, "alerts": alerts });
            let text: String = alerts.iter().map(|alert| line(contact, alert)).collect();
            write(session, format, SCHEMA, &result, &text)
        }
    }
}

/// A mail server that cannot write to the end takes the command for one that failed: all of it is read, and a part kept.
fn mail() -> Result<Vec<u8>, Failure> {
    let unread = |error| {
        Failure::new("the mail cannot be read from standard input", "let the mail server hand it over again")
            .because(error)
    };
    let mut input = io::stdin().lock();
    let mut mail = Vec::new();
    let most = u64::try_from(MAIL_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    input.by_ref().take(most).read_to_end(&mut mail).map_err(unread)?;
    io::copy(&mut input, &mut io::sink()).map_err(unread)?;
    Ok(mail)
}

fn line(contact: &str, alert: &AnsweredAlert) -> String {
    let id = alert.id;
    match (alert.done, alert.silenced_until) {
        (Done::Taken, _) => format!("{id} is taken by {contact}\n"),
        (Done::Silenced, Some(until)) => {
            format!("{id} is silenced by {contact} until {}\n", until.for_people())
        }
        (Done::Silenced, None) => format!("{id} is silenced by {contact}\n"),
        (Done::Already, _) => format!("{id}: nothing was done again\n"),
        (Done::Over, _) => format!("{id} is over already\n"),
    }
}
