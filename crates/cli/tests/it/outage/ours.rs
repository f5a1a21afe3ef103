//! Outages of what notafter renews itself, and the day on which everything goes well.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use notafter_cert::{Fingerprint, Span, Time, pem};
use notafter_lab::authority::{Authority, Validity};
use notafter_lab::nginx::Nginx;
use notafter_net::Clock;
use serde_json::{Value, json};

use super::duty::Duty;
use crate::machine::{NAME, NGINX};

/// A shop whose certificate another CA issued some months ago, and the inventory that has it renewed by Pebble.
pub(super) struct Shop {
    pub(super) duty: Duty,
    pub(super) old: Fingerprint,
}

impl Shop {
    pub(super) async fn new(test: &str) -> Option<Self> {
        let duty = Duty::new(test, &[NGINX]).await?;
        let now: Time = Clock::system().now();
        let within = |days| Validity { from: now - Span::days(50), to: now + Span::days(days) };
        let authority = Authority::new("Old CA", within(1_000)).unwrap();
        let old = authority.issue(&[NAME.parse().unwrap()], within(40)).unwrap();
        let shop = Self { duty, old: Fingerprint::of(&old.chain[0]) };
        fs::write(shop.key(), old.key_pem()).unwrap();
        fs::write(shop.chain(), old.chain_pem()).unwrap();
        shop.duty.trust(&authority.root_pem());
        Some(shop)
    }

    fn key(&self) -> PathBuf {
        self.duty.stage.path("etc/nginx/shop.key")
    }

    fn chain(&self) -> PathBuf {
        self.duty.stage.path("etc/nginx/shop.pem")
    }

    /// nginx on 127.0.0.`node`, with the one pair; plain HTTP where the CA asks.
    pub(super) fn nginx(&self, node: u8, port: Option<u16>) -> Nginx {
        let directory = self.duty.stage.path(&format!("etc/nginx/node-{node}"));
        fs::create_dir_all(&directory).unwrap();
        let (key, chain, asked) = (self.key(), self.chain(), self.duty.stage.http01_port);
        let started = Nginx::start(&directory, |free| {
            let port = port.unwrap_or(free);
            format!(
                "server {{ listen 127.0.0.{node}:{port} ssl; server_name {NAME}; ssl_certificate {chain:?}; \
                 ssl_certificate_key {key:?}; return 200 ok; }}\n\
                 server {{ listen 127.0.0.{node}:{asked}; server_name {NAME}; return 301 https://$host$request_uri; }}"
            )
        });
        started.unwrap().unwrap()
    }

    /// nginx answers the CA; the pair lies where nginx reads it; this reloads it.
    pub(super) fn inventory(&self, nginx: &Nginx, reload: &[&str]) -> String {
        let config = nginx.config();
        format!(
            "[[issuer]]\nname = \"pebble\"\ndirectory = \"{}\"\ntrust = {:?}\nterms_agreed = true\n\n\
             [[lineage]]\nname = \"shop\"\nidentifiers = [\"{NAME}\"]\nissuer = \"pebble\"\n\
             http01 = {{ solver = \"nginx\", config = {config:?} }}\n\n\
             [[lineage.place]]\nname = \"web\"\ndeployer = \"nginx\"\nendpoints = [\"{NAME}:{}\"]\n\
             settings = {{ key = {:?}, full_chain = {:?}, config = {config:?}, reload = {{ command = {} }} }}\n",
            self.duty.stage.pebble.directory_url(),
            self.duty.stage.ca(),
            nginx.port(),
            self.key(),
            self.chain(),
            json!(reload),
        )
    }

    /// What lies on disk.
    pub(super) fn on_disk(&self) -> Fingerprint {
        Fingerprint::of(&pem::chain_from(&fs::read(self.chain()).unwrap()).unwrap()[0])
    }

    /// Issued, installed, and looked at until somebody must be told: each round begins when its pause is over.
    fn is_looked_at_in_vain(&self) {
        let duty = &self.duty;
        for _ in 0..4 {
            let outcome = duty.run(&["renew", "shop", "--format", "json"]);
            assert_eq!(outcome.code, 3, "not proven, not failed: {}{}", outcome.out, outcome.err);
            assert_eq!(outcome.document()["lineages"][0]["ending"], "waiting");
            assert_ne!(self.on_disk(), self.old, "the new pair is installed");
            duty.pass(Span::minutes(1));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_of_nginx_without_effect_reaches_the_owner() {
    let Some(shop) = Shop::new("a_reload_of_nginx_without_effect_reaches_the_owner").await else { return };
    let duty = &shop.duty;
    let nginx = shop.nginx(1, None);
    duty.stage.resolve(nginx.port(), "127.0.0.1");
    duty.begin(&shop.inventory(&nginx, &["true"]));
    let _server = duty.serve();
    shop.is_looked_at_in_vain();

    let letter = duty.letter().await;
    assert!(letter.subject.contains("shop: 1 of 1 addresses stale"), "{letter:#?}");
    let address = format!("127.0.0.1:{}", nginx.port());
    letter.says(&[
        "deployment.stale",
        &address,
        "Reload the server at the address named",
        "notafter deploy shop",
    ]);

    let [program, arguments @ ..] = nginx.reload_command();
    assert!(Command::new(program).args(arguments).status().unwrap().success());
    duty.done(&["deploy", "shop"]);
    duty.recovers(&["renew", "shop"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_stale_node_of_a_pool_reaches_the_owner_as_one_of_two() {
    let Some(shop) = Shop::new("one_stale_node_of_a_pool_reaches_the_owner_as_one_of_two").await else {
        return;
    };
    let duty = &shop.duty;
    let first = shop.nginx(1, None);
    let second = shop.nginx(2, Some(first.port()));
    duty.stage.resolve(first.port(), "127.0.0.1,127.0.0.2");
    let reload = first.reload_command();
    duty.begin(&shop.inventory(&first, &reload.each_ref().map(String::as_str)));
    let _server = duty.serve();
    shop.is_looked_at_in_vain();

    let letter = duty.letter().await;
    assert!(letter.subject.contains("1 of 2 addresses stale"), "{letter:#?}");
    let (fresh, stale) = (format!("127.0.0.1:{}", first.port()), format!("127.0.0.2:{}", first.port()));
    letter.says(&["deployment.stale", &stale, "notafter deploy shop"]);
    assert!(!letter.body.contains(&format!("{fresh} still")), "{}", letter.body);
    let why = duty.run(&["why", NAME, "--format", "json"]).document();
    let lines = |part: &str| -> Vec<String> {
        let lines = why["lines"].as_array().unwrap().iter().filter(|line| line["part"] == part);
        lines.map(|line| format!("{}: {}", line["subject"], line["text"])).collect()
    };
    let new = shop.on_disk().short();
    assert!(lines("issued")[0].contains(&new) && lines("on-disk")[0].contains(&new), "{why:#}");
    let served = lines("served");
    assert!(served[0].contains(&fresh) && served[0].contains("the newest of lineage shop"), "{served:?}");
    assert!(served[1].contains(&stale) && served[1].contains("of no lineage here"), "{served:?}");
    assert!(lines("found").iter().any(|line| line.contains("[deployment.stale]")), "{why:#}");
    let before = duty.run(&["why", NAME, "--at", "2026-01-01T00:00:00Z"]);
    assert_eq!(
        before.out,
        format!("{NAME} at 2026-01-01T00:00:00Z\n  nothing is on record of before then\n")
    );

    let [program, arguments @ ..] = second.reload_command();
    assert!(Command::new(program).args(arguments).status().unwrap().success());
    duty.done(&["deploy", "shop"]);
    duty.recovers(&["renew", "shop"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_goes_well_is_proven_and_closed_without_a_word() {
    let Some(shop) = Shop::new("a_renewal_that_goes_well_is_proven_and_closed_without_a_word").await else {
        return;
    };
    let duty = &shop.duty;
    let nginx = shop.nginx(1, None);
    duty.stage.resolve(nginx.port(), "127.0.0.1");
    let reload = nginx.reload_command();
    duty.begin(&shop.inventory(&nginx, &reload.each_ref().map(String::as_str)));
    let _server = duty.serve();
    // By itself: no command but questions.
    let step = |lineage: &Value| lineage["lineage"]["deployments"][0]["step"].clone();
    duty.until(&["status", "shop"], |lineage| step(lineage) == "proven");
    assert_ne!(shop.on_disk(), shop.old);
    assert_eq!(duty.json(&["explain", "shop"])["plan"]["action"]["what"]["do"], "order");

    duty.pass(Span::hours(25));
    duty.done(&["alert", "test"]);
    duty.until(&["status", "shop"], |lineage| step(lineage) == "retired");
    let status = duty.json(&["status"]);
    assert_eq!(status["status"]["needs"], json!([]), "{status:#}");
    let told = duty.unread();
    assert_eq!(told.len(), 1, "nothing but the test message that woke the server: {told:#?}");
    assert!(told[0].subject.starts_with("TEST "), "{told:#?}");
    assert_eq!(duty.json(&["alert", "list", "--all"])["result"]["alerts"], json!([]));
}
