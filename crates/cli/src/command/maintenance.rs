//! `notafter maintenance`: announce work to the public.

use clap::ArgGroup;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use notafter_cert::{Span, Time};
use notafter_engine::operate::status_page::{
    MaintenanceUpdateArgs, PlanArgs, Plans, PlansArgs, ShowPlanArgs,
};
use notafter_inventory::model::{Maintenance, MaintenanceId, MaintenanceStatus};

use super::incident::{Format, about, write};
use crate::argument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

/// Announce work to the public, on the status page
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
    /// Announce work; it begins and ends by itself, at its times
    Plan(Planning),
    /// Tell more of it, or move it
    Update {
        /// The maintenance: mt_...
        id: MaintenanceId,
        /// What is told
        #[arg(long, value_parser = argument::words)]
        text: String,
        /// How far it is [default: as before, or by its times]
        #[arg(long, value_parser = statuses())]
        status: Option<MaintenanceStatus>,
        /// Another beginning, such as 2027-01-31T12:00:00Z
        #[arg(long, value_name = "RFC3339")]
        from: Option<Time>,
        /// Another end, such as 2027-01-31T14:00:00Z
        #[arg(long, value_name = "RFC3339")]
        until: Option<Time>,
    },
    /// Tell that it is over, or called off
    End {
        /// The maintenance: mt_...
        id: MaintenanceId,
        /// What is told
        #[arg(long, value_parser = argument::words)]
        text: String,
    },
    /// List what is planned and under way
    List {
        /// Those that are over, too
        #[arg(long)]
        all: bool,
    },
    /// Show one, with everything that was told of it
    Show {
        /// The maintenance: mt_...
        id: MaintenanceId,
    },
}

#[derive(clap::Args, Debug)]
#[command(group = ArgGroup::new("end").required(true).args(["until", "for_how_long"]))]
struct Planning {
    /// What it is called, such as "A new disk"
    #[arg(value_parser = argument::words)]
    name: String,
    /// What is told: what people notice meanwhile
    #[arg(long, value_parser = argument::words)]
    text: String,
    /// A component that it is about, as the page names it; may be given more than once
    #[arg(long = "component", value_name = "NAME")]
    components: Vec<String>,
    /// The beginning, such as 2027-01-31T12:00:00Z
    #[arg(long, value_name = "RFC3339")]
    from: Time,
    /// The end, as an instant, such as 2027-01-31T14:00:00Z
    #[arg(long, value_name = "RFC3339")]
    until: Option<Time>,
    /// The end, as a length of time: 2h, 1d
    #[arg(long = "for", value_name = "TIME", value_parser = argument::length)]
    for_how_long: Option<Span>,
}

fn statuses() -> impl TypedValueParser<Value = MaintenanceStatus> {
    let named = |name: String| MaintenanceStatus::ALL.into_iter().find(|status| status.name() == name);
    PossibleValuesParser::new(MaintenanceStatus::ALL.map(MaintenanceStatus::name))
        .map(move |name| named(name).unwrap_or(MaintenanceStatus::Scheduled))
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let (format, now) = (args.format, session.clock.now());
    let maintenance: Maintenance = match args.what {
        What::Plan(planning) => session.operate("maintenance.plan", planning.args()).await?,
        What::Update { id, text, status, from, until } => {
            let args = MaintenanceUpdateArgs { id, status, text, from, until, upon: None };
            session.operate("maintenance.update", args).await?
        }
        What::End { id, text } => {
            let status = Some(MaintenanceStatus::Completed);
            let args = MaintenanceUpdateArgs { id, status, text, from: None, until: None, upon: None };
            session.operate("maintenance.update", args).await?
        }
        What::Show { id } => session.operate("maintenance.show", ShowPlanArgs { id }).await?,
        What::List { all } => {
            let plans: Plans = session.operate("maintenance.list", PlansArgs { all }).await?;
            return write(session, format, "notafter.maintenances/1", &plans, &listed(&plans, now));
        }
    };
    write(session, format, "notafter.maintenance/1", &maintenance, &told(&maintenance, now))
}

impl Planning {
    fn args(self) -> PlanArgs {
        let Self { name, text, components, from, until, for_how_long } = self;
        let until = until.unwrap_or_else(|| from + for_how_long.unwrap_or(Span::ZERO));
        PlanArgs { name, text, components, from, until }
    }
}

fn line(maintenance: &Maintenance, now: Time) -> String {
    let Maintenance { id, name, components, from, until, .. } = maintenance;
    let (status, from, until) = (maintenance.status(now), from.for_people(), until.for_people());
    format!("{id}  {name}\n  {status}, {from} to {until}{}\n", about(components))
}

fn told(maintenance: &Maintenance, now: Time) -> String {
    let mut text = line(maintenance, now);
    for update in maintenance.updates.iter().rev() {
        text += &format!("  {} {} by {}\n", update.at.for_people(), update.status, update.by);
        text.extend(update.text.lines().map(|line| format!("      {line}\n")));
    }
    text
}

fn listed(plans: &Plans, now: Time) -> String {
    if plans.maintenances.is_empty() {
        return "nothing is announced\n".to_owned();
    }
    plans.maintenances.iter().map(|maintenance| line(maintenance, now)).collect()
}
