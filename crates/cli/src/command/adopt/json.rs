//! `--format json`: `notafter.adopt/1`, described in docs/schema/adopt-1.json.

use std::io::{self, Write};

use notafter_cert::Time;
use notafter_inventory::adopt::Port;
use notafter_inventory::adopt::fact::Unseen;
use notafter_inventory::adopt::row::Row;
use serde::Serialize;

use super::Told;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    at: Time,
    rows: &'a [Row],
    ports: &'a [Port],
    unseen: &'a [Unseen],
}

pub(super) fn write(out: &mut dyn Write, told: &Told) -> io::Result<()> {
    let Told { at, rows, ports, unseen } = told;
    let document = Document { schema: "notafter.adopt/1", at: *at, rows, ports, unseen };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// What a command did, with the same schema.
#[derive(Serialize)]
struct Done<'a, T> {
    schema: &'static str,
    done: &'a T,
}

pub(super) fn write_done(out: &mut dyn Write, done: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Done { schema: "notafter.adopt/1", done })?;
    writeln!(out)
}
