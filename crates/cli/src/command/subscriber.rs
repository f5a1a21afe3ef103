//! `notafter subscriber`: who is told by mail what the status page tells.

use notafter_engine::operate::status_page::{RemoveArgs, SubscriberList, SubscribersArgs};
use notafter_inventory::model::Subscriber;
use serde_json::Value;

use super::incident::{Format, write};
use crate::argument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

/// Look after those who are told by mail what the status page tells
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
    /// How to write the results
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    format: Format,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// List who asked, in the order in which they came
    List,
    /// End the mails to an address, and forget it
    Remove {
        /// The address
        #[arg(value_parser = argument::words)]
        address: String,
    },
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    match args.what {
        What::List => {
            let list: SubscriberList = session.operate("subscriber.list", SubscribersArgs {}).await?;
            write(session, args.format, "notafter.subscribers/1", &list, &listed(&list))
        }
        What::Remove { address } => {
            let text = format!("{address} is told no more, and forgotten\n");
            let removed = RemoveArgs { address };
            let _: Value = session.operate("subscriber.remove", &removed).await?;
            write(session, args.format, "notafter.subscriber-removed/1", &removed, &text)
        }
    }
}

fn listed(list: &SubscriberList) -> String {
    if list.subscribers.is_empty() {
        return "nobody asked to be told by mail (docs/status-page.md)\n".to_owned();
    }
    list.subscribers.iter().map(one).collect()
}

fn one(subscriber: &Subscriber) -> String {
    let Subscriber { address, components, asked_at, confirmed_at, bounces, .. } = subscriber;
    let how = match confirmed_at {
        Some(at) => format!("since {}", at.for_people()),
        None => format!("asked at {}, and did not confirm yet", asked_at.for_people()),
    };
    let about = match components.len() {
        0 => String::new(),
        1 => "; of 1 service".to_owned(),
        many => format!("; of {many} services"),
    };
    let refused = match bounces {
        0 => String::new(),
        many => format!("; refused the last {many}"),
    };
    format!("{address}\n      {how}{about}{refused}\n")
}
