//! Chromium without a window, led over a pipe (Chrome DevTools Protocol): what people see, with our script at work.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use crate::home::Home;
use crate::serve::PATIENCE;

/// A browser with one page; ended when dropped.
pub(crate) struct Browser {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Option<String>,
    asked: u64,
    /// Programs that failed on a page.
    pub(crate) thrown: Vec<Value>,
}

impl Browser {
    /// The package it is from, and its program.
    pub(crate) const PACKAGE: &str = "chromium";
    const PROGRAM: &str = "/usr/bin/chromium";

    /// Whether it is there.
    pub(crate) fn is_there() -> bool {
        Path::new(Self::PROGRAM).exists()
    }

    /// Begins one that keeps what it keeps below this home.
    pub(crate) fn begin(home: &Home) -> Self {
        // It is led by what comes in at 3, and answers at 4.
        let led = format!("exec {} \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", Self::PROGRAM);
        let mut child = Command::new("sh")
            .args(["-c", &led, "chromium", "--headless=new", "--no-sandbox", "--disable-gpu"])
            .args(["--no-first-run", "--disable-background-networking", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", home.path("browser").display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut browser = Self { child, to, from, session: None, asked: 0, thrown: Vec::new() };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.call("Target.attachToTarget", attach);
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        browser.call("Page.enable", json!({}));
        browser.call("Runtime.enable", json!({}));
        browser
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let mut asked = json!({ "id": self.asked, "method": method, "params": params });
        if let Some(session) = &self.session {
            asked["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{asked}\0").as_bytes()).unwrap();
        loop {
            let mut bytes = Vec::new();
            self.from.read_until(0, &mut bytes).unwrap();
            let message = bytes.strip_suffix(b"\0").unwrap_or_else(|| panic!("the browser ended: {method}"));
            let message: Value = serde_json::from_slice(message).unwrap();
            if message["method"] == "Runtime.exceptionThrown" {
                self.thrown.push(message["params"].clone());
            }
            if message["id"] == self.asked {
                assert_eq!(message["error"], Value::Null, "{method}");
                return message["result"].clone();
            }
        }
    }

    /// Comes in as whoever this cookie (`name=value`) belongs to.
    pub(crate) fn carry(&mut self, site: &str, cookie: &str) {
        let (name, value) = cookie.split_once('=').unwrap();
        self.call("Network.setCookie", json!({ "url": site, "name": name, "value": value }));
    }

    /// Is nobody's from then on.
    pub(crate) fn forget(&mut self) {
        self.call("Network.clearBrowserCookies", json!({}));
    }

    /// Gives it an authenticator that is always at hand, and verifies whoever uses it (Web Authentication Level 3,
    /// section 11).
    pub(crate) fn authenticator(&mut self) -> Value {
        self.call("WebAuthn.enable", json!({}));
        let options = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserVerified": true, "automaticPresenceSimulation": true,
        });
        let added = self.call("WebAuthn.addVirtualAuthenticator", json!({ "options": options }));
        added["authenticatorId"].clone()
    }

    /// How many credentials an authenticator has.
    pub(crate) fn credentials(&mut self, authenticator: &Value) -> usize {
        let asked = json!({ "authenticatorId": authenticator });
        self.call("WebAuthn.getCredentials", asked)["credentials"].as_array().map_or(0, Vec::len)
    }

    /// Whether it recognises whoever uses it.
    pub(crate) fn verifies(&mut self, authenticator: &Value, verifies: bool) {
        let asked = json!({ "authenticatorId": authenticator, "isUserVerified": verifies });
        self.call("WebAuthn.setUserVerified", asked);
    }

    /// Shows pages as on a telephone that is so many pixels wide.
    pub(crate) fn narrow(&mut self, width: u32) {
        let screen = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": true });
        self.call("Emulation.setDeviceMetricsOverride", screen);
    }

    /// Loads a page, to its end.
    pub(crate) fn go(&mut self, address: &str) {
        self.call("Page.navigate", json!({ "url": address }));
        let there = format!("location.href === {} && document.readyState === 'complete'", json!(address));
        self.wait_until(&there);
    }

    /// What an expression comes to on the page.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true });
        self.call("Runtime.evaluate", asked)["result"]["value"].clone()
    }

    /// As [`Browser::value`], of a promise that is kept.
    pub(crate) fn settled(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let settled = self.call("Runtime.evaluate", asked);
        assert_eq!(settled["exceptionDetails"], Value::Null, "{expression}");
        settled["result"]["value"].clone()
    }

    /// Whoever looks prefers `light` or `dark`, on a screen that is so wide.
    pub(crate) fn look_at(&mut self, scheme: &str, width: u32) {
        let screen = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.call("Emulation.setDeviceMetricsOverride", screen);
        let feature = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": feature }));
    }

    /// Asks until the expression holds.
    pub(crate) fn wait_until(&mut self, expression: &str) {
        let begun = Instant::now();
        while self.value(expression) != true {
            let page = || "document.body ? document.body.innerText : ''";
            assert!(begun.elapsed() < PATIENCE, "{expression}: {}", self.value(page()));
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
