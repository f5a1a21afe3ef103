//! Passkeys, with a browser and an authenticator that is not ours.

use crate::browser::Browser;
use crate::home::Home;
use crate::left_out::{Need, left_out};
use crate::live::come_in;

#[test]
fn chromium_adds_a_passkey_and_comes_in_with_it_and_nobody_does_once_it_is_removed() {
    let test = "chromium_adds_a_passkey_and_comes_in_with_it_and_nobody_does_once_it_is_removed";
    if !Browser::is_there() {
        return left_out(test, Need::Package(Browser::PACKAGE));
    }
    let home = Home::new();
    let server = home.serve();
    server.wait_for("/readyz", 200);
    let site = server.site().replace("127.0.0.1", "localhost");
    let cookie = come_in(&home, &server.site(), "ada", "viewer");
    let mut browser = Browser::begin(&home);
    browser.carry(&site, &cookie);
    browser.carry(&server.site(), &cookie);
    let authenticator = browser.authenticator();

    browser.go(&format!("{}/account", server.site()));
    browser.wait_until("!document.getElementById('passkey-elsewhere').hidden");
    assert_eq!(
        browser.value("document.querySelector('form[data-passkey]').hidden"),
        true,
        "not at an address"
    );

    browser.go(&format!("{site}/account"));
    browser.wait_until("!document.querySelector('form[data-passkey]').hidden");
    browser.value("document.querySelector('[data-passkey] [name=name]').value = 'my <b>phone</b>'");
    browser.value("document.querySelector('[data-passkey]').requestSubmit()");
    browser
        .wait_until("location.hash === '#passkeys' && document.body.innerText.includes('my <b>phone</b>')");
    assert_eq!(browser.credentials(&authenticator), 1);
    browser.value("document.querySelector('[data-passkey] [name=name]').value = 'again'");
    browser.value("document.querySelector('[data-passkey]').requestSubmit()");
    browser.wait_until("document.getElementById('passkey-said').innerText.includes('already')");

    browser.forget();
    browser.go(&format!("{site}/sign-in?next=/lineages"));
    browser.wait_until("!document.querySelector('form[data-passkey]').hidden");
    browser.value("document.querySelector('[data-passkey]').requestSubmit()");
    browser.wait_until("location.pathname === '/lineages' && document.readyState === 'complete'");
    assert_eq!(browser.value("document.querySelector('.who a').innerText"), "ada");

    let listed = home.run(&["user", "list"]).out;
    assert!(listed.contains("passkey my <b>phone</b> since") && listed.contains("used last"), "{listed}");
    let id = listed.split_whitespace().find(|word| word.starts_with("pk_")).unwrap().to_owned();
    let removed = home.run(&["user", "remove-passkey", "ada", &id]);
    assert_eq!(removed.code, 0, "{}", removed.err);

    browser.forget();
    browser.go(&format!("{site}/sign-in"));
    browser.wait_until("!document.querySelector('form[data-passkey]').hidden");
    browser.value("document.querySelector('[data-passkey]').requestSubmit()");
    browser.wait_until("document.body.innerText.includes('leads in to no account')");
    browser.verifies(&authenticator, false);
    browser.value("document.querySelector('[data-passkey]').requestSubmit()");
    browser.wait_until("document.getElementById('passkey-said').innerText.includes('Nothing was done')");
    assert_eq!(browser.thrown, Vec::<serde_json::Value>::new());
}
