//! `--format json` and `--format jsonl`: schema `notafter.check/1` (docs/schema/check-1.json).

use std::io::{self, Write};

use notafter_inventory::check::Report;
use serde::Serialize;

use super::Output;
use super::tally::{Ending, Tally};

const SCHEMA: &str = "notafter.check/1";

/// One document, written as the reports come: its memory does not grow with them.
pub(super) struct Document<W> {
    out: W,
    any: bool,
}

/// One line per report.
pub(super) struct Lines<W> {
    out: W,
}

#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    #[serde(flatten)]
    report: &'a Report,
}

#[derive(Serialize)]
struct Summary<'a> {
    #[serde(flatten)]
    tally: &'a Tally,
    verdict: notafter_inventory::model::Severity,
    /// Whether everything that was asked for was looked at.
    complete: bool,
}

impl<W: Write> Document<W> {
    pub(super) const fn new(out: W) -> Self {
        Self { out, any: false }
    }

    fn begin(&mut self) -> io::Result<()> {
        let separator = if self.any { ",\n" } else { "" };
        if !self.any {
            writeln!(self.out, "{{\"schema\":\"{SCHEMA}\",\"targets\":[")?;
        }
        self.any = true;
        self.out.write_all(separator.as_bytes())
    }
}

impl<W: Write + Send> Output for Document<W> {
    fn report(&mut self, report: &Report) -> io::Result<()> {
        self.begin()?;
        serde_json::to_writer(&mut self.out, report)?;
        Ok(())
    }

    fn pause(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self, tally: &Tally, ending: Ending) -> io::Result<()> {
        if !self.any {
            self.begin()?;
        }
        self.out.write_all(b"\n],\"summary\":")?;
        let complete = ending == Ending::Complete;
        serde_json::to_writer(&mut self.out, &Summary { tally, verdict: tally.verdict(ending), complete })?;
        self.out.write_all(b"}\n")?;
        self.out.flush()
    }
}

impl<W: Write> Lines<W> {
    pub(super) const fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write + Send> Output for Lines<W> {
    fn report(&mut self, report: &Report) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, &Line { schema: SCHEMA, report })?;
        self.out.write_all(b"\n")
    }

    fn pause(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self, _tally: &Tally, _ending: Ending) -> io::Result<()> {
        self.out.flush()
    }
}
