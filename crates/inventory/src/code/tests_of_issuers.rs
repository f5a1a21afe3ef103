//! The private CA in a file: what it may be called to sign, and what stays as it is.

use notafter_cert::Fingerprint;

use super::tests::{ASIDE, NOW, Stage, shown};
use super::*;
use crate::model::channel::stage::KINDS;
use crate::model::{Authority, Certified, KeyId};

const HOUSE: &str = "\
[[issuer]]
name = \"house\"
kind = \"private\"
common_name = \"Example Corp\"
permitted = [\".internal.example\", \"10.0.0.0/8\"]
lifetime = \"7d\"

[[lineage]]
name = \"wiki\"
identifiers = [\"wiki.internal.example\", \"*.wiki.internal.example\", \"10.0.0.7\"]
issuer = \"house\"
";

/// The engine has made its root.
fn make_root(stage: &mut Stage) {
    let root = Certified {
        common_name: "Example Corp root".to_owned(),
        key_id: KeyId::from_bytes([1; 16]),
        pem: String::new(),
        fingerprint: Fingerprint::of(&[]),
        not_before: NOW,
        not_after: NOW,
    };
    for issuer in &mut stage.present.issuers {
        if let Issuer::Private(private) = issuer {
            let authority = Authority { intermediate: root.clone(), root: root.clone(), intermediates: 1 };
            private.authority = Some(Box::new(authority));
        }
    }
}

fn mistakes(stage: &mut Stage, text: &str) -> String {
    stage.plan(text, Prune::Written).unwrap_err().to_string()
}

#[test]
fn a_private_ca_is_applied_once_and_reads_back() {
    let mut stage = Stage::new();
    let first = stage.apply(HOUSE);
    insta::assert_snapshot!("house_added", shown(&first));
    make_root(&mut stage);
    let again = stage.apply(HOUSE);
    assert_eq!((again.differences, again.writes), (Vec::new(), Vec::new()));
    let printed = print(&stage.present, KINDS, ASIDE);
    insta::assert_snapshot!("house_printed", printed);
    let back = stage.apply(&printed);
    assert_eq!((shown(&back), back.writes), (String::new(), Vec::new()), "{printed}");
    let changed = stage.apply(&HOUSE.replace("7d", "2d"));
    let made = stage.present.issuers[0].private().unwrap().authority.is_some();
    assert!(made, "its root stays");
    let gone = stage.apply("");
    insta::assert_snapshot!("house_changed", format!("{}\n{}", shown(&changed), shown(&gone)));
}

#[test]
fn what_stands_in_a_root_is_made_for_good() {
    let mut stage = Stage::new();
    stage.apply(HOUSE);
    let wider = HOUSE.replace("\"10.0.0.0/8\"", "\"10.0.0.0/8\", \"shop.example\"");
    stage.apply(&wider);
    stage.apply(HOUSE);
    make_root(&mut stage);
    let elsewhere = "[[issuer]]\nname = \"house\"\ndirectory = \"https://ca.example/directory\"\n\n[[lineage]]\n\
                     name = \"wiki\"\nidentifiers = [\"wiki.internal.example\"]\nissuer = \"house\"\n";
    let told = [
        mistakes(&mut stage, &wider),
        mistakes(&mut stage, &HOUSE.replace("Example Corp", "Other")),
        mistakes(&mut stage, elsewhere),
    ];
    insta::assert_snapshot!("made_for_good", told.join("\n"));
}

#[test]
fn what_a_private_ca_cannot_give_is_told_before_it_is_asked() {
    let mut stage = Stage::new();
    let wrong = HOUSE
        .replace(
            "common_name = \"Example Corp\"",
            "common_name = \"\"\nkey = \"rsa-2048\"\nroot_lifetime = \"30d\"\ncontact = []",
        )
        .replace("\".internal.example\"", "\"*.internal.example\"")
        .replace("7d", "400d");
    let asked = format!("{HOUSE}profile = \"short\"\nhttp01 = {{ solver = \"webroot\", root = \"/srv\" }}\n")
        .replace("\"wiki.internal.example\"", "\"wiki.internal.example\", \"shop.example\", \"192.0.2.1\"");
    let kind = HOUSE.replace("\"private\"", "\"vault\"");
    let told = [wrong, asked, kind].map(|text| mistakes(&mut stage, &text));
    insta::assert_snapshot!("house_mistakes", told.join("\n"));
}
