//! `notafter drill`: rehearse that a certificate runs out.

mod stage;
mod text;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use notafter_cert::Span;
use notafter_engine::operate::drill::{ListArgs, RunArgs, ShowArgs, Shown};
use notafter_inventory::drill::Verdict;
use notafter_inventory::model::{DrillEnding, DrillFault, DrillId, Script};

use super::incident::{Format, write};
use crate::argument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

pub(crate) use stage::set as set_stage;

/// Rehearse that a certificate runs out, and get a score
///
/// A certificate like the lineage's present one is played to run out, on a stage of its own and by a clock that runs from one
/// event to the next: a CA sees the real answer to its challenge and issues, throw-away places take the new pair, shadow
/// listeners on loopback serve it, and full handshakes prove that. Then the alarm goes to the people who would get it, marked
/// DRILL, and climbs where nobody takes it. What is served is never touched. With a fault, half of the time that is left
/// goes by with it (four days at the most), and shows who would have been told when, and whether the renewal heals by itself.
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// The lineage that is rehearsed
    #[arg(value_parser = argument::words, required = true)]
    lineage: Option<String>,
    /// What goes wrong on the stage [default: nothing]
    #[arg(long, value_parser = faults())]
    fault: Option<DrillFault>,
    /// Order from this issuer of the inventory, a staging CA's [default: a CA of the stage]
    #[arg(long, value_name = "ISSUER")]
    issuer: Option<String>,
    /// Leave the people out of it
    #[arg(long)]
    no_alarm: bool,
    /// Wait until somebody has taken the alarm, or everybody had five minutes for it
    #[arg(long, conflicts_with = "no_alarm")]
    wait: bool,
    /// How to write the results
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    format: Format,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// List the last drills
    List {
        /// Of this lineage alone
        #[arg(value_parser = argument::words)]
        lineage: Option<String>,
    },
    /// Show what a drill showed
    Show {
        /// The drill: dr_...
        id: DrillId,
    },
    /// Call a drill off; whoever got its alarm is told that it is over
    End {
        /// The drill: dr_...
        id: DrillId,
    },
}

fn faults() -> impl TypedValueParser<Value = DrillFault> {
    PossibleValuesParser::new(DrillFault::ALL.map(DrillFault::name))
        .map(|name| DrillFault::read(&name).unwrap_or(DrillFault::CaDown))
}

/// How often it is looked whether somebody took the alarm.
const LOOK: Span = Span::seconds(1);

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let format = args.format;
    let shown: Shown = match args.what {
        Some(What::List { lineage }) => {
            let drills: Vec<Shown> = session.operate("drill.list", ListArgs { lineage }).await?;
            return write(session, format, "notafter.drills/1", &drills, &text::list(&drills));
        }
        Some(What::Show { id }) => session.operate("drill.show", ShowArgs { id }).await?,
        Some(What::End { id }) => session.operate("drill.end", ShowArgs { id }).await?,
        None => {
            let script = Script { fault: args.fault, issuer: args.issuer, without_alarm: args.no_alarm };
            let lineage = args.lineage.unwrap_or_default();
            let mut shown: Shown = session.operate("drill.run", RunArgs { lineage, script }).await?;
            while args.wait && shown.drill.is_open() {
                session.clock.sleep(LOOK).await;
                shown = session.operate("drill.show", ShowArgs { id: shown.drill.id }).await?;
            }
            write(session, format, "notafter.drill/1", &shown, &text::one(&shown))?;
            return Ok(ends(&shown));
        }
    };
    write(session, format, "notafter.drill/1", &shown, &text::one(&shown))
}

/// What was rehearsed would have failed, or could not be rehearsed.
fn ends(shown: &Shown) -> Exit {
    let is_broken = matches!(&shown.drill.ended, Some(end) if !matches!(end.how, DrillEnding::Played));
    let failed = shown.result.steps.iter().any(|step| step.verdict == Verdict::Failed);
    if is_broken || failed { Exit::Failed } else { Exit::Done }
}
