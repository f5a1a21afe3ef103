//! Rules on labels in a file: how much endpoints matter.

use super::tests::{ASIDE, Stage, shown};
use super::*;
use crate::model::channel::stage::KINDS;

/// Level and source of each endpoint that is there, by target.
fn criticalities(stage: &Stage) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = stage
        .present
        .endpoints
        .iter()
        .map(|endpoint| (endpoint_name(&endpoint.target), endpoint.criticality_for_people()))
        .collect();
    all.sort();
    all
}

const LABELLED: &str = "
[[endpoint]]
target = \"a.example\"
labels = { service = \"checkout\" }

[[endpoint]]
target = \"b.example\"
labels = { service = \"checkout\" }
criticality = \"normal\"

[[endpoint]]
target = \"c.example\"
labels = { service = \"blog\" }
";

const RULES: &str = "
[[criticality]]
label = \" service = checkout \"
level = \"critical\"

[[criticality]]
label = \"service\"
level = \"low\"
";

#[test]
fn a_rule_on_a_label_says_how_much_endpoints_matter_that_do_not_say_so_themselves() {
    let mut stage = Stage::new();
    stage.apply(LABELLED);
    let mut story = String::new();
    let mut step = |stage: &mut Stage, what: &str, text: &str| {
        let changes = stage.apply(text);
        story += &format!("# {what}\n{}\n", shown(&changes));
        for (target, level) in criticalities(stage) {
            story += &format!("= {target}: {level}\n");
        }
        story.push('\n');
        let again = stage.apply(text);
        assert_eq!((again.differences, again.writes), (Vec::new(), Vec::new()), "{what}, again");
    };
    step(&mut stage, "rules over endpoints that exist", &format!("{RULES}{LABELLED}"));
    let printed = print(&stage.present, KINDS, ASIDE);
    let moved = LABELLED.replace("blog", "checkout");
    step(&mut stage, "a label changes", &format!("{RULES}{moved}"));
    let lower = RULES.replace("\"critical\"", "\"high\"");
    step(&mut stage, "a rule changes", &format!("{lower}{moved}"));
    step(&mut stage, "the rules go", LABELLED);
    insta::assert_snapshot!("criticality_by_label", story);
    insta::assert_snapshot!("criticality_printed", printed);
    let mut back = Stage::new();
    back.apply(&printed);
    assert_eq!(print(&back.present, KINDS, ASIDE), printed);
}

/// A piece that a command adds, or an endpoint that no file mentions, is judged by the rules as well.
#[test]
fn rules_on_labels_reach_what_no_file_mentions() {
    let mut stage = Stage::new();
    let changes = stage.plan(LABELLED, Prune::Nothing).unwrap();
    stage.carry_out(&changes);
    let changes = stage.apply(RULES);
    assert_eq!(changes.left_alone.len(), 3, "{:?}", changes.left_alone);
    let levels: Vec<String> = criticalities(&stage).into_iter().map(|(_, level)| level).collect();
    let by = |level: &str, label: &str| format!("{level}, by the rule on label {label}");
    let said = "normal, as its entry says".to_owned();
    assert_eq!(levels, [by("critical", "service=checkout"), said, by("low", "service")]);
    let piece = "[[endpoint]]\ntarget = \"d.example\"\nlabels = { service = \"checkout\" }\n";
    let changes = stage.plan(piece, Prune::Nothing).unwrap();
    stage.carry_out(&changes);
    assert_eq!(criticalities(&stage)[3].1, by("critical", "service=checkout"));
}

#[test]
fn mistakes_in_rules_on_labels_are_told_with_their_lines() {
    let text = "[[criticality]]\nlabel = \"=checkout\"\nlevel = \"high\"\n
[[criticality]]\nlabel = \"service\"\nlevel = \"utmost\"\n
[[criticality]]\nlevel = \"low\"\n
[[criticality]]\nlabel = \"tier=1\"\nlevel = \"low\"\n
[[criticality]]\nlabel = \"tier = 1\"\nlevel = \"high\"\nlabels = \"a\"\n";
    let mistakes = Stage::new().plan(text, Prune::Written).unwrap_err();
    insta::assert_snapshot!("criticality_mistakes", mistakes.to_string());
}

/// An endpoint that was stored before there were rules, and whose file is applied again, is written anew for nothing.
#[test]
fn what_was_stored_before_there_were_rules_is_as_its_file_says() {
    let mut stage = Stage::new();
    let text = LABELLED.replace("\"normal\"", "\"high\"");
    stage.apply(&text);
    for endpoint in &mut stage.present.endpoints {
        endpoint.criticality_by = crate::model::CriticalityBy::Nobody;
    }
    let again = stage.apply(&text);
    assert_eq!((again.differences, again.writes), (Vec::new(), Vec::new()));
}
