//! Messages of every sort, as `inventory::plan` writes them.

use notafter_inventory::model::{AlertId, Delivery, Message, Purpose};
use notafter_inventory::plan::alert::{Links, with_links};
use serde_json::{Value, json};

use crate::notify::delivery;

pub(super) fn finding(code: &str, text: &str) -> Value {
    json!({ "code": code, "text": text, "severity": "critical", "state": "open", "evidence": null })
}

/// The data of one alert, as `inventory::plan::alert` writes it.
pub(super) fn alert(number: u8, severity: &str, name: &str, findings: &[Value]) -> Value {
    json!({
        "schema": "notafter.alert/1",
        "alert": AlertId::from_bytes([number; 16]),
        "purpose": "opened",
        "state": "open",
        "severity": severity,
        "root": "endpoint:ep_1",
        "name": name,
        "text": format!("{} {name}: {}", severity.to_uppercase(), findings[0]["text"].as_str().unwrap()),
        "owner": "payments",
        "opened_at": "2026-11-25T18:00:00Z",
        "closed_at": null,
        "findings": findings,
    })
}

pub(super) fn message(purpose: Purpose, subject: &str, body: &str, data: Value) -> Delivery {
    let message = Message { subject: subject.to_owned(), body: body.to_owned(), data };
    let alert_id = data_of(&message, purpose).then(|| AlertId::from_bytes([2; 16]));
    Delivery { alert_id, message, ..delivery(purpose, None) }
}

fn data_of(message: &Message, purpose: Purpose) -> bool {
    message.data.get("alert").is_some() && !matches!(purpose, Purpose::Digest | Purpose::Test)
}

const EXPIRES: &str = "expires in 9 h 12 min (04:31 UTC)";

pub(super) fn critical() -> Delivery {
    let data = alert(2, "critical", "shop.example", &[finding("certificate.expires-soon", EXPIRES)]);
    let body = format!(
        "shop.example: {EXPIRES}\n\nWhat is wrong\n* {EXPIRES} [certificate.expires-soon]\n\nWhat to do\n    notafter renew shop\n"
    );
    message(Purpose::Opened, &format!("CRITICAL shop.example: {EXPIRES}"), &body, data)
}

pub(super) fn warning() -> Delivery {
    let data = alert(2, "warning", "shop.example", &[finding("renewal.failing", "renewal failing for 3 d")]);
    message(
        Purpose::Reminder,
        "WARNING shop.example: renewal failing for 3 d (day 2, nobody acknowledged)",
        "renewal failing\n",
        data,
    )
}

pub(super) fn children() -> Delivery {
    let more = [
        finding("certificate.expires-soon", EXPIRES),
        finding("place.stale", "1 of 4 addresses stale"),
        finding("place.stale", "2 of 2 addresses stale"),
    ];
    let body = format!(
        "shop.example: {EXPIRES}\n* 1 of 4 addresses stale [place.stale]\n* 2 of 2 addresses stale [place.stale]\n"
    );
    message(
        Purpose::Risen,
        &format!("CRITICAL shop.example: {EXPIRES}, 1 of 4 addresses stale"),
        &body,
        alert(2, "critical", "shop.example", &more),
    )
}

pub(super) fn over(mut data: Value) -> Value {
    for (key, value) in [("purpose", "recovered"), ("state", "closed"), ("closed_at", "2026-11-25T19:19:00Z")]
    {
        data[key] = json!(value);
    }
    data
}

pub(super) fn recovery() -> Delivery {
    let data = over(alert(2, "critical", "shop.example", &[finding("certificate.expires-soon", EXPIRES)]));
    message(
        Purpose::Recovered,
        "RECOVERED shop.example: was critical for 1 h",
        "shop.example: it is over\n",
        data,
    )
}

/// The same after it got worse for the second time.
pub(super) fn worse_again() -> Delivery {
    let mut message = critical();
    message.purpose = Purpose::Expired;
    message.message.data["worsened"] = json!(2);
    message
}

pub(super) fn taken() -> Delivery {
    let mut data = worse_again().message.data;
    data["purpose"] = json!("acknowledged");
    data["acknowledged"] =
        json!({ "at": "2026-11-25T19:19:00Z", "by": { "person": "ada" }, "note": "on it" });
    data["text"] = json!("ACKNOWLEDGED shop.example: taken by ada");
    message(
        Purpose::Acknowledged,
        "ACKNOWLEDGED shop.example: taken by ada",
        "shop.example: expires in 9 h 12 min (04:31 UTC)\nTaken by ada at 2026-11-25 19:19 UTC: on it\n",
        data,
    )
}

pub(super) fn storm(size: u8) -> Delivery {
    let alerts: Vec<Value> = (1..=size)
        .map(|number| {
            alert(
                number,
                "warning",
                &format!("host-{number}.example"),
                &[finding("certificate.expires-soon", EXPIRES)],
            )
        })
        .collect();
    let data = json!({ "schema": "notafter.alerts/1", "alerts": alerts });
    message(
        Purpose::Opened,
        "WARNING 6 alerts at once: host-1.example, and 5 more",
        "* host-1.example\n",
        data,
    )
}

pub(super) fn digest() -> Delivery {
    let data = json!({ "schema": "notafter.digest/1", "owner": "payments", "worst": "ok" });
    message(
        Purpose::Digest,
        "DIGEST payments: all well, 2 renewed, 12 endpoints watched",
        "Watched: 12 endpoints\n",
        data,
    )
}

/// The critical one as it goes out where the pages can be reached.
pub(super) fn linked() -> Delivery {
    let alert = AlertId::from_bytes([2; 16]);
    let mut delivery = critical();
    delivery.message.body +=
        &format!("\nTake it, so that it does not climb\n    notafter alert ack {alert}\n");
    delivery.message = with_links(&delivery.message, &[(alert, links(2))]);
    delivery
}

/// Several at once, each with its own.
pub(super) fn linked_storm() -> Delivery {
    let mut delivery = storm(6);
    let each: Vec<_> = (1..=6).map(|number| (AlertId::from_bytes([number; 16]), links(number))).collect();
    delivery.message = with_links(&delivery.message, &each);
    delivery
}

fn links(number: u8) -> Links {
    let at = |does: &str| format!("https://na.example/alert/{}-_{number}/{does}", "AbC9".repeat(15));
    Links { acknowledge: at("acknowledge"), silence: at("silence") }
}

/// A name that is markup in every product at once.
pub(super) fn hostile() -> Delivery {
    let name = "<!channel> @everyone <@U1> [free](https://evil.example) *x* _y_ `z` ~q~ |s| \u{202e}gpj &amp; \"quoted\"\r\n- x";
    let data = alert(2, "critical", name, &[finding("name.mismatch", name)]);
    message(Purpose::Opened, &format!("CRITICAL {name}"), &format!("{name}\n1. one\n# head\n"), data)
}
