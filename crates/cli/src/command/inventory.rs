//! `notafter inventory`: lists that people keep elsewhere, as a piece of an inventory file.

use std::io::Read;
use std::path::{Path, PathBuf};

use notafter_inventory::lists::{self, Converted, Format, LeftOut, NotKept};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;
use crate::output::outcome::print;
use crate::session::Session;

/// Lines that are named of one thing that could not be kept.
const NAMED: usize = 5;

/// Make a piece of an inventory file of a list that is kept elsewhere
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Write the endpoints of a list as TOML to standard output, to stand in an inventory file
    ///
    /// Nothing is changed: `notafter apply` reads the file afterwards. What is no endpoint is named with its line and
    /// the reason on standard error, and so is what could not be kept. Applied alone, the piece would take back what
    /// files wrote before and it does not mention: write it into the file (docs/lists.md).
    From {
        /// What wrote the list: csv, file-sd (Prometheus), gatus, uptime-kuma
        #[arg(value_name = "FORMAT", value_parser = format)]
        format: &'static Format,
        /// The list; `-` reads standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

fn format(name: &str) -> Result<&'static Format, String> {
    Format::named(name).ok_or_else(|| {
        let known: Vec<&str> = lists::ALL.iter().map(|format| format.name).collect();
        format!("known formats: {}", known.join(", "))
    })
}

pub(crate) async fn run(args: Args, _: &Session) -> Result<Exit, Failure> {
    let What::From { format, file } = args.what;
    let converted = format.convert(&read(&file)?)?;
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    anstream::eprint!("{}", told(&converted, &name));
    if converted.endpoints == 0 {
        let hint = format!("see that it is a list of the format {}: {}", format.name, format.title);
        return Err(Failure::new(format!("{name} has no endpoint that could be kept"), hint));
    }
    print(&converted.toml)?;
    Ok(Exit::Done)
}

fn read(path: &Path) -> Result<String, Failure> {
    let unreadable = |why: String| {
        let hint = "check the path and its permissions; a list is UTF-8 text";
        Failure::new(format!("cannot read the list {}", path.display()), hint).because(why)
    };
    if path == Path::new("-") {
        let mut text = String::new();
        let limit = u64::try_from(lists::LONGEST).unwrap_or(u64::MAX).saturating_add(1);
        std::io::stdin().take(limit).read_to_string(&mut text).map_err(|error| unreadable(error.to_string()))?;
        return Ok(text);
    }
    file::read_text(path).map_err(|error| unreadable(format!("it {error}")))
}

/// Everything that a person must know who takes the piece for the list.
fn told(converted: &Converted, name: &str) -> String {
    let Converted { endpoints, owners, left_out, not_kept, .. } = converted;
    let mut text = String::new();
    for LeftOut { line, what, why } in left_out {
        text += &format!("{name}:{line}: left out: {what}: {why}\n");
    }
    for NotKept { what, lines } in not_kept {
        text += &format!("{name}:{}: not kept: {what}\n", named(lines));
    }
    text += &format!("{name}: endpoints: {endpoints}, entries left out: {}\n", left_out.len());
    if !owners.is_empty() {
        let owners = owners.join(", ");
        text += &format!("owners that they name, which the inventory file must have: {owners}\n");
    }
    text
}

fn named(lines: &[usize]) -> String {
    let mut shown: Vec<String> = lines.iter().take(NAMED).map(ToString::to_string).collect();
    if lines.len() > NAMED {
        shown.push(format!("and {} more", lines.len() - NAMED));
    }
    shown.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_and_what_is_not_kept_stand_with_their_lines() {
        let rows: String = (0..8).map(|number| format!("h{number}.example,web,x\n")).collect();
        let text = format!("host,owner,room\n{rows}http://plain.example,,\nh1.example,mail,\n");
        let converted = Format::named("csv").unwrap().convert(&text).unwrap();
        insta::assert_snapshot!(told(&converted, "hosts.csv"));
        assert_eq!(named(&[1, 2, 3, 4, 5, 6, 7]), "1,2,3,4,5,and 2 more");
    }
}
