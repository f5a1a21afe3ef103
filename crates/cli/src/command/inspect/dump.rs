//! The DER of objects, element by element.

use std::fmt::Write;

use notafter_cert::der::dump::{Dump, DumpLine, dump};

use super::{Inspected, pile};
use crate::output::terminal::visible;

/// So many lines of an object are dumped, where not everything is asked for.
const LINES: usize = 2_000;

/// Offset, length of tag and length, length of the content, depth; then what it is, deeper ones further to the right.
pub(super) fn write(inspected: &Inspected, all: bool) -> String {
    let mut text = String::new();
    for (position, found) in inspected.found.iter().enumerate() {
        if inspected.found.len() > 1 {
            let break_before = if position > 0 { "\n" } else { "" };
            let title = super::text::title(inspected, position);
            writeln!(text, "{break_before}{}: {title}", pile::place(inspected, position)).ok();
        }
        let most = if all { usize::MAX } else { LINES };
        let dump = dump(&found.object.octets, found.object.kind.structure(), most);
        text.push_str("  offset head+content\n");
        dump.lines.iter().for_each(|line| text.push_str(&written(line)));
        if dump.is_cut {
            writeln!(text, "what follows is left out (--all)").ok();
        }
    }
    visible_lines(&text)
}

/// Lines stay whole: they are searched and compared.
fn visible_lines(text: &str) -> String {
    text.lines().map(|line| visible(line).into_owned() + "\n").collect()
}

fn written(line: &DumpLine) -> String {
    let words = [line.field, line.kind.as_deref(), line.value.as_deref()];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    let mut text =
        format!("{:>8} {:>4}+{:<7} {}{}\n", line.at, line.header, line.length, "  ".repeat(line.depth), words.join(" "));
    for fault in &line.faults {
        writeln!(text, "{:>21} {}^ {fault}", "", "  ".repeat(line.depth)).ok();
    }
    text
}

/// The same for programs.
pub(super) fn whole(octets: &[u8], structure: notafter_cert::der::dump::Structure) -> Dump {
    dump(octets, structure, 100_000)
}
