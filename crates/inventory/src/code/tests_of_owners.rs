//! Owners in a file: who takes turns, when somebody is on duty, and how often a team says that it still answers.

use notafter_cert::Span;

use super::tests::{ASIDE, NOW, Stage, shown};
use super::*;
use crate::model;
use crate::model::channel::stage::KINDS;

const TEAM: &str = "
[[channel]]
name = \"mail\"
kind = \"smtp\"
host = \"mail.example.org\"
from = \"notafter@example.org\"

[[owner]]
name = \"shop\"
contacts = [
    { channel = \"mail\", rotation = [\"ada@example.org\", \"bob@example.org\"], from = \"2026-11-23\", zone = \"europe/berlin\" },
    { channel = \"mail\", to = \"night@example.org\", duty = { days = [\"sat\", \"fri\"], from = \"22:00\", to = \"06:00\" }, zone = \"Europe/Berlin\" },
    { channel = \"mail\", to = \"lead@example.org\" },
]
hours = { from = \"08:00\", to = \"18:00\", zone = \"Europe/Berlin\" }
";

#[test]
fn turns_and_hours_of_duty_are_printed_as_they_were_written_with_who_is_on_duty() {
    let mut stage = Stage::new();
    stage.apply(TEAM);
    let again = stage.apply(TEAM);
    assert_eq!((again.differences, again.writes), (Vec::new(), Vec::new()));
    let printed = print(&stage.present, KINDS, ASIDE);
    insta::assert_snapshot!("duty_printed", printed);
    let back = stage.apply(&printed);
    assert_eq!((shown(&back), back.writes), (String::new(), Vec::new()), "{printed}");
}

#[test]
fn what_turns_and_hours_leave_open_is_a_mistake() {
    let contact = |contact: &str| {
        let text = format!(
            "[[channel]]\nname = \"mail\"\nkind = \"smtp\"\nhost = \"mail.example.org\"\n\
             from = \"notafter@example.org\"\n\n[[owner]]\nname = \"shop\"\ncontacts = [{{ channel = \"mail\", {contact} }}]\n"
        );
        Stage::new().plan(&text, Prune::Written).map_err(|mistakes| mistakes.to_string()).err()
    };
    let berlin = "zone = \"Europe/Berlin\"";
    let told: Vec<String> = [
        "rotation = [\"ada@example.org\"], from = \"2026-11-30\"".to_owned(),
        format!("rotation = [\"ada@example.org\"], {berlin}"),
        format!("rotation = [\"ada@example.org\"], from = \"2026-11-31\", {berlin}"),
        format!("rotation = [], from = \"2026-11-30\", {berlin}"),
        format!("to = \"ops@example.org\", rotation = [\"ada@example.org\"], from = \"2026-11-30\", {berlin}"),
        format!("rotation = [\"ada@example.org\"], from = \"2026-11-30\", at = \"25:00\", {berlin}"),
        "to = \"ops@example.org\", every = \"day\"".to_owned(),
        format!("to = \"ops@example.org\", {berlin}"),
        "to = \"ops@example.org\", duty = { from = \"09:00\", to = \"17:00\" }".to_owned(),
        format!("to = \"ops@example.org\", duty = {{ days = [\"Monday\"], from = \"09:00\", to = \"17:00\" }}, {berlin}"),
        "to = \"ops@example.org\", duty = { from = \"09:00\", to = \"17:00\" }, zone = \"Berlin\"".to_owned(),
    ]
    .into_iter()
    .map(|text| contact(&text).unwrap_or_else(|| panic!("{text}")))
    .collect();
    insta::assert_snapshot!("duty_mistakes", told.join("\n"));
    let hours = "[[owner]]\nname = \"shop\"\nhours = { from = \"09:00\", to = \"17:00\", zone = \"UTC\", offset = \"+01:00\" }";
    let mistakes = Stage::new().plan(hours, Prune::Written).unwrap_err().to_string();
    assert!(mistakes.contains("either a `zone` or an `offset`"), "{mistakes}");
}

#[test]
fn how_often_an_owner_is_asked_is_printed_as_it_was_written() {
    let mut stage = Stage::new();
    let file = |every: &str| format!("[[owner]]\nname = \"shop\"\nacknowledge = \"{every}\"\n");
    let every = |stage: &Stage| {
        let shop = stage.present.owners.iter().find(|owner| owner.name == "shop");
        shop.and_then(|owner| owner.acknowledge)
    };
    stage.apply(&file("180d"));
    assert_eq!(every(&stage), Some(Span::days(180)));
    let printed = print(&stage.present, KINDS, ASIDE);
    assert!(printed.contains("acknowledge = \"180d\"\n"), "{printed}");
    let back = stage.apply(&printed);
    assert_eq!((shown(&back), back.writes), (String::new(), Vec::new()), "{printed}");
    let shop = stage.present.owners.iter().find(|owner| owner.name == "shop").unwrap();
    let given = model::Given { at: NOW, by: model::Actor::User("ada".to_owned()) };
    let said = [model::Ownership { owner_id: shop.id, since: NOW, asked_at: None, given: Some(given) }];
    let printed = print(&stage.present, KINDS, Aside { ownerships: &said, ..ASIDE });
    assert!(
        printed.contains("\n# ada said at 2026-11-30 00:53 UTC that it still answers; that counts until "),
        "{printed}"
    );
    stage.apply("[[owner]]\nname = \"shop\"\n");
    assert_eq!(every(&stage), None, "nobody is asked who is not written down to be");
    for (text, allowed) in [("1d", true), ("1096d", true), ("23h", false), ("1097d", false), ("0d", false)] {
        let plan = stage.plan(&file(text), Prune::Written);
        assert_eq!(plan.is_ok(), allowed, "{text}: {:?}", plan.err());
    }
    let mistakes = stage.plan(&file("23h"), Prune::Written).unwrap_err().to_string();
    assert!(mistakes.contains("between 1 d and 1096 d"), "{mistakes}");
    let mistakes = stage.plan(&file("often"), Prune::Written).unwrap_err().to_string();
    assert!(mistakes.contains("`180d`"), "{mistakes}");
}
