use notafter_cert::{Certificate, Span, Time};

use super::fact::{
    Challenge, Der, FilePair, KeyUse, Known, Listener, Process, RunResult, Site, Software, Survey, Unseen,
    Validity, Wishes,
};
use super::stage::{CHAIN, START, certificate, issued, only, run, seen, survey, timer};
use super::{
    Agreement, Case, Ours, Reload, Remembered, Seen, Watched, Writes, cases, habit_permille, left_out,
    questions, remember, row, take_over,
};
use crate::check::Judge;
use crate::model::{Renewer, Severity, Subject};
use crate::rule;
use crate::threshold::Thresholds;

fn watched(case: &Case, now: Time) -> Watched<'_> {
    Watched { case, now, thresholds: &Thresholds { warning: None, critical: None }, habit_permille: None }
}

/// Trusts nobody, as it knows nobody.
fn judge() -> Judge {
    Judge::without_anchors("the tests have none".to_owned(), Thresholds::default())
}

/// Code and severity of everything that is wrong.
fn wrong(case: &Case, now: Time) -> Vec<(String, Severity)> {
    rule::judge_automation(&watched(case, now), &Subject::Named(case.name.clone()))
        .into_iter()
        .map(|violation| (violation.code, violation.severity))
        .collect()
}

fn is(code: &str, severity: Severity) -> Vec<(String, Severity)> {
    vec![(code.to_owned(), severity)]
}

#[test]
fn a_healthy_automation_is_not_accused_until_it_is_late_at_any_lifetime() {
    let table = [
        // lifetime, passed, expected
        (Span::hours(160), Span::hours(110), None),
        (Span::hours(160), Span::hours(128), Some(Severity::Warning)),
        (Span::hours(160), Span::hours(140), Some(Severity::Critical)),
        (Span::days(47), Span::days(32), None),
        (Span::days(90), Span::days(60), None),
        (Span::days(90), Span::days(64), None),
        (Span::days(90), Span::days(65), Some(Severity::Warning)),
        (Span::days(90), Span::days(80), Some(Severity::Critical)),
        (Span::days(90), Span::days(90), Some(Severity::Critical)),
        (Span::days(90), Span::days(91), Some(Severity::Critical)),
        (Span::days(398), Span::days(367), None),
        (Span::days(398), Span::days(391), Some(Severity::Critical)),
    ];
    for (lifetime, passed, expected) in table {
        let case = only(&survey(lifetime));
        let found = wrong(&case, START + passed);
        assert_eq!(
            found,
            expected.map_or(vec![], |it| is("automation.late", it)),
            "{lifetime} after {passed}"
        );
    }
}

#[test]
fn the_habit_is_learnt_from_its_own_past() {
    let day = |number: i64| START + Span::days(number);
    let validity = |from: i64| Validity { not_before: day(from), not_after: day(from + 90) };
    assert_eq!(habit_permille(&[validity(0)]), None);
    assert_eq!(habit_permille(&[validity(0), validity(45), validity(90), validity(150)]), Some(500));
    assert_eq!(habit_permille(&[validity(0), validity(1)]), None, "asked for by a person the next day");
    let mut survey = survey(Span::days(90));
    survey.kept[0].history = vec![validity(-90), validity(-45), validity(0)];
    let case = only(&survey);
    assert_eq!(wrong(&case, day(45)), []);
    assert_eq!(wrong(&case, day(50)), is("automation.late", Severity::Warning));
}

#[test]
fn renewed_on_disk_and_never_reloaded_is_told_long_before_the_end() {
    let mut case = only(&survey(Span::days(90)));
    let old = certificate("shop.example", START - Span::days(60), Span::days(90));
    case.seen = vec![seen("127.0.0.1:443", &old), seen("127.0.0.2:443", &old)];
    assert_eq!(wrong(&case, START + Span::minutes(1)), [], "a reload may be under way");
    let at = START + Span::hours(1);
    assert_eq!(wrong(&case, at), is("automation.not-reloaded", Severity::Warning));
    assert_eq!(wrong(&case, START + Span::days(20)), is("automation.not-reloaded", Severity::Critical));
    let shown = row::row(&watched(&case, at), &judge());
    assert_eq!(shown.next.as_deref(), Some("nginx -s reload"));
    assert_eq!(shown.served[0].agreement, Agreement::Earlier);
    insta::assert_snapshot!(shown.violations[0].text);
}

#[test]
fn the_newest_on_the_wire_is_well_and_a_stranger_is_no_earlier_one() {
    let survey = survey(Span::days(90));
    let mut case = only(&survey);
    case.seen = vec![
        seen("127.0.0.1:443", &survey.files[0].chain[0].0),
        seen("127.0.0.2:443", &certificate("other.example", START - Span::days(9), Span::days(90))),
        seen("127.0.0.3:443", &certificate("shop.example", START + Span::days(9), Span::days(90))),
    ];
    assert_eq!(wrong(&case, START + Span::days(10)), []);
    let agreements: Vec<_> = case.seen.iter().map(|it| it.agreement(case.newest.as_ref())).collect();
    assert_eq!(agreements, [Agreement::Newest, Agreement::Other, Agreement::Other]);
}

/// A daemon whose configuration is not read served what certbot had before, and nobody was said to renew it.
#[test]
fn what_a_renewer_had_before_is_known_again_wherever_it_is_served() {
    let mut survey = survey(Span::days(90));
    let earlier = certificate("shop.example", START - Span::days(60), Span::days(90));
    let leaf = Certificate::parse(&earlier).unwrap();
    assert!(!only(&survey).had(&leaf), "nobody knows of it");
    survey.kept[0].history.push(Validity { not_before: leaf.not_before(), not_after: leaf.not_after() });
    assert!(only(&survey).had(&leaf));
    let stranger = certificate("other.example", START - Span::days(60), Span::days(90));
    assert!(!only(&survey).had(&Certificate::parse(&stranger).unwrap()), "of other names");
    let newest = &survey.files[0].chain[0].0;
    assert!(!only(&survey).had(&Certificate::parse(newest).unwrap()), "it has it");
}

/// lego and acme.sh overwrite their file: nothing on the machine told that what was served had come from it.
#[test]
fn what_an_installation_saw_before_is_known_again_wherever_it_is_served() {
    let mut survey = survey(Span::days(90));
    survey.kept[0].renewer = Renewer::Lego;
    let had = |from: Time, case: &mut Case| {
        let leaf = Certificate::parse(&certificate("shop.example", from, Span::days(90))).unwrap();
        let remembered = |chain_file: &str| Remembered {
            lineage: "shop.example".to_owned(),
            chain_file: chain_file.to_owned(),
            home: None,
            had: vec![leaf.fingerprint()],
        };
        remember(std::slice::from_mut(case), &[remembered("/srv/other.pem")]);
        assert!(!case.had(&leaf), "in another file");
        remember(std::slice::from_mut(case), &[remembered(CHAIN)]);
        case.had(&leaf)
    };
    let mut case = only(&survey);
    assert!(had(START - Span::days(60), &mut case));
    assert!(!had(START + Span::days(1), &mut case), "an older file was put back: it is no earlier one");
}

/// The mail said to type a command that had been refused with its reason in the table before.
#[test]
fn a_take_over_is_proposed_only_where_nothing_stands_against_it() {
    let hint = |survey: &Survey, at: Time| {
        let case = only(survey);
        let found = rule::judge_automation(&watched(&case, at), &Subject::Named(case.name.clone()));
        found.into_iter().map(|violation| violation.hint).collect::<Vec<_>>().join("\n")
    };
    let mut survey = survey(Span::days(90));
    survey.triggers.clear();
    let late = START + Span::days(80);
    let possible = hint(&survey, late);
    survey.kept[0].account = None;
    insta::assert_snapshot!(format!("{possible}\n\n{}", hint(&survey, late)));
}

#[test]
fn a_dead_timer_is_told_while_everything_else_is_well() {
    let at = START + Span::days(1);
    let with = |change: &dyn Fn(&mut Survey)| {
        let mut survey = survey(Span::days(90));
        change(&mut survey);
        wrong(&only(&survey), at)
    };
    let dead = |severity| is("automation.dead", severity);
    assert_eq!(with(&|_| {}), []);
    let off = |it: &mut Survey| it.triggers[0].enabled = Known::No("it is not enabled".to_owned());
    assert_eq!(with(&off), dead(Severity::Warning));
    assert_eq!(with(&|it| it.triggers.clear()), dead(Severity::Warning));
    assert_eq!(with(&|it| it.triggers[0].last = Some(at - Span::days(5))), dead(Severity::Warning));
    assert_eq!(with(&|it| it.triggers[0].last = Some(at - Span::days(3))), []);
    assert_eq!(
        with(&|it| it.kept[0].enabled = Known::No("autorenew = False".to_owned())),
        dead(Severity::Warning)
    );
    let second = |it: &mut Survey| {
        off(it);
        it.triggers.push(timer(Known::Yes));
    };
    assert_eq!(with(&second), [], "one living trigger is enough");
    let blind = |it: &mut Survey| {
        it.triggers.clear();
        it.unseen.push(Unseen {
            what: "/var/spool/cron/crontabs".to_owned(),
            why: "permission denied".to_owned(),
        });
    };
    // It was "UNKNOWN [automation.dead]".
    assert_eq!(with(&blind), is("automation.unknown", Severity::Unknown), "law 6");
    let mut late = survey(Span::days(90));
    off(&mut late);
    let severity = wrong(&only(&late), START + Span::days(80))[0].1;
    assert_eq!(severity, Severity::Critical);
}

#[test]
fn failing_runs_are_told_once_the_next_run_did_not_mend_them() {
    use RunResult::{Failed, Succeeded, Unknown};
    let day = |number: i64| START + Span::days(number);
    let with = |runs: &[(i64, RunResult)], at: i64| {
        let mut survey = survey(Span::days(90));
        survey.runs = runs.iter().map(|&(at, result)| run(day(at), result)).collect();
        wrong(&only(&survey), day(at))
    };
    let failing = is("automation.failing", Severity::Warning);
    assert_eq!(with(&[(60, Failed)], 60), []);
    assert_eq!(with(&[(60, Failed)], 62), failing, "no run came after it");
    assert_eq!(with(&[(60, Failed), (61, Failed)], 61), failing);
    assert_eq!(with(&[(60, Failed), (61, Unknown), (62, Failed)], 62), failing);
    assert_eq!(with(&[(60, Failed), (61, Succeeded)], 62), []);
    assert_eq!(with(&[(-2, Failed), (-1, Failed)], 1), [], "renewed since");
    let mut at_once = survey(Span::days(90));
    at_once.files[0].modified = Some(START + Span::millis(900));
    at_once.runs = vec![run(START, Failed), run(START + Span::seconds(2), Failed)];
    assert_eq!(
        wrong(&only(&at_once), day(1)),
        failing,
        "the log has no fractions of the second it was renewed in"
    );
    let mut elsewhere = survey(Span::days(90));
    elsewhere.runs = vec![run(day(50), Failed), run(day(51), Failed)];
    for run in &mut elsewhere.runs {
        run.failed = vec!["other.example".to_owned()];
    }
    let case = only(&elsewhere);
    assert_eq!(wrong(&case, day(51)), [], "another certificate failed");
    let automation = row::row(&watched(&case, day(51)), &judge()).automation;
    assert_eq!(automation.last_result, Some(Succeeded));
    assert_eq!(automation.last_detail.as_deref(), Some("it failed for other.example alone"));
}

#[test]
fn a_file_that_nobody_can_read_is_unknown() {
    let mut survey = survey(Span::days(90));
    let path = survey.files.remove(0).path;
    survey.unseen.push(Unseen { what: path, why: "permission denied".to_owned() });
    let case = only(&survey);
    assert_eq!(wrong(&case, START), is("automation.unreadable", Severity::Unknown));
    assert!(matches!(row::row(&watched(&case, START), &judge()).outlook, row::Outlook::Unknown { .. }));
}

/// nginx went on until it was reloaded, and nobody had said a word.
#[test]
fn a_key_that_does_not_fit_is_critical_and_one_that_cannot_be_read_is_unknown() {
    let with = |uses: &[(&str, Known)]| {
        let mut survey = survey(Span::days(90));
        let used = |(key, fits): &(&str, Known)| KeyUse {
            certificate: CHAIN.to_owned(),
            key: (*key).to_owned(),
            fits: fits.clone(),
            named_at: None,
        };
        survey.key_uses = uses.iter().map(used).collect();
        only(&survey)
    };
    let at = START + Span::days(1);
    let other = || Known::No(format!("it is not the key of the certificate in {CHAIN}"));
    let blind = || Known::Unknown("/a.key: permission denied".to_owned());
    let case = with(&[("/a.key", blind()), ("/b.key", other()), ("/c.key", Known::Yes)]);
    assert_eq!(wrong(&case, at), is("automation.key-mismatch", Severity::Critical));
    let shown = row::row(&watched(&case, at), &judge());
    assert_eq!((shown.severity, &shown.disk.key_fits), (Severity::Critical, &other()));
    assert_eq!(
        shown.next.as_deref(),
        Some("certbot renew --force-renewal --cert-name shop.example"),
        "a reload would be refused"
    );
    insta::assert_snapshot!(format!(
        "{}\n{}\n{:?}",
        shown.violations[0].text, shown.violations[0].hint, shown.outlook
    ));

    let shown = row::row(&watched(&with(&[("/a.key", blind()), ("/c.key", Known::Yes)]), at), &judge());
    assert_eq!((&shown.disk.key_fits, shown.violations.len()), (&blind(), 0), "never that it fits");
    let fits = |uses: &[(&str, Known)]| with(uses).key_fits();
    assert_eq!(fits(&[("/c.key", Known::Yes)]), Known::Yes);
    assert_eq!(fits(&[]), Known::Unasked);
}

#[test]
fn a_site_joins_the_certificate_that_it_reads_by_any_of_its_files() {
    let mut survey = survey(Span::days(90));
    survey.sites[0].pairs[0].certificate = "/etc/letsencrypt/live/shop.example/cert.pem".to_owned();
    survey.sites.push(Site {
        software: Software::Apache,
        names: vec!["self.example".to_owned()],
        listens: vec!["[::]:8443".parse().unwrap()],
        pairs: vec![FilePair { certificate: "/etc/ssl/self.pem".to_owned(), key: None, key_at: None }],
        config: String::new(),
        main: None,
    });
    let cases = cases(&survey);
    assert_eq!(cases.len(), 2, "{cases:?}");
    assert_eq!(cases[0].sites.len(), 1);
    assert_eq!(cases[1].unread.as_deref(), Some("it was not found"));
}

#[test]
fn every_listening_family_and_every_name_is_asked_for() {
    let mut survey = survey(Span::days(90));
    survey.sites[0].names = vec!["_".to_owned(), "shop.example".to_owned(), "~^www".to_owned()];
    for address in ["0.0.0.0:443", "[::]:443", "0.0.0.0:25", "127.0.0.1:9"] {
        survey.listeners.push(Listener { address: address.parse().unwrap(), process: None });
    }
    let asked: Vec<String> = questions(&survey, &cases(&survey))
        .into_iter()
        .map(|it| {
            let at = it.at.map_or_else(|| "every address".to_owned(), |at| at.to_string());
            format!("{} as {} at {at}", it.target, it.target.sni.clone().unwrap_or_default())
        })
        .collect();
    insta::assert_snapshot!(asked.join("\n"));
}

/// A port of a site was taken as asked at every address.
#[test]
fn the_same_port_at_another_address_is_asked_too() {
    let mut survey = survey(Span::days(90));
    survey.sites[0].listens = vec!["192.0.2.1:8444".parse().unwrap()];
    for address in ["192.0.2.1:8444", "192.0.2.2:8444"] {
        survey.listeners.push(Listener { address: address.parse().unwrap(), process: None });
    }
    let asked = questions(&survey, &cases(&survey));
    let at: Vec<String> = asked.iter().filter_map(|it| Some(it.at?.to_string())).collect();
    assert_eq!(at, ["192.0.2.1:8444", "192.0.2.2:8444"]);
}

/// A server without a name in its configuration was watched by its address, which no certificate covers: critical at once.
#[test]
fn a_listener_without_a_name_is_watched_by_a_name_of_its_certificate() {
    let survey = survey(Span::days(90));
    let mut case = only(&survey);
    let wild = certificate("*.wild.example", START, Span::days(90));
    let addresses = ["127.0.0.1:9404", "[2001:db8::1]:9404"];
    case.seen = addresses.map(|at| seen(at, &survey.files[0].chain[0].0)).into();
    case.seen.push(seen("127.0.0.1:9405", &wild));
    let mute = Seen { leaf: Err("it does not offer TLS".to_owned()), ..seen("127.0.0.1:9406", &[]) };
    case.seen.push(mute);
    let watched: Vec<String> = case
        .targets()
        .iter()
        .map(|target| format!("{target} {}", target.server_name().unwrap_or_default()))
        .collect();
    insta::assert_snapshot!(watched.join("\n"));
}

/// A web server at a port of its own choice was not asked: what it served was in no row.
#[test]
fn a_web_server_at_an_unusual_port_was_not_asked() {
    let mut survey = survey(Span::days(90));
    survey.sites.clear();
    for (port, name) in [
        (9450, "apache2"),
        (9460, "python3"),
        (9461, "python3.11"),
        (80, "nginx"),
        (9100, "jetdirect"),
        (3306, "java"),
    ] {
        let process = Some(Process { pid: 7, name: name.to_owned() });
        survey.listeners.push(Listener { address: ([127, 0, 0, 1], port).into(), process });
    }
    survey.listeners.push(Listener { address: ([127, 0, 0, 1], 9462).into(), process: None });
    let asked = questions(&survey, &[]);
    let asked: Vec<(u16, bool)> = asked.iter().map(|it| (it.target.port, it.guessed)).collect();
    assert_eq!(asked, [(9450, true), (9460, true), (9461, true)]);
}

/// `apachectl graceful` would have told another Apache than the one that reads the files.
#[test]
fn an_apache_with_another_main_file_is_told_by_that() {
    let mut survey = survey(Span::days(90));
    survey.sites[0].software = Software::Apache;
    survey.sites[0].main = Some("/srv/ap.conf".to_owned());
    survey.kept[0].hooks.clear();
    let case = only(&survey);
    assert_eq!(case.how_to_reload(), "apachectl -f /srv/ap.conf -k graceful");
    let Reload::Command(words) = take_over(&case).unwrap().reload else { panic!("{case:?}") };
    assert_eq!(words, ["apachectl", "-f", "/srv/ap.conf", "-k", "graceful"]);
}

#[test]
fn a_listening_port_that_is_in_no_row_says_why() {
    let mut survey = survey(Span::days(90));
    let sshd = Process { pid: 7, name: "sshd".to_owned() };
    for (address, process) in
        [("0.0.0.0:443", None), ("[::]:22", Some(sshd)), ("0.0.0.0:25", None), ("127.0.0.1:3306", None)]
    {
        survey.listeners.push(Listener { address: address.parse().unwrap(), process });
    }
    let mut case = only(&survey);
    case.seen = vec![seen("127.0.0.1:443", &survey.files[0].chain[0].0)];
    let mute = ("127.0.0.1:25".parse().unwrap(), "it does not offer STARTTLS".to_owned());
    let said: Vec<String> = left_out(&survey, &[case], &[mute])
        .into_iter()
        .map(|port| {
            let who = port.process.map(|process| process.name).unwrap_or_default();
            format!("{} {who} {}: {}", port.address, if port.asked { "asked" } else { "not asked" }, port.why)
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    [::]:22 sshd not asked: TLS is not usual there
    0.0.0.0:25  asked: it does not offer STARTTLS
    127.0.0.1:3306  not asked: TLS begins there within MySQL, which notafter does not speak
    ");
}

#[test]
fn what_cannot_be_renewed_here_says_why() {
    let obstacles = |change: &dyn Fn(&mut Survey)| {
        let mut survey = survey(Span::days(90));
        change(&mut survey);
        match take_over(&only(&survey)) {
            Ok(_) => String::new(),
            Err(obstacles) => obstacles.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        }
    };
    assert_eq!(obstacles(&|_| {}), "");
    let dns = |it: &mut Survey| it.kept[0].challenge = Challenge::Dns { provider: "cloudflare".to_owned() };
    assert!(obstacles(&dns).contains("DNS (cloudflare)"));
    let hook = |it: &mut Survey| it.kept[0].hooks.push("/usr/local/bin/push-to-cdn".to_owned());
    assert!(obstacles(&hook).contains("push-to-cdn"));
    let bare = |it: &mut Survey| {
        it.kept[0].directory = None;
        it.kept[0].account = None;
        it.kept[0].key_file = None;
    };
    assert_eq!(obstacles(&bare).matches(';').count(), 2, "{}", obstacles(&bare));
    assert!(obstacles(&|it| it.kept.clear()).contains("nothing to take over"));
    let before = |it: &mut Survey| it.kept[0].hooks_before.push("systemctl stop nginx".to_owned());
    assert_eq!(
        obstacles(&before),
        "it runs a command before each renewal, and notafter runs none: systemctl stop nginx"
    );
    let staple = |it: &mut Survey| it.kept[0].wishes.others.push("must_staple".to_owned());
    assert_eq!(obstacles(&staple), "it asks for something that notafter does not order: must_staple");
}

/// Before, the last hook alone survived, and none where nginx reads the files: whoever was not told went stale.
#[test]
fn one_product_is_told_and_a_second_one_keeps_it_watched() {
    const NGINX: &str = "systemctl reload nginx";
    const HAPROXY: &str = "systemctl reload haproxy.service";
    const APACHE: &str = "apachectl graceful";
    let command = |text: &str| Reload::Command(text.split(' ').map(str::to_owned).collect());
    let nginx = || Reload::Nginx { server_name: "shop.example".to_owned(), config: None };
    let two = |one: &str, other: &str| {
        Err(format!(
            "{one} and {other} must each be told of a new certificate, and a place of notafter tells one product"
        ))
    };
    use Software::{Apache, Nginx};
    let table = [
        (vec![], vec![], Ok(Reload::Nothing)),
        (vec![], vec![HAPROXY], Ok(command(HAPROXY))),
        (vec![], vec![NGINX, "/usr/sbin/nginx -s reload"], Ok(command("/usr/sbin/nginx -s reload"))),
        (vec![Nginx], vec![], Ok(nginx())),
        (vec![Nginx], vec![NGINX, "service nginx restart"], Ok(nginx())),
        (vec![Apache], vec![], Ok(command(APACHE))),
        (vec![Apache], vec!["systemctl reload apache2"], Ok(command("systemctl reload apache2"))),
        (
            vec![],
            vec![NGINX, HAPROXY],
            two("nginx (`systemctl reload nginx`)", "HAProxy (`systemctl reload haproxy.service`)"),
        ),
        (vec![Nginx], vec![HAPROXY], two("HAProxy (`systemctl reload haproxy.service`)", "nginx")),
        (vec![Apache], vec![NGINX], two("nginx (`systemctl reload nginx`)", "Apache")),
        (vec![Nginx, Apache], vec![], two("nginx", "Apache")),
        (
            vec![Nginx],
            vec!["/opt/push", HAPROXY],
            Err("it runs a hook that notafter does not know: /opt/push".to_owned()),
        ),
    ];
    for (sites, hooks, expected) in table {
        let mut survey = survey(Span::days(90));
        let site = survey.sites.remove(0);
        survey.sites = sites.iter().map(|&software| Site { software, ..site.clone() }).collect();
        survey.kept[0].hooks = hooks.iter().map(ToString::to_string).collect();
        let planned = take_over(&only(&survey)).map(|plan| plan.reload);
        let planned = planned
            .map_err(|obstacles| obstacles.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
        assert_eq!(planned, expected, "{sites:?} {hooks:?}");
    }
}

/// A server for every name has none to find it by; nginx has to read its files again all the same.
#[test]
fn a_site_of_nginx_without_a_plain_name_is_reloaded_by_command() {
    let planned = |names: &[&str], main: Option<&str>, hooks: &[&str]| {
        let mut survey = survey(Span::days(90));
        survey.sites[0].names = names.iter().map(ToString::to_string).collect();
        survey.sites[0].main = main.map(str::to_owned);
        survey.kept[0].hooks = hooks.iter().map(ToString::to_string).collect();
        match take_over(&only(&survey)).unwrap().reload {
            Reload::Command(words) => words.join(" "),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(planned(&["_"], None, &[]), "nginx -s reload");
    assert_eq!(planned(&["~^shop"], Some("/srv/nginx.conf"), &[]), "nginx -c /srv/nginx.conf -s reload");
    assert_eq!(planned(&["_"], None, &["service nginx reload"]), "service nginx reload");
}

#[test]
fn what_is_asked_of_keys_and_chains_is_taken_along() {
    let mut survey = survey(Span::days(90));
    let wishes = Wishes {
        key: Some(notafter_cert::KeySpec::Rsa4096),
        reuse_key: true,
        preferred_chain: Some("Example Root X9".to_owned()),
        profile: Some("shortlived".to_owned()),
        others: vec![],
    };
    survey.kept[0].wishes = wishes.clone();
    assert_eq!(take_over(&only(&survey)).unwrap().wishes, wishes);
}

/// A lineage of ours whose current certificate is the staged one, and which writes what `change` says.
fn ours(case: &Case, change: impl FnOnce(&mut Writes)) -> Ours {
    let mut writes = Writes { generations: ".notafter-pl_1".to_owned(), files: vec![], nginx_site: None };
    change(&mut writes);
    Ours {
        lineage: "shop".to_owned(),
        next_renewal: Some(START + Span::days(60)),
        why: "two thirds of its lifetime are over then".to_owned(),
        failures: 0,
        current: case.newest.as_ref().map(notafter_cert::Certificate::fingerprint),
        alive: Known::Yes,
        writes: vec![writes],
    }
}

/// The staged pair without its old program.
fn left_alone() -> Survey {
    let mut survey = survey(Span::days(90));
    survey.kept.clear();
    survey.triggers.clear();
    survey
}

#[test]
fn what_notafter_renews_itself_is_known_by_what_its_places_write() {
    use row::{Outlook, RenewedBy};
    let at = START + Span::days(1);
    let shown = |survey: &Survey, change: &dyn Fn(&mut Writes)| {
        let case = only(survey);
        let all = [ours(&case, change)];
        row::row(&watched(&case.tied(&all), at), &judge())
    };
    let plain = left_alone();
    let mut deployed = left_alone();
    deployed.files[0].real = "/etc/nginx/.notafter-pl_1/dp_2/full-chain".to_owned();
    let mut taken_over = survey(Span::days(90));
    taken_over.kept[0].enabled = Known::No("autorenew = False".to_owned());
    taken_over.runs = vec![run(at, RunResult::Failed), run(at, RunResult::Failed)];
    let by_file = |writes: &mut Writes| writes.files.push(CHAIN.to_owned());
    let by_site = |writes: &mut Writes| writes.nginx_site = Some("shop.example".to_owned());
    let table = [
        shown(&plain, &by_file),
        shown(&plain, &by_site),
        shown(&deployed, &|_| {}),
        shown(&taken_over, &by_file),
    ];
    for shown in table {
        assert_eq!(shown.renewer, RenewedBy::Notafter);
        assert_eq!(shown.ours.map(|ours| ours.lineage).as_deref(), Some("shop"));
        assert_eq!(shown.outlook, Outlook::Renews { at: START + Span::days(60) });
        assert_eq!((shown.violations, shown.next), (vec![], None), "nothing to do");
        assert_eq!(shown.obstacles, ["notafter renews it already, as lineage shop"]);
    }

    let copy = shown(&plain, &|writes| writes.files.push("/etc/ssl/other.pem".to_owned()));
    assert_eq!(copy.renewer, RenewedBy::Other(Renewer::Unknown));
    let Outlook::Ends { why, .. } = copy.outlook else { panic!("{:?}", copy.outlook) };
    assert_eq!(why, "notafter renews the same as shop, but writes no next one to this file");
    let theirs = shown(&survey(Span::days(90)), &by_file);
    assert_eq!(theirs.renewer, RenewedBy::Other(Renewer::Certbot), "a living program renews what it keeps");
}

#[test]
fn what_notafter_plans_and_nobody_will_do_is_not_shown_as_well() {
    use row::Outlook::Unknown;
    let shown = |change: &dyn Fn(&mut Ours)| {
        let case = only(&left_alone());
        let mut ours = ours(&case, |writes| writes.files.push(CHAIN.to_owned()));
        change(&mut ours);
        let row = row::row(&watched(&case.tied(&[ours]), START + Span::days(1)), &judge());
        let why = if let Unknown { why } = row.outlook { why } else { String::new() };
        (why, row.next.unwrap_or_default())
    };
    let said = [
        shown(&|ours| ours.alive = Known::No("no server of notafter runs".to_owned())),
        shown(&|ours| ours.alive = Known::Unknown("the server does not get on with renew".to_owned())),
        shown(&|ours| ours.current = None),
        shown(&|ours| (ours.next_renewal, ours.why) = (None, "issuer ca is missing".to_owned())),
        shown(&|ours| ours.failures = 2),
    ];
    let said = said.map(|(why, next)| format!("{next}: {why}"));
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn what_is_served_from_no_known_file_is_ours_by_its_certificate() {
    let survey = left_alone();
    let case = only(&survey);
    let wire = Case::on_the_wire(&survey, seen("127.0.0.1:443", &survey.files[0].chain[0].0)).unwrap();
    let all = [ours(&case, |_| {})];
    assert_eq!(wire.clone().tied(&all).ours().map(|ours| ours.lineage.as_str()), Some("shop"));
    let stranger = [Ours { current: None, ..all[0].clone() }];
    assert_eq!(wire.tied(&stranger).ours(), None);
}

/// Such rows were headed "OK": nobody had judged what is served, and what will not survive counted as well.
#[test]
fn a_row_is_as_bad_as_what_is_served_and_as_what_will_come_of_it() {
    let day = |number: i64| START + Span::days(number);
    let head = |renewed: bool, from: i64, at: i64| {
        let mut survey = survey(Span::days(90));
        if !renewed {
            survey.kept.clear();
        }
        let mut case = only(&survey);
        let der = certificate("shop.example", day(from), Span::days(90));
        case.newest = Some(notafter_cert::Certificate::parse(&der).unwrap());
        case.seen = vec![seen("127.0.0.1:443", &der)];
        let row = row::row(&watched(&case, day(at)), &Judge::new(anchors(&der), Thresholds::default()));
        let codes: Vec<String> = row.served[0].violations.iter().map(|it| it.code.clone()).collect();
        (row.severity, codes.join(" "), row.next.unwrap_or_default())
    };
    insta::assert_debug_snapshot!([
        head(true, 0, 1),
        head(false, 0, 1),
        head(false, 0, 81),
        head(false, 0, 91),
        head(false, 5, 1),
    ]);
}

fn anchors(der: &[u8]) -> notafter_cert::path::Anchors {
    notafter_cert::path::Anchors::from_ders("the test's own", [der])
}

/// "next: notafter adopt --watch" was untrue for it: that registers endpoints and automations, and it has neither.
#[test]
fn what_nobody_renews_and_nothing_serves_is_not_sent_to_be_watched() {
    let mut survey = survey(Span::days(90));
    survey.kept.clear();
    survey.sites.clear();
    survey.files[0].chain = vec![Der(issued("shop.example", START, Span::days(90)))];
    let row = row::row(&watched(&only(&survey), START), &judge());
    assert_eq!(row.next, Some(format!("notafter check {CHAIN}")));
}

/// "next: notafter check app.p12", which opens no such file.
#[test]
fn a_pkcs_12_file_was_to_be_checked_as_it_is() {
    let mut survey = survey(Span::days(90));
    survey.kept.clear();
    survey.sites.clear();
    survey.files[0].chain = vec![Der(issued("shop.example", START, Span::days(90)))];
    survey.files[0].path = "/etc/ssl/app.p12".to_owned();
    let row = row::row(&watched(&only(&survey), START), &judge());
    let next = "notafter convert /etc/ssl/app.p12 --only fullchain --out app.pem && notafter check app.pem";
    assert_eq!(row.next.as_deref(), Some(next));
}
