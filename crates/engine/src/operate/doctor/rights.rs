//! Whose rights the server has, and whether its helper is there.

use std::os::unix::fs::MetadataExt;

use notafter_inventory::model::Severity;
use notafter_providers::hands::Hands;

use super::super::status::Server;
use super::Row;
use crate::context::Context;
use crate::rights::Rights;

pub(super) async fn examine(context: &Context) -> Vec<Row> {
    let mut rows = vec![rights(context)];
    if let Some(socket) = &context.settings.hands {
        let row = match Hands::at(socket.clone()).listening().await {
            Ok(user) => Row::ok("helper", format!("user {user} listens at {}", socket.display())),
            Err(error) => Row::fault("helper", Severity::Critical, error),
        };
        rows.push(row);
    }
    rows
}

/// Where no server runs, whoever owns the data directory will run it.
fn rights(context: &Context) -> Row {
    let rights = match (Server::of(context), std::fs::metadata(&context.data)) {
        (Server::Absent, Ok(data)) => Rights::of_user(data.uid(), &context.settings),
        _ => Rights::of(&context.settings),
    };
    match rights.hint() {
        Some(hint) => Row::bad("rights", Severity::Warning, rights.words(), hint),
        None => Row::ok("rights", rights.words()),
    }
}
