//! `notafter restore`: a backup becomes the database.

use std::path::PathBuf;

use notafter_engine::operate::backup::{self, Restored};
use notafter_engine::socket;
use notafter_inventory::model::Actor;
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{Format, print};
use crate::output::terminal;
use crate::session::Session;

/// Put a backup in the place of the database; refused while a server runs
///
/// The backup is checked before anything is touched: by the digest of its content that it ends with, its structure, its
/// documents and its event log. With --force an existing database is replaced, and kept beside the
/// new one.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The backup, as `notafter backup` wrote it
    file: PathBuf,
    /// Replace a database that is there
    #[arg(long)]
    force: bool,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let actor = Actor::Person(socket::user_name(rustix::process::getuid().as_raw()));
    let from = (args.file.as_path(), args.force);
    let restored =
        backup::restore(&session.settings, &session.clock, from, &actor).await.map_err(Failure::of)?;
    let written = match args.format {
        Format::Text => terminal::fit(text(&args.file.display().to_string(), &restored)),
        Format::Json => format!("{:#}\n", json!({ "schema": "notafter.restore/1", "restored": restored })),
    };
    print(&written)?;
    Ok(if restored.sealed.is_none() { Exit::Done } else { Exit::Failed })
}

fn text(from: &str, Restored { database, before, digest, sealed }: &Restored) -> String {
    let mut lines = vec![format!("{} is now what {from} was", database.display())];
    lines.extend(before.iter().map(|path| format!("the database before it is kept: {}", path.display())));
    if !digest {
        lines.push(
            "it carries no digest of its content, as backups of this notafter do: its structure and its documents were \
             checked, not every value"
                .to_owned(),
        );
    }
    if let Some(fault) = sealed {
        lines.push(format!("its keys cannot be opened yet: {}", fault.what));
        lines.push(format!(" hint: {}", fault.hint));
    } else {
        lines.push("its keys open with the key-encryption key of this machine".to_owned());
    }
    lines.push("What was renewed after the backup is not in it: notafter status, then notafter deploy".to_owned());
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use notafter_engine::operate::Fault;

    use super::*;

    #[test]
    fn a_restore_says_whether_the_keys_open() {
        let sealed = Fault::new(
            "vault.no-key",
            "there is no key-encryption key at /etc/notafter/key-encryption-key",
            "put it back from its own backup",
        );
        let restored = Restored {
            database: "/var/lib/notafter/notafter.db".into(),
            before: Some("/var/lib/notafter/notafter.db.before-restore-1796000000".into()),
            digest: false,
            sealed: Some(sealed),
        };
        insta::assert_snapshot!(text("backup.db", &restored), @r"
        /var/lib/notafter/notafter.db is now what backup.db was
        the database before it is kept: /var/lib/notafter/notafter.db.before-restore-1796000000
        it carries no digest of its content, as backups of this notafter do: its structure and its documents were checked, not every value
        its keys cannot be opened yet: there is no key-encryption key at /etc/notafter/key-encryption-key
         hint: put it back from its own backup
        What was renewed after the backup is not in it: notafter status, then notafter deploy
        ");
    }
}
