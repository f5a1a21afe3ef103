//! What the options of `issue` say, as a piece of an inventory file.

use notafter_engine::open;
use notafter_engine::operate::inventory::{Get, Printed};
use notafter_inventory::code::Kind;
use toml::{Table, Value};

use super::{Args, Place, Solver};
use crate::failure::Failure;
use crate::path::absolute;
use crate::session::Session;

const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
const LETS_ENCRYPT_STAGING: &str = "https://acme-staging-v02.api.letsencrypt.org/directory";

/// The issuer that is meant: its name, and how the inventory describes it where it knows it.
pub(super) struct Chosen {
    pub(super) name: String,
    present: Option<Table>,
}

/// Named, known or made by `--directory`, or the only one there is.
pub(super) async fn issuer(args: &Args, session: &Session) -> Result<Chosen, Failure> {
    choose(args.issuer.as_deref(), args.new_issuer.directory.as_deref(), known_issuers(session).await?)
}

fn choose(name: Option<&str>, directory: Option<&str>, mut known: Vec<Table>) -> Result<Chosen, Failure> {
    let says = |issuer: &Table, key: &str| issuer.get(key).and_then(Value::as_str).map(str::to_owned);
    let named = |issuers: &[Table], name: &str| {
        issuers.iter().find(|issuer| says(issuer, "name").as_deref() == Some(name)).cloned()
    };
    if let Some(name) = name {
        let present = named(&known, name);
        let at = present.as_ref().and_then(|issuer| says(issuer, "directory"));
        if let (Some(at), Some(wanted)) = (at, directory.map(directory_url))
            && at != wanted
        {
            let hint = "leave --issuer out, or give the new one a name of its own; to move one: notafter apply";
            return Err(Failure::usage(format!("issuer {name} is known, at {at}"), hint));
        }
        return Ok(Chosen { name: name.to_owned(), present });
    }
    if let Some(directory) = directory {
        let wanted = directory_url(directory);
        let there = known.iter().find(|issuer| says(issuer, "directory").as_deref() == Some(wanted)).cloned();
        if let Some(present) = there {
            return Ok(Chosen { name: says(&present, "name").unwrap_or_default(), present: Some(present) });
        }
        let first = name_of(directory);
        let more = (2_u32..).map(|count| format!("{first}-{count}"));
        let free = std::iter::once(first.clone()).chain(more).find(|name| named(&known, name).is_none());
        return Ok(Chosen { name: free.unwrap_or(first), present: None });
    }
    let names: Vec<String> = known.iter().filter_map(|issuer| says(issuer, "name")).collect();
    match names.as_slice() {
        [only] => Ok(Chosen { name: only.clone(), present: known.pop() }),
        [] => Err(Failure::usage(
            "no CA is known yet",
            "name one with --directory URL --agree-terms (letsencrypt and letsencrypt-staging are understood)",
        )),
        several => Err(Failure::usage(
            "several issuers are known",
            format!("choose one with --issuer: {}", several.join(", ")),
        )),
    }
}

async fn known_issuers(session: &Session) -> Result<Vec<Table>, Failure> {
    if open::has_begun(&session.settings).is_err() {
        return Ok(Vec::new());
    }
    let printed: Printed = session.operate("inventory.get", Get { kind: Some(Kind::Issuer), name: None }).await?;
    let table: Table = printed.text.parse().unwrap_or_default();
    let issuers = table.get("issuer").and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(issuers.iter().filter_map(Value::as_table).cloned().collect())
}

/// The host of a directory, without dots at its ends: a name that people recognise.
fn name_of(directory: &str) -> String {
    match directory {
        "letsencrypt" | LETS_ENCRYPT => "letsencrypt".to_owned(),
        "letsencrypt-staging" | LETS_ENCRYPT_STAGING => "letsencrypt-staging".to_owned(),
        url => url.split("://").nth(1).and_then(|rest| rest.split(['/', ':']).next()).unwrap_or(url).to_owned(),
    }
}

fn directory_url(directory: &str) -> &str {
    match directory {
        "letsencrypt" => LETS_ENCRYPT,
        "letsencrypt-staging" => LETS_ENCRYPT_STAGING,
        url => url,
    }
}

/// The piece of a file; without an address to listen on, that port at which CAs ask.
pub(super) fn text(args: &Args, lineage: &str, issuer: &Chosen, http01_port: u16) -> Result<String, Failure> {
    let mut file = Table::new();
    if let Some(directory) = &args.new_issuer.directory {
        file.insert("issuer".to_owned(), Value::Array(vec![described(args, directory, issuer)?.into()]));
    }
    let mut wanted = Table::new();
    wanted.insert("name".to_owned(), lineage.into());
    let identifiers: Vec<Value> = args.identifiers.iter().map(|name| name.to_string().into()).collect();
    wanted.insert("identifiers".to_owned(), identifiers.into());
    wanted.insert("issuer".to_owned(), issuer.name.as_str().into());
    wanted.insert("key".to_owned(), args.key.name().into());
    wanted.insert("reuse_key".to_owned(), args.reuse_key.into());
    let optional = [("profile", &args.profile), ("preferred_chain", &args.preferred_chain)];
    for (key, value) in optional {
        if let Some(value) = value {
            wanted.insert(key.to_owned(), value.as_str().into());
        }
    }
    if args.split {
        wanted.insert("shedding".to_owned(), "split".into());
    }
    wanted.insert("http01".to_owned(), solver(&args.solver, http01_port)?.into());
    if let Some(place) = place(&args.place, &args.identifiers[0].to_string())? {
        wanted.insert("place".to_owned(), Value::Array(vec![place.into()]));
    }
    file.insert("lineage".to_owned(), Value::Array(vec![wanted.into()]));
    Ok(file.to_string())
}

/// What the inventory says of it stays, where the command line says nothing else.
fn described(args: &Args, directory: &str, chosen: &Chosen) -> Result<Table, Failure> {
    let given = &args.new_issuer;
    let mut issuer = chosen.present.clone().unwrap_or_default();
    issuer.insert("name".to_owned(), chosen.name.as_str().into());
    issuer.insert("directory".to_owned(), directory_url(directory).into());
    if given.agree_terms || chosen.present.is_none() {
        issuer.insert("terms_agreed".to_owned(), given.agree_terms.into());
    }
    if !given.contact.is_empty() {
        let contact: Vec<Value> = given.contact.iter().map(|contact| contact.as_str().into()).collect();
        issuer.insert("contact".to_owned(), contact.into());
    }
    if let Some(trust) = &given.ca_trust {
        issuer.insert("trust".to_owned(), absolute(trust)?.into());
    }
    if let (Some(kid), Some(hmac)) = (&given.eab_kid, &given.eab_hmac) {
        let mut account = Table::new();
        account.insert("kid".to_owned(), kid.as_str().into());
        account.insert("hmac".to_owned(), hmac.as_str().into());
        issuer.insert("external_account".to_owned(), account.into());
    }
    Ok(issuer)
}

fn solver(solver: &Solver, http01_port: u16) -> Result<Table, Failure> {
    let mut table = Table::new();
    if let Some(root) = &solver.webroot {
        table.insert("solver".to_owned(), "webroot".into());
        table.insert("root".to_owned(), absolute(root)?.into());
    } else if solver.nginx_challenge {
        table.insert("solver".to_owned(), "nginx".into());
    } else {
        table.insert("solver".to_owned(), "listener".into());
        let listen = solver.listen.clone().unwrap_or_else(|| format!("[::]:{http01_port}"));
        table.insert("listen".to_owned(), listen.into());
    }
    Ok(table)
}

fn place(place: &Place, server_name: &str) -> Result<Option<Table>, Failure> {
    let mut settings = Table::new();
    let deployer = if let Some(folder) = &place.files {
        for (key, file) in
            [("key", "privkey.pem"), ("certificate", "cert.pem"), ("chain", "chain.pem"), ("full_chain", "fullchain.pem")]
        {
            settings.insert(key.to_owned(), absolute(&folder.join(file))?.into());
        }
        "files"
    } else if place.nginx {
        settings.insert("server_name".to_owned(), server_name.into());
        "nginx"
    } else if place.reload.is_some() || !place.endpoints.is_empty() {
        return Err(Failure::usage("--reload and --endpoint need a place", "add --files DIR or --nginx"));
    } else {
        return Ok(None);
    };
    if let Some(command) = &place.reload {
        let words: Vec<Value> = command.split_whitespace().map(Value::from).collect();
        let mut reload = Table::new();
        reload.insert("command".to_owned(), words.into());
        settings.insert("reload".to_owned(), reload.into());
    }
    let mut table = Table::new();
    table.insert("name".to_owned(), deployer.into());
    table.insert("deployer".to_owned(), deployer.into());
    table.insert("settings".to_owned(), settings.into());
    let endpoints: Vec<Value> = place.endpoints.iter().map(|target| target.to_string().into()).collect();
    table.insert("endpoints".to_owned(), endpoints.into());
    Ok(Some(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<Table> {
        let text = "[[issuer]]\nname = \"ca.example\"\ndirectory = \"https://ca.example/one\"\ntrust = \"/ca.pem\"\n";
        let table: Table = text.parse().unwrap();
        table["issuer"].as_array().unwrap().iter().map(|issuer| issuer.as_table().unwrap().clone()).collect()
    }

    /// Another path on a known host pointed the known issuer there, and with it every lineage that used it.
    #[test]
    fn another_directory_on_a_known_host_is_another_issuer() {
        let chosen = |name, directory| choose(name, Some(directory), known());
        let other = chosen(None, "https://ca.example/two").unwrap();
        assert_eq!((other.name.as_str(), other.present), ("ca.example-2", None));
        let same = chosen(None, "https://ca.example/one").unwrap();
        assert_eq!(same.name, "ca.example");
        assert_eq!(same.present.unwrap()["trust"].as_str(), Some("/ca.pem"), "what it was told stays");
        assert!(chosen(Some("ca.example"), "https://ca.example/two").is_err());
        assert_eq!(chosen(Some("new"), "https://ca.example/two").unwrap().name, "new");
        assert_eq!(choose(None, None, known()).unwrap().name, "ca.example");
    }
}
