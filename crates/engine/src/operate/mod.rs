//! What people ask for, one file per operation: the same function answers the command line and the server's socket.

mod fault;
mod near;

pub mod account;
pub mod adopt;
pub mod alert;
pub mod backup;
pub mod calendar;
pub mod doctor;
pub mod drill;
pub mod endpoint;
pub mod event;
pub mod explain;
pub mod inventory;
pub mod lifecycle;
pub mod owner;
pub mod ping;
pub mod private_ca;
pub mod run_book;
pub mod status;
pub mod status_page;
pub mod token;
pub mod user;
pub mod vault;
pub mod why;

use futures_util::future::BoxFuture;
use notafter_inventory::model::Actor;
use serde_json::Value;

pub use fault::Fault;
pub(crate) use user::owner_of;

use crate::context::Context;

/// One operation: its name, and the function behind it. Arguments and answer are JSON, so that they can cross the
/// socket; each file defines their types.
pub struct Operation {
    /// The name in requests.
    pub name: &'static str,
    /// What it does where no installation has begun.
    pub without: Without,
    /// Carries it out.
    pub run: for<'a> fn(&'a Context, &'a Actor, Value) -> BoxFuture<'a, Result<Value, Fault>>,
}

/// What an operation does where no installation has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// It works on what is there, and is refused: a mistyped directory must not become an empty installation.
    Refused,
    /// It shows what would be: on an empty installation that is thrown away.
    Rehearsed,
    /// It begins one.
    Begun,
}

/// Makes an [`Operation`] of `async fn(&Context, &Actor, Args) -> Result<Reply, Fault>` with serialisable types. Only one
/// that may begin an installation, or is shown without one, says so.
macro_rules! operation {
    ($name:literal, $run:path) => {
        $crate::operate::operation!($name, $run, Refused)
    };
    ($name:literal, $run:path, $without:ident) => {
        $crate::operate::Operation {
            name: $name,
            without: $crate::operate::Without::$without,
            run: |context, actor, args| {
                Box::pin(async move {
                    let args = serde_json::from_value(args).map_err($crate::operate::unreadable)?;
                    let reply = $run(context, actor, args).await?;
                    serde_json::to_value(reply).map_err($crate::operate::unreadable)
                })
            },
        }
    };
}
pub(crate) use operation;

/// Every operation, file by file.
pub const ALL: &[&[Operation]] = &[
    inventory::OPERATIONS,
    endpoint::OPERATIONS,
    lifecycle::OPERATIONS,
    explain::OPERATIONS,
    alert::OPERATIONS,
    owner::OPERATIONS,
    adopt::OPERATIONS,
    status::OPERATIONS,
    doctor::OPERATIONS,
    backup::OPERATIONS,
    vault::OPERATIONS,
    account::OPERATIONS,
    private_ca::OPERATIONS,
    user::OPERATIONS,
    token::OPERATIONS,
    why::OPERATIONS,
    event::OPERATIONS,
    run_book::OPERATIONS,
    calendar::OPERATIONS,
    ping::OPERATIONS,
    status_page::OPERATIONS,
    drill::OPERATIONS,
];

/// The operation of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Operation> {
    ALL.iter().copied().flatten().find(|operation| operation.name == name)
}

/// Carries out the operation of this name.
///
/// # Errors
/// The operation's own fault, or that there is no such operation.
pub async fn call(context: &Context, actor: &Actor, name: &str, args: Value) -> Result<Value, Fault> {
    let Some(operation) = find(name) else {
        return Err(Fault::new(
            "socket.protocol",
            format!("this server knows no operation {name:?}"),
            "make sure that command and server are of the same version",
        ));
    };
    (operation.run)(context, actor, args).await
}

/// A request or an answer that does not fit its type.
pub(crate) fn unreadable(error: serde_json::Error) -> Fault {
    Fault::new(
        "socket.protocol",
        "the request or its answer cannot be read",
        "make sure that command and server are of the same version",
    )
    .because(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_folder_and_the_list_are_the_same() {
        let entries = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/operate")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let files: BTreeSet<String> = names
            .map(|name| name.strip_suffix(".rs").unwrap_or(&name).to_owned())
            .filter(|name| !["mod", "fault", "near"].contains(&name.as_str()))
            .collect();
        let listed: BTreeSet<String> = include_str!("mod.rs")
            .lines()
            .filter_map(|line| line.trim().strip_suffix("::OPERATIONS,").map(str::to_owned))
            .collect();
        assert_eq!(files, listed);
        let names: BTreeSet<&str> = ALL.iter().copied().flatten().map(|operation| operation.name).collect();
        assert_eq!(names.len(), ALL.iter().map(|file| file.len()).sum::<usize>(), "a name is used twice");
    }

    /// Whatever is not named here is refused where nothing has begun.
    #[test]
    fn only_these_begin_an_installation_or_are_shown_without_one() {
        let those = |without| {
            let all = ALL.iter().copied().flatten();
            all.filter(|one| one.without == without).map(|one| one.name).collect::<Vec<_>>()
        };
        assert_eq!(those(Without::Rehearsed), ["inventory.plan"]);
        let begin = [
            "inventory.apply",
            "lifecycle.issue",
            "lifecycle.import",
            "alert.test",
            "adopt.watch",
            "adopt.take-over",
        ];
        assert_eq!(those(Without::Begun), begin);
    }
}
