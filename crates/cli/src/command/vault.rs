//! `notafter vault`: what is sealed, and with which key.

use notafter_engine::operate::vault::{self, Nothing, Rotate, Rotated};
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{Format, print};
use crate::session::Session;

/// See what is sealed in the vault, and give it another key-encryption key
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
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let written = match args.what {
        What::Status => {
            let vault: vault::Vault = session.operate("vault.status", Nothing {}).await?;
            match args.format {
                Format::Text => text(&vault),
                Format::Json => format!("{:#}\n", json!({ "schema": "notafter.vault/1", "vault": vault })),
            }
        }
        What::Rotate { to } => {
            let rotated: Rotated = session.operate("vault.rotate", Rotate { to }).await?;
            match args.format {
                Format::Text => rotation(&rotated),
                Format::Json => {
                    format!("{:#}\n", json!({ "schema": "notafter.vault-rotation/1", "rotation": rotated }))
                }
            }
        }
    };
    print(&written)?;
    Ok(Exit::Done)
}

fn text(vault: &vault::Vault) -> String {
    let mut lines = vec![
        format!("key-encryption key {}: {}", vault.key_id, vault.key_encryption_key.display()),
        format!(
            "sealed: {} certificate keys, {} account keys, {} secrets",
            vault.certificate_keys, vault.account_keys, vault.secrets
        ),
    ];
    if vault.rotating {
        lines.push("a rotation was interrupted; both keys are here, nothing is lost".to_owned());
        lines.extend(vault.sealed_with.iter().map(|(id, count)| format!("  {count} sealed with {id}")));
        lines.push(" hint: bring it to its end: notafter vault rotate".to_owned());
    }
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
            account_keys: 1,
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
