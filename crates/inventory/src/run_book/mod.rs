//! The run-book of a finding: what visitors see, what to tell them, whether a warning can be passed at all, how somebody who
//! must get in does so safely meanwhile, and when it is over for everybody once it is mended.

mod heals;

use notafter_cert::{Fingerprint, Time, base64};
use notafter_tls::Target;
use serde::{Deserialize, Serialize};

use crate::check::{ClientView, Hsts, Passable, clients, programs};
use crate::code::endpoint_name;
use crate::model::{AlertId, Finding, Violation};
use crate::rule::{self, Clients, Page};
use crate::words::listed;

/// What is known of the case beyond its code.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// Where visitors come, where the finding is about an endpoint.
    pub target: Option<Target>,
    /// A key that is known to belong there, and is served there now.
    pub key: Option<KnownKey>,
    /// What a look learnt of the name and HSTS; what follows from the name alone where none did.
    pub hsts: Option<Hsts>,
    /// What programs show of this finding; what its rule says where there is none.
    pub seen_as: Option<Clients<String>>,
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
        let violation = &finding.violation;
        Self {
            hsts: Hsts::in_evidence(violation),
            seen_as: Clients::of(violation),
            over: finding.closed_at,
            ..Self::default()
        }
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

impl From<ClientView<String>> for Visitor {
    fn from(ClientView { client, shows, passable }: ClientView<String>) -> Self {
        Self { client: client.to_owned(), shows, passable }
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
    /// What they see depends on their programs, and is not known.
    Unknown,
    /// They are warned, and some could go on.
    Warned,
    /// Some programs refuse, and others let people in.
    ForSome,
    /// Nobody gets through.
    Shut,
}

/// The programs that visitors come with, by what they do.
struct Programs {
    refuse: Vec<&'static str>,
    pass: Vec<&'static str>,
    unknown: Vec<&'static str>,
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

/// What does not tell who answers, whoever lets people in.
const REVOKED: &str = "certificate.revoked";

/// The run-book for a code in a case.
#[must_use]
pub fn of(code: &str, case: &Case) -> RunBook {
    let web = case.target.as_ref().is_none_or(is_web);
    if let Some(since) = case.over {
        return over(code, web, since, &name(case));
    }
    let by_name = || case.target.as_ref().map(|target| Hsts::of_name(&target.expected_name()));
    let hsts = case.hsts.or_else(by_name).unwrap_or_default();
    let pages = case.seen_as.clone().or_else(|| rule::find(code)?.meta.clients.map(Clients::owned));
    let visitors = seen(pages.as_ref(), hsts, web);
    let programs = Programs::of(pages.as_ref(), web);
    let effect = match effect(&visitors, &programs) {
        Effect::Quiet if code == REVOKED => Effect::Unknown,
        effect => effect,
    };
    RunBook {
        tell: tell((code, effect), web, &programs, case),
        bypass: bypass(effect, web.then_some(hsts), &programs, case),
        meanwhile: meanwhile(code, effect, &programs, case),
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

/// What visitors see of a violation where browsers come (`web`), or only other programs.
#[must_use]
pub fn visitors(violation: &Violation, web: bool) -> Vec<Visitor> {
    seen(Clients::of(violation).as_ref(), Hsts::Unknown, web)
}

fn seen(pages: Option<&Clients<String>>, hsts: Hsts, web: bool) -> Vec<Visitor> {
    let views = pages.map_or_else(Vec::new, |pages| clients(pages, hsts, web));
    views.into_iter().map(Visitor::from).collect()
}

impl Programs {
    fn of(pages: Option<&Clients<String>>, web: bool) -> Self {
        let (mut refuse, mut pass, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        for (client, page) in pages.iter().flat_map(|pages| programs(pages, web)) {
            match page {
                Page::Nothing => pass.push(client),
                Page::Unknown => unknown.push(client),
                Page::Warning(_) | Page::Wall(_) => refuse.push(client),
            }
        }
        Self { refuse, pass, unknown }
    }

    /// What those do that do not refuse.
    fn others(&self) -> String {
        let mut told = Vec::new();
        if !self.pass.is_empty() {
            let verb = if self.pass.len() == 1 { "lets" } else { "let" };
            told.push(format!("{} {verb} people in", listed(&self.pass)));
        }
        if !self.unknown.is_empty() {
            let verb = if self.unknown.len() == 1 { "does" } else { "do" };
            told.push(format!("what {} {verb} is not known", listed(&self.unknown)));
        }
        told.join("; ")
    }
}

/// Whether browsers come there.
#[must_use]
pub fn is_web(target: &Target) -> bool {
    target.starttls.is_none() && Hsts::may_be_at(target.port)
}

fn effect(visitors: &[Visitor], programs: &Programs) -> Effect {
    let passes = |name: &&'static str| *name != "curl";
    match visitors {
        [] if programs.unknown.is_empty() => Effect::Quiet,
        [] => Effect::Unknown,
        all if all.iter().any(|view| view.passable != Passable::No) => Effect::Warned,
        // Programs beside browsers do not count where browsers come.
        _ if programs.pass.iter().chain(&programs.unknown).any(passes) => Effect::ForSome,
        _ => Effect::Shut,
    }
}

/// The name that people know it by.
fn name(case: &Case) -> String {
    case.target.as_ref().map_or_else(|| "the service".to_owned(), |target| target.expected_name().to_string())
}

fn tell((code, effect): (&str, Effect), web: bool, programs: &Programs, case: &Case) -> String {
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
        Effect::Unknown | Effect::ForSome if code == REVOKED => format!(
            "The certificate of {name} was withdrawn, {known}. Stay away until that is over, also where your program lets you in. \
             Nothing has to be changed on your machine."
        ),
        Effect::Unknown => format!(
            "Something is wrong at {name}, {known}. Whether your program lets you in depends on the program; where it does not, \
             nothing has to be changed on your machine."
        ),
        Effect::ForSome => format!(
            "{} {name}, {known}; {}. Nothing is wrong with your machine, and nothing that you set there would help.",
            match programs.refuse[..] {
                [only] => format!("{only} refuses"),
                _ => format!("{} refuse", listed(&programs.refuse)),
            },
            programs.others()
        ),
        Effect::Shut => format!(
            "{name} cannot be reached at the moment, {known}. Nothing is wrong with your machine, and nothing that you set \
             there would help."
        ),
    }
}

/// `hsts` is nothing where no browser comes.
fn bypass(effect: Effect, hsts: Option<Hsts>, programs: &Programs, case: &Case) -> String {
    let look = case.target.as_ref().map_or_else(|| "notafter check TARGET".to_owned(), check);
    match (effect, hsts) {
        (Effect::Quiet, _) => "There is no warning.".to_owned(),
        (Effect::Unknown, _) => "It is not known whether there is anything to pass: programs differ.".to_owned(),
        (Effect::ForSome, _) => format!("Not in {}: there is nothing to click.", listed(&programs.refuse)),
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

fn meanwhile(code: &str, effect: Effect, programs: &Programs, case: &Case) -> Vec<Advice> {
    let say = |text: &str| Advice { text: text.to_owned(), command: None };
    match effect {
        Effect::Unknown | Effect::ForSome if code == REVOKED => vec![say(
            "Not at all: a certificate is revoked because its key may be in other hands, and a program that lets people in has \
             only not heard of it.",
        )],
        Effect::Unknown => vec![Advice {
            text: "See what each address serves.".to_owned(),
            command: case.target.as_ref().map(check),
        }],
        Effect::ForSome if programs.pass.is_empty() => vec![say("Not known: see what each program shows.")],
        Effect::ForSome => vec![say(&format!(
            "With {}: what is wrong keeps nobody else out, and everything else about the certificate is checked as always.",
            listed(&programs.pass)
        ))],
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
    use crate::model::{Severity, Subject};
    use crate::rule::Said;

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

    /// Without a staple Firefox alone refuses, and the run-book told that nobody got through.
    #[test]
    fn what_some_browsers_refuse_is_not_told_as_shut() {
        let revoked = Clients {
            chromium: Page::Unknown,
            firefox: Page::Unknown,
            safari: Page::Unknown,
            curl: Page::Nothing,
        };
        let table = [
            ("certificate.must-staple-missing", "shop.example", None),
            ("certificate.must-staple-missing", "smtp://mail.example", None),
            ("certificate.revoked", "shop.example", None),
            ("certificate.revoked", "shop.example", Some(revoked.owned())),
            ("certificate.revoked", "smtp://mail.example", None),
            ("endpoint.reset", "shop.example", None),
            ("endpoint.alert", "shop.example", Some(Clients { curl: Page::Unknown, ..revoked }.owned())),
        ];
        let told = table.map(|(code, target, seen_as)| {
            let book = of(code, &Case { seen_as, ..case(target, true) });
            format!("# {code} at {target}\n{}", told(&RunBook { heals: Vec::new(), ..book }))
        });
        insta::assert_snapshot!(told.join("\n\n"));
    }

    /// An unusable staple was told by its rule, which names no program, and not by what was found.
    #[test]
    fn what_was_found_tells_what_programs_show() {
        let firefox = Clients {
            chromium: Page::Nothing,
            firefox: Page::Wall("SEC_ERROR_OCSP_BAD_SIGNATURE"),
            safari: Page::Nothing,
            curl: Page::Nothing,
        };
        let rule = rule::find("handshake.staple-unusable").unwrap();
        let said = Said::new(Severity::Critical, "leaf", "x".to_owned(), serde_json::json!({}));
        let subject = Subject::Named("shop.example".to_owned());
        let violation = rule.violation(subject, said.seen_as(firefox));
        let [seen] = &visitors(&violation, true)[..] else { panic!("one program refuses") };
        assert_eq!((seen.client.as_str(), seen.shows.as_str()), ("Firefox", "SEC_ERROR_OCSP_BAD_SIGNATURE"));
        assert_eq!(Clients::of(&violation), Some(firefox.owned()));
    }

    #[test]
    fn every_code_of_the_catalogue_has_a_run_book_that_says_when_it_heals() {
        for entry in catalogue::all() {
            let book = of(entry.code, &Case::default());
            assert!(!book.heals.is_empty() && !book.meanwhile.is_empty(), "{}", entry.code);
        }
    }
}
