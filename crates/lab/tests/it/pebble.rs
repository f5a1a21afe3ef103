//! Our client against real Pebble.

use std::collections::BTreeMap;
use std::path::PathBuf;

use notafter_acme::client::account::AccountFlow;
use notafter_acme::client::rollover::{self, RolloverFlow};
use notafter_acme::client::{Call, Do, SignWith, revoke};
use notafter_acme::jose::{Jwk, external_account_input, from_base64url};
use notafter_acme::{Code, ari};
use notafter_cert::{Certificate, KeySpec, Span};
use notafter_keys::account::AccountKey;
use notafter_keys::{PrivateKey, hmac_sha256};
use notafter_lab::pebble::{Options, Pebble, installed, with_renewal_info};
use notafter_net::Clock;
use notafter_net::acme::{Courier, Signers};
use notafter_net::http::{Client, Request};
use tempfile::TempDir;

use super::stage::{Machine, WebServer};
use crate::left_out::{Need, left_out};

/// The program, or a word about its absence.
pub(crate) fn needs(test: &str, package: &str, found: Option<PathBuf>) -> Option<PathBuf> {
    if found.is_none() {
        left_out(test, Need::Package(package));
    }
    found
}

struct Stage {
    pebble: Pebble,
    machine: Machine,
    _folder: TempDir,
}

async fn stage(program: PathBuf, change: impl FnOnce(&mut Options)) -> Stage {
    let web = WebServer::start().await;
    let folder = TempDir::new().unwrap();
    let mut options = Options::new(program, web.port);
    change(&mut options);
    let pebble = Pebble::start(folder.path(), &options).await.unwrap();
    let machine = Machine::new(web, &pebble.directory_url(), pebble.root_pem(), Clock::system()).await;
    Stage { pebble, machine, _folder: folder }
}

async fn certificate(http: &Client, url: String) -> Certificate {
    let body = http.send(Request::get(url)).await.unwrap().body;
    Certificate::parse(&notafter_cert::pem::chain_from(&body).unwrap()[0]).unwrap()
}

#[tokio::test]
async fn half_of_all_nonces_rejected_and_authorizations_reused_end_in_certificates() {
    let Some(program) = needs("pebble nonces", "pebble", installed()) else { return };
    let mut stage = stage(program, |options| {
        options.rejects_nonces = 50;
        options.reuses_authorizations = 100;
    })
    .await;
    for _ in 0..3 {
        let (flow, issued) = stage.machine.order(&["shop.example", "www.shop.example"]).await;
        let leaf = Certificate::parse(&issued.unwrap().chain()[0]).unwrap();
        assert!(leaf.covers(&"www.shop.example".parse().unwrap()));
        assert_eq!(flow.clock_skew(), None);
    }
}

#[tokio::test]
async fn addresses_and_other_kinds_of_keys_are_issued_for() {
    let Some(program) = needs("pebble addresses", "pebble", installed()) else { return };
    let mut stage = stage(program, |_| ()).await;
    for spec in [KeySpec::EcdsaP384, KeySpec::Rsa2048] {
        let key = PrivateKey::generate(spec).unwrap();
        let flow = stage.machine.begin(&key, &["127.0.0.1", "shop.example"], |_| ()).await;
        let chain = stage.machine.drive(flow).await.1.unwrap().chain();
        let leaf = Certificate::parse(&chain[0]).unwrap();
        key.check_spki(&leaf.key().spki_der).unwrap();
        assert!(leaf.covers(&"127.0.0.1".parse().unwrap()));
    }
}

#[tokio::test]
async fn an_alternate_root_is_chosen_by_its_name() {
    let Some(program) = needs("pebble alternate roots", "pebble", installed()) else { return };
    let mut stage = stage(program, |options| options.alternate_roots = 2).await;
    let wanted = certificate(&stage.machine.http, stage.pebble.issuing_root_url(2)).await;
    let key = PrivateKey::generate(KeySpec::EcdsaP256).unwrap();
    let name = wanted.common_name().unwrap().to_owned();
    let flow =
        stage.machine.begin(&key, &["shop.example"], |wish| wish.preferred_chain = Some(name.clone())).await;
    let (flow, issued) = stage.machine.drive(flow).await;
    let top = Certificate::parse(issued.unwrap().chain().last().unwrap()).unwrap();
    assert_eq!(top.issuer_name(), name);
    top.is_signed_by(&wanted).unwrap();
    assert!(flow.remarks().is_empty(), "{:?}", flow.remarks());
}

#[tokio::test]
async fn an_external_account_is_bound() {
    let Some(program) = needs("pebble external account", "pebble", installed()) else { return };
    let mac_key = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
    let mut stage = stage(program, |options| {
        options.external_accounts = BTreeMap::from([("kid-1".to_owned(), mac_key.to_owned())]);
    })
    .await;
    assert_eq!(stage.machine.register(None).await.unwrap_err().code, Code::ExternalAccountRequired);
    let jwk = Jwk::from_json(&stage.machine.account_key.jwk()).unwrap();
    let input = external_account_input("kid-1", &jwk, &stage.machine.directory.new_account);
    let tag = hmac_sha256(&from_base64url(mac_key).unwrap(), &input.bytes());
    stage.machine.register(Some(input.assemble(&tag))).await.unwrap();
    stage.machine.order(&["shop.example"]).await.1.unwrap();
}

#[tokio::test]
async fn the_account_key_is_changed_and_the_account_goes_on_with_the_new_one() {
    let Some(program) = needs("pebble key change", "pebble", installed()) else { return };
    let mut stage = stage(program, |_| ()).await;
    let account = stage.machine.register(None).await.unwrap();
    let old = stage.machine.account_key.clone();
    let new = AccountKey::generate().unwrap();
    let [old_jwk, new_jwk] = [&old, &new].map(|key| Jwk::from_json(&key.jwk()).unwrap());
    let input = rollover::inner(&stage.machine.directory, &account.url, &old_jwk, &new_jwk).unwrap();
    let inner = input.assemble(&new.sign_jws(&input.bytes()).unwrap());
    let mut flow = RolloverFlow::begin(&stage.machine.directory, &account.url, inner).unwrap();
    let signers = Signers { next_account: Some(new.clone()), ..Signers::account(old) };
    let machine = &mut stage.machine;
    machine.courier = Courier::new(machine.http.clone(), machine.clock.clone(), &machine.directory, signers);
    // The reply to the change is lost: the flow asks which key the CA knows.
    let Do::Send(call) = flow.next(machine.clock.now()) else { panic!() };
    machine.courier.send(&call).await.unwrap();
    let Do::Send(probe) = flow.next(machine.clock.now()) else { panic!() };
    assert_eq!(probe.sign_with, SignWith::NextAccountJwk);
    let reply = machine.courier.send(&probe).await;
    flow.take(reply, machine.clock.now());
    assert_eq!(flow.next(machine.clock.now()), Do::Done(()));

    let signers = Signers::account(new.clone());
    machine.courier = Courier::new(machine.http.clone(), machine.clock.clone(), &machine.directory, signers);
    machine.account_key = new;
    machine.order(&["shop.example"]).await.1.unwrap();
}

#[tokio::test]
async fn a_key_finds_its_account_again_and_a_stranger_has_none() {
    let Some(program) = needs("pebble account", "pebble", installed()) else { return };
    let mut stage = stage(program, |_| ()).await;
    let machine = &mut stage.machine;
    for registered in [false, true] {
        if registered {
            machine.register(None).await.unwrap();
        }
        let mut flow = AccountFlow::find(&machine.directory);
        let Do::Send(call) = flow.next(machine.clock.now()) else { panic!() };
        let reply = machine.courier.send(&call).await;
        flow.take(reply, machine.clock.now());
        match flow.next(machine.clock.now()) {
            Do::Done(found) => assert_eq!(found.url, machine.account.clone().unwrap().url),
            Do::Failed(failure) => {
                assert!(!registered, "{failure}");
                assert_eq!(failure.code, Code::AccountUnknown);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn certificates_are_revoked_by_account_and_by_key() {
    let Some(program) = needs("pebble revocation", "pebble", installed()) else { return };
    let mut stage = stage(program, |_| ()).await;
    for by_account in [true, false] {
        let key = PrivateKey::generate(KeySpec::EcdsaP256).unwrap();
        let flow = stage.machine.begin(&key, &["shop.example"], |_| ()).await;
        let der = stage.machine.drive(flow).await.1.unwrap().chain().remove(0);
        let machine = &mut stage.machine;
        let sign_with = if by_account {
            SignWith::AccountKid(machine.account.clone().unwrap().url)
        } else {
            SignWith::CertificateKey
        };
        let signers = Signers { certificate: Some(key), ..Signers::account(machine.account_key.clone()) };
        let mut courier =
            Courier::new(machine.http.clone(), machine.clock.clone(), &machine.directory, signers);
        let call = revoke::call(&machine.directory, &der, revoke::Reason::Superseded, sign_with).unwrap();
        for _ in 0..2 {
            revoke::read(&courier.send(&call).await.unwrap()).unwrap();
        }
        let serial = Certificate::parse(&der).unwrap().serial_hex();
        let status = machine.http.send(Request::get(stage.pebble.status_url(&serial))).await.unwrap();
        let status: serde_json::Value = serde_json::from_slice(&status.body).unwrap();
        assert_eq!((status["Status"].as_str(), status["Reason"].as_u64()), (Some("Revoked"), Some(4)));
    }
}

#[tokio::test]
async fn a_name_without_an_answer_is_named() {
    let Some(program) = needs("pebble failure", "pebble", installed()) else { return };
    let mut stage = stage(program, |_| ()).await;
    let key = PrivateKey::generate(KeySpec::EcdsaP256).unwrap();
    let mut flow = stage.machine.begin(&key, &["shop.example"], |_| ()).await;
    // Presented nowhere.
    let failure = loop {
        match flow.next(stage.machine.clock.now()) {
            notafter_acme::client::order::Do::Send(call) => {
                let reply = stage.machine.courier.send(&call).await;
                flow.take(reply, stage.machine.clock.now());
            }
            notafter_acme::client::order::Do::Wait(wait) => stage.machine.clock.sleep_until(wait.until).await,
            notafter_acme::client::order::Do::Present(_) => flow.presented(stage.machine.clock.now()),
            notafter_acme::client::order::Do::Failed(failure) => break failure,
            notafter_acme::client::order::Do::Done(_) => panic!("issued without an answer"),
        }
    };
    assert_eq!(failure.code, Code::ChallengeFailed);
    assert_eq!(failure.identifiers, ["shop.example".parse().unwrap()]);
}

#[tokio::test]
async fn renewal_information_and_replaces_are_understood() {
    let Some(program) = with_renewal_info() else {
        println!("renewal information: tested against our own CA alone, for there is no Pebble 2.6 or newer");
        let (_ca, mut machine) = super::lab_ca::stage(Clock::system()).await;
        return renew_inside_the_window(&mut machine).await;
    };
    println!("renewal information: tested against {}", program.display());
    renew_inside_the_window(&mut stage(program, |_| ()).await.machine).await;
}

async fn renew_inside_the_window(machine: &mut Machine) {
    let issued = machine.order(&["shop.example"]).await.1.unwrap();
    let leaf = Certificate::parse(&issued.chain()[0]).unwrap();
    let id = leaf.ari_id().unwrap();
    let url = ari::url(&machine.directory, &id).unwrap();
    let answer = machine.courier.send(&Call::get("read the renewal information", url)).await.unwrap();
    let info = ari::read(&answer).unwrap();
    let now = machine.clock.now();
    assert!(leaf.not_before() < info.start && info.end < leaf.not_after());
    assert!(info.ask_again >= now && info.ask_again <= now + Span::days(1) + Span::minutes(1));
    assert!(info.is_open(info.draw(7)));

    let key = PrivateKey::generate(KeySpec::EcdsaP256).unwrap();
    for replaced_before in [false, true] {
        let id = id.clone();
        let flow = machine.begin(&key, &["shop.example"], |wish| wish.replaces = Some(id)).await;
        let (flow, renewed) = machine.drive(flow).await;
        renewed.unwrap();
        let refused = flow.remarks().iter().any(|remark| remark.text.contains("ordering without"));
        assert_eq!(refused, replaced_before, "{:?}", flow.remarks());
    }
}
