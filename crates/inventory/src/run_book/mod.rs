//! The run-book of a finding: what visitors see, what to tell them, whether a warning can be passed at all, how somebody who
//! must get in does so safely meanwhile, and when it is over for everybody once it is mended.

mod heals;

use notafter_cert::{Fingerprint, Time, base64};
use notafter_tls::Target;
use serde::{Deserialize, Serialize};

use crate::check::{ClientView, Hsts, Passable, clients};
use crate::code::endpoint_name;
use crate::model::{AlertId, Finding};
use crate::rule;

/// What is known of the case beyond its code.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// Where visitors come, where the finding is about an endpoint.
    pub target: Option<Target>,
    /// A key that is known to belong there, and is served there now.
    pub key: Option<KnownKey>,
    /// What a look learnt of the name and HSTS; what follows from the name alone where none did.
    pub hsts: Option<Hsts>,
    /// The open alert that tells of it.
    pub alert: Option<AlertId>,
    /// Whether somebody has taken it.
    pub is_taken: bool,
    /// What to type to see through it and to mend it, with its names.
    pub mend: Vec<String>,
    /// Since when it is over.
    pub over: Option<Time>,
}

impl Case {
    /// What the finding itself tells of its case.
    #[must_use]
    pub fn of(finding: &Finding) -> Self {
        Self { hsts: Hsts::in_evidence(&finding.violation), over: finding.closed_at, ..Self::default() }
    }
}

/// A key that is known to belong to a service: whoever answers with it is the service, whatever its certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownKey {
    /// SHA-256 of the SubjectPublicKeyInfo (RFC 7469 section 2.4).
    pub spki_sha256: [u8; 32],
    /// How it is known.
    pub by: KnownBy,
}

/// How a key is known to belong to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownBy {
    /// It is the key of a version of this lineage.
    Lineage(String),
    /// It was served there since this instant, before anything was wrong.
    ServedSince(Time),
}

/// A run-book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunBook {
    /// What visitors see, program by program; nothing where they notice nothing.
    pub visitors: Vec<Visitor>,
    /// What to tell whoever asks.
    pub tell: String,
    /// Whether anybody can pass it, and who.
    pub bypass: String,
    /// How somebody who must get in does so meanwhile.
    pub meanwhile: Vec<Advice>,
    /// What to type to see through it and to mend it.
    #[serde(default)]
    pub mend: Vec<String>,
    /// When it is over for everybody once it is mended.
    pub heals: Vec<String>,
}

/// What a visitor's program shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    /// The program.
    pub client: String,
    /// Its error.
    pub shows: String,
    /// Whether a person can go on all the same.
    pub passable: Passable,
}

impl From<ClientView> for Visitor {
    fn from(ClientView { client, shows, passable }: ClientView) -> Self {
        Self { client: client.to_owned(), shows: shows.to_owned(), passable }
    }
}

/// A piece of advice, with the command to type where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// What, and why.
    pub text: String,
    /// What to type.
    pub command: Option<String>,
}

/// What a violation does to visitors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// They notice nothing.
    Quiet,
    /// They are warned, and some could go on.
    Warned,
    /// Nobody gets through.
    Shut,
}

/// Codes at which the certificate says nothing about who answers: a key that is known proves more than it does.
const PINNABLE: [&str; 6] = [
    "certificate.expired",
    "certificate.not-yet-valid",
    "certificate.name-mismatch",
    "chain.ca-expired",
    "chain.missing-intermediate",
    "chain.untrusted-root",
];

/// The run-book for a code in a case.
#[must_use]
pub fn of(code: &str, case: &Case) -> RunBook {
    let web = case.target.as_ref().is_none_or(is_web);
    if let Some(since) = case.over {
        return over(code, web, since, &name(case));
    }
    let by_name = || case.target.as_ref().map(|target| Hsts::of_name(&target.expected_name()));
    let hsts = case.hsts.or_else(by_name).unwrap_or_default();
    let visitors = seen(code, hsts, web);
    let effect = effect(&visitors);
    RunBook {
        tell: tell(effect, web, case),
        bypass: bypass(effect, web.then_some(hsts), case),
        meanwhile: meanwhile(code, effect, case),
        mend: case.mend.clone(),
        heals: heals::of(code, web, case.target.as_ref().map(quoted).as_deref()),
        visitors,
    }
}

/// Nothing of it holds any more.
fn over(code: &str, web: bool, since: Time, name: &str) -> RunBook {
    let since = since.for_people();
    RunBook {
        visitors: Vec::new(),
        tell: format!(
            "What was wrong with {name} is over since {since}. Whoever is still told of it loads the page anew."
        ),
        bypass: format!("There is nothing to pass: it is over since {since}."),
        meanwhile: vec![Advice { text: "As always: nothing stands in the way.".to_owned(), command: None }],
        mend: Vec::new(),
        heals: heals::afterwards(code, web),
    }
}

/// What visitors see of a code where browsers come (`web`), or only other programs.
#[must_use]
pub fn visitors(code: &str, web: bool) -> Vec<Visitor> {
    seen(code, Hsts::Unknown, web)
}

fn seen(code: &str, hsts: Hsts, web: bool) -> Vec<Visitor> {
    let pages = rule::find(code).and_then(|rule| rule.meta.clients);
    let views = pages.map_or_else(Vec::new, |pages| clients(&pages, hsts, web));
    views.into_iter().map(Visitor::from).collect()
}

/// Whether browsers come there.
#[must_use]
pub fn is_web(target: &Target) -> bool {
    target.starttls.is_none() && Hsts::may_be_at(target.port)
}

fn effect(visitors: &[Visitor]) -> Effect {
    if visitors.is_empty() {
        return Effect::Quiet;
    }
    let is_shut = visitors.iter().all(|view| view.passable == Passable::No);
    if is_shut { Effect::Shut } else { Effect::Warned }
}

/// The name that people know it by.
fn name(case: &Case) -> String {
    case.target.as_ref().map_or_else(|| "the service".to_owned(), |target| target.expected_name().to_string())
}

fn tell(effect: Effect, web: bool, case: &Case) -> String {
    let name = name(case);
    let known = if case.is_taken { "it is known, and it is being mended" } else { "and it is known" };
    match effect {
        Effect::Quiet => format!("Nothing yet: visitors of {name} notice nothing of it."),
        Effect::Warned if web => format!(
            "The warning at {name} is real, {known}. Do not go on past it, and do not enter a password: a warning that is \
             clicked away once is clicked away when somebody listens, too. It goes away by itself; nothing has to be changed \
             on your machine."
        ),
        Effect::Warned => format!(
            "What your program says of the certificate of {name} is true, {known}. Do not accept it, and do not switch the \
             check off. Nothing has to be changed on your machine."
        ),
        Effect::Shut => format!(
            "{name} cannot be reached at the moment, {known}. Nothing is wrong with your machine, and nothing that you set \
             there would help."
        ),
    }
}

/// `hsts` is nothing where no browser comes.
fn bypass(effect: Effect, hsts: Option<Hsts>, case: &Case) -> String {
    let look = case.target.as_ref().map_or_else(|| "notafter check TARGET".to_owned(), check);
    match (effect, hsts) {
        (Effect::Quiet, _) => "There is no warning.".to_owned(),
        (Effect::Shut, _) => "No: there is no connection that anybody could accept.".to_owned(),
        (Effect::Warned, None) => {
            "In programs that ask; most remember the answer. Others need to be told not to check. Nobody should.".to_owned()
        }
        (Effect::Warned, Some(Hsts::Preloaded)) => {
            "In no browser: they know the whole top-level domain for HTTPS alone (HSTS preload list).".to_owned()
        }
        (Effect::Warned, Some(Hsts::NotAsked)) => {
            "In browsers with a click: there is no HSTS here. Nobody should.".to_owned()
        }
        (Effect::Warned, Some(Hsts::Asked)) => {
            "In no browser that has been there before: the server asks for HSTS, and they hold to it (RFC 6797 section 12.1). \
             In one that comes for the first time, with a click, and nobody should."
                .to_owned()
        }
        (Effect::Warned, Some(Hsts::Unknown)) => format!(
            "In browsers that know the site for HSTS, not at all (RFC 6797 section 12.1); in others with a click, and nobody \
             should. Whether the server asks for HSTS is said by: {look}"
        ),
    }
}

fn meanwhile(code: &str, effect: Effect, case: &Case) -> Vec<Advice> {
    let say = |text: &str| Advice { text: text.to_owned(), command: None };
    match effect {
        Effect::Quiet => vec![say("Nothing: the service is as safe to use as before.")],
        Effect::Shut => {
            let every =
                "See whether every address of the name is like that; one that is well can be used meanwhile.";
            vec![Advice { text: every.to_owned(), command: case.target.as_ref().map(check) }]
        }
        Effect::Warned if !PINNABLE.contains(&code) => {
            vec![say(
                "Not at all: whoever answers there may be somebody else, or may be read by somebody else.",
            )]
        }
        Effect::Warned => match (&case.key, &case.target) {
            (Some(key), Some(target)) => pinned(key, target, case.alert),
            (_, None) => vec![say(
                "Bound to the key of the service, where one is known: its finding says so, with the command to type.",
            )],
            _ => vec![say(
                "Not safely: no key is known here that belongs to the service and is served by it now.",
            )],
        },
    }
}

/// By the key, where the certificate does not tell who answers.
fn pinned(key: &KnownKey, target: &Target, alert: Option<AlertId>) -> Vec<Advice> {
    let by = match &key.by {
        KnownBy::Lineage(name) => format!("it is the key of lineage {name}"),
        KnownBy::ServedSince(at) => format!("it has been served there since {}", at.for_people()),
    };
    let hash = base64::encode(&key.spki_sha256);
    if !is_web(target) {
        let hex = Fingerprint::from_bytes(key.spki_sha256);
        return vec![Advice {
            text: format!(
                "Only with a program that can be bound to a public key. The SHA-256 of the one that is served now and known \
                 ({by}) is {hex}, or in base64 {hash}."
            ),
            command: None,
        }];
    }
    let host = target.expected_name();
    let url = if target.port == 443 {
        format!("https://{host}/")
    } else {
        format!("https://{host}:{}/", target.port)
    };
    let mut advice = vec![
        Advice {
            text: format!(
                "Bound to the key that is served now and known ({by}): the certificate is not believed, and every other key is \
                 refused (curl ends with 90)."
            ),
            command: Some(format!("curl --insecure --pinnedpubkey 'sha256//{hash}' {url}")),
        },
        Advice {
            text: "In a browser, with a profile of its own that takes this key alone, and is thrown away when the window closes \
                   (Chrome and Edge know the option, too)."
                .to_owned(),
            command: Some(format!(
                "P=$(mktemp -d); chromium --user-data-dir=\"$P\" --ignore-certificate-errors-spki-list={hash} {url}; rm -r \"$P\""
            )),
        },
    ];
    advice.extend(alert.map(|alert| Advice {
        text: "Write down who does it, and until when, where the next one looks: with the alert.".to_owned(),
        command: Some(format!("notafter alert ack {alert} --note \"bound to the known key until 14:00\"")),
    }));
    advice
}

/// As it is typed: what is sent there in a name of its own stands in brackets behind it.
fn quoted(target: &Target) -> String {
    let name = endpoint_name(target);
    if name.contains(' ') { format!("\"{name}\"") } else { name }
}

fn check(target: &Target) -> String {
    let sni = target.sni.as_ref().map(|name| format!(" --sni {name}")).unwrap_or_default();
    format!("notafter check {target}{sni}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;

    fn case(target: &str, key: bool) -> Case {
        let by = KnownBy::Lineage("shop".to_owned());
        let key = key.then_some(KnownKey { spki_sha256: [7; 32], by });
        let alert = Some(AlertId::from_bytes([9; 16]));
        Case { target: Some(target.parse().unwrap()), key, alert, is_taken: true, ..Case::default() }
    }

    fn told(book: &RunBook) -> String {
        let RunBook { visitors, tell, bypass, meanwhile, mend, heals } = book;
        let mut lines: Vec<String> = visitors
            .iter()
            .map(|view| format!("{}: {} ({:?})", view.client, view.shows, view.passable))
            .collect();
        lines.extend([format!("tell: {tell}"), format!("bypass: {bypass}")]);
        for Advice { text, command } in meanwhile {
            lines.push(format!("meanwhile: {text}"));
            lines.extend(command.iter().map(|command| format!("  $ {command}")));
        }
        lines.extend(mend.iter().map(|command| format!("mend: $ {command}")));
        lines.extend(heals.iter().map(|line| format!("heals: {line}")));
        lines.join("\n")
    }

    #[test]
    fn an_expired_certificate_whose_key_is_known() {
        insta::assert_snapshot!(told(&of("certificate.expired", &case("shop.example:8443", true))));
    }

    #[test]
    fn a_name_that_browsers_know_for_https_alone_and_whose_key_nobody_knows() {
        insta::assert_snapshot!(told(&of("chain.untrusted-root", &case("shop.dev", false))));
    }

    #[test]
    fn a_mail_server_is_visited_by_no_browser() {
        let mut pinned = case("smtp://mail.example", true);
        pinned.key =
            pinned.key.map(|key| KnownKey { by: KnownBy::ServedSince(Time::from_unix_seconds(0)), ..key });
        insta::assert_snapshot!(told(&of("certificate.expired", &pinned)));
    }

    #[test]
    fn where_nothing_answers_there_is_nothing_to_accept() {
        insta::assert_snapshot!(told(&of("endpoint.refused", &case("shop.example", true))));
    }

    /// The page said "with a click, unless", and sent its reader to type `check`, which knew it.
    #[test]
    fn what_a_look_learnt_of_hsts_is_said() {
        let asked = |hsts| of("certificate.expired", &Case { hsts, ..case("shop.example", false) }).bypass;
        assert!(asked(Some(Hsts::Asked)).starts_with("In no browser that has been there before"));
        assert!(asked(Some(Hsts::NotAsked)).starts_with("In browsers with a click: there is no HSTS"));
        assert!(asked(None).ends_with("is said by: notafter check shop.example:443"), "{}", asked(None));
    }

    /// It told to look at TARGET, and to take ALERT.
    #[test]
    fn commands_carry_the_names_of_the_case() {
        let mut case = case("shop.example", true);
        case.mend = vec!["notafter renew shop".to_owned()];
        let text = told(&of("certificate.expired", &case));
        assert!(text.contains("notafter look shop.example:443"), "{text}");
        assert!(text.contains("notafter alert ack al_") && text.contains("$ notafter renew shop"), "{text}");
        let unknown = Case { alert: None, ..case.clone() };
        assert!(!told(&of("certificate.expired", &unknown)).contains("alert ack"), "no alert tells of it");
        let sent = Target { sni: Some("shop.example".to_owned()), ..case.target.clone().unwrap() };
        let named = Target { host: "192.0.2.7".parse().unwrap(), ..sent };
        let text = told(&of("certificate.expired", &Case { target: Some(named), ..case }));
        assert!(text.contains("notafter look \"192.0.2.7:443 (shop.example)\""), "{text}");
    }

    /// A closed finding still told that the warning was real, that it was being mended, and what was served now.
    #[test]
    fn what_is_over_is_told_as_over() {
        let over = Some(Time::from_unix_seconds(1_800_000_000));
        insta::assert_snapshot!(told(&of(
            "certificate.expired",
            &Case { over, ..case("shop.example", true) }
        )));
    }

    /// "It is being mended" stood beside "nobody has taken it yet".
    #[test]
    fn what_nobody_has_taken_is_not_being_mended() {
        for code in ["certificate.expired", "endpoint.refused"] {
            let (taken, open) =
                (case("shop.example", true), Case { is_taken: false, ..case("shop.example", true) });
            assert!(of(code, &taken).tell.contains("is being mended"), "{code}");
            let tell = of(code, &open).tell;
            assert!(tell.contains(", and it is known.") && !tell.contains("mended"), "{tell}");
        }
    }

    /// Whoever does not hold the key could be anybody; a key that others can compute proves nothing.
    #[test]
    fn nobody_is_bound_to_a_key_that_proves_nothing() {
        for code in [
            "handshake.signature-wrong",
            "certificate.weak-key",
            "chain.broken-signature",
            "chain.self-signed",
        ] {
            let book = of(code, &case("shop.example", true));
            let commands: String =
                book.meanwhile.iter().filter_map(|advice| advice.command.clone()).collect();
            assert!(!commands.contains("BwcH"), "{code}: {commands}");
        }
    }

    #[test]
    fn every_code_of_the_catalogue_has_a_run_book_that_says_when_it_heals() {
        for entry in catalogue::all() {
            let book = of(entry.code, &Case::default());
            assert!(!book.heals.is_empty() && !book.meanwhile.is_empty(), "{}", entry.code);
        }
    }
}
