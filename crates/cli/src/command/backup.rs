//! `notafter backup`: a copy of everything but the key that opens it.

use std::path::PathBuf;

use notafter_engine::operate::backup::{BackedUp, Backup};
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{Format, print};
use crate::output::terminal;
use crate::session::Session;

/// Write a complete, checked copy of the database to a file, also while the server runs
///
/// The key-encryption key is not in it: without that key, nobody who finds the backup can use the private keys in it,
/// and nor can you. Keep a copy of the key somewhere else.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Where to, such as /srv/backup/notafter.db; must not exist
    file: PathBuf,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let file = std::path::absolute(&args.file).map_err(|error| {
        Failure::usage(format!("{} is not a path", args.file.display()), "name a file").because(error)
    })?;
    let done: BackedUp = session.operate("installation.backup", Backup { file }).await?;
    let written = match args.format {
        Format::Text => terminal::fit(text(&done)),
        Format::Json => format!("{:#}\n", json!({ "schema": "notafter.backup/1", "backup": done })),
    };
    print(&written)?;
    Ok(Exit::Done)
}

fn text(BackedUp { file, bytes, key_encryption_key, key_id }: &BackedUp) -> String {
    let (file, key) = (file.display(), key_encryption_key.display());
    format!(
        "{file}: {bytes} bytes, checked and on the disk\n\
         The keys in it open only with the key-encryption key {key_id}, which is NOT in it: {key}\n\
         Keep a copy of that file too, in another place than the backup.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_says_what_is_not_in_it() {
        let done = BackedUp {
            file: "/srv/backup/notafter.db".into(),
            bytes: 204_800,
            key_encryption_key: "/etc/notafter/key-encryption-key".into(),
            key_id: "00112233445566ff".to_owned(),
        };
        insta::assert_snapshot!(text(&done), @r"
        /srv/backup/notafter.db: 204800 bytes, checked and on the disk
        The keys in it open only with the key-encryption key 00112233445566ff, which is NOT in it: /etc/notafter/key-encryption-key
        Keep a copy of that file too, in another place than the backup.
        ");
    }
}
