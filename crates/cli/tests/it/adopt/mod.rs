//! `adopt` on staged machines with real certbot, lego, nginx and Pebble.

mod bare;
mod ca;
mod elsewhere;
mod key;
mod ports;
mod served;
mod server;
mod undo;
mod untouched;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use notafter_cert::{Certificate, pem};
use notafter_lab::nginx::Nginx;
use serde_json::{Value, json};

use crate::machine::{CERTBOT, CONF, NAME, NGINX, Stage, has};
use crate::notafter::Ran;
use crate::serve::Serving;

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

    let [program, arguments @ ..] = nginx.reload_command();
    assert!(Command::new(program).args(arguments).status().unwrap().success());
    let mended = look();
    assert_eq!(mended["served"][0]["agreement"], "newest");
    assert_eq!(codes(&mended), [""; 0]);
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
        ran.document()["done"].clone()
    };
    assert_eq!(done(&["--watch"])["lineages"], serde_json::json!([NAME]));
    let again = done(&["--watch"]);
    assert_eq!((&again["lineages"], &again["renewed"]), (&serde_json::json!([]), &serde_json::json!([NAME])));

    let refused = stage.adopt(&["--take-over", NAME]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("only with consent"), "{}", refused.err);
    assert_eq!(fs::read(stage.path(CONF)).unwrap(), before, "nothing is touched without consent");

    anchors_are_read_before_anything_is_handed_over(&stage, &before);
    a_relative_path_is_kept_absolute(&stage);
    let aside = stage.path(&format!("{CONF}.notafter"));
    assert!(!stage.path(CONF).exists() && fs::read(&aside).unwrap() == before, "out of certbot's sight");
    let version = |number: u8| stage.path(&format!("etc/letsencrypt/archive/shop.example/cert{number}.pem"));
    assert!(stage.certbot_runs().status.success() && !version(2).exists(), "certbot leaves it alone");
    let twice = stage.adopt(&["--take-over", NAME, "--yes"]);
    assert!(twice.code == 2 && twice.err.contains("renews it already"), "{}", twice.err);

    let live = stage.path("etc/letsencrypt/live/shop.example/fullchain.pem");
    let old = fs::read(&live).unwrap();
    let renewed = stage.command(&["renew", NAME, "--force"]).output().unwrap();
    // Nothing serves it here, so nothing can prove it: that the order went well is seen in the file.
    assert_eq!(renewed.status.code(), Some(3), "{}", String::from_utf8_lossy(&renewed.stdout));
    let newest = fs::read(&live).unwrap();
    assert_ne!(newest, old, "renewed with certbot's account, installed where certbot had it");
    assert_eq!(beside(live.parent().unwrap()), newest, "the other two files are of the same pair");
    certbot_runs_well(&stage, "its own files hold what notafter deployed");
    let undone = done(&["--undo", NAME]);
    let handed_over = stage.path("etc/letsencrypt/archive/shop.example/fullchain2.pem");
    assert_eq!(undone["handed_over"], handed_over.to_str().unwrap(), "{undone:#}");
    let note = undone["notes"][0].as_str().unwrap();
    assert!(note.starts_with("the certificate that notafter got, valid until "), "{note}");
    assert_eq!(fs::read(stage.path(CONF)).unwrap(), before, "to the byte");
    assert_eq!(fs::read(&live).unwrap(), newest, "nothing older comes back");
    certbot_has_a_second_version(&stage);
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
        stage.certbot_runs().status.success() && version(3).exists(),
        "certbot goes on as if nothing had been"
    );
}

/// What certbot keeps in two files besides the full chain. They stayed old where the key was new, and a server that read them
/// did not start any more.
fn beside(live: &Path) -> Vec<u8> {
    [fs::read(live.join("cert.pem")).unwrap(), fs::read(live.join("chain.pem")).unwrap()].concat()
}

/// For good, and whatever else it renews: it stumbled over the files of a certificate that notafter had taken over.
fn certbot_runs_well(stage: &Stage, when: &str) {
    let ran = stage.certbot_runs();
    let said = String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned();
    assert!(ran.status.success() && !said.contains("parsefail"), "{when}: {said}");
}

/// A relative path was stored as it was typed, and nobody had read the file.
fn anchors_are_read_before_anything_is_handed_over(stage: &Stage, before: &[u8]) {
    let absent = stage.adopt(&["--take-over", NAME, "--yes", "--issuer-trust", "absent.pem"]);
    assert!(absent.code != 0 && absent.err.contains("absent.pem"), "{} {}", absent.code, absent.err);
    assert_eq!(fs::read(stage.path(CONF)).unwrap(), before, "nothing is handed over");
}

/// Takes over, with the anchors named relative to this command's directory.
fn a_relative_path_is_kept_absolute(stage: &Stage) {
    let trust = stage.ca();
    let taken = stage
        .command(&["adopt", "--take-over", NAME, "--yes", "--issuer-trust", "ca.pem", "--format", "json"])
        .arg("--root")
        .arg(stage.path(""))
        .current_dir(trust.parent().unwrap())
        .output()
        .unwrap();
    let taken = Ran::from(taken);
    assert_eq!(taken.code, 0, "{}", taken.err);
    assert_eq!(taken.document()["done"]["issuer"], "127.0.0.1");
    let issuers = Ran::from(stage.command(&["get", "issuers"]).output().unwrap());
    let absolute = format!("trust = {trust:?}");
    assert!(issuers.out.contains(&absolute), "a server has another directory: {}", issuers.out);
}

/// For the pair of a managed lineage `adopt` said "nobody that is known, WILL NOT SURVIVE".
#[tokio::test(flavor = "multi_thread")]
async fn what_notafter_renews_itself_is_shown_with_its_plan_and_asks_for_nothing() {
    let test = "what_notafter_renews_itself_is_shown_with_its_plan_and_asks_for_nothing";
    if !has(test, &[CERTBOT, NGINX]) {
        return;
    }
    let Some(stage) = Stage::new(test).await else { return };
    stage.certbot_issues();
    stage.timer();
    let nginx = stage.nginx();
    stage.resolve(nginx.port(), "127.0.0.1");
    assert_eq!(stage.row(NAME, &[])["renewer"], "certbot");
    assert!(!stage.home("data").exists(), "looking installs nothing");

    let trust = stage.ca();
    let taken = stage.adopt(&["--take-over", NAME, "--yes", "--issuer-trust", trust.to_str().unwrap()]);
    assert_eq!(taken.code, 0, "{}", taken.err);
    let idle = stage.row(NAME, &[]);
    assert_eq!((&idle["renewer"], &idle["ours"]["lineage"]), (&json!("notafter"), &json!(NAME)), "{idle:#}");
    assert_eq!((codes(&idle), &idle["next"]), (vec![], &json!("notafter serve")), "{idle:#}");
    let why = idle["outlook"]["why"].as_str().unwrap();
    assert!(
        why.starts_with("its renewal is planned for ") && why.ends_with("no server of notafter runs"),
        "{why}"
    );

    stage.set(&format!("trust = {:?}", stage.home("roots.pem")));
    fs::write(stage.home("roots.pem"), stage.issuing_root()).unwrap();
    let renewed = Ran::from(stage.command(&["renew", NAME, "--force"]).output().unwrap());
    assert_eq!(renewed.code, 0, "{}{}", renewed.out, renewed.err);

    let server = Serving::start(stage.command(&["serve", "--listen", "127.0.0.1:0"]));
    server.wait_for("/readyz", 200);
    let well = stage.row(NAME, &[]);
    assert_eq!(
        (&well["renewer"], &well["served"][0]["agreement"]),
        (&json!("notafter"), &json!("newest")),
        "{well:#}"
    );
    assert_eq!((codes(&well), &well["next"]), (vec![], &Value::Null), "{well:#}");
    assert_eq!(
        (&well["outlook"]["outlook"], &well["outlook"]["at"]),
        (&json!("renews"), &well["ours"]["next_renewal"])
    );
    let people = stage.adopt(&[]);
    assert!(people.out.contains("(shop.example)"), "{}", people.out);
    assert!(
        people.out.contains("1 certificate: 1 renewed by themselves, 0 will not survive"),
        "{}",
        people.out
    );
}

/// They vanished silently: what was pinned to the key broke at the first renewal, and what a hook did was not done.
#[tokio::test(flavor = "multi_thread")]
async fn what_certbot_was_told_of_keys_and_chains_goes_along_and_hooks_are_not_lost() {
    let test = "what_certbot_was_told_of_keys_and_chains_goes_along_and_hooks_are_not_lost";
    if !has(test, &[CERTBOT]) {
        return;
    }
    let Some(stage) = Stage::new(test).await else { return };
    stage.certbot_issues_with(&[
        "--reuse-key",
        "--preferred-chain",
        "Pebble Root CA",
        "--key-type",
        "rsa",
        "--deploy-hook",
        "systemctl reload haproxy",
    ]);
    let plain = fs::read_to_string(stage.path(CONF)).unwrap();
    assert!(plain.contains("reuse_key = True"), "{plain}");
    let said = |more: &str| {
        fs::write(stage.path(CONF), plain.replace("[renewalparams]", &format!("[renewalparams]\n{more}")))
            .unwrap();
        let obstacles = stage.row(NAME, &[])["obstacles"].clone();
        let refused = stage.adopt(&["--take-over", NAME, "--yes"]);
        assert_eq!(refused.code, 2, "{}{}", refused.out, refused.err);
        assert!(refused.err.contains(obstacles[0].as_str().unwrap()), "{}", refused.err);
        obstacles
    };
    assert_eq!(
        said("pre_hook = systemctl stop nginx"),
        json!(["it runs a command before each renewal, and notafter runs none: systemctl stop nginx"])
    );
    assert_eq!(
        said("post_hook = nginx -s reload"),
        json!([
            "HAProxy (`systemctl reload haproxy`) and nginx (`nginx -s reload`) must each be told of a new certificate, \
             and a place of notafter tells one product"
        ])
    );
    // No HAProxy is there to be told.
    let alone: Vec<&str> = plain.lines().filter(|line| !line.starts_with("renew_hook")).collect();
    fs::write(stage.path(CONF), alone.join("\n")).unwrap();

    let trust = stage.ca();
    let taken = stage.adopt(&["--take-over", NAME, "--yes", "--issuer-trust", trust.to_str().unwrap()]);
    assert_eq!(taken.code, 0, "{}", taken.err);
    let ours = Ran::from(stage.command(&["get", "lineages"]).output().unwrap());
    for line in ["reuse_key = true", "preferred_chain = \"Pebble Root CA\"", "key = \"rsa-2048\""] {
        assert!(ours.out.contains(line), "{line}: {}{}", ours.out, ours.err);
    }
    let live = stage.path("etc/letsencrypt/live/shop.example/fullchain.pem");
    let identity = || {
        let leaf = pem::chain_from(&fs::read(&live).unwrap()).unwrap().remove(0);
        let leaf = Certificate::parse(&leaf).unwrap();
        (leaf.fingerprint(), leaf.key().spki_sha256)
    };
    let before = identity();
    stage.command(&["renew", NAME, "--force"]).output().unwrap();
    let after = identity();
    assert_ne!(after.0, before.0, "renewed");
    assert_eq!(after.1, before.1, "whoever pinned the key goes on");
}

/// certbot's own files lead to what was handed over, and certbot finds nothing wrong with them.
pub(crate) fn certbot_has_a_second_version(stage: &Stage) {
    let live = stage.path("etc/letsencrypt/live/shop.example/fullchain.pem");
    assert_eq!(
        fs::read_link(&live).unwrap().to_str(),
        Some("../../archive/shop.example/fullchain2.pem"),
        "as certbot's own second version"
    );
    let mode = |kind: &str| {
        let file = stage.path(&format!("etc/letsencrypt/archive/shop.example/{kind}"));
        fs::metadata(file).unwrap().permissions().mode()
    };
    assert_eq!(mode("privkey2.pem"), mode("privkey1.pem"));
    let known = stage.certbot(&["certificates"]);
    let known = String::from_utf8_lossy(&known.stdout).into_owned();
    assert!(known.contains("Certificate Name: shop.example") && known.contains("VALID"), "{known}");
}

/// Law 9 in the other direction: what must not be served any more is not handed over either.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_was_revoked_is_not_handed_back() {
    let test = "a_certificate_that_was_revoked_is_not_handed_back";
    if !has(test, &[CERTBOT]) {
        return;
    }
    let Some(stage) = Stage::new(test).await else { return };
    stage.certbot_issues();
    stage.timer();
    let live = stage.path("etc/letsencrypt/live/shop.example/fullchain.pem");
    let old = fs::read(&live).unwrap();
    let trust = stage.ca();
    let taken = stage.adopt(&["--take-over", NAME, "--yes", "--issuer-trust", trust.to_str().unwrap()]);
    assert_eq!(taken.code, 0, "{}", taken.err);
    let run = |arguments: &[&str]| Ran::from(stage.command(arguments).output().unwrap());
    assert_eq!(run(&["renew", NAME, "--force"]).code, 3);
    let newest = fs::read(&live).unwrap();
    assert_ne!(newest, old);
    // Something else has taken the port: what is revoked cannot be replaced at once.
    let taken = std::net::TcpListener::bind(("::", stage.http01_port)).unwrap();
    let revoked = run(&["revoke", NAME, "--reason", "superseded", "--format", "json"]);
    assert_eq!(revoked.code, 2, "{}{}", revoked.out, revoked.err);
    assert_eq!(revoked.document()["lineages"][0]["ending"], "failed");
    let account = run(&["account", "show", "127.0.0.1", "--format", "json"]).document();
    assert_eq!(account["account"]["at_ca"]["answered"]["status"], "valid", "{account:#}");
    assert_eq!(fs::read(&live).unwrap(), newest);
    drop(taken);
    let undone = stage.adopt(&["--undo", NAME]);
    assert_eq!(undone.code, 0, "{}", undone.err);
    assert!(undone.out.contains("is not worth handing over: the version is revoked"), "{}", undone.out);
    assert_eq!(fs::read(&live).unwrap(), old, "certbot's own is the better one");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lego_keeps_is_found_with_what_starts_it() {
    let test = "what_lego_keeps_is_found_with_what_starts_it";
    if !has(test, &[("lego", "/usr/bin/lego")]) {
        return;
    }
    let Some(stage) = Stage::new(test).await else { return };
    lego_issues(&stage, &stage.path("srv/lego"));
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
    let http = start(&format!("--server {server} --http --http.port :{}", stage.http01_port));
    assert_eq!((codes(&http), &http["obstacles"]), (vec![], &serde_json::json!([])), "{http:#}");
    let trust = stage.ca();
    let refused = stage.adopt(&["--take-over", NAME, "--yes", "--issuer-trust", trust.to_str().unwrap()]);
    assert_eq!(refused.code, 0, "{}", refused.err);
    let line = fs::read_to_string(stage.path("etc/cron.d/lego")).unwrap();
    assert!(line.starts_with("# renewed by notafter instead: 17 3"), "{line}");

    let crt = stage.path("srv/lego/certificates/shop.example.crt");
    let before = fs::read(&crt).unwrap();
    let renewed = Ran::from(stage.command(&["renew", NAME, "--force"]).output().unwrap());
    assert_eq!(renewed.code, 3, "nothing serves it here: {}{}", renewed.out, renewed.err);
    let newest = fs::read(&crt).unwrap();
    assert_ne!(newest, before);
    let undone = stage.adopt(&["--undo", NAME]);
    assert_eq!(undone.code, 0, "{}", undone.err);
    assert_eq!(
        fs::read_to_string(stage.path("etc/cron.d/lego")).unwrap(),
        line.split("instead: ").nth(1).unwrap()
    );
    assert!(fs::symlink_metadata(&crt).unwrap().is_file(), "a file of its own again");
    assert_eq!(fs::read(&crt).unwrap(), newest, "nothing older comes back");
}

/// nginx with a site in plain HTTP, which certbot's plug-in answers through, and with TLS once there is a pair.
fn web(stage: &Stage) -> Nginx {
    let asked = stage.http01_port;
    let plain = |_| format!("server {{ listen 127.0.0.1:{asked}; server_name {NAME}; return 404; }}");
    Nginx::start(&stage.path("etc/nginx"), plain).unwrap().unwrap()
}

/// The pair goes live at this port.
fn with_tls(nginx: &Nginx, chain: &Path, key: &Path) {
    let text = fs::read_to_string(nginx.config()).unwrap();
    let server = format!(
        "server {{ listen 127.0.0.1:{} ssl; server_name {NAME}; ssl_certificate {chain:?}; ssl_certificate_key {key:?}; }}\n}}\n",
        nginx.port()
    );
    let (inside, _) = text.rsplit_once('}').unwrap();
    fs::write(nginx.config(), format!("{inside}{server}")).unwrap();
    let [program, arguments @ ..] = nginx.reload_command();
    assert!(Command::new(program).args(arguments).status().unwrap().success());
}

/// What the served certificate is called at one instant.
fn served(stage: &Stage) -> String {
    let row = stage.row(NAME, &[]);
    row["served"][0]["leaf"]["fingerprint"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_certbots_plug_in_for_nginx_renews_is_taken_over_whole_and_given_back() {
    let test = "what_certbots_plug_in_for_nginx_renews_is_taken_over_whole_and_given_back";
    let plug_in = ("python3-certbot-nginx", "/usr/lib/python3/dist-packages/certbot_nginx");
    if !has(test, &[CERTBOT, NGINX, plug_in]) {
        return;
    }
    let Some(stage) = Stage::new(test).await else { return };
    let nginx = web(&stage);
    stage.resolve(nginx.port(), "127.0.0.1");
    let (server, root) = (stage.pebble.directory_url(), stage.path("etc/nginx"));
    let issued = stage.certbot(&[
        "certonly",
        "--nginx",
        "--nginx-server-root",
        root.to_str().unwrap(),
        "--server",
        &server,
        "-d",
        NAME,
        "--agree-tos",
        "-m",
        "ops@shop.example",
        "--no-eff-email",
    ]);
    assert!(issued.status.success(), "{}", String::from_utf8_lossy(&issued.stderr));
    stage.timer();
    let live = stage.path("etc/letsencrypt/live/shop.example");
    with_tls(&nginx, &live.join("fullchain.pem"), &live.join("privkey.pem"));
    let config = fs::read(nginx.config()).unwrap();
    let (first, row) = (served(&stage), stage.row(NAME, &[]));
    assert_eq!(
        (&row["obstacles"], &row["served"][0]["agreement"]),
        (&json!([]), &json!("newest")),
        "{row:#}"
    );

    let trust = stage.ca();
    let taken = stage.adopt(&["--take-over", NAME, "--yes", "--issuer-trust", trust.to_str().unwrap()]);
    assert_eq!(taken.code, 0, "{}", taken.err);
    stage.set(&format!("trust = {:?}", stage.home("roots.pem")));
    fs::write(stage.home("roots.pem"), stage.issuing_root()).unwrap();
    let renewed = Ran::from(stage.command(&["renew", NAME, "--force"]).output().unwrap());
    assert_eq!(renewed.code, 0, "{}{}", renewed.out, renewed.err);
    nginx.settle();
    let second = served(&stage);
    assert_ne!(second, first, "proven on nginx, with nginx's own answer to the CA");
    let newest = fs::read(live.join("fullchain.pem")).unwrap();
    assert_eq!(beside(&live), newest, "whoever reads the other two files has the same pair");
    assert_eq!(fs::read(nginx.config()).unwrap(), config, "nginx's configuration is as it was");

    let undone = stage.adopt(&["--undo", NAME]);
    assert_eq!(undone.code, 0, "{}", undone.err);
    let [program, arguments @ ..] = nginx.reload_command();
    assert!(Command::new(program).args(arguments).status().unwrap().success());
    assert_eq!(served(&stage), second, "nothing older comes back, reloaded or not");
    let renewed = stage.certbot_renews();
    assert!(renewed.status.success(), "{}", String::from_utf8_lossy(&renewed.stderr));
    assert!(stage.path("etc/letsencrypt/archive/shop.example/cert3.pem").exists());
}

/// acme.sh is in no package: its home is laid out as version 3.1.4 leaves it, with what lego got.
#[tokio::test(flavor = "multi_thread")]
async fn what_acme_sh_installed_elsewhere_is_taken_over_where_the_server_reads_it() {
    let test = "what_acme_sh_installed_elsewhere_is_taken_over_where_the_server_reads_it";
    if !has(test, &[("lego", "/usr/bin/lego")]) {
        return;
    }
    let Some(stage) = Stage::new(test).await else { return };
    let account = lego_issues(&stage, &stage.home("lego"));
    acme_sh(&stage, &account);
    let (key, chain) = (stage.path("srv/tls/shop.key"), stage.path("srv/tls/shop.pem"));
    let row = stage.row("shop.example_ecc", &[]);
    assert_eq!((&row["renewer"], &row["obstacles"]), (&json!("acme-sh"), &json!([])), "{row:#}");

    let name = "shop.example_ecc";
    let trust = stage.ca();
    let taken = stage.adopt(&["--take-over", name, "--yes", "--issuer-trust", trust.to_str().unwrap()]);
    assert_eq!(taken.code, 0, "{}", taken.err);
    let home = stage.path("root/.acme.sh/shop.example_ecc");
    assert!(!home.join("shop.example.conf").exists(), "acme.sh leaves it alone");
    let before = fs::read(&chain).unwrap();
    let renewed = Ran::from(stage.command(&["renew", name, "--force"]).output().unwrap());
    assert_eq!(renewed.code, 3, "nothing serves it here: {}{}", renewed.out, renewed.err);
    let newest = fs::read(&chain).unwrap();
    assert_ne!(newest, before, "installed where nginx reads it");

    let undone = stage.adopt(&["--undo", name]);
    assert_eq!(undone.code, 0, "{}", undone.err);
    assert!(home.join("shop.example.conf").exists());
    for file in [&key, &chain] {
        assert!(fs::symlink_metadata(file).unwrap().is_file(), "{file:?} is a file of its own again");
    }
    assert_eq!(fs::read(&chain).unwrap(), newest, "nothing older comes back");
    let mut left: Vec<_> =
        fs::read_dir(stage.path("srv/tls")).unwrap().map(|it| it.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["shop.key", "shop.pem"], "no key stays behind");
}

/// An account and a certificate; the directory of the account.
fn lego_issues(stage: &Stage, home: &Path) -> PathBuf {
    let issued = Command::new("/usr/bin/lego")
        .args(["--server", &stage.pebble.directory_url(), "--email", "ops@shop.example", "-a", "-d", NAME])
        .args(["--path".as_ref(), home.as_os_str()])
        .args(["--http", "--http.port", &format!("127.0.0.1:{}", stage.http01_port), "run"])
        .env("LEGO_CA_CERTIFICATES", stage.ca())
        .output()
        .unwrap();
    assert!(issued.status.success(), "{}", String::from_utf8_lossy(&issued.stderr));
    let servers = fs::read_dir(home.join("accounts")).unwrap();
    servers.map(|entry| entry.unwrap().path().join("ops@shop.example")).next().unwrap()
}

fn acme_sh(stage: &Stage, account: &Path) {
    let home = stage.path("root/.acme.sh");
    let (ca, own, installed) =
        (home.join("ca/127.0.0.1/dir"), home.join("shop.example_ecc"), stage.path("srv/tls"));
    for directory in [&ca, &own, &installed, &stage.path("var/spool/cron/crontabs")] {
        fs::create_dir_all(directory).unwrap();
    }
    let registered: Value = serde_json::from_slice(&fs::read(account.join("account.json")).unwrap()).unwrap();
    let url = registered["registration"]["uri"].as_str().unwrap();
    fs::copy(account.join("keys/ops@shop.example.key"), ca.join("account.key")).unwrap();
    fs::write(ca.join("ca.conf"), format!("CA_EMAIL='ops@shop.example'\nACCOUNT_URL='{url}'\n")).unwrap();
    let (key, chain) = (installed.join("shop.key"), installed.join("shop.pem"));
    for copy in [&own.join("shop.example.key"), &key] {
        fs::copy(stage.home("lego/certificates/shop.example.key"), copy).unwrap();
    }
    for copy in [&own.join("fullchain.cer"), &chain] {
        fs::copy(stage.home("lego/certificates/shop.example.crt"), copy).unwrap();
    }
    let conf = format!(
        "Le_Domain='shop.example'\nLe_Alt='no'\nLe_Webroot='no'\nLe_PreHook=''\nLe_PostHook=''\nLe_RenewHook=''\n\
         Le_API='{}'\nLe_HTTPPort='{}'\nLe_Keylength='ec-256'\nLe_RealCertPath=''\nLe_RealCACertPath=''\n\
         Le_RealKeyPath='{}'\nLe_ReloadCmd=''\nLe_RealFullChainPath='{}'\n",
        stage.pebble.directory_url(),
        stage.http01_port,
        key.display(),
        chain.display(),
    );
    fs::write(own.join("shop.example.conf"), conf).unwrap();
    let cron = "17 3 * * * \"/root/.acme.sh\"/acme.sh --cron --home \"/root/.acme.sh\" > /dev/null\n";
    fs::write(stage.path("var/spool/cron/crontabs/root"), cron).unwrap();
}
