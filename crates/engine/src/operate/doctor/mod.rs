//! Is this installation able to do its job? Every prerequisite is looked at now, and nothing is changed.

mod lineages;
mod links;
mod machine;
mod outside;
mod own_certificate;
mod people;
mod rights;
mod status_page;
mod timers;

use notafter_cert::Time;
use notafter_inventory::model::{Actor, Severity};
use serde::{Deserialize, Serialize};

use super::{Fault, Operation, operation};
use crate::context::Context;

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[operation!("installation.examine", examine)];

/// No arguments.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Nothing {}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examined {
    /// When.
    pub at: Time,
    /// What was looked at, in the order of the body: this machine, the way out, the lineages, the people.
    pub rows: Vec<Row>,
}

impl Examined {
    /// The worst of it.
    #[must_use]
    pub fn worst(&self) -> Severity {
        self.rows.iter().map(|row| row.verdict).max().unwrap_or(Severity::Ok)
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What.
    pub name: String,
    /// How it is.
    pub verdict: Severity,
    /// In words.
    pub text: String,
    /// What to do about it; nothing where it is well.
    pub hint: Option<String>,
}

impl Row {
    /// It is as it should be.
    pub fn ok(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), verdict: Severity::Ok, text: text.into(), hint: None }
    }

    /// It is not.
    pub fn bad(
        name: impl Into<String>,
        verdict: Severity,
        text: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { name: name.into(), verdict, text: text.into(), hint: Some(hint.into()) }
    }

    /// An error that says by itself what to do.
    pub fn fault(name: impl Into<String>, verdict: Severity, fault: impl Into<Fault>) -> Self {
        let fault = fault.into();
        let text = fault.why.map_or_else(|| fault.what.clone(), |why| format!("{}: {why}", fault.what));
        Self::bad(name, verdict, text, fault.hint)
    }
}

async fn examine(context: &Context, _: &Actor, _: Nothing) -> Result<Examined, Fault> {
    let mut rows = machine::examine(context).await?;
    rows.extend(rights::examine(context).await);
    rows.extend(own_certificate::examine(context).await);
    rows.extend(status_page::examine(context));
    rows.extend(status_page::mails(context).await?);
    rows.extend(timers::examine(context).await?);
    rows.extend(outside::examine(context).await?);
    rows.extend(lineages::examine(context).await?);
    rows.extend(people::examine(context).await?);
    rows.extend(links::examine(context).await?);
    Ok(Examined { at: context.clock.now(), rows })
}
