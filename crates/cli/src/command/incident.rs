//! `notafter incident`: tell the public what goes wrong.

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use notafter_cert::Time;
use notafter_engine::operate::status_page::{ListArgs, Listing, OpenArgs, ShowArgs, UpdateArgs};
use notafter_inventory::model::{ComponentState, Incident, IncidentId, IncidentStatus};
use notafter_inventory::status_page::Report;
use serde::Serialize;
use serde_json::json;

use crate::argument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::print;
use crate::output::terminal;
use crate::session::Session;

/// Tell the public what goes wrong, on the status page
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
    /// How to write the results
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    format: Format,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One document
    Json,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Tell of something that goes wrong
    ///
    /// What looks show of its components belongs to it from then on: the page no longer calls that detected automatically.
    Open {
        /// What it is called, such as "Checkout fails for some"
        #[arg(value_parser = argument::words)]
        name: String,
        /// What is told: what people notice, what you do, when you tell more
        #[arg(long, value_parser = argument::words)]
        text: String,
        /// A component that it is about, as the page names it; may be given more than once
        #[arg(long = "component", value_name = "NAME")]
        components: Vec<String>,
        /// How its components are at the least while it is open [default: as looks show them]
        #[arg(long, value_parser = states())]
        state: Option<ComponentState>,
        /// How far it is
        #[arg(long, value_parser = statuses(), default_value = "investigating")]
        status: IncidentStatus,
        /// When it began, such as 2027-01-31T12:00:00Z [default: now, or when looks first showed it]
        #[arg(long, value_name = "RFC3339")]
        began: Option<Time>,
    },
    /// Tell more of it
    Update {
        /// The incident: in_...
        id: IncidentId,
        /// What is told
        #[arg(long, value_parser = argument::words)]
        text: String,
        /// How far it is [default: as before]
        #[arg(long, value_parser = statuses())]
        status: Option<IncidentStatus>,
        /// How its components are at the least from now on [default: as before]
        #[arg(long, value_parser = states())]
        state: Option<ComponentState>,
    },
    /// Tell that it is over
    Resolve {
        /// The incident: in_...
        id: IncidentId,
        /// What is told
        #[arg(long, value_parser = argument::words)]
        text: String,
    },
    /// List what is told, and what is detected and nobody tells of
    List {
        /// Those that are over, too
        #[arg(long)]
        all: bool,
    },
    /// Show one, with everything that was told of it
    Show {
        /// The incident: in_...
        id: IncidentId,
    },
    /// Write what is known of one, as Markdown, for those who learn from it: times, impact, what happened when
    Report {
        /// The incident: in_...
        id: IncidentId,
    },
}

fn states() -> impl TypedValueParser<Value = ComponentState> {
    let named = |name: String| ComponentState::TOLD.into_iter().find(|state| state.name() == name);
    PossibleValuesParser::new(ComponentState::TOLD.map(ComponentState::name))
        .map(move |name| named(name).unwrap_or_default())
}

fn statuses() -> impl TypedValueParser<Value = IncidentStatus> {
    let named = |name: String| IncidentStatus::ALL.into_iter().find(|status| status.name() == name);
    PossibleValuesParser::new(IncidentStatus::ALL.map(IncidentStatus::name))
        .map(move |name| named(name).unwrap_or(IncidentStatus::Investigating))
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let format = args.format;
    let incident: Incident = match args.what {
        What::Open { name, text, components, state, status, began } => {
            let args = OpenArgs { name, text, components, state, status, began_at: began };
            session.operate("incident.open", args).await?
        }
        What::Update { id, text, status, state } => {
            session.operate("incident.update", UpdateArgs { id, status, text, state, upon: None }).await?
        }
        What::Resolve { id, text } => {
            let status = Some(IncidentStatus::Resolved);
            session.operate("incident.update", UpdateArgs { id, status, text, state: None, upon: None }).await?
        }
        What::Show { id } => session.operate("incident.show", ShowArgs { id }).await?,
        What::Report { id } => {
            let report: Report = session.operate("incident.report", ShowArgs { id }).await?;
            return write(session, format, "notafter.incident-report/1", &report, &report.markdown());
        }
        What::List { all } => {
            let listing: Listing = session.operate("incident.list", ListArgs { all }).await?;
            return write(session, format, "notafter.incidents/1", &listing, &listed(&listing));
        }
    };
    write(session, format, "notafter.incident/1", &incident, &told(&incident))
}

/// Writes a result out.
pub(crate) fn write(
    session: &Session,
    format: Format,
    schema: &str,
    result: &impl Serialize,
    text: &str,
) -> Result<Exit, Failure> {
    let text = match format {
        Format::Text => terminal::fit(session.here.in_words(text)),
        Format::Json => {
            let document = json!({ "schema": schema, "result": result });
            format!("{document:#}\n")
        }
    };
    print(&text)?;
    Ok(Exit::Done)
}

fn told(incident: &Incident) -> String {
    let Incident { id, name, components, state, began_at, updates } = incident;
    let mut text = format!("{id}  {name}\n");
    text += &format!("  {}, since {}", incident.status(), began_at.for_people());
    text += &about(components);
    if incident.is_open() && *state != ComponentState::Operational {
        text += &format!("; told as {}", state.name());
    }
    text.push('\n');
    for update in updates.iter().rev() {
        text += &format!("  {} {} by {}\n", update.at.for_people(), update.status, update.by);
        text.extend(update.text.lines().map(|line| format!("      {line}\n")));
    }
    if incident.is_open() {
        text += &format!("tell more: notafter incident update {id} --text \"...\"\n");
    }
    text
}

/// What something is about.
pub(crate) fn about(components: &[String]) -> String {
    if components.is_empty() { String::new() } else { format!("; {}", components.join(", ")) }
}

fn listed(listing: &Listing) -> String {
    let mut text = String::new();
    for incident in &listing.incidents {
        let Incident { id, name, components, .. } = incident;
        text += &format!("{id}  {name}\n      {}{}\n", incident.status(), about(components));
    }
    for event in &listing.detected {
        text += &format!("detected automatically  {}\n", event.name);
        text += &format!("      since {}, and nobody tells of it\n", event.began_at.for_people());
    }
    if !listing.detected.is_empty() {
        text += "tell of it: notafter incident open \"...\" --text \"...\" --component NAME\n";
    }
    match &listing.components[..] {
        [] => text += "nothing is public: no endpoint and no lineage has the label component\n",
        components => {
            text += "on the status page:\n";
            let line = |name: &str, state: ComponentState| format!("  {name}: {}\n", state.name());
            text.extend(components.iter().map(|shown| line(&shown.name, shown.state)));
        }
    }
    text
}
