//! The rules and the dashboard that are shipped for Prometheus and Grafana, by Prometheus's own tool and against what the
//! server really tells.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use notafter_cert::{Certificate, Span, pem};
use notafter_lab::authority::{Authority, Validity};
use notafter_net::Clock;
use serde_json::Value;

use crate::home::Home;
use crate::peer;
use crate::serve::metrics_of;

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/prometheus").join(name)
}

fn passes(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(output.status.success(), "{}", said.join("\n"));
}

#[test]
fn promtool_finds_the_rules_sound_and_each_alert_fires_when_it_should_alone() {
    let test = "promtool_finds_the_rules_sound_and_each_alert_fires_when_it_should_alone";
    let Some(promtool) = peer::program(test, "prometheus", "/usr/bin/promtool") else { return };
    passes(
        Command::new(&promtool).args(["check", "rules", "--lint-fatal"]).arg(shipped("notafter.rules.yml")),
    );
    passes(Command::new(&promtool).args(["test", "rules"]).arg(shipped("notafter.rules.test.yml")));
    let rules = fs::read_to_string(shipped("notafter.rules.yml")).unwrap();
    let tests = fs::read_to_string(shipped("notafter.rules.test.yml")).unwrap();
    for alert in rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        let fires = format!("alertname: {alert}\n        exp_alerts:\n          - ");
        let silent = format!("alertname: {alert}, exp_alerts: []");
        assert!(tests.contains(&fires) && tests.contains(&silent), "{alert} has no test of both kinds");
    }
}

/// Every expression of the dashboard.
fn of_the_dashboard() -> Vec<String> {
    let dashboard: Value =
        serde_json::from_reader(File::open(shipped("notafter-dashboard.json")).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn promtool_reads_every_expression_of_the_dashboard() {
    let test = "promtool_reads_every_expression_of_the_dashboard";
    let Some(promtool) = peer::program(test, "prometheus", "/usr/bin/promtool") else { return };
    let folder = tempfile::tempdir().unwrap();
    let rules: Vec<Value> = of_the_dashboard()
        .iter()
        .zip(1..)
        .map(|(expr, number)| serde_json::json!({ "record": format!("panel:number:{number}"), "expr": expr }))
        .collect();
    assert!(rules.len() >= 8, "{rules:?}");
    // JSON is YAML.
    let file = serde_json::json!({ "groups": [{ "name": "dashboard", "rules": rules }] });
    fs::write(folder.path().join("rules.yml"), file.to_string()).unwrap();
    passes(Command::new(promtool).args(["check", "rules"]).arg(folder.path().join("rules.yml")));
}

/// A rule about a metric that does not exist never fires.
#[test]
fn every_metric_that_rules_and_dashboard_ask_for_is_told_by_the_server() {
    let rules = fs::read_to_string(shipped("notafter.rules.yml")).unwrap();
    let asked: BTreeSet<String> = [rules, of_the_dashboard().join("\n")]
        .iter()
        .flat_map(|text| text.split(|letter: char| !(letter.is_ascii_lowercase() || letter == '_')))
        .filter(|word| word.starts_with("notafter_") || word.starts_with("probe_"))
        .map(str::to_owned)
        .collect();
    assert!(asked.len() >= 9, "{asked:?}");
    let home = Home::new();
    let closed = peer::free_port();
    home.apply(&format!("[[endpoint]]\ntarget = \"127.0.0.1:{closed}\"\n"));
    let server = home.serve();
    let metrics = metrics_of(&server, 1);
    // What the last look did not show is left out, but for its name.
    let of_a_certificate = ["probe_ssl_earliest_cert_expiry"];
    for name in asked.iter().filter(|name| !of_a_certificate.contains(&name.as_str())) {
        assert!(metrics.contains(&format!("# HELP {name} ")), "{name} is not told:\n{metrics}");
    }
}

/// What x509-certificate-exporter's dashboards and alerts ask for, of the files that a place names, and the whole answer as
/// Prometheus reads it.
#[test]
fn certificates_in_files_have_the_names_of_x509_certificate_exporter() {
    let test = "certificates_in_files_have_the_names_of_x509_certificate_exporter";
    let Some(promtool) = peer::program(test, "prometheus", "/usr/bin/promtool") else { return };
    let home = Home::new();
    let now = Clock::system().now();
    let validity = Validity { from: now - Span::days(1), to: now + Span::days(89) };
    let authority = Authority::new("House, \"the\" CA", validity).unwrap();
    let pair = authority.issue(&["shop.example".parse().unwrap()], validity).unwrap();
    let (chain, key) = (home.file("chain.pem", pair.chain_pem()), home.file("key.pem", pair.key_pem()));
    let place = |name: &str| home.path(name);
    home.apply(&format!(
        "[[issuer]]\nname = \"ca\"\ndirectory = \"https://127.0.0.1:9/directory\"\n\
         [[lineage]]\nname = \"shop\"\nidentifiers = [\"shop.example\"]\nissuer = \"ca\"\n\
         [[lineage.place]]\nname = \"files\"\ndeployer = \"files\"\n\
         settings = {{ key = {:?}, full_chain = {:?}, certificate = {:?}, reload = {{ command = [\"/bin/true\"] }} }}\n",
        place("live.key"),
        place("live.pem"),
        place("leaf.pem")
    ));
    let server = home.serve();
    server.wait_for("/readyz", 200);
    let before = server.get("/metrics").1;
    assert!(
        before.contains("\nx509_read_errors 0\n") && !before.contains("x509_cert_not_after{"),
        "{before}"
    );
    let imported = home.run(&["import", "shop", "--chain", &chain, "--key", &key, "--force"]);
    assert!(place("live.pem").exists(), "{}{}", imported.out, imported.err);

    let metrics = server.get("/metrics").1;
    let of = |name: &str| -> Vec<&str> {
        metrics.lines().filter(|line| line.starts_with(&format!("{name}{{"))).collect()
    };
    let certificates = pem::chain_from(pair.chain_pem().as_bytes()).unwrap().len();
    for name in ["x509_cert_not_before", "x509_cert_not_after", "x509_cert_expired"] {
        assert_eq!(of(name).len(), certificates + 1, "the chain, and the leaf alone: {:?}", of(name));
    }
    let leaf = Certificate::parse(&pem::chain_from(pair.chain_pem().as_bytes()).unwrap()[0]).unwrap();
    let labels = format!(
        "{{filename=\"leaf.pem\",filepath=\"{}\",serial_number=\"{}\"",
        place("leaf.pem").display(),
        leaf.serial_decimal()
    );
    let ends = format!(" {}", leaf.not_after().unix_seconds());
    let told = of("x509_cert_not_after");
    assert!(told.iter().any(|line| line.contains(&labels) && line.ends_with(&ends)), "{labels}: {told:?}");
    assert!(of("x509_cert_expired").iter().all(|line| line.ends_with("} 0")));

    let mut check = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    check.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let checked = check.wait_with_output().unwrap();
    let said =
        [checked.stdout, checked.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(checked.status.success(), "{said}");
}
