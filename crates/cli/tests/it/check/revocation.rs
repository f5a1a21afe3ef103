//! Revocation and promises of logs, with responders, lists and staples of our own and of OpenSSL and nginx.

use std::io::{BufRead, BufReader, Cursor};
use std::process::{Child, ChildStderr, Command, Stdio};

use clubcard::builder::{ApproximateRibbon, ClubcardBuilder, ExactRibbon};
use clubcard_crlite::builder::CRLiteBuilderItem;
use clubcard_crlite::{CRLiteClubcard, CRLiteCoverage, CRLiteQuery, Encoding, IssuerSpkiHash};
use notafter_cert::revocation::Reason;
use notafter_cert::{Certificate, Fingerprint, Span, Time, base64, pem};
use notafter_lab::authority::{Authority, Identity, StatusPoints, Validity};
use notafter_lab::revocation::{Manner, Revoked, StatusServer, Window};
use notafter_net::Clock;
use rcgen::{CertificateParams, CustomExtension, KeyPair, PublicKeyData};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::findings;
use crate::notafter::{self, Ran};
use crate::peer::{Nginx, Pki, free_port, program, write};

/// A CA whose certificates are good today, and a server that tells of them.
struct Stage {
    folder: TempDir,
    trust: String,
    now: Time,
    authority: Authority,
    server: StatusServer,
    _runtime: Runtime,
}

impl Stage {
    /// On a day of its own.
    fn new() -> Self {
        Self::at("2026-11-22T12:00:00Z".parse().unwrap())
    }

    fn at(now: Time) -> Self {
        let runtime = Runtime::new().unwrap();
        let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::staged(now));
        let authority = Authority::new("Lab", long(now)).unwrap();
        let signer = authority.signer().unwrap();
        let start = StatusServer::start("127.0.0.1:0".parse().unwrap(), signer, clock);
        let server = runtime.block_on(start).unwrap();
        let trust = write(folder.path(), "root.pem", &authority.root_pem());
        Self { folder, trust, now, authority, server, _runtime: runtime }
    }

    fn issue(&self, points: &StatusPoints) -> Identity {
        let names = ["shop.example".parse().unwrap()];
        self.authority.issue_with_status(&names, validity(self.now), points).unwrap()
    }

    fn points(&self) -> StatusPoints {
        let (ocsp, crls) = (vec![self.server.ocsp_url()], vec![self.server.crl_url()]);
        StatusPoints { ocsp, crls, ..StatusPoints::default() }
    }

    fn file(&self, identity: &Identity) -> String {
        write(self.folder.path(), "chain.pem", &identity.chain_pem())
    }

    /// From inside the folder, so that lines break where they always do.
    fn check(&self, arguments: &[&str]) -> Ran {
        let at = self.now.to_string();
        let trust: &[&str] = if arguments.contains(&"--trust") { &[] } else { &["--trust", "root.pem"] };
        let all = [&["check", "--at", &at][..], trust, arguments].concat();
        notafter::command(&all).current_dir(self.folder.path()).output().unwrap().into()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.check(&[&["--format", "json"], arguments].concat());
        assert_eq!(ran.err, "");
        ran.document()["targets"][0].clone()
    }
}

fn validity(now: Time) -> Validity {
    Validity { from: now - Span::days(30), to: now + Span::days(60) }
}

/// Of CAs, which nobody is to be warned of.
fn long(now: Time) -> Validity {
    Validity { to: now + Span::days(1000), ..validity(now) }
}

/// Of each certificate: the verdict, and that of each source.
fn revocation(target: &Value) -> Vec<String> {
    let word = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
    let of = |known: &Value| {
        let sources = known["sources"].as_array().unwrap().iter();
        let sources: Vec<String> =
            sources.map(|one| format!("{} {}", word(one, "source"), word(one, "verdict"))).collect();
        format!("{}: {} ({})", word(known, "name"), word(known, "verdict"), sources.join(", "))
    };
    target["addresses"][0]["facts"]["revocation"].as_array().into_iter().flatten().map(of).collect()
}

#[test]
fn who_says_what_is_shown_and_a_revoked_certificate_is_critical() {
    let stage = Stage::new();
    let identity = stage.issue(&stage.points());
    stage.file(&identity);
    let shown = |ran: &Ran| {
        let leaf = Fingerprint::of(&identity.chain[0]).short();
        ran.out.replace(&stage.server.address().to_string(), "127.0.0.1:PORT").replace(&leaf, "LEAF")
    };
    let good = stage.check(&["--revocation", "chain.pem"]);
    assert_eq!(good.code, 3, "the intermediate names nobody who tells of it: {}", good.out);
    stage.server.revoke(&identity.chain[0], stage.now - Span::days(2), Some(Reason::KeyCompromise));
    let revoked = stage.check(&["--revocation", "chain.pem"]);
    assert_eq!(revoked.code, 2, "{}", revoked.out);
    insta::assert_snapshot!(format!("{}\n{}", shown(&good), shown(&revoked)));
    assert_eq!(
        revocation(&stage.json(&["--revocation", "chain.pem"])),
        ["shop.example: revoked (ocsp revoked, crl revoked)", "Lab intermediate: unknown ()"]
    );
    let before = stage.server.asked().len();
    assert_eq!(revocation(&stage.json(&["chain.pem"])), Vec::<String>::new());
    assert_eq!(stage.server.asked().len(), before, "nobody is asked without the option");
    let stranger = stage.check(&["--revocation", "--trust", "mozilla", "chain.pem"]);
    assert!(stranger.out.contains("note: nobody was asked about revocation"), "{}", stranger.out);
    assert_eq!(stage.server.asked().len(), before, "a stranger's certificate sends nobody anywhere");
}

#[test]
fn a_source_that_fails_is_told_and_another_one_is_enough() {
    let stage = Stage::new();
    let points = StatusPoints { ocsp: vec!["http://127.0.0.1:1/".to_owned()], ..stage.points() };
    stage.file(&stage.issue(&points));
    let document = stage.json(&["--revocation", "chain.pem"]);
    assert_eq!(revocation(&document)[0], "shop.example: good (ocsp unknown, crl good)");
    stage.server.behave(Manner::Garbage);
    let document = stage.json(&["--revocation", "chain.pem"]);
    assert_eq!(revocation(&document)[0], "shop.example: unknown (ocsp unknown, crl unknown)");
    assert_eq!(findings(&document), ["unknown certificate.revocation-unknown"; 2]);
    let nagios = stage.check(&["--revocation", "--format", "nagios", "chain.pem"]);
    assert_eq!(nagios.code, 3, "{}", nagios.out);
    assert!(
        nagios
            .out
            .starts_with("CERTIFICATES UNKNOWN - chain.pem: whether shop.example was revoked is not known")
    );
}

#[test]
fn intermediates_are_asked_about_at_their_issuer() {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let now = Clock::system().now();
    let authority = Authority::new("Lab", long(now)).unwrap();
    let start = StatusServer::start(
        "127.0.0.1:0".parse().unwrap(),
        authority.root_signer().unwrap(),
        Clock::system(),
    );
    let server = runtime.block_on(start).unwrap();
    let points = StatusPoints { crls: vec![server.crl_url()], ..StatusPoints::default() };
    let authority = authority.with_status("Lab", long(now), &points).unwrap();
    let short = Validity { from: now - Span::days(1), to: now + Span::days(5) };
    let identity = authority.issue(&["shop.example".parse().unwrap()], short).unwrap();
    let trust = write(folder.path(), "root.pem", &authority.root_pem());
    let chain = write(folder.path(), "chain.pem", &identity.chain_pem());
    let check = |format: &str| {
        notafter::run(&["check", "--trust", &trust, "-w", "1d", "--revocation", "--format", format, &chain])
    };
    let good = check("json");
    assert_eq!(good.code, 0, "{}", good.out);
    let told = revocation(&good.document()["targets"][0]);
    assert_eq!(told, ["shop.example: unknown ()", "Lab intermediate: good (crl good)"]);
    let text = check("text").out;
    assert!(text.contains("shop.example: nobody must tell: it lives so short"), "{text}");
    server.revoke(&identity.chain[1], now - Span::days(2), Some(Reason::CaCompromise));
    let revoked = check("text");
    assert_eq!(revoked.code, 2, "{}", revoked.out);
    assert!(revoked.out.contains("critical Lab intermediate was revoked on"), "{}", revoked.out);
}

/// OpenSSL's responder, killed when dropped. A connection that says nothing would keep it for ever: its words tell that it listens.
struct Responder {
    child: Child,
    /// Held open, so that it never writes into a closed pipe.
    _words: BufReader<ChildStderr>,
}

impl Responder {
    fn start(mut command: Command) -> Self {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut words = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("waiting for OCSP client connections") {
            line.clear();
            assert!(words.read_line(&mut line).unwrap() > 0, "{command:?} ended before it listened");
        }
        Self { child, _words: words }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn openssl_is_asked_and_believed() {
    let test = "openssl_is_asked_and_believed";
    let Some(openssl) = program(test, "openssl", "/usr/bin/openssl") else { return };
    // OpenSSL's clock is the machine's.
    let stage = Stage::at(Clock::system().now());
    let port = free_port();
    let points = StatusPoints { ocsp: vec![format!("http://127.0.0.1:{port}")], ..StatusPoints::default() };
    let [good, bad, strange] = [0, 1, 2].map(|_| stage.issue(&points));
    let line = |identity: &Identity, state: &str| {
        let serial = Certificate::parse(&identity.chain[0]).unwrap().serial_hex().to_uppercase();
        format!("{state}\t{serial}\tunknown\t/CN=shop\n")
    };
    let index = line(&good, "V\t991231235959Z\t") + &line(&bad, "R\t991231235959Z\t260102030405Z,superseded");
    let signer = stage.authority.signer().unwrap();
    let folder = stage.folder.path();
    let mut command = Command::new(openssl);
    command.args(["ocsp", "-ndays", "1", "-rmd", "sha256", "-port", &port.to_string()]);
    command.arg("-index").arg(write(folder, "index.txt", &index));
    command.arg("-CA").arg(write(folder, "ca.pem", &signer.certificate_pem()));
    command.arg("-rsigner").arg(folder.join("ca.pem"));
    command.arg("-rkey").arg(write(folder, "ca.key", &signer.key_pem()));
    let _responder = Responder::start(command);
    let told = |identity: &Identity| {
        stage.file(identity);
        revocation(&stage.json(&["--revocation", "chain.pem"]))[0].clone()
    };
    assert_eq!(told(&good), "shop.example: good (ocsp good)");
    assert_eq!(told(&bad), "shop.example: revoked (ocsp revoked)");
    assert_eq!(told(&strange), "shop.example: unknown (ocsp unknown)");
}

#[test]
fn what_nginx_staples_is_judged_and_what_it_leaves_out_is_missed() {
    let test = "what_nginx_staples_is_judged";
    let Some(nginx) = program(test, "nginx", "/usr/sbin/nginx") else { return };
    let stage = Stage::new();
    let must = stage.issue(&StatusPoints { must_staple: true, ..StatusPoints::default() });
    let signer = stage.authority.signer().unwrap();
    let id = signer.identity(&must.chain[0]).unwrap();
    let window = Window::around(stage.now);
    let revoked = Revoked::of(&must.chain[0], stage.now - Span::days(2), None);
    let folder = stage.folder.path();
    let chain = write(folder, "must.pem", &must.chain_pem());
    let key = write(folder, "must.key", &must.key_pem());
    let block = |address: &str, more: &str| {
        format!(
            "server {{ listen {address}:PORT ssl; ssl_certificate {chain}; ssl_certificate_key {key}; {more} return 204; }}\n"
        )
    };
    let stapled = |address: &str, answer: Vec<u8>| {
        let file = folder.join(format!("{address}.ocsp"));
        std::fs::write(&file, answer).unwrap();
        block(address, &format!("ssl_stapling on; ssl_stapling_file {};", file.display()))
    };
    let servers = [
        stapled("127.0.0.1", signer.answer(&id, None, window).unwrap()),
        stapled("127.0.0.2", signer.answer(&id, Some(&revoked), window).unwrap()),
        stapled("127.0.0.3", signer.answer(&id, None, Window::before(stage.now)).unwrap()),
        block("127.0.0.4", ""),
    ];
    let nginx = Nginx::start(nginx, folder, &servers.concat());
    let look = |address: &str| stage.json(&["--sni", "shop.example", &format!("{address}:{}", nginx.port)]);
    let good = look("127.0.0.1");
    assert_eq!((findings(&good), good["verdict"].clone()), (vec![], "ok".into()), "{good:#}");
    assert_eq!(revocation(&good), ["shop.example: good (staple good)"]);
    assert_eq!(good["addresses"][0]["facts"]["handshake"]["stapled"], true);
    assert_eq!(findings(&look("127.0.0.2")), ["critical certificate.revoked"]);
    assert_eq!(findings(&look("127.0.0.3")), ["critical handshake.staple-unusable"]);
    let missing = look("127.0.0.4");
    assert_eq!(findings(&missing), ["critical certificate.must-staple-missing"]);
    assert_eq!(missing["addresses"][0]["facts"]["handshake"]["stapled"], false);
}

/// A list of one log, made at an instant.
fn log_list(made: Time) -> String {
    let key = KeyPair::generate().unwrap().subject_public_key_info();
    let id = Fingerprint::of(&key);
    let log = json!({
        "description": "Lab 2026h2", "key": base64::encode(&key), "log_id": base64::encode(id.as_bytes()), "mmd": 86400,
        "url": "https://log.example/", "state": { "usable": { "timestamp": "2026-01-01T00:00:00Z" } },
    });
    let made = Time::from_unix_seconds(made.unix_seconds());
    json!({ "version": "1", "log_list_timestamp": made, "operators": [{ "name": "Lab", "logs": [log] }] })
        .to_string()
}

#[test]
fn each_browser_says_what_it_makes_of_promises_and_an_old_list_is_told() {
    let stage = Stage::new();
    stage.file(&stage.issue(&StatusPoints::default()));
    write(stage.folder.path(), "new.json", &log_list(stage.now - Span::days(2)));
    write(stage.folder.path(), "old.json", &log_list(stage.now - Span::days(71)));
    let with = |list: &str| stage.json(&["--ct-log-list", list, "chain.pem"]);
    let new = with("new.json");
    let known = &new["addresses"][0]["facts"]["ct"];
    assert_eq!((known["required"].clone(), known["list"]["days"].clone()), (false.into(), 2.into()));
    let policies: Vec<String> = known["policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {}", one["policy"], one["verdict"]))
        .collect();
    assert_eq!(policies, [r#""chrome" "lacking""#, r#""apple" "lacking""#, r#""firefox" "lacking""#]);
    assert_eq!((findings(&new), new["verdict"].clone()), (vec![], "ok".into()), "a private CA needs no log");
    let old = with("old.json");
    assert_eq!(old["notes"][0]["code"], "note.ct-log-list");
    let text = stage.check(&["--ct-log-list", "old.json", "chain.pem"]);
    assert!(
        text.out.contains("note: the log list is 71 days old; browsers enforce nothing by one of 70 days"),
        "{}",
        text.out
    );
    assert!(text.out.contains("ct:   no promise of a log, by old.json of"), "{}", text.out);
    let arguments = ["verify", "--trusted", &stage.trust, "--ct-log-list", "new.json", "chain.pem"];
    let verify = |more: &[&str]| -> Ran {
        let arguments = [&arguments[..], more].concat();
        notafter::command(&arguments).current_dir(stage.folder.path()).output().unwrap().into()
    };
    let document = verify(&["--format", "json"]).document();
    assert_eq!(document["ct"]["policies"][0]["verdict"], "lacking");
    let text = verify(&[]).out;
    assert!(text.contains("ct: no promise of a log, by new.json of"), "{text}");
    let wrong = stage.check(&["--ct-log-list", "root.pem", "chain.pem"]);
    assert_eq!(wrong.code, 3, "{}", wrong.err);
    assert!(wrong.err.starts_with("error: the log list root.pem cannot be used"), "{}", wrong.err);
}

const LOG: [u8; 32] = [3; 32];

/// A filter in which these serial numbers of an issuer are good, and these revoked.
fn filter(issuer: [u8; 32], (good, bad): (&[u8], &[u8]), until: Time) -> Vec<u8> {
    let key = || IssuerSpkiHash(issuer);
    let (good, bad) = (
        || CRLiteBuilderItem::not_revoked(key(), good.to_vec()),
        || CRLiteBuilderItem::revoked(key(), bad.to_vec()),
    );
    let mut builder = ClubcardBuilder::new();
    let mut approximate = builder.new_approx_builder(&issuer);
    approximate.insert(bad());
    approximate.set_universe_size(2);
    builder.collect_approx_ribbons(vec![ApproximateRibbon::from(approximate)]);
    let mut exact = builder.new_exact_builder(&issuer);
    exact.insert(bad());
    exact.insert(good());
    builder.collect_exact_ribbons(vec![ExactRibbon::from(exact)]);
    let millis = |time: Time| time.as_micros() / 1000;
    let logs = json!([{
        "LogID": base64::encode(&LOG), "MaxTimestamp": millis(until), "MinTimestamp": millis(until - Span::days(400)),
        "MMD": 3600, "MinEntry": 0,
    }]);
    let coverage = CRLiteCoverage::from_mozilla_ct_logs_json(Cursor::new(logs.to_string()));
    CRLiteClubcard::from(builder.build::<CRLiteQuery<'_>>(coverage, ())).to_bytes(Encoding::V3).unwrap()
}

/// A leaf that a log promised to publish, in a signature that nobody looks at.
fn promised(pki: &Pki, at: Time) -> Vec<u8> {
    let millis = u64::try_from(at.as_micros() / 1000).unwrap();
    let sct = [&[0][..], &LOG, &millis.to_be_bytes(), &[0, 0, 4, 3, 0, 0]].concat();
    let length = |octets: &[u8]| u16::try_from(octets.len()).unwrap().to_be_bytes();
    let list = [&length(&sct)[..], &sct].concat();
    let list = [&length(&list)[..], &list].concat();
    let octets = [&[4, u8::try_from(list.len()).unwrap()][..], &list].concat();
    let mut params = CertificateParams::new(["shop.example".to_owned()]).unwrap();
    params.not_before = (at - Span::days(1)).calendar().unwrap();
    params.not_after = (at + Span::days(80)).calendar().unwrap();
    let extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2], octets);
    params.custom_extensions = vec![extension];
    params.signed_by(&KeyPair::generate().unwrap(), &pki.intermediate).unwrap().der().to_vec()
}

#[test]
fn a_filter_tells_without_anybody_being_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (pki, now) = (Pki::new(), Clock::system().now());
    let [good, bad] = [0, 1].map(|_| promised(&pki, now - Span::days(5)));
    let serial = |der: &[u8]| notafter_cert::x509::Anatomy::of(der).serial.unwrap().bytes().to_vec();
    let issuer = Certificate::parse(pki.intermediate.der()).unwrap().key().spki_sha256;
    let made = |until: Time, name: &str| {
        let octets = filter(issuer, (&serial(&good), &serial(&bad)), until);
        let file = folder.path().join(name);
        std::fs::write(&file, octets).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let (fresh, old) = (made(now - Span::days(1), "fresh"), made(now - Span::days(4 * 30), "old"));
    let trust = write(folder.path(), "root.pem", &pki.root.pem());
    let told = |leaf: &[u8], filter: &str| {
        let chain = pem::chain_to(&[leaf.to_vec(), pki.intermediate.der().to_vec()]);
        let chain = write(folder.path(), "chain.pem", &chain);
        let ran =
            notafter::run(&["check", "--trust", &trust, "--format", "json", "--crlite", filter, &chain]);
        (ran.code, revocation(&ran.document()["targets"][0]).join("; "))
    };
    // Of the intermediate nobody tells: filters have no CAs, and nobody was asked.
    assert_eq!(told(&good, &fresh), (0, "shop.example: good (crlite good)".to_owned()));
    assert_eq!(told(&bad, &fresh), (2, "shop.example: revoked (crlite revoked)".to_owned()));
    let before = "made before the certificate";
    assert_eq!(told(&good, &old), (3, "shop.example: unknown (crlite unknown)".to_owned()), "{before}");
    let wrong = notafter::run(&["check", "--crlite", &trust, "shop.example"]);
    assert!(
        wrong.err.starts_with(&format!("error: the CRLite filter {trust} cannot be read")),
        "{}",
        wrong.err
    );
    let plain = notafter::run(&["check", "--crlite", "http://filters.example/1", "shop.example"]);
    assert_eq!(plain.code, 64, "{}", plain.err);
}
