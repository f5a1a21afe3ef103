//! `notafter vault`: what is sealed, and with which key.

use std::path::PathBuf;

use notafter_cert::Time;
use notafter_engine::operate::vault::{self, Nothing, Prune, Pruned, Rotate, Rotated};
use notafter_engine::settings::Settings;
use serde_json::json;

use crate::argument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{Format, print};
use crate::output::terminal;
use crate::session::Session;

/// See what is sealed in the vault, give it another key-encryption key, destroy keys that are of no use
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    format: Format,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum What {
    /// How much is sealed, and with which key
    Status,
    /// Make a new key-encryption key and seal everything with it
    ///
    /// Safe at any interruption: both keys lie on disk until every record is sealed with the new one; call it again to go
    /// on. Afterwards the old key is gone from this machine: backups made before open only with a copy of it.
    Rotate {
        /// Where the next key comes from: a path, credential:NAME, passphrase:file:PATH, passphrase:env:NAME or
        /// passphrase:credential:NAME, as the server sees it; without it a new key takes the place of the present file
        #[arg(long, value_name = "SOURCE")]
        to: Option<String>,
    },
    /// Destroy the private keys of lineages that were removed from the inventory
    ///
    /// Removing a lineage keeps its keys, so that a slip of the pen costs none. Shows which keys these are; destroys them
    /// with --yes. What is installed at places stays there.
    Prune {
        /// Destroy them, instead of only showing which they are
        #[arg(short, long)]
        yes: bool,
    },
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let written = match args.what {
        What::Status => {
            let vault: vault::Vault = session.operate("vault.status", Nothing {}).await?;
            match args.format {
                Format::Text => terminal::fit(text(&vault)),
                Format::Json => format!("{:#}\n", json!({ "schema": "notafter.vault/1", "vault": vault })),
            }
        }
        What::Rotate { to } => {
            if let Some(to) = &to {
                argument::is_a_source_of_keys("--to", to)?;
                session.strangers.refer(to);
            }
            let rotated = rotate(session, to).await?;
            match args.format {
                Format::Text => terminal::fit(rotation(&rotated)),
                Format::Json => {
                    format!("{:#}\n", json!({ "schema": "notafter.vault-rotation/1", "rotation": rotated }))
                }
            }
        }
        What::Prune { yes } => {
            let pruned: Pruned = session.operate("vault.prune", Prune { yes }).await?;
            match args.format {
                Format::Text => terminal::fit(pruning(&pruned, session.clock.now())),
                Format::Json => {
                    format!("{:#}\n", json!({ "schema": "notafter.vault-pruning/1", "pruning": pruned }))
                }
            }
        }
    };
    print(&written)?;
    Ok(Exit::Done)
}

/// What opening the vault says where it is sealed with another key than that of the settings.
const OTHER_KEY: [&str; 3] = ["vault.other-key", "vault.wrong-passphrase", "vault.not-by-passphrase"];

/// A rotation to another source is one transaction. Where it died after that and before it was told, the settings name a
/// key that opens nothing any more; said again, it is found done.
async fn rotate(session: &Session, to: Option<String>) -> Result<Rotated, Failure> {
    let asked = session.operate("vault.rotate", Rotate { to: to.clone() }).await;
    let (failure, to) = match (asked, to) {
        (Err(failure), Some(to)) if failure.is_one_of(&OTHER_KEY) => (failure, to),
        (asked, _) => return asked,
    };
    let settings = Settings { key_encryption_key: Some(PathBuf::from(&to)), ..session.settings.clone() };
    let Ok(installation) = session.open_with(&settings).await else { return Err(failure) };
    let vault: vault::Vault = session.operate_on(&installation, "vault.status", Nothing {}).await?;
    Ok(Rotated { before: Vec::new(), vault, resumed: true, to: Some(to) })
}

fn text(vault: &vault::Vault) -> String {
    let mut lines = vec![
        format!("key-encryption key {}: {}", vault.key_id, vault.key_encryption_key.display()),
        format!(
            "sealed: {} certificate keys, {} account keys, {}{} secrets",
            vault.certificate_keys,
            vault.account_keys,
            match vault.authority_keys {
                0 => String::new(),
                some => format!("{some} keys of private CAs, "),
            },
            vault.secrets
        ),
    ];
    if vault.keys_of_removed > 0 {
        lines.push(format!("  {} of removed lineages and private CAs: notafter vault prune", counted(vault.keys_of_removed)));
    }
    if vault.rotating {
        lines.push("a rotation was interrupted; both keys are here, nothing is lost".to_owned());
        lines.extend(vault.sealed_with.iter().map(|(id, count)| format!("  {count} sealed with {id}")));
        lines.push(" hint: bring it to its end: notafter vault rotate".to_owned());
    }
    lines.join("\n") + "\n"
}

fn counted(keys: usize) -> String {
    format!("{keys} {}", if keys == 1 { "key" } else { "keys" })
}

fn pruning(Pruned { keys, destroyed }: &Pruned, now: Time) -> String {
    let mut lines: Vec<String> = keys
        .iter()
        .map(|orphan| {
            let names = if orphan.names.is_empty() { "no name".to_owned() } else { orphan.names.join(", ") };
            let end = match orphan.not_after {
                Some(end) => format!("its certificate {}", end.as_end(now)),
                None => "never certified".to_owned(),
            };
            format!("{} for {names}: {end}", orphan.key)
        })
        .collect();
    lines.push(match (keys.len(), destroyed) {
        (0, _) => "no key of a removed lineage or private CA is kept".to_owned(),
        (count, true) => format!("{} destroyed; backups made before still hold them", counted(count)),
        (count, false) => format!("{} to destroy; nothing was destroyed yet: add --yes", counted(count)),
    });
    lines.join("\n") + "\n"
}

fn rotation(Rotated { before, vault, resumed, to }: &Rotated) -> String {
    let first = if *resumed { "the interrupted rotation is at its end" } else { "rotated" };
    let before = if before.is_empty() { String::new() } else { format!(", not any more with {}", before.join(", ")) };
    let setting = to.as_ref().map_or_else(String::new, |to| {
        format!("Set key_encryption_key = {to:?} in notafter.toml before the next start.\n")
    });
    format!(
        "{first}: everything is sealed with {}{before}\n{}{setting}Copy the new key to its safe place, and make a new backup: \
         older ones open only with the key of then.\n",
        vault.key_id,
        text(vault)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(rotating: bool) -> vault::Vault {
        vault::Vault {
            key_encryption_key: "/etc/notafter/key-encryption-key".into(),
            key_id: "2222222222222222".to_owned(),
            rotating,
            certificate_keys: 12,
            keys_of_removed: 0,
            account_keys: 1,
            authority_keys: 2,
            secrets: 2,
            sealed_with: [("1111111111111111".to_owned(), 14), ("2222222222222222".to_owned(), 1)].into(),
        }
    }

    #[test]
    fn the_vault_and_its_rotation_in_words() {
        insta::assert_snapshot!("vault_rotating", text(&vault(true)));
        let rotated =
            Rotated { before: vec!["1111111111111111".to_owned()], vault: vault(false), resumed: false, to: None };
        insta::assert_snapshot!("vault_rotated", rotation(&rotated));
    }
}
