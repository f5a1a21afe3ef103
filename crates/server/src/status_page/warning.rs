//! "Is this warning real?": the page of a component for whoever met a warning there, and knows nothing of certificates.

use askama::Template;
use notafter_engine::operate::Fault;
use notafter_inventory::status_page::{Answer, Shown, Told, Warning, Why};

use super::page::{Instant, paragraphs};
use super::{Around, Links, unwritable};

#[derive(Template)]
#[template(path = "status_warning.html")]
struct WarningPage<'a> {
    name: &'a str,
    component: &'a str,
    /// What links to style begin with.
    root: &'a str,
    /// Where the status page is.
    status: &'a str,
    class: &'static str,
    headline: &'static str,
    short: Vec<&'static str>,
    /// Browsers warn of what looks show.
    is_warned: bool,
    wrong: &'a [&'static str],
    since: Option<Instant>,
    as_of: Option<Instant>,
    is_late: bool,
    steps: Vec<&'static str>,
    programs: Vec<ProgramView<'a>>,
    told: Vec<ToldView<'a>>,
    work: Vec<WorkView<'a>>,
    /// What is said where nobody told anything.
    untold: &'static str,
    contact: Option<Contact<'a>>,
    now: Instant,
}

struct ProgramView<'a> {
    names: String,
    shows: &'a [String],
}

struct ToldView<'a> {
    id: &'a str,
    name: &'a str,
    status: &'static str,
    at: Instant,
    paragraphs: Vec<&'a str>,
}

struct WorkView<'a> {
    name: &'a str,
    until: Instant,
}

/// Whom to tell.
struct Contact<'a> {
    words: &'a str,
    link: Option<String>,
}

/// The page of a component, with links from where it lies.
pub(super) fn html(
    shown: &Shown,
    warning: &Warning,
    around: &Around,
    links: &Links,
) -> Result<String, Fault> {
    let (class, headline) = headline(warning.answer);
    let programs = warning.programs.iter();
    let page = WarningPage {
        name: &around.name,
        component: &shown.name,
        root: links.root,
        status: links.status,
        class,
        headline,
        short: short(warning.answer),
        is_warned: matches!(warning.answer, Answer::Yes | Answer::ForSome | Answer::Perhaps),
        wrong: &warning.wrong,
        since: warning.since.map(Instant::of),
        as_of: warning.as_of.map(Instant::of),
        is_late: warning.is_late,
        steps: steps(warning.answer),
        programs: programs
            .map(|one| ProgramView { names: one.names.join(", "), shows: &one.shows })
            .collect(),
        told: warning.told.iter().map(told).collect(),
        work: warning
            .work
            .iter()
            .map(|(name, until)| WorkView { name, until: Instant::of(*until) })
            .collect(),
        untold: untold(warning.answer),
        contact: around.contact.as_deref().map(contact),
        now: Instant::of(around.as_of),
    };
    page.render().map_err(|error| unwritable(&error))
}

/// The answer in a line, with its class in the style sheet.
const fn headline(answer: Answer) -> (&'static str, &'static str) {
    match answer {
        Answer::Yes => ("critical", "Yes, it is real: something is wrong with our certificate"),
        Answer::ForSome => {
            ("warning", "Yes, it is real where you see it: some programs warn here, and others do not")
        }
        Answer::Perhaps => ("warning", "It may well be real: something is wrong with a part of our servers"),
        Answer::Down => {
            ("critical", "Nothing of this service answers now, so a warning does not come from it")
        }
        Answer::PartlyDown => {
            ("warning", "No, as far as we see: it does not come from us, but a part is out")
        }
        Answer::No => ("ok", "No, as far as we see: it does not come from us"),
        Answer::Unknown(_) => ("unknown", "We do not know"),
    }
}

fn short(answer: Answer) -> Vec<&'static str> {
    match answer {
        Answer::Yes => vec![
            "The certificate that this service shows is not one that browsers accept, and whoever comes here is warned. That is \
             ours to mend, and not yours.",
        ],
        Answer::ForSome => vec![
            "Whether you are warned depends on your program alone: one that knows the missing part of our certificate from \
             elsewhere lets you in, and one that does not warns you. Both see the same service. What is wrong is ours to mend, \
             and not yours.",
        ],
        Answer::Perhaps => vec![
            "You may be warned or not, by which of our servers you come to and by which program you use. What is wrong there is \
             ours to mend, and not yours.",
        ],
        Answer::Down => vec![
            "Where nothing answers, a browser says that it cannot connect. If yours warns you of a certificate or of a \
             connection that is not private, that comes from somebody between you and us.",
        ],
        Answer::PartlyDown => vec![
            "A part of our servers does not answer. Those that do show a good certificate, so that what warns you lies between \
             you and us.",
        ],
        Answer::No => vec![
            "Every server of this service that we know shows a good certificate. What warns you lies between you and us: in your \
             device, in your network, or at an address that is not ours.",
        ],
        Answer::Unknown(why) => vec![unknown(why), "Until somebody knows, take the warning as real."],
    }
}

const fn unknown(why: Why) -> &'static str {
    match why {
        Why::NobodyLooked => "Not every server of this service has been looked at yet.",
        Why::LongAgo => "Nobody has been able to look at every server of this service for some time.",
        Why::Hidden => {
            "We looked, and could not see all of it: a server did not answer in time, for example."
        }
        Why::PeopleTell => {
            "What we see from outside is good, and yet those who work here tell of trouble: they may know more. Read below what \
             they say."
        }
    }
}

const DO_NOT: &str = "Do not go past the warning, whatever it offers to choose.";
const NO_PASSWORD: &str = "Do not type a password, the number of a card, or anything else that is private.";
const ALREADY: &str =
    "If you went past it and signed in, change the password once this is over, and wherever else you use it.";
const CHANGE_NOTHING: &str = "Change nothing on your device, and switch no protection off: it goes away by itself when we have mended it.";
const OTHER_PROGRAM: &str = "Try another browser: one that comes here without a warning has checked all of the certificate, and is safe to use.";
const LATER: &str = "Wait, and try again later. What cannot wait, do in another way that you know already, such as by telephone.";

fn steps(answer: Answer) -> Vec<&'static str> {
    match answer {
        Answer::Yes | Answer::Perhaps => vec![DO_NOT, NO_PASSWORD, LATER, CHANGE_NOTHING, ALREADY],
        Answer::ForSome => vec![DO_NOT, NO_PASSWORD, OTHER_PROGRAM, LATER, CHANGE_NOTHING, ALREADY],
        Answer::Unknown(_) => vec![
            DO_NOT,
            NO_PASSWORD,
            LATER,
            "See whether one of the causes below fits, and load this page anew in a few minutes.",
            ALREADY,
        ],
        Answer::Down | Answer::PartlyDown | Answer::No => vec![
            DO_NOT,
            NO_PASSWORD,
            "Look through the causes below, from the first to the last: each says how to tell.",
            "If none fits, use another device in another network, and tell us.",
            "If you went past it and signed in, change the password now, from a device and a network without the warning, and \
             wherever else you use it.",
        ],
    }
}

const fn untold(answer: Answer) -> &'static str {
    match answer {
        Answer::Yes | Answer::ForSome | Answer::Perhaps | Answer::Down | Answer::PartlyDown => {
            "Our program has seen it and alerts those who mend it. No person has written anything of it yet; what they write is on \
             the status page and here."
        }
        Answer::No => "We look again and again, and nothing is wrong. If that changes, this page says so.",
        Answer::Unknown(_) => "We look again and again. As soon as we know, this page says so.",
    }
}

fn told(told: &Told) -> ToldView<'_> {
    ToldView {
        id: &told.id,
        name: &told.name,
        status: told.status.words(),
        at: Instant::of(told.at),
        paragraphs: paragraphs(&told.text),
    }
}

/// An address of the web or of mail is a link.
fn contact(words: &str) -> Contact<'_> {
    let is_mail = words.contains('@') && !words.contains(char::is_whitespace);
    let link = match () {
        () if words.starts_with("https://") => Some(words.to_owned()),
        () if is_mail => Some(format!("mailto:{words}")),
        () => None,
    };
    Contact { words, link }
}

#[cfg(test)]
mod tests {
    use notafter_cert::Time;
    use notafter_inventory::model::{ComponentState, IncidentStatus};
    use notafter_inventory::status_page::Program;

    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    /// The words of the page, a line each.
    fn words(answer: Answer, contact: Option<&str>) -> String {
        let at = |minutes| NOW - notafter_cert::Span::minutes(minutes);
        let is_wrong = matches!(answer, Answer::Yes | Answer::ForSome | Answer::Perhaps);
        let people_tell = answer == Answer::Unknown(Why::PeopleTell) || is_wrong;
        let program = Program {
            names: vec!["Chrome".to_owned(), "Edge".to_owned()],
            shows: vec!["NET::ERR_CERT_DATE_INVALID".to_owned()],
        };
        let told = Told {
            id: "in_7".to_owned(),
            name: "Checkout <fails>".to_owned(),
            status: IncidentStatus::Identified,
            at: at(3),
            text: "We renew it.\nMore at noon.".to_owned(),
        };
        let warning = Warning {
            answer,
            as_of: Some(at(5)),
            is_late: answer == Answer::No,
            since: is_wrong.then(|| at(9)),
            wrong: if is_wrong { vec!["The certificate has expired."] } else { Vec::new() },
            programs: if is_wrong { vec![program] } else { Vec::new() },
            told: if people_tell { vec![told] } else { Vec::new() },
            work: if is_wrong { vec![("A new disk".to_owned(), at(-60))] } else { Vec::new() },
        };
        let shown = Shown {
            id: "0123456789ab".to_owned(),
            name: "Shop & more".to_owned(),
            state: ComponentState::Operational,
            created_at: at(900),
            changed_at: at(9),
        };
        let around = Around {
            name: "Our services".to_owned(),
            page: "https://status.example/".to_owned(),
            root: "https://status.example".to_owned(),
            contact: contact.map(str::to_owned),
            takes_mail: false,
            as_of: NOW,
        };
        let html = html(&shown, &warning, &around, &Links::OF_A_WARNING).unwrap();
        html.split('>')
            .filter_map(|part| part.split('<').next().map(str::trim))
            .filter(|text| !text.is_empty())
            .collect::<Vec<&str>>()
            .join("\n")
    }

    #[test]
    fn a_warning_that_is_real_is_told_in_plain_words() {
        insta::assert_snapshot!(words(Answer::Yes, Some("help@shop.example")));
    }

    #[test]
    fn a_warning_that_does_not_come_from_us_is_told_with_how_to_find_out() {
        insta::assert_snapshot!(words(Answer::No, None));
    }

    /// What differs between the answers: everything above the causes.
    #[test]
    fn every_answer_says_what_to_do() {
        let all = [
            Answer::ForSome,
            Answer::Perhaps,
            Answer::Down,
            Answer::PartlyDown,
            Answer::Unknown(Why::NobodyLooked),
            Answer::Unknown(Why::LongAgo),
            Answer::Unknown(Why::Hidden),
            Answer::Unknown(Why::PeopleTell),
        ];
        let above = |answer| {
            let words = words(answer, None);
            let (above, _) = words.split_once("Why nobody should go past it").unwrap();
            let lines: Vec<&str> = above.lines().skip(3).collect();
            format!("## {answer:?}\n{}\n", lines.join("\n"))
        };
        insta::assert_snapshot!(all.map(above).join("\n"));
        for answer in all {
            let words = words(answer, None);
            assert!(
                words.contains(DO_NOT) && words.contains("Do not type a password"),
                "{answer:?}: {words}"
            );
        }
    }

    #[test]
    fn whom_to_tell_is_a_link_where_it_can_be_one() {
        for (words, link) in [
            ("help@shop.example", Some("mailto:help@shop.example")),
            ("https://shop.example/help", Some("https://shop.example/help")),
            ("the desk, +49 30 12345", None),
            ("javascript:alert(1)", None),
            ("write to help@shop.example", None),
        ] {
            assert_eq!(contact(words).link.as_deref(), link, "{words}");
        }
    }
}
