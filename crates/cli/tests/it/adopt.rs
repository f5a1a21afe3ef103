//! `adopt` on staged machines with real certbot, lego, nginx and Pebble.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::machine::{CERTBOT, CONF, NAME, NGINX, Stage, has};
use crate::schema;

fn codes(row: &Value) -> Vec<String> {
    let violations = row["violations"].as_array().unwrap();
    violations.iter().map(|violation| violation["code"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_certbot_renewed_and_nobody_reloaded_is_named() {
    let test = "what_certbot_renewed_and_nobody_reloaded_is_named";
    if !has(test, &[CERTBOT, NGINX]) {
        return;
    }
    let Some(stage) = Stage::new(test).await else { return };
    stage.certbot_issues();
    stage.timer();
    let nginx = stage.nginx();
    let resolve = format!("{NAME}:{}:127.0.0.1", nginx.port());
    let look = || stage.row(NAME, &["--resolve", &resolve]);
    let healthy = look();
    assert_eq!(codes(&healthy), [""; 0], "{healthy:#}");
    assert_eq!(healthy["served"][0]["agreement"], "newest");
    assert_eq!((&healthy["renewer"], &healthy["outlook"]["outlook"]), (&"certbot".into(), &"renews".into()));

    let renewed = stage.certbot_renews();
    assert!(renewed.status.success(), "{}", String::from_utf8_lossy(&renewed.stderr));
    let stale = look();
    assert_eq!(codes(&stale), ["automation.not-reloaded"], "{stale:#}");
    assert_eq!(stale["served"][0]["agreement"], "earlier");
    assert_eq!((&stale["outlook"]["outlook"], &stale["next"]), (&"ends".into(), &"nginx -s reload".into()));
    assert_eq!(stale["automation"]["last_result"], "succeeded");

    let pid = fs::read_to_string(nginx.pid_file()).unwrap();
    assert!(Command::new("kill").args(["-HUP", pid.trim()]).status().unwrap().success());
    // nginx reloads by itself some time later: only looking tells when.
    let mended = (0..100).map(|_| look()).find(|row| row["served"][0]["agreement"] == "newest");
    assert_eq!(codes(&mended.expect("nginx never reloaded")), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_timer_and_failing_runs_are_told_years_before_the_end() {
    let test = "a_dead_timer_and_failing_runs_are_told_years_before_the_end";
    if !has(test, &[CERTBOT]) {
        return;
    }
    let Some(stage) = Stage::new(test).await else { return };
    stage.certbot_issues();
    stage.timer();
    assert_eq!(codes(&stage.row(NAME, &[])), [""; 0]);

    fs::remove_file(stage.path("etc/systemd/system/timers.target.wants/certbot.timer")).unwrap();
    let dead = stage.row(NAME, &[]);
    assert_eq!(codes(&dead), ["automation.dead"], "{dead:#}");
    assert!(
        dead["automation"]["alive"]["why"].as_str().unwrap().contains("systemctl enable --now certbot.timer")
    );

    fs::create_dir_all(stage.path("etc/cron.d")).unwrap();
    fs::copy("/etc/cron.d/certbot", stage.path("etc/cron.d/certbot")).unwrap();
    assert_eq!(
        codes(&stage.row(NAME, &[])),
        ["automation.dead"],
        "the package's cron entry yields to systemd"
    );
    fs::remove_dir(stage.path("run/systemd/system")).unwrap();
    assert_eq!(codes(&stage.row(NAME, &[])), [""; 0], "without systemd, cron does it");

    // Something else has taken the port, in both families (certbot is content with one): certbot fails, twice.
    let _taken = [
        std::net::TcpListener::bind(("0.0.0.0", stage.http01_port)),
        std::net::TcpListener::bind(("::1", stage.http01_port)),
    ];
    for _ in 0..2 {
        let renewed = stage.certbot_renews();
        assert!(
            !renewed.status.success(),
            "{}",
            String::from_utf8_lossy(&[renewed.stdout, renewed.stderr].concat())
        );
    }
    let failing = stage.row(NAME, &[]);
    assert_eq!(codes(&failing), ["automation.failing"], "{failing:#}");
    assert_eq!(failing["violations"][0]["evidence"]["log"], "/var/log/letsencrypt/letsencrypt.log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lineage_is_watched_taken_over_and_given_back() {
    let test = "a_lineage_is_watched_taken_over_and_given_back";
    if !has(test, &[CERTBOT]) {
        return;
    }
    let Some(stage) = Stage::new(test).await else { return };
    stage.certbot_issues();
    stage.timer();
    stage.certbot_is_always_due();
    let before = fs::read(stage.path(CONF)).unwrap();
    let done = |arguments: &[&str]| {
        let ran = stage.adopt(&[arguments, &["--format", "json"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        let document: Value = serde_json::from_str(&ran.out).unwrap();
        schema::assert_valid(&document);
        document["done"].clone()
    };
    assert_eq!(done(&["--watch"])["lineages"], serde_json::json!([NAME]));
    let again = done(&["--watch"]);
    assert_eq!((&again["lineages"], &again["renewed"]), (&serde_json::json!([]), &serde_json::json!([NAME])));

    let refused = stage.adopt(&["--take-over", NAME]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("only with consent"), "{}", refused.err);
    assert_eq!(fs::read(stage.path(CONF)).unwrap(), before, "nothing is touched without consent");

    let trust = stage.ca();
    let taken = done(&["--take-over", NAME, "--yes", "--issuer-trust", trust.to_str().unwrap()]);
    assert_eq!(taken["issuer"], "127.0.0.1");
    let off = fs::read_to_string(stage.path(CONF)).unwrap();
    assert!(off.contains("autorenew = False"), "{off}");
    let second = stage.path("etc/letsencrypt/archive/shop.example/cert2.pem");
    assert!(stage.certbot_runs().status.success() && !second.exists(), "certbot leaves it alone");
    let twice = stage.adopt(&["--take-over", NAME, "--yes"]);
    assert!(twice.code == 2 && twice.err.contains("renews it already"), "{}", twice.err);

    let live = stage.path("etc/letsencrypt/live/shop.example/fullchain.pem");
    let (link, old) = (fs::read_link(&live).unwrap(), fs::read(&live).unwrap());
    let renewed = stage.command(&["renew", NAME, "--force"]).output().unwrap();
    // Nothing serves it here, so nothing can prove it: that the order went well is seen in the file.
    assert_eq!(renewed.status.code(), Some(3), "{}", String::from_utf8_lossy(&renewed.stdout));
    assert_ne!(
        fs::read(&live).unwrap(),
        old,
        "renewed with certbot's account, installed where certbot had it"
    );
    let undone = done(&["--undo", NAME]);
    assert_eq!(undone["notes"].as_array().unwrap().len(), 1, "{undone:#}");
    assert_eq!(fs::read(stage.path(CONF)).unwrap(), before, "to the byte");
    assert_eq!((fs::read_link(&live).unwrap(), fs::read(&live).unwrap()), (link, old));
    let mut left: Vec<_> =
        fs::read_dir(live.parent().unwrap()).unwrap().map(|it| it.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(
        left,
        ["README", "cert.pem", "chain.pem", "fullchain.pem", "privkey.pem"],
        "no key stays behind"
    );
    let nothing = stage.adopt(&["--undo", NAME]);
    assert!(nothing.code == 2 && nothing.err.contains("never taken over"), "{}", nothing.err);
    assert!(
        stage.certbot_runs().status.success() && second.exists(),
        "certbot goes on as if nothing had been"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lego_keeps_is_found_with_what_starts_it() {
    let test = "what_lego_keeps_is_found_with_what_starts_it";
    if !has(test, &[("lego", "/usr/bin/lego")]) {
        return;
    }
    let Some(stage) = Stage::new(test).await else { return };
    let issued = Command::new("/usr/bin/lego")
        .args(["--server", &stage.pebble.directory_url(), "--email", "ops@shop.example", "-a", "-d", NAME])
        .args(["--path".as_ref(), stage.path("srv/lego").as_os_str()])
        .args(["--http", "--http.port", &format!("127.0.0.1:{}", stage.http01_port), "run"])
        .env("LEGO_CA_CERTIFICATES", stage.ca())
        .output()
        .unwrap();
    assert!(issued.status.success(), "{}", String::from_utf8_lossy(&issued.stderr));
    let start = |options: &str| {
        let line = format!("17 3 * * * root lego --path /srv/lego -d {NAME} {options} renew\n");
        fs::write(stage.path("etc/cron.d/lego"), line).unwrap();
        stage.row(NAME, &[])
    };
    let dns = start("--dns cloudflare");
    assert_eq!(
        (&dns["renewer"], &dns["disk"]["chain_file"]),
        (&"lego".into(), &"/srv/lego/certificates/shop.example.crt".into())
    );
    assert!(dns["obstacles"][0].as_str().unwrap().contains("DNS (cloudflare)"), "{dns:#}");
    let server = stage.pebble.directory_url();
    let http = start(&format!("--server {server} --http"));
    assert_eq!((codes(&http), &http["obstacles"]), (vec![], &serde_json::json!([])), "{http:#}");
    let trust = stage.ca();
    let refused = stage.adopt(&["--take-over", NAME, "--yes", "--issuer-trust", trust.to_str().unwrap()]);
    assert_eq!(refused.code, 0, "{}", refused.err);
    let line = fs::read_to_string(stage.path("etc/cron.d/lego")).unwrap();
    assert!(line.starts_with("# renewed by notafter instead: 17 3"), "{line}");
}
