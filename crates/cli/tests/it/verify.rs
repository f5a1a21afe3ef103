//! `notafter verify`, with chains that OpenSSL and rcgen made.

use std::fs;
use std::path::PathBuf;

use notafter_cert::{Span, Time, pem};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};

use crate::home::Home;
use crate::notafter::Ran;

type Ca = CertifiedIssuer<'static, KeyPair>;

const AT: &str = "2026-12-01T00:00:00Z";

fn params(name: &str, days: i64) -> CertificateParams {
    let begins: Time = "2026-11-01T00:00:00Z".parse().unwrap();
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    params.not_before = begins.calendar().unwrap();
    params.not_after = (begins + Span::days(days)).calendar().unwrap();
    params
}

fn ca(name: &str, issuer: Option<&Ca>, days: i64) -> Ca {
    let mut params = params(name, days);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    match issuer {
        Some(issuer) => CertifiedIssuer::signed_by(params, key, issuer).unwrap(),
        None => CertifiedIssuer::self_signed(params, key).unwrap(),
    }
}

/// A folder with root.pem, chain.pem (leaf and intermediate) and leaf.pem.
struct Staged {
    home: Home,
}

impl Staged {
    fn new(leaf_days: i64) -> Self {
        let home = Home::new();
        let root = ca("Root", None, 4000);
        let middle = ca("Middle", Some(&root), 2000);
        let mut leaf = params("shop.example", leaf_days);
        leaf.subject_alt_names = vec![rcgen::SanType::DnsName("shop.example".try_into().unwrap())];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let leaf = leaf.signed_by(&KeyPair::generate().unwrap(), &middle).unwrap();
        let staged = Self { home };
        let text = |ders: &[&[u8]]| ders.iter().map(|der| pem::write("CERTIFICATE", der)).collect::<String>();
        staged.write("root.pem", &text(&[root.der()]));
        staged.write("chain.pem", &text(&[leaf.der(), middle.der()]));
        staged.write("leaf.pem", &text(&[leaf.der()]));
        staged
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path(name)
    }

    fn verify(&self, words: &[&str]) -> Ran {
        let here = self.home.path("");
        let words: Vec<String> = words
            .iter()
            .map(|word| {
                if word.ends_with(".pem") {
                    here.join(word).display().to_string()
                } else {
                    (*word).to_owned()
                }
            })
            .collect();
        let mut all = vec!["verify", "--at", AT];
        all.extend(words.iter().map(String::as_str));
        self.home.command(&all).output().unwrap().into()
    }
}

#[test]
fn a_chain_that_holds_is_valid_and_its_path_told() {
    let staged = Staged::new(90);
    let ran = staged.verify(&["chain.pem", "--trusted", "root.pem", "--name", "shop.example"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let shown = ran.out.replace(&staged.path("").display().to_string(), "HOME/").replace("HOME//", "HOME/");
    insta::assert_snapshot!(shown);
    let document = staged
        .verify(&["chain.pem", "--trusted", "root.pem", "--name", "shop.example", "--format", "json"])
        .document();
    assert_eq!(document["verdict"], "valid");
    assert_eq!(document["paths"][0]["certs"].as_array().unwrap().len(), 3);
}

#[test]
fn what_is_wrong_is_told_with_certificate_rule_and_section() {
    let staged = Staged::new(10);
    let ran = staged.verify(&["chain.pem", "--trusted", "root.pem", "--name", "other.example"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    let shown = ran.out.replace(&staged.path("").display().to_string(), "HOME/").replace("HOME//", "HOME/");
    insta::assert_snapshot!(shown);
    let document = staged
        .verify(&["chain.pem", "--trusted", "root.pem", "--name", "other.example", "--format", "json"])
        .document();
    let codes: Vec<&str> = document["paths"][0]["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["path.expired", "path.name-mismatch"]);
}

#[test]
fn a_missing_intermediate_is_found_among_the_untrusted() {
    let staged = Staged::new(90);
    let alone = staged.verify(&["leaf.pem", "--trusted", "root.pem", "--format", "json"]);
    assert_eq!(
        (alone.code, &alone.document()["paths"][0]["errors"][0]["code"]),
        (2, &"path.untrusted".into())
    );
    let helped = staged.verify(&["leaf.pem", "--trusted", "root.pem", "--untrusted", "chain.pem"]);
    assert_eq!(helped.code, 0, "{}", helped.out);
    // The public programme does not know the root.
    assert_eq!(staged.verify(&["chain.pem"]).code, 2);
}

#[test]
fn an_intermediate_ends_a_path_only_where_that_is_asked_for() {
    let staged = Staged::new(90);
    let words = ["leaf.pem", "--trusted", "chain.pem"];
    assert_eq!(staged.verify(&words).code, 2);
    assert_eq!(staged.verify(&[&words[..], &["--partial-chain"]].concat()).code, 0);
}

#[test]
fn bad_usage_and_bad_files_are_told_apart() {
    let staged = Staged::new(90);
    staged.write("empty.pem", "");
    staged.write("broken.pem", &pem::write("CERTIFICATE", &[0x30, 3, 1, 2]));
    assert_eq!(staged.verify(&["chain.pem", "--profile", "netscape"]).code, 64);
    assert_eq!(staged.verify(&["chain.pem", "--policy", "1.2.x"]).code, 64);
    assert_eq!(staged.verify(&[]).code, 64);
    let missing = staged.verify(&["nothing.pem"]);
    assert_eq!(missing.code, 3, "{}", missing.err);
    let empty = staged.verify(&["empty.pem"]);
    assert!(empty.code == 3 && empty.err.contains("hint: "), "{}", empty.err);
    // A leaf that cannot be read leads nowhere.
    let broken = staged.verify(&["broken.pem", "--format", "json"]);
    assert_eq!((broken.code, &broken.document()["verdict"]), (2, &"invalid".into()));
    let broken = staged.verify(&["chain.pem", "--trusted", "broken.pem"]);
    assert_eq!(broken.code, 3, "{}", broken.err);
}

/// ISRG Root X1, as Mozilla has it.
fn root_x1() -> String {
    let named =
        |der: &&[u8]| notafter_cert::Certificate::parse(der).unwrap().common_name() == Some("ISRG Root X1");
    let anchors = notafter_cert::path::Anchors::mozilla();
    let der = anchors.ders().find(named).unwrap().to_vec();
    pem::write("CERTIFICATE", &der)
}

#[test]
fn clients_that_do_not_know_the_root_are_named() {
    let staged = Staged::new(90);
    staged.write("x1.pem", &root_x1());
    let ran = staged.verify(&["x1.pem"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let (_, clients) = ran.out.split_once("usable in").unwrap();
    insta::assert_snapshot!(clients);
    let every = staged.verify(&["x1.pem", "--verbose"]).out;
    for part in
        ["Android 7.0 (2016-09-01): invalid", "[PyPI sslyze 0.14.0]", "RHEL, CentOS and Fedora: unknown"]
    {
        assert!(every.contains(part), "{part}: {every}");
    }
    let document = staged.verify(&["x1.pem", "--format", "json"]).document();
    let store = |id: &str| {
        let stores = document["stores"].as_array().unwrap();
        stores.iter().find(|store| store["id"] == id).unwrap().clone()
    };
    assert_eq!(store("java-7")["verdict"], "invalid");
    assert_eq!(store("android-8.1")["usable_until"], "2035-06-04T11:04:38Z");
    assert_eq!(document["horizon"]["ends_by"]["role"], "leaf");
    // For mail nobody asks browsers, and a private chain is nobody's business.
    let mail = staged.verify(&["x1.pem", "--purpose", "email", "--format", "json"]).document();
    let private = staged.verify(&["chain.pem", "--trusted", "root.pem", "--format", "json"]).document();
    assert_eq!((&mail["stores"], &private["stores"]), (&serde_json::json!([]), &serde_json::json!([])));
}

#[test]
fn a_path_that_ends_before_its_certificate_is_told() {
    let staged = Staged::new(3000);
    let ran = staged.verify(&["chain.pem", "--trusted", "root.pem"]);
    let told: Vec<&str> =
        ran.out.lines().skip_while(|line| !line.starts_with("the last path ends")).collect();
    insta::assert_snapshot!(told.join("\n"));
}

/// As `openssl x509 -addtrust emailProtection` writes it.
#[test]
fn trust_settings_of_openssl_are_honoured() {
    let staged = Staged::new(90);
    let root = pem::chain_from(fs::read(staged.path("root.pem")).unwrap().as_slice()).unwrap().remove(0);
    let mail = [0x30, 0x0c, 0x30, 0x0a, 0x06, 0x08, 0x2b, 6, 1, 5, 5, 7, 3, 4];
    staged.write("mail.pem", &pem::write("TRUSTED CERTIFICATE", &[&root[..], &mail].concat()));
    let document = staged.verify(&["chain.pem", "--trusted", "mail.pem", "--format", "json"]).document();
    assert_eq!(document["paths"][0]["errors"][0]["code"], "path.distrusted");
}

#[test]
fn a_suite_of_limbo_is_answered_on_standard_output() {
    use std::io::Write;
    use std::process::Stdio;
    let staged = Staged::new(90);
    let read = |name: &str| fs::read_to_string(staged.path(name)).unwrap();
    let chain = pem::chain_from(read("chain.pem").as_bytes()).unwrap();
    let case = |id: &str, name: &str| {
        serde_json::json!({
            "id": id, "validation_kind": "SERVER", "trusted_certs": [read("root.pem")],
            "untrusted_intermediates": [pem::write("CERTIFICATE", &chain[1])], "peer_certificate": read("leaf.pem"),
            "validation_time": AT, "expected_peer_name": { "kind": "DNS", "value": name }, "expected_peer_names": [],
            "max_chain_depth": null, "crls": [],
        })
    };
    let suite = serde_json::json!({ "version": 1, "testcases": [case("bettertls::a", "shop.example"), case("bettertls::b", "x.example")] });
    let mut command = staged.home.command(&["verify", "--limbo"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(suite.to_string().as_bytes()).unwrap();
    let ran: Ran = child.wait_with_output().unwrap().into();
    assert_eq!(ran.code, 0, "{}", ran.err);
    let results = crate::schema::of_others(&ran.out);
    let words: Vec<&str> = results["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["actual_result"].as_str().unwrap())
        .collect();
    assert_eq!((&results["version"], words), (&1.into(), vec!["SUCCESS", "FAILURE"]));
}
