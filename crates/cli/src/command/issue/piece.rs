//! What the options of `issue` say, as a piece of an inventory file.

use std::path::Path;

use notafter_engine::open;
use notafter_engine::operate::inventory::{Get, Printed};
use notafter_inventory::code::Kind;
use toml::{Table, Value};

use super::{Args, Place, Solver};
use crate::failure::Failure;
use crate::session::Session;

const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
const LETS_ENCRYPT_STAGING: &str = "https://acme-staging-v02.api.letsencrypt.org/directory";

/// The issuer that is meant: named, made by `--directory`, or the only one there is.
pub(super) async fn issuer_name(args: &Args, session: &Session) -> Result<String, Failure> {
    if let Some(name) = &args.issuer {
        return Ok(name.clone());
    }
    if let Some(directory) = &args.new_issuer.directory {
        return Ok(name_of(directory));
    }
    let known = known_issuers(session).await?;
    match known.as_slice() {
        [only] => Ok(only.clone()),
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

async fn known_issuers(session: &Session) -> Result<Vec<String>, Failure> {
    if open::has_begun(&session.settings).is_err() {
        return Ok(Vec::new());
    }
    let printed: Printed = session.operate("inventory.get", Get { kind: Some(Kind::Issuer), name: None }).await?;
    let table: Table = printed.text.parse().unwrap_or_default();
    let issuers = table.get("issuer").and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(issuers.iter().filter_map(|issuer| issuer.get("name")?.as_str().map(str::to_owned)).collect())
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

/// The piece of a file.
pub(super) fn text(args: &Args, lineage: &str, issuer: &str) -> Result<String, Failure> {
    let mut file = Table::new();
    if let Some(directory) = &args.new_issuer.directory {
        file.insert("issuer".to_owned(), Value::Array(vec![new_issuer(args, directory, issuer)?.into()]));
    }
    let mut wanted = Table::new();
    wanted.insert("name".to_owned(), lineage.into());
    let identifiers: Vec<Value> = args.identifiers.iter().map(|name| name.to_string().into()).collect();
    wanted.insert("identifiers".to_owned(), identifiers.into());
    wanted.insert("issuer".to_owned(), issuer.into());
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
    wanted.insert("http01".to_owned(), solver(&args.solver)?.into());
    if let Some(place) = place(&args.place, &args.identifiers[0].to_string())? {
        wanted.insert("place".to_owned(), Value::Array(vec![place.into()]));
    }
    file.insert("lineage".to_owned(), Value::Array(vec![wanted.into()]));
    Ok(file.to_string())
}

fn new_issuer(args: &Args, directory: &str, name: &str) -> Result<Table, Failure> {
    let given = &args.new_issuer;
    let mut issuer = Table::new();
    issuer.insert("name".to_owned(), name.into());
    issuer.insert("directory".to_owned(), directory_url(directory).into());
    issuer.insert("terms_agreed".to_owned(), given.agree_terms.into());
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

fn solver(solver: &Solver) -> Result<Table, Failure> {
    let mut table = Table::new();
    if let Some(root) = &solver.webroot {
        table.insert("solver".to_owned(), "webroot".into());
        table.insert("root".to_owned(), absolute(root)?.into());
    } else if solver.nginx_challenge {
        table.insert("solver".to_owned(), "nginx".into());
    } else {
        table.insert("solver".to_owned(), "listener".into());
        table.insert("listen".to_owned(), solver.listen.as_deref().unwrap_or("[::]:80").into());
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

/// The server does not share this process's directory.
fn absolute(path: &Path) -> Result<String, Failure> {
    let path = std::path::absolute(path)
        .map_err(|error| Failure::usage(format!("{} is no path", path.display()), "write an absolute path").because(error))?;
    path.to_str().map(str::to_owned).ok_or_else(|| Failure::usage("a path is not UTF-8", "rename it"))
}
