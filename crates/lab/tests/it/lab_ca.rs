//! Our client against our CA, over sockets: real certificates, real validation, faults on the wire.

use std::net::Ipv4Addr;

use notafter_acme::Code;
use notafter_acme::client::{SignWith, revoke};
use notafter_acme::problem::Class;
use notafter_acme::server::RequestKind;
use notafter_acme::server::fault::{Fault, Planned};
use notafter_cert::{Certificate, KeySpec, Span};
use notafter_keys::PrivateKey;
use notafter_lab::acme_ca::{AcmeCa, Options};
use notafter_net::Clock;
use notafter_net::acme::{Courier, Signers};

use super::stage::{Machine, WebServer};

pub(crate) async fn stage(clock: Clock) -> (AcmeCa, Machine) {
    let web = WebServer::start().await;
    let ca = AcmeCa::start(Options::loopback(clock.clone(), web.port)).await.unwrap();
    let mut machine = Machine::new(web, &ca.directory_url(), &ca.root_pem(), clock).await;
    machine.validations = Some(ca.validations());
    (ca, machine)
}

#[tokio::test]
async fn every_kind_of_key_gets_a_certificate_that_leads_to_the_root() {
    let (ca, mut machine) = stage(Clock::system()).await;
    let root =
        Certificate::parse(&notafter_cert::pem::chain_from(ca.root_pem().as_bytes()).unwrap()[0]).unwrap();
    for spec in [KeySpec::EcdsaP256, KeySpec::EcdsaP384, KeySpec::Rsa2048] {
        let key = PrivateKey::generate(spec).unwrap();
        let flow = machine.begin(&key, &["shop.example", "www.shop.example", "127.0.0.1"], |_| ()).await;
        let issued = machine.drive(flow).await.1.unwrap();
        let chain: Vec<_> = issued.chain().iter().map(|der| Certificate::parse(der).unwrap()).collect();
        key.check_spki(&chain[0].key().spki_der).unwrap();
        chain[0].is_signed_by(&chain[1]).unwrap();
        chain[1].is_signed_by(&root).unwrap();
        assert_eq!(chain[0].lifetime(), Span::days(90));
    }
    assert_eq!(ca.certificates().len(), 3);
}

/// The engine's clock is a stage's: weeks pass without waiting.
#[tokio::test]
async fn each_fault_on_the_wire_is_outlived_and_nothing_is_asked_for_twice() {
    let start = "2026-11-22T07:00:00Z".parse().unwrap();
    let (ca, mut machine) = stage(Clock::staged(start)).await;
    machine.register(None).await.unwrap();
    for kind in
        [RequestKind::NewOrder, RequestKind::Challenge, RequestKind::Finalize, RequestKind::Certificate]
    {
        for fault in
            [Fault::LoseReply, Fault::NoAnswer, Fault::html(), Fault::server_error(), Fault::RejectNonce]
        {
            let (orders, finalized) = (ca.acted(RequestKind::NewOrder), ca.acted(RequestKind::Finalize));
            ca.behave();
            ca.plan(Planned::nth(kind, 1, fault.clone()));
            let (_, issued) = machine.order(&["shop.example"]).await;
            issued.unwrap_or_else(|failure| panic!("{kind:?} {fault:?}: {failure}"));
            assert_eq!(ca.acted(RequestKind::NewOrder), orders + 1, "{kind:?} {fault:?}");
            assert_eq!(ca.acted(RequestKind::Finalize), finalized + 1, "{kind:?} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_named_with_what_the_ca_saw() {
    let (ca, mut machine) = stage(Clock::system()).await;
    ca.point("dead.example".parse().unwrap(), Vec::new());
    let (_, issued) = machine.order(&["dead.example", "shop.example"]).await;
    let failure = issued.unwrap_err();
    assert_eq!(failure.code, Code::ChallengeFailed);
    assert_eq!(failure.identifiers, ["dead.example".parse().unwrap()]);
    assert_eq!(
        failure.message,
        "the CA could not confirm control over: dead.example (DNS problem: no address for dead.example)"
    );
    ca.point("dead.example".parse().unwrap(), vec![Ipv4Addr::LOCALHOST.into()]);
    machine.order(&["dead.example", "shop.example"]).await.1.unwrap();
}

#[tokio::test]
async fn a_ca_that_is_gone_is_a_failure_of_the_network_and_leaves_no_order() {
    let start = "2026-11-22T07:00:00Z".parse().unwrap();
    let (ca, mut machine) = stage(Clock::staged(start)).await;
    machine.register(None).await.unwrap();
    ca.shutdown().await;
    let failure = machine.order(&["shop.example"]).await.1.unwrap_err();
    assert_eq!((failure.code, failure.class()), (Code::Unreachable, Class::Network));
    assert!(failure.message.starts_with("the CA cannot be reached: "), "{failure}");
}

#[tokio::test]
async fn a_certificate_is_revoked_with_its_own_key_and_a_stranger_cannot() {
    let (ca, mut machine) = stage(Clock::system()).await;
    let key = PrivateKey::generate(KeySpec::Rsa2048).unwrap();
    let flow = machine.begin(&key, &["shop.example"], |_| ()).await;
    let der = machine.drive(flow).await.1.unwrap().chain().remove(0);
    let call =
        revoke::call(&machine.directory, &der, revoke::Reason::KeyCompromise, SignWith::CertificateKey)
            .unwrap();
    for (certificate, expected) in
        [(PrivateKey::generate(KeySpec::EcdsaP256).unwrap(), Err(Code::Unauthorized)), (key, Ok(()))]
    {
        let signers =
            Signers { certificate: Some(certificate), ..Signers::account(machine.account_key.clone()) };
        let mut courier =
            Courier::new(machine.http.clone(), machine.clock.clone(), &machine.directory, signers);
        let answer = courier.send(&call).await.unwrap();
        assert_eq!(revoke::read(&answer).map_err(|failure| failure.code), expected);
    }
    assert_eq!(ca.certificates()[0].revoked.map(|(_, reason)| reason), Some(1));
}

#[tokio::test]
async fn an_alternate_chain_leads_to_the_other_root() {
    let (ca, mut machine) = stage(Clock::system()).await;
    let key = PrivateKey::generate(KeySpec::EcdsaP256).unwrap();
    let prefer = |wish: &mut notafter_acme::client::order::Wish| {
        wish.preferred_chain = Some("Other Lab CA root".to_owned());
    };
    let flow = machine.begin(&key, &["shop.example"], prefer).await;
    let (flow, issued) = machine.drive(flow).await;
    let top = Certificate::parse(issued.unwrap().chain().last().unwrap()).unwrap();
    assert_eq!(top.issuer_name(), "Other Lab CA root");
    assert!(flow.remarks().is_empty(), "{:?}", flow.remarks());
    assert_eq!(ca.acted(RequestKind::Certificate), 2);
}
