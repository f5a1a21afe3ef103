//! `notafter user`: who may sign in to the pages.

use notafter_engine::operate::user::{
    Add, All, Connect, IdentityRow, Link, Named, Parted, PasskeyRow, Reach, RemovePasskey, Rights, SignOut, UserRow,
};
use notafter_inventory::model::{PasskeyId, Role, SessionId};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{Format, print};
use crate::session::Session;

/// See who may sign in to the pages, make an account, change or end one
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
    /// Every account, with its role and where it is signed in
    List,
    /// Make an account, and a link with which its owner comes in and chooses a password
    Add {
        /// Its name, to sign in with
        name: String,
        /// What it may do: viewer looks, operator renews, deploys and acknowledges, admin changes everything
        #[arg(long, value_name = "ROLE")]
        role: Role,
        /// Keep it to the subjects of this owner; without it, it reaches everything
        #[arg(long, value_name = "OWNER")]
        owner: Option<String>,
    },
    /// Give an account another role or reach; browsers that are signed in have it at once
    Change {
        /// The account's name
        name: String,
        /// What it may do from now on: viewer, operator or admin
        #[arg(long, value_name = "ROLE", required_unless_present_any = ["owner", "everything"])]
        role: Option<Role>,
        /// Keep it to the subjects of this owner
        #[arg(long, value_name = "OWNER", conflicts_with = "everything")]
        owner: Option<String>,
        /// Let it reach everything
        #[arg(long)]
        everything: bool,
    },
    /// Make a link that leads in once within the next hour, for somebody without a password
    Link {
        /// The account's name
        name: String,
    },
    /// Sign an account out everywhere, or of one browser
    SignOut {
        /// The account's name
        name: String,
        /// Only this session, as `user list` shows it
        #[arg(long, value_name = "SESSION")]
        session: Option<SessionId>,
    },
    /// Take a passkey away, such as one on a phone that was lost
    RemovePasskey {
        /// The account's name
        name: String,
        /// The passkey, as `user list` shows it
        passkey: PasskeyId,
    },
    /// Say who an account is at the provider that people sign in through (OpenID Connect)
    Connect {
        /// The account's name
        name: String,
        /// Who, at the provider: what it calls `sub`, and says where a sign-in was refused
        #[arg(long, value_name = "SUBJECT")]
        subject: String,
    },
    /// Let whoever an account is at the provider not come in as it any more
    Disconnect {
        /// The account's name
        name: String,
    },
    /// End an account, and sign it out everywhere
    Remove {
        /// The account's name
        name: String,
    },
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let (text, value) = carried_out(args.what, session).await?;
    let written = match args.format {
        Format::Text => text,
        Format::Json => {
            let mut value = value;
            value["schema"] = json!("notafter.user/1");
            format!("{value:#}\n")
        }
    };
    print(&written)?;
    Ok(Exit::Done)
}

/// What is said of it, as text and as JSON.
async fn carried_out(what: What, session: &Session) -> Result<(String, Value), Failure> {
    Ok(match what {
        What::List => {
            let rows: Vec<UserRow> = session.operate("user.list", All {}).await?;
            (list(&rows), json!({ "users": rows }))
        }
        What::Add { name, role, owner } => {
            let made: Link = session.operate("user.add", Add { name, role, owner }).await?;
            (link(&made), json!({ "link": made }))
        }
        What::Change { name, role, owner, everything } => {
            let reach = match owner {
                Some(owner) => Reach::Owner(owner),
                None if everything => Reach::Everything,
                None => Reach::Unchanged,
            };
            let row: UserRow = session.operate("user.change", Rights { name, role, reach }).await?;
            (list(std::slice::from_ref(&row)), json!({ "users": [row] }))
        }
        What::Link { name } => {
            let made: Link = session.operate("user.link", Named { name }).await?;
            (link(&made), json!({ "link": made }))
        }
        What::SignOut { name, session: id } => {
            let done: Named = session.operate("user.sign-out", SignOut { name, session: id, except: None }).await?;
            (format!("{} is signed out\n", done.name), json!({ "signed_out": done.name }))
        }
        What::RemovePasskey { name, passkey } => {
            let args = RemovePasskey { name: name.clone(), passkey };
            let done: PasskeyRow = session.operate("user.remove-passkey", args).await?;
            (passkey_removed(&name, &done), json!({ "removed_passkey": done }))
        }
        What::Connect { name, subject } => {
            let args = Connect { name: name.clone(), subject };
            let done: IdentityRow = session.operate("user.connect", args).await?;
            let (subject, issuer) = (printable(&done.subject), printable(&done.issuer));
            (format!("{name} is {subject} at {issuer}, and comes in through it\n"), json!({ "connected": done }))
        }
        What::Disconnect { name } => {
            let done: Parted = session.operate("user.disconnect", Named { name }).await?;
            let value = json!({
                "disconnected": done.name, "role": done.role, "role_before": done.role_before,
            });
            (disconnected(&done), value)
        }
        What::Remove { name } => {
            let done: Named = session.operate("user.remove", Named { name }).await?;
            (format!("{} is no account any more\n", done.name), json!({ "removed": done.name }))
        }
    })
}

/// How an account comes in, for whoever passes the link on.
pub(super) fn link(link: &Link) -> String {
    format!(
        "{} comes in with this link, once, until {}:\n  {}{}\n",
        link.name,
        link.until.for_people(),
        link.site,
        link.path
    )
}

/// What an account may do after its connection ended, and how to say otherwise.
fn disconnected(Parted { name, role, role_before }: &Parted) -> String {
    let rights = match role == role_before {
        true => format!("it stays {role}"),
        false => format!(
            "it is {role} from now on: that it was {role_before} followed from what the provider said (notafter user change \
             {name} --role {role_before})"
        ),
    };
    format!(
        "{name} does not come in through the provider any more, until an administrator connects it again\n\
         {rights}; who is signed in stays so: notafter user sign-out {name}\n"
    )
}

fn passkey_removed(name: &str, row: &PasskeyRow) -> String {
    let passkey = printable(&row.name);
    format!(
        "{passkey} does not lead in to {name} any more; who is signed in stays so: notafter user sign-out {name}\n"
    )
}

fn list(rows: &[UserRow]) -> String {
    if rows.is_empty() {
        return "there is no account yet: notafter user add NAME --role admin\n".to_owned();
    }
    rows.iter().map(row).collect()
}

fn row(row: &UserRow) -> String {
    let reach = match &row.owner {
        Some(owner) => format!("kept to owner {owner}"),
        None => "of everything".to_owned(),
    };
    let last = match row.signed_in_at {
        Some(at) => format!("signed in last {}", at.for_people()),
        None => format!("never signed in: notafter user link {}", row.name),
    };
    let claim = if row.rights_follow_claim { ", by the provider's claim" } else { "" };
    let password = if row.has_password { "" } else { ", no password" };
    let mut lines = format!("{}: {} {reach}{claim}{password}; {last}\n", row.name, row.role);
    for PasskeyRow { id, name, made_at, used_at, .. } in &row.passkeys {
        let used = used_at.map_or_else(|| "never used".to_owned(), |at| format!("used last {}", at.for_people()));
        let (name, made) = (printable(name), made_at.for_people());
        lines.push_str(&format!("  {id} passkey {name} since {made}, {used}\n"));
    }
    for IdentityRow { issuer, subject, from, .. } in &row.identities {
        let (issuer, subject, from) = (printable(issuer), printable(subject), from.for_people());
        lines.push_str(&format!("  {subject} at {issuer} since {from}\n"));
    }
    for session in &row.sessions {
        let (id, address, from) = (session.id, &session.address, session.from.for_people());
        let agent = printable(&session.agent);
        lines.push_str(&format!("  {id} from {address} since {from}: {agent}\n"));
    }
    lines
}

/// Foreign text, without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Span, Time};
    use notafter_inventory::model::{Bond, Session, UserId};

    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    fn passkey(used: Time) -> PasskeyRow {
        PasskeyRow {
            id: PasskeyId::new(NOW, [2; 10]),
            name: "my \u{1b}[31mphone".to_owned(),
            algorithm: "ES256".to_owned(),
            made_at: NOW,
            used_at: Some(used),
        }
    }

    fn identity(from: Time) -> IdentityRow {
        let (issuer, subject) = ("https://id.example".to_owned(), "ada-1".to_owned());
        IdentityRow { issuer, subject, from, by: Bond::Given }
    }

    #[test]
    fn a_passkey_that_was_removed_is_told_with_what_is_left_of_it() {
        insta::assert_snapshot!(passkey_removed("ada", &passkey(NOW)));
    }

    #[test]
    fn who_is_disconnected_is_told_with_the_rights_that_are_left() {
        let parted = |role| Parted { name: "ada".to_owned(), role, role_before: Role::Operator };
        insta::assert_snapshot!([Role::Operator, Role::Viewer].map(|role| disconnected(&parted(role))).concat());
    }

    #[test]
    fn accounts_are_told_with_what_they_may_do_and_where_they_are_signed_in() {
        let session = Session {
            id: SessionId::new(NOW, [1; 10]),
            user_id: UserId::new(NOW, [1; 10]),
            from: NOW,
            until: NOW + Span::days(7),
            agent: "Fire\u{1b}[31mfox".to_owned(),
            address: "192.0.2.7".to_owned(),
            began_with: None,
        };
        let row = |name: &str, role, owner: Option<&str>, sessions: Vec<Session>| UserRow {
            name: name.to_owned(),
            role,
            owner: owner.map(str::to_owned),
            rights_follow_claim: sessions.is_empty(),
            has_password: !sessions.is_empty(),
            passkeys: sessions.iter().map(|session| passkey(session.from)).collect(),
            identities: sessions.iter().map(|session| identity(session.from)).collect(),
            made_at: NOW,
            signed_in_at: sessions.first().map(|session| session.from),
            sessions,
        };
        let rows = [
            row("ada", Role::Admin, None, vec![session]),
            row("bob", Role::Viewer, Some("payments"), Vec::new()),
        ];
        insta::assert_snapshot!(list(&rows));
        assert_eq!(list(&[]), "there is no account yet: notafter user add NAME --role admin\n");
    }

    #[test]
    fn a_link_is_told_whole() {
        let told = link(&Link {
            name: "ada".to_owned(),
            path: "/sign-in/SECRET".to_owned(),
            site: "http://127.0.0.1:8400".to_owned(),
            until: NOW,
        });
        insta::assert_snapshot!(told);
    }
}
