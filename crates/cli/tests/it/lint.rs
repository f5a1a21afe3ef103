//! `notafter lint`, over certificates that rcgen made.

use std::fs;

use notafter_cert::{Span, Time, pem};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use serde_json::Value;

use crate::home::Home;
use crate::schema;

const AT: &str = "2026-12-01T00:00:00Z";

fn params(name: &str, days: i64) -> CertificateParams {
    let begins: Time = "2026-11-01T00:00:00Z".parse().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(vec![7; 16].into());
    params.not_before = begins.calendar().unwrap();
    params.not_after = (begins + Span::days(days)).calendar().unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn certificate(name: &str, days: i64, key: &KeyPair) -> String {
    let issuer =
        rcgen::CertifiedIssuer::self_signed(params("Issuer", 900), KeyPair::generate().unwrap()).unwrap();
    pem::write("CERTIFICATE", params(name, days).signed_by(key, &issuer).unwrap().der())
}

/// An installation with a certificate that is valid for too long.
fn staged() -> Home {
    let home = Home::new();
    let key = KeyPair::generate().unwrap();
    home.file("shop.pem", certificate("shop.example", 300, &key));
    home
}

fn results(document: &Value) -> Vec<(&str, &str)> {
    let results = document["objects"][0]["results"].as_array().unwrap();
    results.iter().map(|one| (one["lint"].as_str().unwrap(), one["result"].as_str().unwrap())).collect()
}

#[test]
fn findings_are_told_the_worst_first() {
    let home = staged();
    let mut command =
        home.command(&["lint", "shop.pem", "--at", AT, "--source", "br,operator", "--severity", "warning"]);
    let ran: crate::notafter::Ran = command.env("COLUMNS", "100").output().unwrap().into();
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    insta::assert_snapshot!(ran.out);
}

#[test]
fn the_document_has_every_lint() {
    let home = staged();
    let document = home.run(&["lint", "shop.pem", "--at", AT, "--format", "json"]).document();
    let results = results(&document);
    assert!(results.len() > 450, "{}", results.len());
    for (lint, result) in [
        ("br.server-cert-valid-time-longer-than-200-days", "error"),
        ("br.server-cert-valid-time-longer-than-100-days", "ne"),
        ("br.ext-san-missing", "pass"),
        ("ev.ev-country-name-missing", "na"),
        ("weak-key.point-off-curve", "pass"),
        ("weak-key.debian", "unknown"),
        ("weak-key.reused-key", "na"),
    ] {
        assert!(results.contains(&(lint, result)), "{lint} {result}");
    }
    let found = document["objects"][0]["findings"].as_array().unwrap();
    let long =
        found.iter().find(|one| one["lint"] == "br.server-cert-valid-time-longer-than-200-days").unwrap();
    assert_eq!(long["alias"], "zlint:e_server_cert_valid_time_longer_than_200_days");
    assert_eq!(document["verdict"], "critical");
}

/// The exit code, by what is asked for.
#[test]
fn the_exit_code_is_of_what_was_asked_for() {
    let home = staged();
    home.file("words.txt", "what is this");
    home.file("key.pem", pem::write("PRIVATE KEY", &[0x30, 3, 2, 1, 0]));
    for (words, code) in [
        (&["shop.pem"][..], 2),
        (&["shop.pem", "--source", "etsi"], 0),
        (&["shop.pem", "--source", "operator"], 0),
        (&["shop.pem", "--source", "operator", "--fail-on", "warning"], 1),
        (&["words.txt"], 3),
        (&["key.pem"], 3),
        (&["nowhere.pem"], 3),
        (&["nowhere.pem", "shop.pem"], 2),
        (&["shop.pem", "--source", "nobody"], 64),
        (&["--explain", "br.no-such-lint"], 64),
        (&["--explain", "zlint:e_ext_san_missing"], 0),
        (&["--explain", "br.ext-san-missing", "--format", "sarif"], 64),
        (&["--list", "--format", "junit"], 64),
        (&["shop.pem", "--severity", "error", "--fail-on", "warning"], 64),
        (&["shop.pem", "--debian-list", "words.txt"], 3),
        (&[], 64),
    ] {
        let all: Vec<&str> = ["lint"].iter().chain(words).copied().collect();
        let ran = home.run(&all);
        assert_eq!(ran.code, code, "{words:?}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn files_without_anything_to_lint_are_told_and_the_others_go_on() {
    let home = staged();
    home.file("words.txt", "what is this");
    home.file("key.pem", pem::write("PRIVATE KEY", &[0x30, 3, 2, 1, 0]));
    let ran = home.run(&["lint", "words.txt", "nowhere.pem", "key.pem", "shop.pem", "--source", "etsi"]);
    insta::assert_snapshot!(ran.out);
}

/// It was left out, and what was left of the file was well: the verdict was ok.
#[test]
fn a_certificate_that_is_damaged_is_unknown_beside_one_that_is_well() {
    let home = staged();
    let good = fs::read_to_string(home.path("shop.pem")).unwrap();
    let damaged = good.replacen('M', "!", 1);
    home.file("both.pem", format!("{good}{damaged}"));
    home.file(
        "key.pem",
        good.clone() + &pem::write("PRIVATE KEY", &[0x30, 3, 2, 1, 0]).replacen('M', "!", 1),
    );
    home.file(
        "huge.pem",
        good + &pem::write("CERTIFICATE", &[&[0x30, 0x83, 5, 0, 0][..], &[0; 0x5_0000]].concat()),
    );
    for (file, code) in [("both.pem", 3), ("huge.pem", 3), ("key.pem", 0)] {
        let ran = home.run(&["lint", file, "--source", "etsi"]);
        assert_eq!(ran.code, code, "{file}: {}{}", ran.out, ran.err);
    }
    let words = ["lint", "both.pem", "huge.pem", "--source", "etsi"];
    let document = home.run(&[&words[..], &["--format", "json"]].concat()).document();
    assert_eq!(document["files"][0]["left_out"][0]["unseen"], true);
    let sarif = schema::of_others(&home.run(&[&words[..], &["--format", "sarif"]].concat()).out);
    let told = sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(told.len(), 2, "{told:#?}");
    let junit = home.run(&[&words[..], &["--format", "junit"]].concat()).out;
    assert_eq!(junit.matches("<error ").count(), 2, "{junit}");
    insta::assert_snapshot!(home.run(&words).out);
}

/// They were looked up by the file's name, so that each was there once for every time that it was named.
#[test]
fn a_file_that_is_named_twice_is_told_twice() {
    let ran = staged().run(&["lint", "shop.pem", "shop.pem", "--source", "etsi"]);
    assert_eq!(ran.out.matches("shop.pem: certificate").count(), 2, "{}", ran.out);
}

/// A certificate whose subjectAltName and cRLDistributionPoints cannot be read.
fn blurred() -> String {
    let mut params = params("shop.example", 90);
    params.subject_alt_names.clear();
    let broken = |arc| rcgen::CustomExtension::from_oid_content(&[2, 5, 29, arc], vec![4, 0]);
    params.custom_extensions.extend([broken(17), broken(31)]);
    let issuer =
        rcgen::CertifiedIssuer::self_signed(self::params("Issuer", 900), KeyPair::generate().unwrap())
            .unwrap();
    pem::write("CERTIFICATE", params.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap().der())
}

#[test]
fn what_could_not_be_judged_reaches_code_hosts_and_build_servers() {
    let home = Home::new();
    home.file("blurred.pem", blurred());
    let words = ["lint", "blurred.pem", "--at", AT, "--source", "br,operator"];
    let sarif = schema::of_others(&home.run(&[&words[..], &["--format", "sarif"]].concat()).out);
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let open: Vec<&Value> = results.iter().filter(|result| result["kind"] == "open").collect();
    assert!(!open.is_empty() && open.iter().all(|result| result["level"] == "none"), "{results:#?}");
    let junit = home.run(&[&words[..], &["--format", "junit"]].concat()).out;
    assert!(junit.contains("<error type=\"error\" message=\"could not be judged: "), "{junit}");
    assert!(junit.contains("<skipped message=\"could not be judged: "), "{junit}");
    let warned = home.run(&[&words[..], &["--format", "junit", "--fail-on", "warning"]].concat()).out;
    assert!(warned.contains("<error type=\"warning\""), "{warned}");
}

/// A root and its cross-certificate, and a precertificate and its certificate, have one key because they must.
#[test]
fn certificates_that_have_one_key_by_definition_are_no_keys_that_are_reused() {
    let home = Home::new();
    let root = |params: CertificateParams, key: &KeyPair| params.self_signed(key).unwrap();
    let key = KeyPair::generate().unwrap();
    let ca = || {
        let mut params = params("Root", 900);
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params
    };
    let other =
        rcgen::CertifiedIssuer::self_signed(params("Other", 900), KeyPair::generate().unwrap()).unwrap();
    home.file("root.pem", pem::write("CERTIFICATE", root(ca(), &key).der()));
    home.file("cross.pem", pem::write("CERTIFICATE", ca().signed_by(&key, &other).unwrap().der()));
    home.file(
        "leaf.pem",
        pem::write("CERTIFICATE", params("shop.example", 90).signed_by(&key, &other).unwrap().der()),
    );
    let found = |files: &[&str]| {
        let words = [&["lint"], files, &["--source", "weak-key", "--format", "json"]].concat();
        let document = home.run(&words).document();
        let objects = document["objects"].as_array().unwrap();
        objects.iter().map(|object| object["findings"].as_array().unwrap().len()).collect::<Vec<_>>()
    };
    assert_eq!(found(&["root.pem", "cross.pem"]), [0, 0]);
    assert_eq!(found(&["root.pem", "cross.pem", "leaf.pem"]), [1, 1, 1]);
}

/// The list was rfc, br, ..., rfc, br.
#[test]
fn sources_are_named_once() {
    let ran = Home::new().run(&["lint", "x.pem", "--source", "nobody"]);
    insta::assert_snapshot!(ran.err);
}

#[test]
fn keys_are_compared_over_all_files() {
    let home = Home::new();
    let key = KeyPair::generate().unwrap();
    let (one, other) = (certificate("a.example", 90, &key), certificate("b.example", 90, &key));
    home.file("a.pem", format!("{one}{one}"));
    home.file("b.pem", other);
    let document =
        home.run(&["lint", "a.pem", "b.pem", "--source", "weak-key", "--format", "json"]).document();
    let objects = document["objects"].as_array().unwrap();
    let told = |at: usize| objects[at]["findings"][0]["details"].as_str().unwrap();
    assert!(told(0).ends_with(": as b.pem 1") && told(1).ends_with(": as b.pem 1"), "{}", told(0));
    assert!(told(2).ends_with(": as a.pem 1"), "{}", told(2));
    assert_eq!(objects[0]["findings"][0]["lint"], "weak-key.reused-key");
    let alone = home.run(&["lint", "a.pem", "--source", "weak-key", "--format", "json"]).document();
    assert_eq!(
        alone["objects"][0]["findings"],
        serde_json::json!([]),
        "one certificate twice is no key twice"
    );
}

#[test]
fn a_list_of_compromised_keys_is_asked() {
    let home = staged();
    let text = fs::read_to_string(home.path("shop.pem")).unwrap();
    let der = pem::chain_from(text.as_bytes()).unwrap().remove(0);
    let info = notafter_cert::x509::Anatomy::of(&der).key.unwrap();
    home.file("list.txt", format!("{}:3\n", notafter_cert::Fingerprint::of(info.element.whole)));
    let words =
        ["lint", "shop.pem", "--source", "weak-key", "--format", "json", "--compromised-list", "list.txt"];
    let document = home.run(&words).document();
    let found = &document["objects"][0]["findings"][0];
    assert_eq!(
        (found["lint"].as_str(), found["details"].as_str()),
        (Some("weak-key.compromised"), Some("the key is on the list list.txt"))
    );
}

#[test]
fn sarif_has_a_rule_for_every_result() {
    let home = staged();
    let document = schema::of_others(&home.run(&["lint", "shop.pem", "--at", AT, "--format", "sarif"]).out);
    assert_eq!(document["version"], "2.1.0");
    let run = &document["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(results.len() > 3, "{}", results.len());
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["helpUri"].as_str().unwrap().contains("docs/lints.md#"));
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(
            (&place["artifactLocation"]["uri"], &place["region"]["startLine"]),
            (&"shop.pem".into(), &1.into())
        );
        assert!(result["partialFingerprints"]["notafterLint/v1"].is_string());
    }
}

#[test]
fn junit_counts_what_it_has() {
    let home = staged();
    home.file("words.txt", "what is this");
    let text = home.run(&["lint", "shop.pem", "words.txt", "--at", AT, "--format", "junit"]).out;
    let count = |what: &str| text.matches(what).count();
    let head = text.lines().nth(1).unwrap();
    let counted = format!(
        "<testsuites name=\"notafter lint\" tests=\"{}\" failures=\"{}\" errors=\"1\" skipped=\"{}\" time=\"0\">",
        count("<testcase "),
        count("<failure "),
        count("<skipped ")
    );
    assert_eq!(head, counted);
    assert_eq!((count("<testsuite "), count("</testsuite>"), count("<error ")), (2, 2, 1));
    assert_eq!(
        count("classname=\"notafter.lint\""),
        count("<testcase "),
        "a dot in a file's name begins no class"
    );
}

#[test]
fn lints_are_explained_by_both_commands() {
    let home = Home::new();
    let by_lint = home.run(&["lint", "--explain", "zlint:e_ext_san_missing"]);
    let by_explain = home.run(&["explain", "br.ext-san-missing"]);
    assert_eq!(by_lint.out, by_explain.out);
    let document = home.run(&["explain", "br.ext-san-missing", "--format", "json"]).document();
    assert_eq!((&document["origin"], &document["about"]), (&"lint".into(), &"certificate".into()));
    let list = home.run(&["lint", "--list", "--source", "ev", "--format", "json"]).document();
    assert!(list["lints"].as_array().unwrap().iter().all(|lint| lint["source"] == "ev"));
}
