//! Deployers on real files and a real nginx.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::atomic::{AtomicBool, Ordering};

use notafter_cert::{Fingerprint, Trouble};
use notafter_inventory::model::{DeploymentId, PlaceId};
use notafter_lab::authority::Identity;
use notafter_providers::deploy::{self, DeployError, Deployer, Job};
use notafter_providers::hands::Bounds;
use notafter_tls::Offer;
use serde_json::{Value, json};

use crate::stage::{EC, NAME, Stage, at, leaf_in, leaf_of, material, validity};

fn job(operation: u8, slot: Offer, settings: &Value) -> Job {
    Job {
        place: PlaceId::from_bytes([1; 16]),
        operation: DeploymentId::new(at(operation.into()), [operation; 10]),
        settings: settings.clone(),
        slot,
        bounds: Bounds::own(),
    }
}

fn deployer(name: &str) -> &'static dyn Deployer {
    deploy::find(name).unwrap()
}

/// Snapshot, stage and activate; the snapshot, and what activating said.
async fn install(
    deployer: &dyn Deployer,
    job: &Job,
    identity: &Identity,
) -> (Value, Result<(), DeployError>) {
    let snapshot = deployer.snapshot(job).await.unwrap();
    deployer.stage(job, &snapshot, &material(identity)).await.unwrap();
    let outcome = deployer.activate(job, &snapshot).await;
    (snapshot, outcome)
}

/// A key that lay open for everybody stayed so, with every renewal.
#[tokio::test]
async fn a_key_does_not_stay_everybodys_because_the_one_before_was() {
    let stage = Stage::new();
    stage.write_pair("shop", &stage.issue());
    let mode = |name: &str| fs::metadata(stage.path(name)).unwrap().mode() & 0o777;
    for (before, written, after) in [(0o644, None, 0o640), (0o644, Some("0600"), 0o600), (0o400, None, 0o400)]
    {
        fs::set_permissions(stage.path("shop.key"), fs::Permissions::from_mode(before)).unwrap();
        let mut settings = json!({ "key": stage.path("shop.key"), "full_chain": stage.path("shop.pem") });
        if let Some(written) = written {
            settings["mode"] = written.into();
        }
        let (deployer, job) = (deployer("files"), job(1, EC, &settings));
        let (snapshot, outcome) = install(deployer, &job, &stage.issue()).await;
        outcome.unwrap();
        assert_eq!((mode("shop.key"), mode("shop.pem")), (after, 0o644), "{before:o}");
        deployer.restore(&job, &snapshot).await.unwrap();
        assert_eq!(mode("shop.key"), before, "what is put back is as it was");
    }
}

#[tokio::test]
async fn files_get_every_form_with_owner_and_mode_and_the_old_ones_come_back() {
    let stage = Stage::new();
    let old = stage.issue();
    stage.write_pair("shop", &old);
    fs::set_permissions(stage.path("shop.key"), fs::Permissions::from_mode(0o440)).unwrap();
    let inode = fs::metadata(stage.path("shop.key")).unwrap().ino();
    let told = stage.path("told");
    let settings = json!({
        "key": stage.path("shop.key"),
        "full_chain": stage.path("shop.pem"),
        "certificate": stage.path("leaf.pem"),
        "chain": stage.path("chain.pem"),
        "combined": stage.path("combined.pem"),
        "pkcs12": {"path": stage.path("shop.p12"), "password": "env:PASSWORD"},
        "reload": {"command": ["sh", "-c", format!("echo told >> {}", told.display())]},
    });
    let new = stage.issue();
    let (deployer, job) = (deployer("files"), job(1, EC, &settings));
    let (snapshot, outcome) = install(deployer, &job, &new).await;
    outcome.unwrap();
    for name in ["shop.pem", "leaf.pem", "combined.pem"] {
        assert_eq!(leaf_in(&stage.path(name)), leaf_of(&new), "{name}");
    }
    assert_eq!(leaf_in(&stage.path("chain.pem")), Fingerprint::of(&new.chain[1]));
    let modes = ["shop.key", "shop.pem", "leaf.pem", "combined.pem", "shop.p12"]
        .map(|name| fs::metadata(stage.path(name)).unwrap().mode() & 0o777);
    assert_eq!(modes, [0o440, 0o644, 0o644, 0o600, 0o600]);
    assert_eq!(fs::read_to_string(&told).unwrap(), "told\n");
    assert!(!format!("{snapshot}").contains("PRIVATE"));

    deployer.restore(&job, &snapshot).await.unwrap();
    deployer.restore(&job, &snapshot).await.unwrap();
    assert_eq!(leaf_in(&stage.path("shop.pem")), leaf_of(&old));
    assert_eq!(fs::metadata(stage.path("shop.key")).unwrap().ino(), inode);
    let mut left: Vec<String> = fs::read_dir(stage.directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    assert_eq!(left, ["shop.key", "shop.pem", "told"], "what was absent is absent again");
}

#[tokio::test]
async fn a_reload_that_fails_hangs_or_finds_nobody_is_told_apart() {
    let stage = Stage::new();
    let mut shown = String::new();
    let reloads = [
        json!({"command": ["sh", "-c", "echo 'no such unit' >&2; exit 5"]}),
        json!({"command": ["sh", "-c", "echo waiting; while :; do :; done"], "timeout": "300ms"}),
        json!({"command": ["/no/such/program"]}),
        json!({"pid_file": "/no/such/file.pid"}),
    ];
    for (operation, reload) in (0..).zip(reloads) {
        let settings =
            json!({"key": stage.path("a.key"), "full_chain": stage.path("a.pem"), "reload": reload});
        let new = stage.issue();
        let (_, outcome) = install(deployer("files"), &job(operation, EC, &settings), &new).await;
        let error = outcome.unwrap_err();
        assert!(error.is_after_swap());
        assert_eq!(leaf_in(&stage.path("a.pem")), leaf_of(&new), "the new pair is in place all the same");
        let cause = std::error::Error::source(&error).unwrap();
        shown += &format!("{} [{}]\n  why: {cause}\n  hint: {}\n", error, error.code(), error.hint());
    }
    insta::assert_snapshot!(shown);
}

#[tokio::test]
async fn a_key_of_another_certificate_and_unknown_owners_touch_nothing() {
    let stage = Stage::new();
    stage.write_pair("shop", &stage.issue());
    let before = leaf_in(&stage.path("shop.pem"));
    let settings = json!({"key": stage.path("shop.key"), "full_chain": stage.path("shop.pem")});
    let mut mixed = stage.issue();
    mixed.key = stage.issue().key;
    let (deployer, wrong) = (deployer("files"), job(1, EC, &settings));
    let snapshot = deployer.snapshot(&wrong).await.unwrap();
    let error = deployer.stage(&wrong, &snapshot, &material(&mixed)).await.unwrap_err();
    assert_eq!(error.code(), "key.mismatch");
    assert_eq!(leaf_in(&stage.path("shop.pem")), before);
    let settings = json!({"key": stage.path("k"), "full_chain": stage.path("c"), "owner": "no-such-user"});
    let error = deployer.snapshot(&job(2, EC, &settings)).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no user \"no-such-user\" on this machine");
}

fn tls_server(stage: &Stage, port: u16, pairs: &[&str]) -> String {
    let directory = stage.directory.path().display();
    let pairs: String = pairs
        .iter()
        .map(|pair| {
            format!("ssl_certificate {directory}/{pair}.pem; ssl_certificate_key {directory}/{pair}.key;\n")
        })
        .collect();
    format!("server {{ listen 127.0.0.1:{port} ssl; server_name {NAME};\n{pairs} return 200 ok; }}\n")
}

#[tokio::test]
async fn nginx_serves_the_new_pair_and_a_prober_never_sees_it_falter() {
    let test = "nginx_serves_the_new_pair_and_a_prober_never_sees_it_falter";
    let stage = Stage::new();
    let old = stage.issue();
    stage.write_pair("shop", &old);
    let Some(nginx) = stage.nginx(test, |port| tls_server(&stage, port, &["shop"])) else { return };
    let settings = json!({"server_name": NAME, "config": nginx.config()});
    let new = stage.issue();
    let stop = AtomicBool::new(false);
    let known = [leaf_of(&old), leaf_of(&new)];
    let probe = async {
        let mut looks = 0;
        while !stop.load(Ordering::Relaxed) {
            let seen = stage.served(nginx.port(), Offer::Any).await.unwrap();
            assert!(known.contains(&seen));
            looks += 1;
        }
        looks
    };
    let deploy = async {
        let (deployer, job) = (deployer("nginx"), job(1, EC, &settings));
        let (snapshot, outcome) = install(deployer, &job, &new).await;
        outcome.unwrap();
        stage.wait_until_served(nginx.port(), leaf_of(&new)).await;
        deployer.restore(&job, &snapshot).await.unwrap();
        stage.wait_until_served(nginx.port(), leaf_of(&old)).await;
        stop.store(true, Ordering::Relaxed);
    };
    let (looks, ()) = tokio::join!(probe, deploy);
    assert!(looks > 0);
}

#[tokio::test]
async fn a_configuration_that_nginx_refuses_is_turned_back_and_the_old_pair_served() {
    let test = "a_configuration_that_nginx_refuses_is_turned_back_and_the_old_pair_served";
    let stage = Stage::new();
    let old = stage.issue();
    stage.write_pair("shop", &old);
    let Some(nginx) = stage.nginx(test, |port| tls_server(&stage, port, &["shop"])) else { return };
    let settings = json!({"server_name": NAME, "config": nginx.config()});
    let new = stage.issue();
    let (deployer, job) = (deployer("nginx"), job(1, EC, &settings));
    let snapshot = deployer.snapshot(&job).await.unwrap();
    deployer.stage(&job, &snapshot, &material(&new)).await.unwrap();
    let good = fs::read_to_string(nginx.config()).unwrap();
    fs::write(nginx.config(), good.replace("return 200 ok;", "return 200 ok; nonsense on;")).unwrap();
    let error = deployer.activate(&job, &snapshot).await.unwrap_err();
    assert_eq!(error.code(), "nginx.config-refused");
    assert!(!error.is_after_swap());
    assert_eq!(leaf_in(&stage.path("shop.pem")), leaf_of(&old));
    assert_eq!(stage.served(nginx.port(), Offer::Any).await, Ok(leaf_of(&old)));
    let refused = deployer.snapshot(&job).await.unwrap_err();
    assert_eq!(
        refused.code(),
        "nginx.config-refused",
        "a broken configuration is told before anything is touched"
    );
    fs::write(nginx.config(), good).unwrap();
    deployer.activate(&job, &snapshot).await.unwrap();
    stage.wait_until_served(nginx.port(), leaf_of(&new)).await;
}

#[tokio::test]
async fn of_two_pairs_the_one_of_the_same_key_type_is_replaced() {
    let test = "of_two_pairs_the_one_of_the_same_key_type_is_replaced";
    let stage = Stage::new();
    let ec = stage.issue();
    stage.write_pair("ec", &ec);
    let rsa = rsa_identity();
    stage.write_pair("rsa", &rsa);
    let Some(nginx) = stage.nginx(test, |port| tls_server(&stage, port, &["ec", "rsa"])) else { return };
    assert_eq!(stage.served(nginx.port(), Offer::Rsa).await, Ok(leaf_of(&rsa)));
    assert_eq!(stage.served(nginx.port(), Offer::Ecdsa).await, Ok(leaf_of(&ec)));
    let settings = json!({"server_name": NAME, "config": nginx.config()});
    let new = rsa_identity();
    let (_, outcome) = install(deployer("nginx"), &job(1, Offer::Rsa, &settings), &new).await;
    outcome.unwrap();
    assert_eq!(leaf_in(&stage.path("rsa.pem")), leaf_of(&new));
    assert_eq!(leaf_in(&stage.path("ec.pem")), leaf_of(&ec));
    let mut seen = stage.served(nginx.port(), Offer::Rsa).await;
    while seen == Ok(leaf_of(&rsa)) {
        seen = stage.served(nginx.port(), Offer::Rsa).await;
    }
    assert_eq!(seen, Ok(leaf_of(&new)));
    assert_eq!(stage.served(nginx.port(), Offer::Ecdsa).await, Ok(leaf_of(&ec)));

    let unknown = json!({"server_name": "other.example", "config": nginx.config()});
    let error = deployer("nginx").snapshot(&job(2, EC, &unknown)).await.unwrap_err();
    assert_eq!(error.code(), "deploy.no-server");
    fs::copy(stage.path("ec.pem"), stage.path("rsa.pem")).unwrap();
    fs::copy(stage.path("ec.key"), stage.path("rsa.key")).unwrap();
    let error = deployer("nginx").snapshot(&job(3, EC, &settings)).await.unwrap_err();
    assert_eq!(error.code(), "deploy.ambiguous-pair");
}

/// Self-signed on RSA.
fn rsa_identity() -> Identity {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let mut params = rcgen::CertificateParams::new(vec![NAME.to_owned()]).unwrap();
    params.not_before = validity().from.calendar().unwrap();
    params.not_after = validity().to.calendar().unwrap();
    let leaf = params.self_signed(&key).unwrap();
    Identity { chain: vec![leaf.der().to_vec()], key: key.serialize_der() }
}

/// The doctor said "can be installed"; the reload then found nobody.
#[tokio::test]
async fn a_place_in_an_nginx_that_does_not_run_was_called_ready() {
    let test = "a_place_in_an_nginx_that_does_not_run_was_called_ready";
    let stage = Stage::new();
    stage.write_pair("shop", &stage.issue());
    let Some(nginx) = stage.nginx(test, |port| tls_server(&stage, port, &["shop"])) else { return };
    let settings = json!({"server_name": NAME, "config": nginx.config()});
    let (deployer, job) = (deployer("nginx"), job(1, EC, &settings));
    deployer.ready(&job).await.unwrap();
    drop(nginx);
    let error = deployer.ready(&job).await.unwrap_err();
    assert_eq!(error.code(), "nginx.not-running");
    let (_, outcome) = install(deployer, &job, &stage.issue()).await;
    let error = outcome.unwrap_err();
    assert_eq!((error.code(), error.is_after_swap()), ("nginx.not-running", true));
}
