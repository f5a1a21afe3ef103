//! `notafter ca`: the private CAs of this installation.

use notafter_engine::operate::private_ca::{Shown, Which};
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{Format, print, print_bytes};
use crate::output::terminal;
use crate::session::Session;

/// See the private CA, and take its root to clients
///
/// A private CA is an issuer of kind "private" in the inventory file. What it signs is trusted wherever its root is, and
/// nowhere else.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// What it may sign, its root with the fingerprint, and the lineages that it signs for
    Show {
        /// The issuer's name; every private CA where it is left out
        issuer: Option<String>,
        /// How to write the result
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Write the root certificate on standard output
    ///
    /// Compare its fingerprint with what `notafter ca show` says before you trust it on another machine.
    Root {
        /// The issuer's name
        issuer: String,
        /// In DER, as Windows and Android take it, instead of PEM
        #[arg(long)]
        der: bool,
    },
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    match args.what {
        What::Show { issuer, format } => {
            let shown: Vec<Shown> = session.operate("ca.show", Which { issuer }).await?;
            let written = match format {
                Format::Text => terminal::fit(text(&shown)),
                Format::Json => format!("{:#}\n", json!({ "schema": "notafter.ca/1", "cas": shown })),
            };
            print(&written)?;
        }
        What::Root { issuer, der } => {
            let which = Which { issuer: Some(issuer.clone()) };
            let shown: Vec<Shown> = session.operate("ca.show", which).await?;
            let root = shown.into_iter().find_map(|shown| shown.root).ok_or_else(|| no_root(&issuer))?;
            match der {
                false => print(&root.pem)?,
                true => print_bytes(&root.der().ok_or_else(unreadable)?)?,
            }
        }
    }
    Ok(Exit::Done)
}

fn no_root(issuer: &str) -> Failure {
    let hint = "see what keeps it from being made: notafter doctor";
    Failure::new(format!("the root of {issuer} was not made yet"), hint)
}

fn unreadable() -> Failure {
    Failure::new("the stored root cannot be read", "restore a backup")
}

fn text(shown: &[Shown]) -> String {
    if shown.is_empty() {
        return "there is no private CA; an issuer of kind \"private\" in the inventory file is one\n".to_owned();
    }
    shown.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn one(shown: &Shown) -> String {
    let permitted = match shown.permitted.as_slice() {
        [] => "any name".to_owned(),
        some => some.join(", "),
    };
    let mut lines = vec![format!("{}: signs {permitted}, for {}", shown.issuer, shown.lifetime())];
    match &shown.root {
        Some(root) => {
            lines.push(format!("  root: {}, until {}", root.common_name, root.not_after.for_people()));
            lines.push(format!("  SHA-256: {}", root.fingerprint.for_people()));
        }
        None => lines.push("  root: not made yet".to_owned()),
    }
    lines.extend(shown.intermediate.iter().map(|intermediate| {
        format!("  signs with: {}, until {}", intermediate.common_name, intermediate.not_after.for_people())
    }));
    let lineages = if shown.lineages.is_empty() { "none".to_owned() } else { shown.lineages.join(", ") };
    lines.push(format!("  lineages: {lineages}"));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Fingerprint, Span, Time};
    use notafter_engine::operate::private_ca::Shared;

    use super::*;

    #[test]
    fn a_private_ca_in_words() {
        let at = Time::from_unix_seconds(1_796_000_000);
        let shared = |name: &str, days: i64| Shared {
            common_name: name.to_owned(),
            fingerprint: Fingerprint::from_bytes([0xab; 32]),
            not_before: at,
            not_after: at + Span::days(days),
            pem: String::new(),
        };
        let house = Shown {
            issuer: "house".to_owned(),
            permitted: vec!["internal.example".to_owned(), "10.0.0.0/8".to_owned()],
            lifetime_seconds: 30 * 86_400,
            root: Some(shared("Example Corp root", 3650)),
            intermediate: Some(shared("Example Corp intermediate 2", 365)),
            lineages: vec!["notafter".to_owned(), "wiki".to_owned()],
        };
        let fresh = Shown {
            permitted: Vec::new(),
            root: None,
            intermediate: None,
            lineages: Vec::new(),
            ..house.clone()
        };
        insta::assert_snapshot!([text(&[house, fresh]), text(&[])].join("\n"));
    }
}
