//! Signing in through a certified OpenID Connect provider, with a browser.

use std::path::PathBuf;
use std::process::Command;

use crate::browser::Browser;
use crate::home::Home;
use crate::left_out::{Need, left_out};
use crate::peer::{Server, free_port};
use crate::serve::Serving;

/// What ./test brought, and a browser.
fn provider(test: &str) -> Option<PathBuf> {
    if !Browser::is_there() {
        left_out(test, Need::Package(Browser::PACKAGE));
        return None;
    }
    let folder = std::env::var_os("NOTAFTER_OPENID_PROVIDER").map(PathBuf::from);
    if folder.is_none() {
        left_out(test, Need::Package("oidc-provider, which ./test brings from npm"));
    }
    folder
}

/// The provider, an installation, and somebody's browser.
struct Stage {
    home: Home,
    browser: Browser,
    site: String,
    issuer: String,
    provider: Option<Server>,
    server: Option<Serving>,
}

impl Stage {
    fn new(folder: PathBuf) -> Self {
        let (port, ours) = (free_port(), free_port());
        let site = format!("http://127.0.0.1:{ours}");
        let mut command = Command::new("/usr/bin/nodejs");
        command.current_dir(folder).args(["--input-type=module", "--eval", include_str!("provider.mjs")]);
        let provider = Server::start(command.arg(port.to_string()).arg(&site), port);
        let home = Home::new();
        let browser = Browser::begin(&home);
        let issuer = format!("http://127.0.0.1:{port}");
        Self { home, browser, site, issuer, provider: Some(provider), server: None }
    }

    /// Begins the server anew, with these settings beside those of the provider.
    fn serve(&mut self, more: &str) {
        self.server = None;
        let settings = format!(
            "openid_issuer = {:?}\nopenid_client = \"notafter\"\nopenid_secret = \"env:PROVIDER_SECRET\"\n\
             openid_name = \"House & Co\"\n{more}\n",
            self.issuer
        );
        self.home.file("notafter.toml", settings);
        let address = self.site.strip_prefix("http://").unwrap().to_owned();
        let mut command = self.home.command(&["serve", "--listen", &address]);
        let server = Serving::start({
            command.env("PROVIDER_SECRET", "a secret: of both");
            command
        });
        server.wait_for("/readyz", 200);
        self.server = Some(server);
    }

    /// Presses the button of the sign-in page, up to the provider's page.
    fn press(&mut self) {
        self.browser.forget();
        self.browser.go(&format!("{}/sign-in?next=/lineages", self.site));
        self.browser
            .value("[...document.links].find(link => link.innerText === 'Sign in with House & Co').click()");
        self.browser.wait_until("document.querySelector('[name=login]') !== null");
    }

    /// Signs in at the provider as somebody, allows it, and comes back. Answers what the page says then.
    fn come_back(&mut self, somebody: &str) -> String {
        self.press();
        let login = format!("document.querySelector('[name=login]').value = '{somebody}'");
        self.browser.value(&login);
        self.browser.value("document.querySelector('[name=password]').value = 'x'");
        self.browser.value("document.querySelector('form').submit()");
        self.browser.wait_until("document.querySelector('[name=prompt][value=consent]') !== null");
        self.browser.value("document.querySelector('form').submit()");
        self.here()
    }

    fn here(&mut self) -> String {
        // A page that is being left is complete as well: it is marked where another one of ours comes after it.
        let here = format!(
            "!window.isLeft && location.origin === '{}' && document.readyState === 'complete'",
            self.site
        );
        self.browser.wait_until(&here);
        self.browser.value("document.body.innerText").as_str().unwrap().to_owned()
    }

    /// Who is signed in, at the page that was asked for.
    fn who(&mut self) -> String {
        assert_eq!(self.browser.value("location.pathname"), "/lineages");
        self.browser.value("document.querySelector('.who a').innerText").as_str().unwrap().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> String {
        let ran = self.home.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.err);
        ran.out
    }
}

#[test]
fn people_who_have_an_account_come_in_through_a_provider_and_nobody_takes_one_over() {
    let test = "people_who_have_an_account_come_in_through_a_provider_and_nobody_takes_one_over";
    let Some(folder) = provider(test) else { return };
    let mut stage = Stage::new(folder);
    stage.serve("");
    stage.run(&["user", "add", "ada@example.org", "--role", "admin"]);
    stage.run(&["user", "add", "bob", "--role", "viewer"]);

    let told = stage.come_back("mallory-1");
    assert!(
        told.contains("you are mallory-1, without a verified address, and no account here is yours"),
        "{told}"
    );
    let told = stage.come_back("carl-1");
    assert!(
        told.contains("with the verified address carl@example.org, and no account here is yours"),
        "{told}"
    );
    stage.come_back("ada-1");
    assert_eq!(stage.who(), "ada@example.org");
    let told = stage.come_back("dora-1");
    assert!(told.contains("notafter user connect NAME --subject \"dora-1\""), "{told}");
    stage.run(&["user", "connect", "bob", "--subject", "dora-1"]);
    stage.come_back("dora-1");
    assert_eq!(stage.who(), "bob");
    stage.come_back("ada-1");
    assert_eq!(stage.who(), "ada@example.org", "by the subject from then on");
    let listed = stage.run(&["user", "list"]);
    for line in ["ada-1 at http://127.0.0.1:", "dora-1 at http://127.0.0.1:"] {
        assert!(listed.contains(line), "{listed}");
    }

    stage.press();
    stage.browser.value("[...document.links].find(link => link.innerText.includes('Cancel')).click()");
    let told = stage.here();
    assert!(told.contains("House & Co let nobody in") && told.contains("access_denied"), "{told}");
    // The address of the page that came back, once more: the answer was given.
    stage.browser.value("window.isLeft = true; location.reload()");
    let told = stage.here();
    assert!(told.contains("Sign in"), "{told}");

    let examined = stage.home.run(&["doctor"]).out;
    assert!(
        examined.contains("sign-in through House & Co") && examined.contains("/sign-in/openid/callback"),
        "{examined}"
    );
    stage.provider = None;
    let examined = stage.home.run(&["doctor"]).out;
    assert!(examined.contains("House & Co does not answer"), "{examined}");
}

#[test]
fn people_without_an_account_come_in_by_what_the_provider_says_of_them() {
    let test = "people_without_an_account_come_in_by_what_the_provider_says_of_them";
    let Some(folder) = provider(test) else { return };
    let mut stage = Stage::new(folder);
    stage.serve(
        "openid_claim = \"groups\"\nopenid_rights = { on-call = \"operator\", everybody = \"viewer\" }",
    );
    stage.come_back("carl-1");
    assert_eq!(stage.who(), "carl@example.org");
    stage.come_back("dora-1");
    assert_eq!(stage.who(), "dora");
    let told = stage.come_back("ada-1");
    assert!(told.contains("no account here is yours"), "{told}");
    let listed = stage.run(&["user", "list"]);
    assert!(listed.contains("carl@example.org: operator of everything"), "{listed}");
    assert!(listed.contains("dora: viewer of everything"), "{listed}");

    stage.serve("openid_claim = \"groups\"\nopenid_rights = { on-call = \"viewer\" }");
    stage.come_back("carl-1");
    assert_eq!(stage.who(), "carl@example.org");
    let told = stage.come_back("dora-1");
    assert!(told.contains("entitles to nothing here"), "{told}");
    let listed = stage.run(&["user", "list"]);
    assert!(listed.contains("carl@example.org: viewer of everything"), "{listed}");
}
