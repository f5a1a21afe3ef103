//! `notafter account`: our accounts at CAs.

use notafter_acme::message::AccountStatus;
use notafter_engine::operate::account::{At, AtCa, Shown};
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{Format, print};
use crate::output::terminal;
use crate::session::Session;

/// See an account at a CA, change its key, or close it
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    format: Format,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// What we know of the account, and what the CA says
    Show {
        /// The issuer's name
        issuer: String,
    },
    /// Give the account another key; the old one is worth nothing afterwards
    ///
    /// The new key is stored before the CA is told, and a change that was interrupted is brought to its end by the next
    /// call or renewal.
    Rollover {
        /// The issuer's name
        issuer: String,
    },
    /// Close the account for good
    ///
    /// Certificates that it got stay valid. The next renewal from this issuer makes a new account.
    Deactivate {
        /// The issuer's name
        issuer: String,
        /// Close it, instead of only saying what would be done
        #[arg(short, long)]
        yes: bool,
    },
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let (operation, issuer, lead) = match args.what {
        What::Show { issuer } => ("account.show", issuer, ""),
        What::Rollover { issuer } => ("account.rollover", issuer, "the account has a new key\n"),
        What::Deactivate { issuer, yes: true } => ("account.deactivate", issuer, "the account is closed\n"),
        What::Deactivate { issuer, yes: false } => {
            ("account.show", issuer, "this account would be closed for good; nothing was done: say --yes\n")
        }
    };
    let shown: Shown = session.operate(operation, At { issuer }).await?;
    let written = match args.format {
        Format::Text => terminal::fit(format!("{lead}{}", text(&shown))),
        Format::Json => format!("{:#}\n", json!({ "schema": "notafter.account/1", "account": shown })),
    };
    print(&written)?;
    Ok(Exit::Done)
}

fn text(shown: &Shown) -> String {
    let mut lines = vec![format!("{}: {}", shown.issuer, shown.directory)];
    lines.push(match &shown.account {
        Some(url) => format!("  account: {url}"),
        None => "  account: none; the next renewal makes one".to_owned(),
    });
    lines.extend(shown.thumbprint.iter().map(|thumbprint| format!("  key: {thumbprint}")));
    if shown.rolling_over {
        lines.push("  a change of the key has not ended; both keys are kept".to_owned());
    }
    match &shown.at_ca {
        AtCa::NoAccount => {}
        AtCa::Answered { status, contact } => {
            let status = match status {
                AccountStatus::Valid => "valid",
                AccountStatus::Deactivated => "closed by us",
                AccountStatus::Revoked => "closed by the CA",
                AccountStatus::Unknown => "a status that is not known",
            };
            lines.push(format!("  the CA says: {status}; contacts: {}", list(contact)));
        }
        AtCa::Silent { why } => lines.push(format!("  the CA does not say: {why}")),
    }
    lines.push(format!("  contacts in the inventory: {}", list(&shown.contact)));
    lines.push(format!("  lineages: {}", list(&shown.lineages)));
    lines.join("\n") + "\n"
}

fn list(of: &[String]) -> String {
    if of.is_empty() { "none".to_owned() } else { of.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_in_words() {
        let shown = Shown {
            issuer: "letsencrypt".to_owned(),
            directory: "https://acme.example/directory".to_owned(),
            account: Some("https://acme.example/acct/7".to_owned()),
            contact: vec!["mailto:ops@example.org".to_owned()],
            thumbprint: Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs".to_owned()),
            rolling_over: true,
            at_ca: AtCa::Answered { status: AccountStatus::Valid, contact: Vec::new() },
            lineages: vec!["pay".to_owned(), "shop".to_owned()],
        };
        insta::assert_snapshot!("account", text(&shown));
        let none = Shown {
            account: None,
            thumbprint: None,
            rolling_over: false,
            at_ca: AtCa::NoAccount,
            lineages: Vec::new(),
            ..shown
        };
        insta::assert_snapshot!("account_none", text(&none));
    }
}
