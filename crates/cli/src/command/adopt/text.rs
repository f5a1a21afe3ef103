//! `--format text`: one table, for people.

use std::cmp::Reverse;
use std::io::{self, Write};

use notafter_cert::{Identifier, Time};
use notafter_engine::operate::adopt::{TakenOver, Undone, Watching};
use notafter_inventory::adopt::{Agreement, Port};
use notafter_inventory::adopt::fact::{Known, RunResult};
use notafter_inventory::adopt::row::{Alive, Disk, Outlook, RenewedBy, Row, Served};
use notafter_inventory::model::{Renewer, Severity, Violation};
use owo_colors::{OwoColorize, Style};

use super::Told;
use crate::here::Here;
use crate::output::terminal::{self, visible, wrap};

/// Heads of the columns, with their shares of the width in hundredths.
const COLUMNS: [(&str, usize); 4] = [("ON DISK", 27), ("SERVED", 27), ("RENEWED BY", 24), ("OUTLOOK", 22)];
/// Narrower terminals get a block per certificate instead of columns.
const NARROW: usize = 76;
/// Between columns.
const GAP: usize = 2;
/// Addresses that show the same and are listed before the rest is counted.
const NAMED: usize = 6;
/// Ports in no row for the same reason that are named before the rest is counted.
const PORTS_NAMED: usize = 40;

pub(super) fn write(out: &mut dyn Write, told: &Told, width: usize) -> io::Result<()> {
    if told.rows.is_empty() {
        let none = "No certificate was found on this machine; --look-in DIR looks in further places.";
        write_wrapped(out, none, "", width)?;
    } else if width >= NARROW {
        let heads = COLUMNS.map(|(head, _)| vec![head.to_owned()]);
        table_row(out, &heads, width)?;
    }
    for row in &told.rows {
        writeln!(out)?;
        block(out, row, told.at, width)?;
    }
    ports(out, &told.ports, width)?;
    if !told.unseen.is_empty() {
        writeln!(out, "\nNot seen:")?;
        for unseen in &told.unseen {
            write_wrapped(out, &format!("  {}: {}", unseen.what, unseen.why), "    ", width)?;
        }
    }
    match told.rows.as_slice() {
        [] => Ok(()),
        rows => {
            writeln!(out)?;
            write_wrapped(out, &count(rows), "  ", width)
        }
    }
}

pub(super) fn watching(out: &mut dyn Write, watching: &Watching) -> io::Result<()> {
    let endpoints = watching.endpoints.iter().map(|target| format!("watching endpoint {target}"));
    let lineages =
        watching.lineages.iter().map(|name| format!("watching lineage {name}: somebody else renews it"));
    let ours = watching.ours.iter().map(|name| format!("lineage {name} is renewed by notafter: left as it is"));
    let left = watching.left_out.iter();
    let left = left.map(|left| format!("left out {} ({}): {}", left.name, left.chain_file, left.why));
    let end = format!(
        "{} endpoints and {} lineages are new, {} lineages were known",
        watching.endpoints.len(),
        watching.lineages.len(),
        watching.renewed.len()
    );
    let next = watching.next.iter().map(|next| format!("next: {next}"));
    lines(out, endpoints.chain(lineages).chain(ours).chain(left).chain([end]).chain(next))
}

pub(super) fn taken_over(out: &mut dyn Write, taken: &TakenOver, here: &Here) -> io::Result<()> {
    let begin = format!("{} is renewed by notafter now, with its account at {}", taken.lineage, taken.issuer);
    let switched_off =
        taken.switched_off.iter().map(|path| format!("  switched off in {}", path.display()));
    let notes = taken.notes.iter().map(|note| format!("  note: {note}"));
    let back = here.in_words(&format!("  back: notafter adopt --undo {}", taken.lineage));
    let next = taken.next.iter().map(|next| format!("  next: {next}"));
    lines(out, [begin].into_iter().chain(switched_off).chain(notes).chain([back]).chain(next))
}

pub(super) fn undone(out: &mut dyn Write, undone: &Undone) -> io::Result<()> {
    let begin = format!("{} is renewed by its old program again, and watched", undone.lineage);
    let newest =
        undone.handed_over.iter().map(|path| format!("  newest certificate: {}", path.display()));
    let restored = undone.restored.iter().map(|path| format!("  as it was: {}", path.display()));
    let notes = undone.notes.iter().map(|note| format!("  note: {note}"));
    lines(out, [begin].into_iter().chain(newest).chain(restored).chain(notes))
}

fn lines(out: &mut dyn Write, mut lines: impl Iterator<Item = String>) -> io::Result<()> {
    lines.try_for_each(|line| write_wrapped(out, &line, "      ", terminal::width()))
}

fn block(out: &mut dyn Write, row: &Row, at: Time, width: usize) -> io::Result<()> {
    writeln!(out, "{}{}", mark(row), visible(&row.name).bold())?;
    let cells = [disk(&row.disk, at), served(&row.served, at), renewer(row, at), outlook(&row.outlook, at)];
    if width >= NARROW {
        table_row(out, &cells, width)?;
    } else {
        for ((head, _), cell) in COLUMNS.iter().zip(&cells) {
            let label = format!("  {:<11}", head.to_lowercase());
            write_wrapped(out, &format!("{label}{}", cell.join("; ")), &" ".repeat(label.len()), width)?;
        }
    }
    for violation in &row.violations {
        let word = violation.severity.to_string().to_lowercase();
        write_wrapped(out, &format!("  {word}: {} [{}]", violation.text, violation.code), "    ", width)?;
    }
    for (violation, places) in amiss(row) {
        let word = violation.severity.to_string().to_lowercase();
        let text = format!("  {word}: {} [{}] at {}", violation.text, violation.code, places.join(", "));
        write_wrapped(out, &text, "    ", width)?;
    }
    if let Known::Unknown(why) = &row.disk.key_fits {
        write_wrapped(out, &format!("  unknown: whether its key fits; {why}"), "    ", width)?;
    }
    if !matches!(row.renewer, RenewedBy::Notafter | RenewedBy::Other(Renewer::Unknown)) {
        for obstacle in &row.obstacles {
            write_wrapped(out, &format!("  cannot be taken over: {obstacle}"), "    ", width)?;
        }
    }
    match &row.next {
        Some(next) => writeln!(out, "  next: {}", visible(next).bold()),
        None => Ok(()),
    }
}

/// Ports that are in no row, those with one reason together.
fn ports(out: &mut dyn Write, ports: &[Port], width: usize) -> io::Result<()> {
    if ports.is_empty() {
        return Ok(());
    }
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    for port in ports {
        let why = format!("{}: {}", if port.asked { "asked" } else { "not asked" }, port.why);
        let name = port_name(port);
        match told.iter_mut().find(|(known, _)| *known == why) {
            // One program in both families.
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => told.push((why, vec![name])),
        }
    }
    writeln!(out, "\nListening, and in no row:")?;
    for (why, names) in told {
        let more = names.len().saturating_sub(PORTS_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let names = names[..names.len().min(PORTS_NAMED)].join(", ");
        write_wrapped(out, &format!("  {names}{more}; {why}"), "    ", width)?;
    }
    writeln!(out, "  ask one of them: notafter check HOST:PORT")
}

/// `*:22 (sshd)`
fn port_name(port: &Port) -> String {
    let place = match port.address {
        everywhere if everywhere.ip().is_unspecified() => format!("*:{}", everywhere.port()),
        address => address.to_string(),
    };
    match &port.process {
        Some(process) => format!("{place} ({})", process.name),
        None => place,
    }
}

/// What is wrong with what is served, each told once with its addresses; the worst first.
fn amiss(row: &Row) -> Vec<(&Violation, Vec<String>)> {
    let mut told: Vec<(&Violation, Vec<String>)> = Vec::new();
    for served in &row.served {
        for violation in &served.violations {
            let same = |(known, _): &&mut (&Violation, Vec<String>)| {
                known.code == violation.code && known.text == violation.text
            };
            match told.iter_mut().find(same) {
                Some((_, places)) => places.push(asked(served)),
                None => told.push((violation, vec![asked(served)])),
            }
        }
    }
    told.sort_by_key(|(violation, _)| Reverse(violation.severity));
    told
}

/// The address, and the name that was asked for there.
fn asked(served: &Served) -> String {
    match served.target.expected_name() {
        Identifier::Ip(_) => served.address.to_string(),
        name @ Identifier::Dns(_) => format!("{} for {name}", served.address),
    }
}

/// Cells side by side, each wrapped within its column.
fn table_row(out: &mut dyn Write, cells: &[Vec<String>; 4], width: usize) -> io::Result<()> {
    let room = width - 2 - GAP * (COLUMNS.len() - 1);
    let widths = COLUMNS.map(|(_, share)| room * share / 100);
    let wrapped: Vec<Vec<String>> = cells
        .iter()
        .zip(widths)
        .map(|(lines, width)| lines.iter().flat_map(|line| fit(line, width)).collect())
        .collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
    for number in 0..height {
        let mut line = String::from("  ");
        for (cell, width) in wrapped.iter().zip(widths) {
            let text = cell.get(number).map_or("", String::as_str);
            line.push_str(&format!("{text:<width$}{:GAP$}", ""));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Wrapped at spaces; paths that are too long, after a slash.
fn fit(line: &str, width: usize) -> Vec<String> {
    wrap(&visible(line), "", width).iter().flat_map(|line| break_up(line, width.max(8))).collect()
}

fn break_up(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in line.split_inclusive('/') {
        let letters: Vec<char> = part.chars().collect();
        for piece in letters.chunks(width) {
            let room = lines.last().map_or(0, |last| width.saturating_sub(last.chars().count()));
            if piece.len() > room {
                lines.push(String::new());
            }
            if let Some(last) = lines.last_mut() {
                last.extend(piece);
            }
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

fn write_wrapped(out: &mut dyn Write, text: &str, hanging: &str, width: usize) -> io::Result<()> {
    wrap(&visible(text), hanging, width).iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn disk(disk: &Disk, at: Time) -> Vec<String> {
    let mut lines = Vec::new();
    if !disk.chain_file.is_empty() {
        lines.push(disk.chain_file.clone());
    }
    match (&disk.leaf, &disk.unread) {
        (Some(leaf), _) => {
            lines.push(leaf.not_after.as_end(at));
            lines.push(format!("sha256 {}", leaf.fingerprint.short()));
        }
        (None, Some(why)) => lines.push(why.clone()),
        (None, None) => {}
    }
    lines
}

fn served(served: &[Served], at: Time) -> Vec<String> {
    if served.is_empty() {
        return vec!["nowhere that was looked at".to_owned()];
    }
    // At every address that differs; those that show the same beyond the first ones are counted.
    let mut told: Vec<(String, usize)> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for served in served {
        let says = says(served, at);
        let number = match told.iter_mut().find(|(known, _)| *known == says) {
            Some((_, number)) => {
                *number += 1;
                *number
            }
            None => {
                told.push((says.clone(), 1));
                1
            }
        };
        if number <= NAMED {
            lines.push(format!("{}: {says}", asked(served)));
        }
    }
    for (says, number) in told.iter().filter(|(_, number)| *number > NAMED) {
        lines.push(format!("at {} more: {says}", number - NAMED));
    }
    lines
}

fn says(served: &Served, at: Time) -> String {
    if let Some(file) = &served.read_from {
        return format!("that of {file}");
    }
    match (&served.leaf, served.agreement) {
        (None, _) => served.failed.clone().unwrap_or_default(),
        (Some(_), Agreement::Newest) => "the same".to_owned(),
        (Some(leaf), Agreement::Earlier) if served.by_its_looks => {
            format!("an EARLIER one (same names, same issuer), {}", leaf.not_after.as_end(at))
        }
        (Some(leaf), Agreement::Earlier) => format!("an EARLIER one, {}", leaf.not_after.as_end(at)),
        (Some(leaf), agreement) => {
            // Where nobody knows what is on disk, nobody knows whether it is another one.
            let which = if agreement == Agreement::Other { "another one" } else { "one" };
            let name = leaf.identifiers.first().map(|name| format!(" for {name}")).unwrap_or_default();
            format!("{which}{name}, {}", leaf.not_after.as_end(at))
        }
    }
}

fn renewer(row: &Row, at: Time) -> Vec<String> {
    let automation = &row.automation;
    let mut lines = vec![match row.renewer {
        RenewedBy::Notafter => match &row.ours {
            Some(ours) => format!("notafter ({})", ours.lineage),
            None => "notafter".to_owned(),
        },
        RenewedBy::Other(Renewer::Certbot) => "certbot".to_owned(),
        RenewedBy::Other(Renewer::Lego) => "lego".to_owned(),
        RenewedBy::Other(Renewer::AcmeSh) => "acme.sh".to_owned(),
        RenewedBy::Other(Renewer::Unknown) => {
            let is_blind = matches!(automation.alive, Known::Unknown(_));
            return vec![if is_blind { "nobody that was seen" } else { "nobody that is known" }.to_owned()];
        }
    }];
    lines.push(match &automation.alive {
        Known::Yes if row.ours.is_some() => "alive: its server runs".to_owned(),
        Known::Yes => format!("alive: {}", automation.triggers.join(", ")),
        Known::No(why) => format!("DEAD: {why}"),
        Known::Unknown(why) => format!("unknown: {why}"),
        Known::Unasked => "unknown".to_owned(),
    });
    lines.extend(last_run(row, at));
    lines
}

/// How the last run went: in its own words where they tell something.
fn last_run(row: &Row, at: Time) -> Option<String> {
    let Alive { alive, last_run, last_result, last_detail, .. } = &row.automation;
    let ago = at.since((*last_run)?);
    let is_well = *last_result == Some(RunResult::Succeeded) && *alive == Known::Yes && row.violations.is_empty();
    match last_detail {
        _ if is_well => Some(format!("last run ok, {ago} ago")),
        Some(detail) => Some(format!("last run {ago} ago: {detail}")),
        None => Some(format!("last run {ago} ago")),
    }
}

fn outlook(outlook: &Outlook, at: Time) -> Vec<String> {
    match outlook {
        Outlook::Renews { at: due } if *due >= at => {
            vec![format!("renewed about {} (in {})", due.for_people(), due.since(at))]
        }
        Outlook::Renews { at: due } => vec![format!("renewal due since {}", at.since(*due))],
        Outlook::Ends { at: end, why } => vec![format!("WILL NOT SURVIVE {}", end.for_people()), why.clone()],
        Outlook::Over { at: end } => vec![end.as_end(at)],
        Outlook::Unused { at: end } => vec!["in no use that was seen: self-signed".to_owned(), end.as_end(at)],
        Outlook::Unknown { why } => vec![format!("unknown: {why}")],
    }
}

fn mark(row: &Row) -> String {
    let severity = row.severity;
    let style = match severity {
        Severity::Ok => Style::new().green(),
        Severity::Warning => Style::new().yellow(),
        Severity::Unknown => Style::new().magenta(),
        Severity::Critical => Style::new().red().bold(),
    };
    let word = severity.to_string();
    format!("{}{}", word.style(style), " ".repeat(10 - word.len()))
}

/// The last line.
fn count(rows: &[Row]) -> String {
    let survive = rows.iter().filter(|row| matches!(row.outlook, Outlook::Renews { .. })).count();
    let unknown = rows.iter().filter(|row| matches!(row.outlook, Outlook::Unknown { .. })).count();
    let unused = rows.iter().filter(|row| matches!(row.outlook, Outlook::Unused { .. })).count();
    let lost = rows.len() - survive - unknown - unused;
    let plural = if rows.len() == 1 { "" } else { "s" };
    let unused = if unused > 0 { format!(", {unused} in no use that was seen") } else { String::new() };
    format!(
        "{} certificate{plural}: {survive} renewed by themselves, {lost} will not survive, {unknown} unknown{unused}",
        rows.len()
    )
}

#[cfg(test)]
mod tests {
    use notafter_inventory::adopt::fact::{Process, Unseen};
    use notafter_inventory::adopt::row::{Leaf, Planned};
    use notafter_inventory::model::Subject;

    use super::*;

    fn ours(alive: Known, outlook: Outlook, next: Option<&str>) -> Row {
        let at = |text: &str| text.parse::<Time>().unwrap();
        Row {
            name: "shop.example".to_owned(),
            severity: if matches!(outlook, Outlook::Renews { .. }) { Severity::Ok } else { Severity::Unknown },
            disk: Disk {
                chain_file: "/etc/ssl/shop.pem".to_owned(),
                key_file: None,
                key_fits: Known::Unasked,
                leaf: Some(Leaf {
                    fingerprint: notafter_cert::Fingerprint::of(b"leaf"),
                    identifiers: vec!["shop.example".parse().unwrap()],
                    issuer: "CN=A CA".to_owned(),
                    not_before: at("2026-11-21T12:00:00Z"),
                    not_after: at("2027-02-19T12:00:00Z"),
                }),
                unread: None,
            },
            served: vec![],
            renewer: RenewedBy::Notafter,
            ours: Some(Planned {
                lineage: "shop".to_owned(),
                next_renewal: Some(at("2027-01-20T12:00:00Z")),
                why: "two thirds of its lifetime are over then".to_owned(),
            }),
            automation: Alive {
                alive,
                triggers: vec![],
                last_run: None,
                last_result: None,
                last_detail: None,
                due: None,
            },
            outlook,
            violations: vec![],
            obstacles: vec!["notafter renews it already, as lineage shop".to_owned()],
            next: next.map(str::to_owned),
        }
    }

    #[test]
    fn what_notafter_renews_itself_is_told_with_its_lineage_and_plan() {
        let planned = "2027-01-20T12:00:00Z".parse().unwrap();
        let idle = "its renewal is planned for 2027-01-20 12:00 UTC, but no server of notafter runs".to_owned();
        let told = Told {
            at: "2026-11-22T12:00:00Z".parse().unwrap(),
            rows: vec![
                ours(Known::Yes, Outlook::Renews { at: planned }, None),
                ours(
                    Known::No("no server of notafter runs".to_owned()),
                    Outlook::Unknown { why: idle },
                    Some("notafter serve"),
                ),
            ],
            ports: vec![],
            unseen: vec![],
        };
        insta::assert_snapshot!(shown(&told));
    }

    fn shown(told: &Told) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        write(&mut out, told, 110).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    /// They stood on healthy rows too, where they tell nothing.
    #[test]
    fn the_words_of_the_last_run_stand_where_something_is_amiss() {
        let at: Time = "2026-11-22T12:00:00Z".parse().unwrap();
        let said = |alive: Known, result: RunResult, violations: Vec<Violation>| {
            let mut row = ours(alive, Outlook::Renews { at }, None);
            (row.renewer, row.ours, row.violations) = (RenewedBy::Other(Renewer::Certbot), None, violations);
            row.automation.last_run = Some(at - notafter_cert::Span::hours(3));
            row.automation.last_result = Some(result);
            row.automation.last_detail = Some("nothing was due".to_owned());
            renewer(&row, at).pop().unwrap()
        };
        let late = Violation {
            code: "automation.late".to_owned(),
            severity: Severity::Warning,
            subject: Subject::Named("shop.example".to_owned()),
            cause: "late".to_owned(),
            text: "renewal is late".to_owned(),
            hint: String::new(),
            evidence: serde_json::Value::Null,
        };
        let in_full = "last run 3 h ago: nothing was due";
        let dead = || Known::No("it is not enabled".to_owned());
        assert_eq!(said(Known::Yes, RunResult::Succeeded, vec![]), "last run ok, 3 h ago");
        assert_eq!(said(Known::Yes, RunResult::Succeeded, vec![late]), in_full);
        assert_eq!(said(dead(), RunResult::Succeeded, vec![]), in_full);
        assert_eq!(said(Known::Yes, RunResult::Failed, vec![]), in_full);
        assert_eq!(said(Known::Yes, RunResult::Unknown, vec![]), in_full);
    }

    /// A line of certbot's log, or a name in somebody's configuration, could paint the terminal.
    #[test]
    fn words_of_the_machine_are_shown_and_not_obeyed() {
        let at: Time = "2026-11-22T12:00:00Z".parse().unwrap();
        let hostile = "x\u{1b}[2J\r\u{7f}\u{202e}y".to_owned();
        let mut row = ours(Known::No(hostile.clone()), Outlook::Unknown { why: hostile.clone() }, Some(&hostile));
        (row.renewer, row.ours, row.name) = (RenewedBy::Other(Renewer::Certbot), None, hostile.clone());
        (row.disk.chain_file, row.obstacles) = (format!("/{hostile}"), vec![hostile.clone()]);
        let ports =
            vec![Port { address: "[::]:1".parse().unwrap(), process: None, asked: true, why: hostile.clone() }];
        let unseen = vec![Unseen { what: hostile.clone(), why: hostile.clone() }];
        for width in [70, 110] {
            let mut out = Vec::new();
            write(&mut out, &Told { at, rows: vec![row.clone()], ports: ports.clone(), unseen: unseen.clone() }, width).unwrap();
            // Our own styles are no words of the machine.
            let text = anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string();
            assert!(!text.contains(['\u{1b}', '\r', '\u{7f}', '\u{202e}']), "{text:?}");
            assert!(text.matches(r"\u{1b}").count() > 6, "{text}");
        }
        let mut out = Vec::new();
        undone(&mut out, &Undone { lineage: hostile, handed_over: None, restored: vec![], notes: vec![] }).unwrap();
        assert!(out.starts_with(br"x\u{1b}[2J\r\u{7f}\u{202e}y is renewed"));
    }

    /// What was served was called another one, and the file had not been read.
    #[test]
    fn a_certificate_that_cannot_be_compared_is_not_called_another_one() {
        let at: Time = "2026-11-22T12:00:00Z".parse().unwrap();
        let leaf = ours(Known::Yes, Outlook::Renews { at }, None).disk.leaf;
        let said = |agreement: Agreement| {
            let target: notafter_tls::Target = "127.0.0.1:443".parse().unwrap();
            let address = "127.0.0.1:443".parse().unwrap();
            says(&Served { by_name: target.clone(), target, address, leaf: leaf.clone(), failed: None, agreement, read_from: None, by_its_looks: false, violations: vec![] }, at)
        };
        let end = "for shop.example, ends 2027-02-19 12:00 UTC (in 89 d)";
        assert_eq!(said(Agreement::Unknown), format!("one {end}"));
        assert_eq!(said(Agreement::Other), format!("another one {end}"));
    }

    /// Whoever read the table could not know of them.
    #[test]
    fn ports_in_no_row_are_told_with_the_reason() {
        let port = |address: &str, program: &str, asked: bool, why: &str| Port {
            address: address.parse().unwrap(),
            process: (!program.is_empty()).then(|| Process { pid: 7, name: program.to_owned() }),
            asked,
            why: why.to_owned(),
        };
        let unusual = "TLS is not usual there";
        let mut ports = vec![
            port("0.0.0.0:22", "sshd", false, unusual),
            port("[::]:22", "sshd", false, unusual),
            port("0.0.0.0:25", "master", true, "it does not offer STARTTLS"),
            port("[::1]:631", "", false, unusual),
            port("127.0.0.1:3306", "mysqld", false, "TLS begins there within MySQL"),
        ];
        ports.extend((0..45).map(|number| port(&format!("0.0.0.0:{}", 9000 + number), "java", false, unusual)));
        let at = "2026-11-22T12:00:00Z".parse().unwrap();
        insta::assert_snapshot!(shown(&Told { at, rows: vec![], ports, unseen: vec![] }));
    }

    /// The last line ran over the edge.
    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let at: Time = "2026-11-22T12:00:00Z".parse().unwrap();
        let unused = ours(Known::Yes, Outlook::Unused { at }, None);
        for rows in [vec![], vec![unused; 12]] {
            let mut out = anstream::StripStream::new(Vec::new());
            write(&mut out, &Told { at, rows, ports: vec![], unseen: vec![] }, 80).unwrap();
            let text = String::from_utf8(out.into_inner()).unwrap();
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        }
    }
}
