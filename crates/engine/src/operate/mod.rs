//! What people ask for, one file per operation: the same function answers the command line and the server's socket.

mod fault;

pub mod account;
pub mod adopt;
pub mod alert;
pub mod backup;
pub mod doctor;
pub mod explain;
pub mod inventory;
pub mod lifecycle;
pub mod status;
pub mod vault;

use futures_util::future::BoxFuture;
use notafter_inventory::model::Actor;
use serde_json::Value;

pub use fault::Fault;

use crate::context::Context;

/// One operation: its name, and the function behind it. Arguments and answer are JSON, so that they can cross the
/// socket; each file defines their types.
pub struct Operation {
    /// The name in requests.
    pub name: &'static str,
    /// Carries it out.
    pub run: for<'a> fn(&'a Context, &'a Actor, Value) -> BoxFuture<'a, Result<Value, Fault>>,
}

/// Makes an [`Operation`] of `async fn(&Context, &Actor, Args) -> Result<Reply, Fault>` with serialisable types.
macro_rules! operation {
    ($name:literal, $run:path) => {
        $crate::operate::Operation {
            name: $name,
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
    lifecycle::OPERATIONS,
    explain::OPERATIONS,
    alert::OPERATIONS,
    adopt::OPERATIONS,
    status::OPERATIONS,
    doctor::OPERATIONS,
    backup::OPERATIONS,
    vault::OPERATIONS,
    account::OPERATIONS,
];

/// Carries out the operation of this name.
///
/// # Errors
/// The operation's own fault, or that there is no such operation.
pub async fn call(context: &Context, actor: &Actor, name: &str, args: Value) -> Result<Value, Fault> {
    let Some(operation) = ALL.iter().copied().flatten().find(|operation| operation.name == name) else {
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
            .filter(|name| !["mod", "fault"].contains(&name.as_str()))
            .collect();
        let listed: BTreeSet<String> = include_str!("mod.rs")
            .lines()
            .filter_map(|line| line.trim().strip_suffix("::OPERATIONS,").map(str::to_owned))
            .collect();
        assert_eq!(files, listed);
        let names: BTreeSet<&str> = ALL.iter().copied().flatten().map(|operation| operation.name).collect();
        assert_eq!(names.len(), ALL.iter().map(|file| file.len()).sum::<usize>(), "a name is used twice");
    }
}
