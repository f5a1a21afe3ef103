//! A table with commas, semicolons or tabs (RFC 4180): what a spreadsheet writes.

use csv::{ReaderBuilder, StringRecord};

use super::read::Lines;
use super::{Finds, Format, Found, Unreadable, target};
use crate::code::{NAMES, can_be_a_name};
use crate::model::Criticality;

pub(super) const FORMAT: Format = Format {
    name: "csv",
    title: "a table with a first line that names its columns: target (or host, url, domain), port, sni, owner, criticality, \
            trust, labels (`service=checkout; site=east`), label.NAME",
    read,
};

/// What a column holds, by the words that people head it with.
enum Column {
    Target,
    Port,
    Sni,
    Owner,
    Criticality,
    Trust,
    Labels,
    Label(String),
    Other(String),
}

impl Column {
    fn of(head: &str) -> Self {
        let head = head.trim();
        let word = head.to_lowercase().replace([' ', '-'], "_");
        match word.as_str() {
            "target" | "endpoint" | "host" | "hostname" | "url" | "domain" | "fqdn" | "address" => {
                Self::Target
            }
            "port" => Self::Port,
            "sni" | "server_name" | "servername" => Self::Sni,
            "owner" | "team" => Self::Owner,
            "criticality" => Self::Criticality,
            "trust" => Self::Trust,
            "labels" | "tags" => Self::Labels,
            _ => match head.split_once(['.', ':']) {
                Some((kind, name)) if kind.eq_ignore_ascii_case("label") => Self::Label(name.to_owned()),
                _ => Self::Other(head.to_owned()),
            },
        }
    }
}

fn read(text: &str) -> Result<Finds, Unreadable> {
    let lines = Lines::of(text);
    let first = text.lines().next().unwrap_or_default();
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(first))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let heads = match records.next() {
        Some(Ok(heads)) => heads,
        Some(Err(error)) => return Err(Unreadable::syntax(begins(&lines, error.position()), error)),
        None => return Err(Unreadable::Nothing),
    };
    let columns: Vec<Column> = heads.iter().map(Column::of).collect();
    if !columns.iter().any(|column| matches!(column, Column::Target)) {
        return Err(Unreadable::Shape(
            "the first line heads no column `target` (or `host`, `url`, `domain`)",
        ));
    }
    let mut finds = Finds::default();
    for column in &columns {
        if let Column::Other(name) = column {
            let name = if name.is_empty() { "without a head" } else { name };
            finds.not_kept(1, format!("column {name}: head it label.NAME to make a label of it"));
        }
    }
    for record in records {
        match record {
            Ok(record) => row(&mut finds, &columns, &record, begins(&lines, record.position())),
            Err(error) => finds.leave_out(begins(&lines, error.position()), "a row", error.to_string()),
        }
    }
    Ok(finds)
}

/// Spreadsheets write what their language has: the sign that stands in the first line most often.
fn delimiter(first: &str) -> u8 {
    let count = |sign: char| first.matches(sign).count();
    [(b';', count(';')), (b'\t', count('\t')), (b',', count(','))]
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .map_or(b',', |(sign, _)| sign)
}

fn begins(lines: &Lines<'_>, position: Option<&csv::Position>) -> usize {
    lines.line_at(position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(0))
}

fn row(finds: &mut Finds, columns: &[Column], record: &StringRecord, line: usize) {
    let cells: Vec<(&Column, &str)> =
        columns.iter().zip(record.iter()).filter(|(_, cell)| !cell.is_empty()).collect();
    let Some((_, written)) = cells.iter().find(|(column, _)| matches!(column, Column::Target)) else {
        if !record.iter().all(str::is_empty) {
            finds.leave_out(line, record.get(0).unwrap_or_default(), "it has no target");
        }
        return;
    };
    if written.starts_with('#') {
        return finds.leave_out(line, written, "it is a comment");
    }
    let mut found = match target(written) {
        Ok(target) => Found::new(line, target),
        Err(why) => return finds.leave_out(line, written, why),
    };
    if record.len() > columns.len() {
        finds.not_kept(line, "cells beyond the last column that has a head");
    }
    for (column, cell) in &cells {
        if let Err(why) = take(finds, &mut found, column, cell) {
            return finds.leave_out(line, written, why);
        }
    }
    finds.found.push(found);
}

/// Takes one cell; a reason where the row cannot be meant as it stands.
fn take(finds: &mut Finds, found: &mut Found, column: &Column, cell: &str) -> Result<(), String> {
    match column {
        Column::Target | Column::Other(_) => {}
        Column::Port => {
            let port = cell.parse().ok().filter(|port| *port > 0);
            found.target.port = port.ok_or_else(|| format!("{cell:?} is not a port (1 to 65535)"))?;
        }
        Column::Sni => match cell.parse::<notafter_cert::Identifier>() {
            Ok(notafter_cert::Identifier::Dns(name)) => found.target.sni = Some(name),
            _ => return Err(format!("{cell:?} is not a server name")),
        },
        Column::Owner if can_be_a_name(cell) => found.owner = Some(cell.to_owned()),
        Column::Owner => finds.not_kept(found.line, format!("owner {cell:?}: {NAMES}")),
        Column::Criticality => match cell.to_lowercase().as_str() {
            "low" => found.criticality = Some(Criticality::Low),
            "normal" => found.criticality = Some(Criticality::Normal),
            "high" => found.criticality = Some(Criticality::High),
            "critical" => found.criticality = Some(Criticality::Critical),
            _ => finds.not_kept(
                found.line,
                format!("criticality {cell:?}: low, normal, high and critical are known"),
            ),
        },
        Column::Trust if cell.starts_with('/') && !cell.contains(char::is_control) => {
            found.trust = Some(cell.to_owned());
        }
        Column::Trust => {
            finds.not_kept(found.line, format!("trust {cell:?}: it must be the whole path of a PEM file"));
        }
        Column::Label(name) => finds.label(found, name, cell),
        Column::Labels => {
            for part in cell.split([';', ',', '|']).map(str::trim).filter(|part| !part.is_empty()) {
                let (key, value) = part.split_once(['=', ':']).unwrap_or((part, "true"));
                finds.label(found, key, value);
            }
        }
    }
    Ok(())
}
