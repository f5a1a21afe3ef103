//! Drills as pages show them.

use http::StatusCode;
use notafter_cert::Span;
use notafter_inventory::model::{
    Actor, Alarm, Contact, Drill, DrillFault, DrillId, Played, PlayedTold, Script, Severity,
};
use notafter_store::Change;
use serde_json::json;

use super::lineages::apply;
use super::stage::{NOW, Stage, between};

const SHOP: &str = "[[issuer]]\nname = \"house\"\nkind = \"private\"\n\n[[issuer]]\nname = \"staging\"\ndirectory = \
    \"https://ca.example/directory\"\nterms_agreed = true\n\n[[lineage]]\nname = \"shop\"\nidentifiers = [\"shop.example\"]\n\
    issuer = \"house\"\n";

/// Lineage and staging CA were typed, and a slip of the pen led to a page of its own without any way on.
#[tokio::test]
async fn what_is_rehearsed_is_chosen_from_a_list_and_what_is_wrong_is_said_above_the_form() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    assert!(stage.get("/drills", &ada).await.body.contains("There is no lineage yet"));
    apply(&stage, SHOP).await;
    let page = stage.get("/drills?lineage=shop", &ada).await.body;
    assert!(
        page.contains("<option selected>shop</option>") && page.contains("<option>staging</option>"),
        "{page}"
    );
    assert!(!page.contains("<option>house</option>"), "it asks for no challenge");
    let fields =
        |lineage, fault| [("lineage", lineage), ("fault", fault), ("issuer", ""), ("without_alarm", "yes")];
    for (lineage, fault, why) in
        [("shopp", "", "there is no lineage"), ("shop", "ca-down", "is no CA that could be away")]
    {
        let again = stage.post("/drills", &ada, &fields(lineage, fault)).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", again.body);
        let said = between(&again.body, "role=\"alert\">", "</div>");
        assert!(said.contains(why), "{said}");
        assert!(again.body.contains("aria-label=\"Pages\""), "one can go on from there");
        assert!(again.body.contains("value=\"yes\" checked"), "what was chosen stays chosen");
    }
}

fn played() -> Played {
    let told = |day: i64| PlayedTold {
        at: NOW + Span::days(day),
        contact: Contact {
            channel: "mail".to_owned(),
            to: Some(["ada", "bob", "cyd"][day as usize % 3].to_owned()),
        },
        severity: Severity::Warning,
        subject: format!("WARNING shop: day {day}"),
    };
    Played {
        at: NOW,
        began_at: NOW,
        ends_at: NOW + Span::days(30),
        lifetime: Span::days(90),
        mended_at: Some(NOW + Span::days(4)),
        failures: Vec::new(),
        issued_at: None,
        places: Vec::new(),
        told: (0..99).map(told).collect(),
        stopped: Some("it failed 3 times in a row, once the fault was gone".to_owned()),
        signed_here: false,
    }
}

/// Ninety-nine reminders made a page of 15,000 pixels, and the badge was a sentence.
#[tokio::test]
async fn a_drill_tells_each_person_once_and_folds_the_rest() {
    let stage = Stage::set().await;
    apply(&stage, SHOP).await;
    let context = stage.context();
    let lineage = context.store.lineage_named(&context.scope, "shop").await.unwrap().unwrap();
    let id: DrillId = context.new_id();
    let drill = Drill {
        id,
        owner_id: lineage.owner_id,
        lineage_id: lineage.id,
        lineage: lineage.name,
        begun_at: NOW,
        begun_by: Actor::Engine,
        script: Script { fault: Some(DrillFault::CaDown), issuer: None, without_alarm: false },
        played: Some(played()),
        alarm: Some(Alarm { at: NOW, alert: None, told: Vec::new(), taken: None }),
        ended: None,
    };
    context.apply(None, &Actor::Engine, &[Change::PutDrill(drill)]).await.unwrap();
    let ada = stage.person("ada", "admin", None).await;
    let page = stage.get(&format!("/drills/{id}"), &ada).await.body;
    let (shown, folded) = page.split_once("<summary>All 99 messages</summary>").unwrap();
    assert_eq!((shown.matches("<li>after").count(), folded.matches("<li>after").count()), (3, 99));
    assert_eq!(shown.matches("33 times in all").count(), 3, "{shown}");
    let badge = between(&page, "<p><span class=\"badge work\">", "</span>");
    assert!(badge.ends_with(" of 100 so far"), "{badge}");
    assert!(
        page.contains("the alarm waits for somebody to take it") && page.contains("under way</span>"),
        "{page}"
    );
    let list = stage.get("/drills", &ada).await.body;
    assert!(list.contains(&format!("{badge}</span>")), "{list}");
    let known = stage.operate("drill.show", json!({ "id": id })).await;
    assert_eq!(known["result"]["steps"][4]["verdict"], "not-played", "programs read the word that they know");
}
