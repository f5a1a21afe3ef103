//! What the table says of single certificates, case by case.

use notafter_cert::{Span, Time};

use super::fact::{Der, FoundFile, Kept, KeyUse, Known, Survey, Unseen};
use super::row::{self, Outlook, Row};
use super::stage::{CHAIN, START, certificate, issued, only, seen, survey};
use super::{Agreement, Case, Watched, cases, reunite, tell_servers_apart};
use crate::check::Judge;
use crate::model::{Renewer, Severity};
use crate::threshold::Thresholds;

fn shown(case: &Case, now: Time) -> Row {
    let thresholds = Thresholds::default();
    let watched = Watched { case, now, thresholds: &thresholds, habit_permille: None };
    row::row(&watched, &Judge::without_anchors("the tests have none".to_owned(), Thresholds::default()))
}

fn codes(row: &Row) -> Vec<&str> {
    row.violations.iter().map(|violation| violation.code.as_str()).collect()
}

/// The row was a warning, and no finding said why.
#[test]
fn what_was_written_just_now_and_is_not_served_yet_is_well_until_it_is_a_finding() {
    let mut survey = survey(Span::days(90));
    let earlier = certificate("shop.example", START - Span::days(60), Span::days(90));
    survey.files[0].modified = Some(START);
    let mut case = only(&survey);
    case.seen = vec![seen("127.0.0.1:443", &earlier)];
    let lately = shown(&case, START + Span::seconds(20));
    assert_eq!((lately.violations.len(), lately.served[0].agreement), (0, Agreement::Earlier));
    assert!(matches!(lately.outlook, Outlook::Renews { .. }), "{:?}", lately.outlook);
    let later = shown(&case, START + Span::minutes(3));
    assert_eq!(codes(&later), ["automation.not-reloaded"]);
    assert!(matches!(later.outlook, Outlook::Ends { .. }), "{:?}", later.outlook);
    assert!(later.severity >= Severity::Warning);
}

/// One site at two addresses, each reading a file of its own.
fn two_servers(names: [&str; 2]) -> Survey {
    let mut survey = survey(Span::days(90));
    survey.kept.clear();
    let older = certificate("shop.example", START - Span::days(60), Span::days(90));
    survey.files.push(FoundFile {
        path: "/srv/older.pem".to_owned(),
        real: "/srv/older.pem".to_owned(),
        chain: vec![Der(older)],
        ..survey.files[0].clone()
    });
    let mut other = survey.sites[0].clone();
    other.pairs[0].certificate = "/srv/older.pem".to_owned();
    survey.sites.push(other);
    for (site, (name, address)) in
        survey.sites.iter_mut().zip(names.into_iter().zip(["192.0.2.1", "192.0.2.2"]))
    {
        site.names = vec![name.to_owned()];
        site.listens = vec![format!("{address}:443").parse().unwrap()];
    }
    survey
}

/// It was "renewed on disk, never reloaded", and the reload that was advised could change nothing.
#[test]
fn two_servers_of_one_name_with_a_file_each_need_no_reload() {
    let first = |names| {
        let survey = two_servers(names);
        let mut cases = cases(&survey);
        assert_eq!(cases.len(), 2, "{cases:?}");
        let older = &survey.files[1].chain[0].0;
        let mut looked = seen("192.0.2.2:443", older);
        looked.target = "shop.example:443".parse().unwrap();
        cases[0].seen = vec![looked];
        tell_servers_apart(&mut cases);
        shown(&cases[0], START + Span::days(1))
    };
    let apart = first(["shop.example", "shop.example"]);
    assert_eq!(codes(&apart), [""; 0]);
    assert_eq!(apart.served[0].agreement, Agreement::Other);
    assert_eq!(apart.served[0].read_from.as_deref(), Some("/srv/older.pem"));
    assert_eq!(apart.served[0].violations, [], "judged in its own row");
    let stale = first(["shop.example", "www.example"]);
    assert_eq!(
        codes(&stale),
        ["automation.not-reloaded"],
        "the file of another name is none of this server's"
    );
}

/// `nginx -s reload` asks the nginx of the usual configuration, which may be another one.
#[test]
fn a_server_with_a_configuration_of_its_own_is_reloaded_by_it() {
    let mut survey = survey(Span::days(90));
    survey.sites[0].main = Some("/srv/nginx.conf".to_owned());
    assert_eq!(only(&survey).how_to_reload(), "nginx -c /srv/nginx.conf -s reload");
}

/// One CA that issues again and again.
struct Authority(rcgen::Issuer<'static, rcgen::KeyPair>);

impl Authority {
    fn new(name: &str, organization: &str) -> Self {
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.distinguished_name.push(rcgen::DnType::OrganizationName, organization);
        Self(rcgen::Issuer::new(params, rcgen::KeyPair::generate().unwrap()))
    }

    fn issue(&self, names: &[&str], from: Time, algorithm: &'static rcgen::SignatureAlgorithm) -> Vec<u8> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        params.not_before = from.calendar().unwrap();
        params.not_after = (from + Span::days(90)).calendar().unwrap();
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        params.signed_by(&key, &self.0).unwrap().der().to_vec()
    }
}

/// Renewed on disk by lego, and not taken up by a program whose configuration is not read: it was in a row of its own, and
/// "nobody is known to renew it".
#[test]
fn an_earlier_certificate_of_a_program_that_keeps_none_is_known_by_its_looks() {
    let p256: &'static rcgen::SignatureAlgorithm = &rcgen::PKCS_ECDSA_P256_SHA256;
    let ca = Authority::new("E7", "A CA");
    let names = ["shop.example", "www.shop.example"];
    let mut survey = survey(Span::days(90));
    survey.kept[0].renewer = Renewer::Lego;
    survey.files[0].chain = vec![Der(ca.issue(&names, START, p256))];
    let lately = START - Span::days(60);
    let rows = |survey: &Survey, served: &[u8]| {
        let mut all = cases(survey);
        all.extend(Case::on_the_wire(survey, seen("127.0.0.1:8571", served)));
        let all = reunite(all);
        all.iter().map(|case| shown(case, START + Span::days(1))).collect::<Vec<Row>>()
    };
    let again = [&ca, &Authority::new("E8", "A CA")];
    for same in again {
        let turned = [names[1], names[0]];
        let found = rows(&survey, &same.issue(&turned, lately, p256));
        let [row] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((row.served[0].agreement, row.served[0].by_its_looks), (Agreement::Earlier, true));
        assert!(codes(row).contains(&"automation.not-reloaded"), "{row:?}");
        assert_eq!(row.next.as_deref(), Some("reload whatever listens at 127.0.0.1:8571"));
    }
    let others = [
        ("another CA", Authority::new("E7", "Another CA").issue(&names, lately, p256)),
        ("another name more", ca.issue(&["shop.example", "other.example"], lately, p256)),
        ("a name less", ca.issue(&names[..1], lately, p256)),
        ("a newer one", ca.issue(&names, START + Span::hours(1), p256)),
        ("another kind of key", ca.issue(&names, lately, &rcgen::PKCS_ECDSA_P384_SHA384)),
    ];
    for (what, other) in others {
        let found = rows(&survey, &other);
        assert_eq!(found.len(), 2, "{what}: {found:?}");
        assert_eq!(codes(&found[0]).iter().filter(|code| **code == "automation.not-reloaded").count(), 0);
    }
    survey.kept.push(Kept { chain_file: "/srv/copy.pem".to_owned(), ..survey.kept[0].clone() });
    survey.files.push(FoundFile { path: "/srv/copy.pem".to_owned(), ..survey.files[0].clone() });
    survey.files[1].real = survey.files[1].path.clone();
    assert_eq!(rows(&survey, &ca.issue(&names, lately, p256)).len(), 3, "of two, nobody knows of which");
}

/// nginx was to be reloaded, which served the newest.
#[test]
fn who_is_reloaded_is_whoever_serves_the_earlier_one() {
    let survey = survey(Span::days(90));
    let earlier = certificate("shop.example", START - Span::days(60), Span::days(90));
    let mut case = only(&survey);
    case.seen = vec![seen("127.0.0.1:443", &survey.files[0].chain[0].0), seen("127.0.0.1:8571", &earlier)];
    assert_eq!(case.how_to_reload(), "reload whatever listens at 127.0.0.1:8571");
    case.seen.push(seen("192.0.2.7:443", &earlier));
    assert_eq!(case.how_to_reload(), "nginx -s reload", "a command to type comes first");
}

/// A certificate on disk that no program is known to renew, and no server to read.
fn alone(der: Vec<u8>) -> Survey {
    let mut survey = survey(Span::days(90));
    survey.kept.clear();
    survey.triggers.clear();
    survey.sites.clear();
    survey.files[0].chain = vec![Der(der)];
    survey
}

/// Debian's `ssl-cert-snakeoil` was a warning that it would die, on every machine.
#[test]
fn what_vouches_for_itself_and_has_no_use_alarms_nobody() {
    let own = certificate("localhost", START, Span::days(90));
    for day in [1, 85, 91] {
        let row = shown(&only(&alone(own.clone())), START + Span::days(day));
        assert_eq!((row.severity, &row.next), (Severity::Ok, &None), "day {day}");
        assert_eq!(row.outlook, Outlook::Unused { at: START + Span::days(90) - Span::seconds(1) });
    }
    let mut served = only(&alone(own.clone()));
    served.seen = vec![seen("127.0.0.1:443", &own)];
    assert!(matches!(shown(&served, START + Span::days(1)).outlook, Outlook::Ends { .. }));
    let issued = only(&alone(issued("localhost", START, Span::days(90))));
    assert!(
        matches!(shown(&issued, START + Span::days(1)).outlook, Outlook::Ends { .. }),
        "somebody asked for it"
    );
}

/// "nobody is known to renew it", and a warning: the homes of acme.sh and lego could not be looked into.
#[test]
fn where_renewers_could_not_be_seen_nobody_is_called_the_renewer_of_nothing() {
    let said = |unseen: &[(&str, &str)]| {
        let mut survey = alone(issued("shop.example", START, Span::days(90)));
        survey.unseen = unseen
            .iter()
            .map(|(what, why)| Unseen { what: (*what).to_owned(), why: (*why).to_owned() })
            .collect();
        let der = survey.files[0].chain[0].0.clone();
        let on_disk = shown(&only(&survey), START + Span::days(1));
        let wire = Case::on_the_wire(&survey, seen("127.0.0.1:443", &der)).unwrap();
        let wire = shown(&wire, START + Span::days(1));
        let known = |row: &Row| matches!(row.automation.alive, Known::No(_));
        assert_eq!(known(&on_disk), known(&wire));
        match (on_disk.outlook, wire.outlook) {
            (Outlook::Unknown { why }, Outlook::Unknown { why: same }) => {
                assert_eq!((&why, on_disk.severity), (&same, Severity::Unknown));
                format!("{}: {why}", on_disk.next.unwrap_or_default())
            }
            (Outlook::Ends { why, .. }, Outlook::Ends { .. }) => why,
            others => panic!("{others:?}"),
        }
    };
    const ROOT: &str = "permission denied: run as root to see it";
    let said = [
        said(&[("/root/.lego/certificates", ROOT), ("/root/.acme.sh", ROOT), ("/etc/ssl/private", ROOT)]),
        said(&[("/var/spool/cron/crontabs", ROOT)]),
        said(&[("/etc/letsencrypt/renewal/shop.conf", "it is no such file")]),
        said(&[("/etc/ssl/private", ROOT)]),
    ];
    insta::assert_snapshot!(said.join("\n"));
}

/// `systemctl enable --now` was the next command, in a container.
#[test]
fn a_timer_is_not_sent_to_be_enabled_where_no_systemd_would_fire_it() {
    let next = |systemd_runs: Known| {
        let mut survey = survey(Span::days(90));
        survey.systemd_runs = systemd_runs;
        survey.triggers[0].enabled = Known::No("systemd does not run here".to_owned());
        survey.kept[0].hooks_before = vec!["a hook that keeps it from being taken over".to_owned()];
        let row = shown(&only(&survey), START + Span::days(1));
        assert_eq!(codes(&row), ["automation.dead"]);
        row.next.unwrap_or_default()
    };
    assert_eq!(next(Known::Yes), "systemctl enable --now certbot.timer");
    assert_eq!(next(Known::No("systemd does not run here".to_owned())), "notafter adopt --watch");
}

/// A new pair from certbot was advised, which the line that names another certificate's key would not have read.
#[test]
fn a_configuration_that_names_another_ones_key_is_what_has_to_be_corrected() {
    let next = |key: &str, named_at: Option<&str>| {
        let mut survey = survey(Span::days(90));
        survey.key_uses = vec![KeyUse {
            certificate: CHAIN.to_owned(),
            key: key.to_owned(),
            fits: Known::No("it is not the key of the certificate".to_owned()),
            named_at: named_at.map(str::to_owned),
        }];
        let row = shown(&only(&survey), START + Span::days(1));
        format!("{}\n{}", row.next.unwrap_or_default(), row.violations[0].hint)
    };
    let line = Some("/etc/apache2/sites-enabled/shop.conf:7");
    let own = "/etc/letsencrypt/live/shop.example/privkey.pem";
    let said = [next("/etc/letsencrypt/live/other/privkey.pem", line), next(own, line), next(own, None)];
    insta::assert_snapshot!(said.join("\n"));
}

/// A mail port at an address that nobody knows was to be checked, and the web site beside it was not.
#[test]
fn of_what_is_served_the_name_at_its_usual_port_is_checked_first() {
    let mut survey = alone(certificate("shop.example", START, Span::days(90)));
    survey.sites = self::survey(Span::days(90)).sites;
    let der = survey.files[0].chain[0].0.clone();
    let next = |targets: &[&str]| {
        let mut case = only(&survey);
        case.seen = targets.iter().map(|_| seen("127.0.0.1:443", &der)).collect();
        for (seen, target) in case.seen.iter_mut().zip(targets) {
            seen.target = target.parse().unwrap();
            seen.address.set_port(seen.target.port);
        }
        shown(&case, START + Span::days(89)).next.unwrap_or_default()
    };
    let check = |target: &str| format!("notafter check {target}");
    let (mail, other, site) = ("127.0.0.66:465", "shop.example:8443", "shop.example:443");
    assert_eq!(next(&[site, other, "127.0.0.1:443", mail]), check(site));
    assert_eq!(next(&[mail, other, "127.0.0.1:443"]), check(other));
    assert_eq!(next(&[mail, "127.0.0.1:443", "127.0.0.2:443"]), check("127.0.0.1:443 --sni shop.example"));
    assert_eq!(next(&[mail, "127.0.0.1:993"]), check("127.0.0.66:465 --sni shop.example"));
}

/// It was "not found", and the directory in which it lies could not be looked into.
#[test]
fn an_account_that_could_not_be_read_is_not_called_absent() {
    let said = |unseen: &[(&str, &str)]| {
        let mut survey = survey(Span::days(90));
        survey.kept[0].account = None;
        let unseen =
            unseen.iter().map(|(what, why)| Unseen { what: (*what).to_owned(), why: (*why).to_owned() });
        survey.unseen = unseen.collect();
        shown(&only(&survey), START).obstacles.join("; ")
    };
    let path = "/etc/letsencrypt/accounts/ca.example/dir/7/regr.json";
    assert_eq!(said(&[]), "its account at the CA was not found");
    assert_eq!(
        said(&[(path, "permission denied")]),
        format!("its account at the CA could not be read: {path}: permission denied")
    );
    // Of lego's and acme.sh's it was said still.
    for (renewer, home, path) in [
        (
            crate::model::Renewer::Lego,
            "/root/.lego",
            "/root/.lego/accounts/ca.example/ops@shop.example/account.json",
        ),
        (crate::model::Renewer::AcmeSh, "/root/.acme.sh", "/root/.acme.sh/ca/ca.example/dir/account.key"),
    ] {
        let mut survey = survey(Span::days(90));
        let kept = &mut survey.kept[0];
        (kept.account, kept.renewer, kept.home) = (None, renewer, home.to_owned());
        survey.unseen = vec![Unseen { what: path.to_owned(), why: "permission denied".to_owned() }];
        let said = format!("its account at the CA could not be read: {path}: permission denied");
        let obstacles = shown(&only(&survey), START).obstacles;
        assert!(obstacles.contains(&said), "{obstacles:?}");
    }
}
