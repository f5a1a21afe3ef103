//! Accounts and their keys.

use aws_lc_rs::hmac;
use notafter_acme::client::account::{self, AccountFlow};
use notafter_acme::client::rollover::{self, RolloverFlow};
use notafter_acme::client::{Do, Miss};
use notafter_acme::jose::{Jwk, external_account_input};
use notafter_acme::message::AccountStatus;
use notafter_acme::server::RequestKind;
use notafter_acme::server::fault::{Fault, Planned};
use notafter_acme::{Code, Failure};

use super::stage::{BASE, Key, Stage, wanted};

fn run(stage: &mut Stage, mut flow: AccountFlow) -> Result<account::Registered, Failure> {
    loop {
        match flow.next(stage.now) {
            Do::Send(call) => {
                flow = serde_json::from_str(&serde_json::to_string(&flow).unwrap()).unwrap();
                let reply = stage.send(&call);
                flow.take(reply, stage.now);
            }
            Do::Wait(wait) => stage.now = wait.until,
            Do::Done(account) => return Ok(account),
            Do::Failed(failure) => return Err(failure),
        }
    }
}

#[test]
fn a_lost_reply_to_new_account_is_found_out_and_no_second_account_is_asked_for() {
    for fault in [Fault::LoseReply, Fault::NoAnswer, Fault::html()] {
        let mut stage = Stage::new(|_| ());
        let lost = fault == Fault::LoseReply;
        stage.plan(Planned::nth(RequestKind::NewAccount, 1, fault));
        let account = stage.register();
        assert_eq!(stage.server.ca.accounts().len(), 1);
        assert_eq!(account.existed, lost);
        assert_eq!(account.url, format!("{BASE}/account/0"));
        assert_eq!(account.contact, wanted().contact);
    }
}

#[test]
fn a_key_without_an_account_is_told_so() {
    let mut stage = Stage::new(|_| ());
    let find = AccountFlow::find(&stage.directory());
    assert_eq!(run(&mut stage, find.clone()).unwrap_err().code, Code::AccountUnknown);
    let made = stage.register();
    assert_eq!(run(&mut stage, find).unwrap().url, made.url);
    assert_eq!(stage.server.ca.accounts().len(), 1);
}

#[test]
fn terms_must_be_agreed_to_and_their_page_is_shown() {
    let mut stage = Stage::new(|settings| {
        settings.terms_of_service = Some("https://ca.example/terms".to_owned());
    });
    let directory = stage.directory();
    let disagreed = account::Wanted { terms_agreed: false, ..wanted() };
    let failure = AccountFlow::begin(&directory, disagreed).unwrap_err();
    assert_eq!(failure.code, Code::TermsNotAgreed);
    assert_eq!(failure.link.as_deref(), Some("https://ca.example/terms"));
    assert!(run(&mut stage, AccountFlow::begin(&directory, wanted()).unwrap()).is_ok());
}

#[test]
fn an_external_account_is_bound_with_the_cas_mac_key_and_no_other() {
    let mut stage = Stage::new(|settings| {
        settings.external_accounts.insert("kid-7".to_owned(), b"a secret of the CA's".to_vec());
    });
    let directory = stage.directory();
    assert_eq!(AccountFlow::begin(&directory, wanted()).unwrap_err().code, Code::ExternalAccountRequired);
    let bound = |mac_key: &[u8], stage: &Stage| {
        let input = external_account_input("kid-7", &stage.key.jwk(), &directory.new_account);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, mac_key), &input.bytes());
        account::Wanted { external_account: Some(input.assemble(tag.as_ref())), ..wanted() }
    };
    let wrong = AccountFlow::begin(&directory, bound(b"guessed", &stage)).unwrap();
    assert_eq!(run(&mut stage, wrong).unwrap_err().code, Code::Unauthorized);
    let right = AccountFlow::begin(&directory, bound(b"a secret of the CA's", &stage)).unwrap();
    run(&mut stage, right).unwrap();
    assert_eq!(stage.server.ca.accounts()[0].external_account.as_deref(), Some("kid-7"));
}

#[test]
fn contacts_are_changed_and_an_account_is_closed_for_good() {
    let mut stage = Stage::new(|_| ());
    let url = stage.register().url;
    let changed =
        stage.send(&account::update_contact(&url, &["mailto:new@shop.example".to_owned()])).unwrap();
    assert_eq!(account::read(&changed).unwrap().contact, ["mailto:new@shop.example"]);
    let refused = stage.send(&account::update_contact(&url, &["tel:+15551234".to_owned()])).unwrap();
    assert_eq!(account::read(&refused).unwrap_err().code, Code::Refused);
    let closed = stage.send(&account::deactivate(&url)).unwrap();
    assert_eq!(account::read(&closed).unwrap().status, AccountStatus::Deactivated);
    let find = AccountFlow::find(&stage.directory());
    assert_eq!(run(&mut stage, find).unwrap_err().code, Code::Unauthorized);
}

/// Whatever is lost on the way, the account ends up with the new key, and the flow knows it.
#[test]
fn a_key_change_survives_every_loss() {
    for fault in [
        None,
        Some(Fault::LoseReply),
        Some(Fault::NoAnswer),
        Some(Fault::server_error()),
        Some(Fault::html()),
    ] {
        for probe_fails in [false, true] {
            let mut stage = Stage::new(|_| ());
            let url = stage.register().url;
            let directory = stage.directory();
            if let Some(fault) = &fault {
                stage.plan(Planned::nth(RequestKind::KeyChange, 1, fault.clone()));
            }
            if probe_fails {
                stage.plan(Planned::nth(RequestKind::NewAccount, 1, Fault::NoAnswer));
            }
            let new = Key::new();
            let inner = rollover::inner(&directory, &url, &stage.key.jwk(), &new.jwk()).unwrap();
            let inner = inner.assemble(&new.sign(&inner.bytes()));
            let mut flow = RolloverFlow::begin(&directory, &url, inner).unwrap();
            let new_jwk = new.jwk();
            stage.next_key = Some(new);
            loop {
                match flow.next(stage.now) {
                    Do::Send(call) => {
                        flow = serde_json::from_str(&serde_json::to_string(&flow).unwrap()).unwrap();
                        let reply = stage.send(&call);
                        flow.take(reply, stage.now);
                    }
                    Do::Wait(wait) => stage.now = wait.until,
                    Do::Done(()) => break,
                    Do::Failed(failure) => panic!("{fault:?}: {failure}"),
                }
            }
            assert_eq!(stage.server.ca.accounts()[0].key, new_jwk, "{fault:?}");
            assert_eq!(stage.acted(RequestKind::KeyChange), 1, "{fault:?}");
        }
    }
}

/// A key change whose reply was lost, taken to its end or until nothing comes of it, with these faults in between.
fn change_with_lost_reply(faults: &[Planned]) -> (Stage, Jwk, Option<Result<(), Code>>) {
    let mut stage = Stage::new(|_| ());
    let url = stage.register().url;
    stage.plan(Planned::nth(RequestKind::KeyChange, 1, Fault::LoseReply));
    faults.iter().cloned().for_each(|fault| stage.plan(fault));
    let (old, new) = (stage.key.jwk(), Key::new());
    let inner = rollover::inner(&stage.directory(), &url, &old, &new.jwk()).unwrap();
    let inner = inner.assemble(&new.sign(&inner.bytes()));
    let mut flow = RolloverFlow::begin(&stage.directory(), &url, inner).unwrap();
    let new_jwk = new.jwk();
    stage.next_key = Some(new);
    for _ in 0..20 {
        match flow.next(stage.now) {
            Do::Send(call) => flow.take(stage.send(&call), stage.now),
            Do::Wait(wait) => stage.now = wait.until,
            Do::Done(()) => return (stage, new_jwk, Some(Ok(()))),
            Do::Failed(failure) => return (stage, new_jwk, Some(Err(failure.code))),
        }
    }
    (stage, new_jwk, None)
}

/// The answer to whether the CA knows the new key was a refusal of the question, and the key was given up as refused: the
/// account had a key that nobody held any more.
#[test]
fn a_refused_question_is_no_answer_about_the_key() {
    let refused = Fault::problem(403, "externalAccountRequired", "who are you?", None);
    let question = |nth| Planned::nth(RequestKind::NewAccount, nth, refused.clone());
    let (stage, new, ended) = change_with_lost_reply(&[question(1)]);
    assert_eq!(ended, Some(Ok(())));
    assert_eq!(stage.server.ca.accounts()[0].key, new);
    let always = Planned::always(RequestKind::NewAccount, refused.clone());
    let (stage, new, ended) = change_with_lost_reply(&[always]);
    assert_eq!(ended, None, "it is never given up");
    assert_eq!(stage.server.ca.accounts()[0].key, new);
}

/// Both keys are asked about, so that the end is certain.
#[test]
fn a_change_at_an_account_that_is_closed_or_gone_ends() {
    let always = |fault: &Fault| {
        [RequestKind::NewAccount, RequestKind::Account].map(|on| Planned::always(on, fault.clone()))
    };
    let closed = Fault::problem(401, "unauthorized", "the account is deactivated", None);
    assert_eq!(change_with_lost_reply(&always(&closed)).2, Some(Err(Code::Unauthorized)));
    let closed = Planned::always(RequestKind::NewAccount, closed);
    let gone = Fault::problem(400, "accountDoesNotExist", "no such account", None);
    let gone = Planned::always(RequestKind::Account, gone);
    assert_eq!(change_with_lost_reply(&[closed, gone]).2, Some(Err(Code::AccountUnknown)));
}

#[test]
fn a_request_that_never_left_is_sent_as_it_is_without_a_search() {
    let mut stage = Stage::new(|_| ());
    let mut flow = AccountFlow::begin(&stage.directory(), wanted()).unwrap();
    let Do::Send(first) = flow.next(stage.now) else { panic!() };
    flow.take(Err(Miss::never_left("no route")), stage.now);
    let Do::Wait(wait) = flow.next(stage.now) else { panic!() };
    assert_eq!(wait.setback.unwrap().code, Code::Unreachable);
    assert_eq!(flow.next(wait.until), Do::Send(first));
}
