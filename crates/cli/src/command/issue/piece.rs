//! What the options of `issue` say, as a piece of an inventory file.

use notafter_net::trust::Trust;
use toml::{Table, Value};

use super::known::{Known, said};
use super::{Args, NewIssuer, Place, Solver};
use crate::failure::Failure;
use crate::path::absolute;

const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
const LETS_ENCRYPT_STAGING: &str = "https://acme-staging-v02.api.letsencrypt.org/directory";

/// The issuer that is meant: its name, and how the inventory describes it where it knows it.
struct Chosen {
    name: String,
    present: Option<Table>,
}

/// Named, made by `--directory`, that of the lineage, or the only one there is.
fn choose(name: Option<&str>, directory: Option<&str>, known: &Known) -> Result<Chosen, Failure> {
    let named = |name: &str| known.issuers.iter().find(|issuer| said(issuer, "name") == Some(name)).cloned();
    if let Some(name) = name {
        let present = named(name);
        let at = present.as_ref().and_then(|issuer| said(issuer, "directory"));
        if let (Some(at), Some(wanted)) = (at, directory.map(directory_url))
            && at != wanted
        {
            let hint = "leave --issuer out, or give the new one a name of its own; to move one: notafter apply";
            return Err(Failure::new(format!("issuer {name} is known, at {at}"), hint));
        }
        if present.is_none() && directory.is_none() {
            let known: Vec<&str> = known.issuers.iter().filter_map(|issuer| said(issuer, "name")).collect();
            let hint = match known.as_slice() {
                [] => "make it: --directory URL --agree-terms".to_owned(),
                known => format!("known are: {}; or make it: --directory URL --agree-terms", known.join(", ")),
            };
            return Err(Failure::new(format!("there is no issuer {name:?}"), hint));
        }
        return Ok(Chosen { name: name.to_owned(), present });
    }
    if let Some(directory) = directory {
        return Ok(at_directory(directory, known));
    }
    if let Some(name) = known.lineage.as_ref().and_then(|lineage| said(lineage, "issuer")) {
        return Ok(Chosen { name: name.to_owned(), present: named(name) });
    }
    let names: Vec<&str> = known.issuers.iter().filter_map(|issuer| said(issuer, "name")).collect();
    match names.as_slice() {
        [only] => Ok(Chosen { name: (*only).to_owned(), present: named(only) }),
        [] => Err(Failure::new(
            "no CA is known yet",
            "name one with --directory URL --agree-terms (letsencrypt and letsencrypt-staging are understood)",
        )),
        several => Err(Failure::new(
            "several issuers are known",
            format!("choose one with --issuer: {}", several.join(", ")),
        )),
    }
}

/// The issuer that is there already, or a new one with a name that is free.
fn at_directory(directory: &str, known: &Known) -> Chosen {
    let wanted = directory_url(directory);
    let there = known.issuers.iter().find(|issuer| said(issuer, "directory") == Some(wanted));
    if let Some(present) = there {
        let name = said(present, "name").unwrap_or_default().to_owned();
        return Chosen { name, present: Some(present.clone()) };
    }
    let taken = |name: &str| known.issuers.iter().any(|issuer| said(issuer, "name") == Some(name));
    let first = name_of(directory);
    let more = (2_u32..).map(|count| format!("{first}-{count}"));
    let free = std::iter::once(first.clone()).chain(more).find(|name| !taken(name));
    Chosen { name: free.unwrap_or(first), present: None }
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

/// The piece of a file. What the inventory says of a known lineage stays, where the command line says nothing else; a new
/// one without an address to listen on has that port at which CAs ask.
pub(super) fn text(args: &Args, lineage: &str, known: &Known, http01_port: u16) -> Result<String, Failure> {
    let mut file = Table::new();
    let issuer = choose(args.issuer.as_deref(), args.new_issuer.directory.as_deref(), known)?;
    if let Some(directory) = &args.new_issuer.directory {
        let described = described(args, directory, &issuer, known)?;
        file.insert("issuer".to_owned(), Value::Array(vec![described.into()]));
    }
    let mut wanted = known.lineage.clone().unwrap_or_default();
    // From now on it is renewed here.
    wanted.remove("watch");
    let identifiers: Vec<Value> = args.identifiers.iter().map(|name| name.to_string().into()).collect();
    wanted.insert("name".to_owned(), lineage.into());
    wanted.insert("identifiers".to_owned(), identifiers.into());
    wanted.insert("issuer".to_owned(), issuer.name.as_str().into());
    let key = args.key.map(|key| key.name().into());
    let text = |value: &Option<String>| value.as_deref().map(Value::from);
    let given = [
        ("key", key),
        ("reuse_key", args.reuse_key.then(|| true.into())),
        ("profile", text(&args.profile)),
        ("preferred_chain", text(&args.preferred_chain)),
        ("shedding", args.split.then(|| "split".into())),
    ];
    let is_private = issuer.present.as_ref().is_some_and(|issuer| said(issuer, "kind") == Some("private"));
    let solved = wanted.remove("http01");
    if is_private {
        // What another issuer was asked with; what the options say is refused as it is in a file.
        wanted.remove("profile");
        wanted.remove("preferred_chain");
    }
    wanted.extend(given.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    if !is_private || args.solver.is_given() {
        let solver = solver(&args.solver, solved.as_ref().and_then(Value::as_table), http01_port)?;
        wanted.insert("http01".to_owned(), solver.into());
    }
    if let Some(place) = place(&args.place, &args.identifiers[0].to_string(), &known.places)? {
        wanted.insert("place".to_owned(), Value::Array(vec![place.into()]));
    }
    file.insert("lineage".to_owned(), Value::Array(vec![wanted.into()]));
    Ok(file.to_string())
}

/// A new issuer as the command line tells it. A known one belongs to every lineage that uses it, and stays as it is: only
/// its terms may still be agreed to, and all may be corrected before there is an account.
fn described(args: &Args, directory: &str, chosen: &Chosen, known: &Known) -> Result<Table, Failure> {
    let given = given(&args.new_issuer)?;
    let mut issuer = match &chosen.present {
        Some(present) if known.without_account.contains(&chosen.name) => {
            present.clone().into_iter().chain(given).collect()
        }
        Some(present) => unchanged(present, &given, &chosen.name)?,
        None => given,
    };
    issuer.insert("name".to_owned(), chosen.name.as_str().into());
    issuer.insert("directory".to_owned(), directory_url(directory).into());
    if args.new_issuer.agree_terms {
        issuer.insert("terms_agreed".to_owned(), true.into());
    }
    Ok(issuer)
}

/// What the options say of it. Every renewal needs the anchors: they are seen to be readable before anything is stored.
fn given(new: &NewIssuer) -> Result<Table, Failure> {
    let mut issuer = Table::new();
    if !new.contact.is_empty() {
        let contact: Vec<Value> = new.contact.iter().map(|contact| contact.as_str().into()).collect();
        issuer.insert("contact".to_owned(), contact.into());
    }
    if let Some(file) = &new.ca_trust {
        Trust::file(file)?;
        issuer.insert("trust".to_owned(), absolute(file)?.into());
    }
    if let (Some(kid), Some(hmac)) = (&new.eab_kid, &new.eab_hmac) {
        let mut account = Table::new();
        account.insert("kid".to_owned(), kid.as_str().into());
        account.insert("hmac".to_owned(), hmac.as_str().into());
        issuer.insert("external_account".to_owned(), account.into());
    }
    Ok(issuer)
}

/// The issuer as it is, where what was given says nothing else of it.
fn unchanged(present: &Table, given: &Table, name: &str) -> Result<Table, Failure> {
    let option = |key: &str| match key {
        "contact" => "--contact",
        "trust" => "--ca-trust",
        _ => "--eab-kid and --eab-hmac",
    };
    match given.iter().find(|(key, value)| present.get(*key) != Some(*value)) {
        None => Ok(present.clone()),
        Some((key, _)) => {
            let how = if present.contains_key(key) { "with another value for" } else { "without" };
            let what = format!("issuer {name} has an account, and is in the inventory {how} {}", option(key));
            let hint = format!(
                "leave that out; to change the issuer for every lineage that uses it: `notafter get issuer {name}`, \
                 then notafter apply"
            );
            Err(Failure::new(what, hint))
        }
    }
}

/// Who answers the CA's question: whom the command line names, who did so far, or a listener.
fn solver(solver: &Solver, present: Option<&Table>, http01_port: u16) -> Result<Table, Failure> {
    let listener = |listen: String| vec![("solver", "listener".to_owned()), ("listen", listen)];
    let fields = if let Some(root) = &solver.webroot {
        vec![("solver", "webroot".to_owned()), ("root", absolute(root)?)]
    } else if solver.nginx_challenge {
        vec![("solver", "nginx".to_owned())]
    } else if let Some(listen) = &solver.listen {
        listener(listen.to_string())
    } else if let Some(present) = present {
        return Ok(present.clone());
    } else {
        listener(format!("[::]:{http01_port}"))
    };
    let named: Table = fields.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect();
    // One of the same kind keeps what no option says, such as where nginx has its configuration.
    let same = present.filter(|present| said(present, "solver") == said(&named, "solver"));
    let mut table = same.cloned().unwrap_or_default();
    table.extend(named);
    Ok(table)
}

/// Where it goes, if the command line says something about that.
fn place(place: &Place, server_name: &str, known: &[Table]) -> Result<Option<Table>, Failure> {
    let mut table = match (&place.files, place.nginx) {
        (Some(_), _) => of_deployer("files", known),
        (None, true) => of_deployer("nginx", known),
        (None, false) if place.reload.is_none() && place.endpoints.is_empty() => return Ok(None),
        (None, false) => only(known)?,
    };
    let mut settings = table.get("settings").and_then(Value::as_table).cloned().unwrap_or_default();
    if let Some(folder) = &place.files {
        for (key, file) in
            [("key", "privkey.pem"), ("certificate", "cert.pem"), ("chain", "chain.pem"), ("full_chain", "fullchain.pem")]
        {
            settings.insert(key.to_owned(), absolute(&folder.join(file))?.into());
        }
    }
    // A place that names the files themselves goes by no server.
    if place.nginx && !settings.contains_key("key") && !settings.contains_key("server_name") {
        settings.insert("server_name".to_owned(), server_name.into());
    }
    if let Some(command) = &place.reload {
        let words = words(command)?;
        let mut reload = settings.get("reload").and_then(Value::as_table).cloned().unwrap_or_default();
        reload.retain(|key, _| key == "timeout");
        reload.insert("command".to_owned(), words.into());
        settings.insert("reload".to_owned(), reload.into());
    }
    table.insert("settings".to_owned(), settings.into());
    if !place.endpoints.is_empty() {
        let endpoints: Vec<Value> = place.endpoints.iter().map(|target| target.to_string().into()).collect();
        table.insert("endpoints".to_owned(), endpoints.into());
    }
    Ok(Some(table))
}

/// What only a shell would understand is refused: split at spaces, it would be another command.
fn words(command: &str) -> Result<Vec<Value>, Failure> {
    const OF_A_SHELL: [&str; 8] = ["'", "\"", "`", "\\", ";", "|", "&", "$("];
    match OF_A_SHELL.into_iter().find(|mark| command.contains(mark)) {
        None => Ok(command.split_whitespace().map(Value::from).collect()),
        Some(mark) => Err(Failure::usage(
            format!("--reload takes words separated by spaces, and no shell reads them: {mark} would mean nothing"),
            "write a script and name it here, or a list of words in an inventory file: \
             reload = { command = [\"WORD\", \"WORD\"] }",
        )),
    }
}

/// The place that bears a deployer's name, as far as it is there.
fn of_deployer(deployer: &str, known: &[Table]) -> Table {
    let is_it = |place: &&Table| said(place, "name") == Some(deployer) && said(place, "deployer") == Some(deployer);
    known.iter().find(is_it).cloned().unwrap_or_else(|| {
        ["name", "deployer"].into_iter().map(|key| (key.to_owned(), deployer.into())).collect()
    })
}

/// The only place that the lineage has.
fn only(known: &[Table]) -> Result<Table, Failure> {
    match known {
        [only] => Ok(only.clone()),
        [] => Err(Failure::new("--reload and --endpoint need a place", "add --files DIR or --nginx")),
        _ => Err(Failure::new(
            "the lineage has several places; --reload and --endpoint could be meant for each",
            "add --files DIR or --nginx, or change the place in an inventory file: notafter apply",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    const INVENTORY: &str = r#"
[[issuer]]
name = "ca.example"
directory = "https://ca.example/one"
contact = ["mailto:ops@shop.example"]
terms_agreed = true
trust = "/ca.pem"

[[issuer]]
name = "other"
directory = "https://other.example/"

[[lineage]]
name = "shop"
identifiers = ["shop.example"]
issuer = "ca.example"
owner = "team"
key = "rsa-3072"
reuse_key = true
profile = "short"
preferred_chain = "Root"
http01 = { solver = "webroot", root = "/srv/www" }
shedding = "split"
keep_versions = 7

[[lineage.place]]
name = "files"
deployer = "files"
settings = { full_chain = "/live/chain.pem", key = "/live/key.pem", owner = "www", reload = { command = ["old"], timeout = "9s" } }
endpoints = [{ target = "10.0.0.1:443", sni = "shop.example" }]
"#;

    fn known() -> Known {
        Known::read(INVENTORY, "shop").unwrap()
    }

    /// The piece of a file for a command line about the lineage `shop`.
    fn piece(line: &str) -> Result<Table, Failure> {
        piece_among(line, &known())
    }

    fn piece_among(line: &str, known: &Known) -> Result<Table, Failure> {
        let words = ["issue", "--name", "shop"].into_iter().chain(line.split(' '));
        let Line { args } = clap::Parser::try_parse_from(words).unwrap();
        text(&args, "shop", known, 80).map(|text| text.parse().unwrap())
    }

    fn lineage(line: &str) -> Table {
        piece(line).unwrap()["lineage"][0].as_table().unwrap().clone()
    }

    /// Another path on a known host pointed the known issuer there, and with it every lineage that used it.
    #[test]
    fn another_directory_on_a_known_host_is_another_issuer() {
        let chosen = |name, directory| choose(name, Some(directory), &known());
        let other = chosen(None, "https://ca.example/two").unwrap();
        assert_eq!((other.name.as_str(), other.present), ("ca.example-2", None));
        let same = chosen(None, "https://ca.example/one").unwrap();
        assert_eq!(same.name, "ca.example");
        assert_eq!(same.present.unwrap()["trust"].as_str(), Some("/ca.pem"), "what it was told stays");
        assert!(chosen(Some("ca.example"), "https://ca.example/two").is_err());
        assert_eq!(chosen(Some("new"), "https://ca.example/two").unwrap().name, "new");
        let only = Known { issuers: known().issuers[..1].to_vec(), ..Known::default() };
        assert_eq!(choose(None, None, &only).unwrap().name, "ca.example");
    }

    /// Key, solver and the rest went back to their defaults, and of several issuers one had to be named.
    #[test]
    fn what_is_not_given_of_a_known_lineage_stays() {
        assert_eq!(Some(lineage("shop.example")), known().lineage);
        let wider = lineage("--key ecdsa-p384 shop.example www.shop.example");
        let mut expected = known().lineage.unwrap();
        expected.insert("key".to_owned(), "ecdsa-p384".into());
        expected.insert("identifiers".to_owned(), vec!["shop.example", "www.shop.example"].into());
        assert_eq!(wider, expected);
        assert_eq!(lineage("--listen 127.0.0.1:80 shop.example")["http01"]["solver"].as_str(), Some("listener"));
    }

    #[test]
    fn a_lineage_that_moves_to_the_private_ca_leaves_the_challenge_behind() {
        let mut known = known();
        known.issuers.push("name = \"house\"\nkind = \"private\"".parse().unwrap());
        let moved = |line: &str| piece_among(line, &known).unwrap()["lineage"][0].as_table().unwrap().clone();
        let here = moved("--issuer house shop.example");
        assert!(!here.contains_key("http01") && here["issuer"].as_str() == Some("house"), "{here}");
        let asked = moved("--issuer house --webroot /srv/www shop.example");
        assert_eq!(asked["http01"]["solver"].as_str(), Some("webroot"), "refused as in a file, not forgotten");
    }

    /// A new reload command took the files, owner and endpoints of the place away.
    #[test]
    fn what_is_not_given_of_a_known_place_stays() {
        let place = |line| lineage(line)["place"][0].as_table().unwrap().clone();
        let mut expected = known().places[0].clone();
        let reload = &mut expected["settings"]["reload"]["command"];
        *reload = vec!["systemctl", "reload", "x"].into();
        let words = ["issue", "--name", "shop", "--reload", "systemctl reload x", "shop.example"];
        let Line { args } = clap::Parser::try_parse_from(words).unwrap();
        let told: Table = text(&args, "shop", &known(), 80).unwrap().parse().unwrap();
        assert_eq!(told["lineage"][0]["place"][0].as_table(), Some(&expected));

        let elsewhere = place("--endpoint shop.example:8443 shop.example");
        let mut expected = known().places[0].clone();
        expected.insert("endpoints".to_owned(), vec!["shop.example:8443"].into());
        assert_eq!(elsewhere, expected);
        let moved = place("--files /new shop.example");
        assert_eq!(moved["settings"]["key"].as_str(), Some("/new/privkey.pem"));
        assert_eq!(moved["settings"]["owner"].as_str(), Some("www"));
    }

    /// It pointed every lineage of the issuer at other anchors, or another account.
    #[test]
    fn a_known_issuer_is_not_changed_for_every_lineage() {
        let with = |more: &str| piece(&format!("--directory https://ca.example/one {more}shop.example"));
        let refused = |more: &str| with(more).unwrap_err().to_string();
        insta::assert_snapshot!(refused("--contact mailto:other@shop.example "));
        assert!(refused("--eab-kid 1 --eab-hmac env:MAC ").contains("--eab-kid"));
        let same = with("--contact mailto:ops@shop.example --agree-terms ").unwrap();
        assert_eq!(same["issuer"][0].as_table(), known().issuers.first());
    }

    /// "With another value", of what the issuer of a failed `issue` had not been told at all, and only the terms could be
    /// agreed to afterwards.
    #[test]
    fn an_issuer_without_an_account_is_corrected_by_what_is_told_next() {
        let line = |more: &str| format!("--directory https://ca.example/one {more} shop.example");
        let eab = line("--eab-kid 1 --eab-hmac env:MAC");
        let refused = piece(&eab).unwrap_err().to_string();
        assert!(refused.contains("ca.example has an account, and is in the inventory without --eab-kid"), "{refused}");
        let fresh = Known { without_account: vec!["ca.example".to_owned()], ..known() };
        let issuer = |line: &str| {
            piece_among(line, &fresh).unwrap()["issuer"][0].as_table().unwrap().clone()
        };
        let corrected = issuer(&eab);
        assert_eq!(corrected["external_account"]["kid"].as_str(), Some("1"));
        assert_eq!(corrected["trust"].as_str(), Some("/ca.pem"), "what it was told stays");
        let corrected = issuer(&line("--contact mailto:other@shop.example"));
        assert_eq!(corrected["contact"][0].as_str(), Some("mailto:other@shop.example"));
    }

    /// It was stored, and every renewal failed.
    #[test]
    fn anchors_that_cannot_be_read_are_told_before_anything_is_stored() {
        let line = |file: &str| format!("--directory https://new.example/ --ca-trust {file} shop.example");
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "no certificate\n").unwrap();
        for file in [empty.to_str().unwrap(), "/nonexistent/root.pem"] {
            let refused = piece(&line(file)).unwrap_err();
            assert_eq!(refused.exit_code(), 2, "{refused}");
            assert!(refused.to_string().contains(file), "{refused}");
        }
    }

    /// It was split at the spaces, quotes and all.
    #[test]
    fn a_reload_that_only_a_shell_understands_is_refused() {
        for command in ["sh -c 'x; y'", "a && b", "a | b", "a\\ b", "a $(b)", "a \"b\"", "a `b`"] {
            let words = ["issue", "--reload", command, "shop.example"];
            let Line { args } = clap::Parser::try_parse_from(words).unwrap();
            let refused = text(&args, "shop", &known(), 80).unwrap_err();
            assert_eq!(refused.exit_code(), 64, "{command}: {refused}");
        }
        insta::assert_snapshot!(words("/bin/sh -c 'echo x'").unwrap_err().to_string());
        assert_eq!(words("systemctl reload nginx").unwrap().len(), 3);
    }
}
