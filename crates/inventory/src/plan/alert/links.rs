//! Links in a message. What is stored of a message holds none: whoever has a link may use it, so that they are put in when
//! it is sent, into what programs read and into what people do.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::{AlertId, Message, Purpose};
use crate::reply::Token;

/// The links of one alert in one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// Where it is taken.
    pub acknowledge: String,
    /// Where it is silenced.
    pub silence: String,
}

/// The member of a message's data that has them.
const LINKS: &str = "links";

/// The member of a message's data that has the mark of its reply.
const REPLY: &str = "reply_token";

/// A message with the mark by which a reply to it is known.
#[must_use]
pub fn with_reply_token(message: &Message, token: Token) -> Message {
    let mut message = message.clone();
    message.data[REPLY] = json!(token);
    message
}

/// The mark by which a reply to this message is known.
#[must_use]
pub fn reply_token_of(message: &Message) -> Option<&str> {
    message.data.get(REPLY)?.as_str()
}

/// The member of a message's data that has the link which answers what it asks.
const CONFIRM: &str = "confirm";
/// How the line begins that says what to type.
const TO_CONFIRM: &str = "    notafter alert confirm ";

/// What somebody types to confirm that a test message arrived; a link stands below it.
pub(in crate::plan) fn to_confirm(code: &str) -> String {
    format!("{TO_CONFIRM}{code}")
}

/// How the line begins that says what an owner types to say that it still answers.
const TO_ANSWER: &str = "    notafter owner acknowledge ";

/// What somebody types to say that an owner still answers; a link stands below it.
pub(in crate::plan) fn to_answer(owner: &str) -> String {
    format!("{TO_ANSWER}{owner}")
}

/// A message that asks something, with the link that answers it.
#[must_use]
pub fn with_confirmation(message: &Message, link: &str) -> Message {
    let mut message = message.clone();
    message.data[CONFIRM] = json!(link);
    message
}

/// The link that answers a message which asks something: a test, or whether an owner still answers.
#[must_use]
pub fn confirmation_of(message: &Message) -> Option<&str> {
    message.data.get(CONFIRM)?.as_str()
}

/// What somebody types to take an alert, as every message says it; links stand below it.
pub(super) fn to_take(alert: AlertId) -> String {
    format!("    notafter alert ack {alert}")
}

/// The alerts of a message that are there to be taken: not what is over, and not what somebody took.
#[must_use]
pub fn linkable(message: &Message) -> Vec<AlertId> {
    alerts(&message.data).iter().filter_map(takeable).collect()
}

/// Every alert that a message tells of, as programs read it.
fn alerts(data: &Value) -> &[Value] {
    data["alerts"].as_array().map_or(std::slice::from_ref(data), Vec::as_slice)
}

fn takeable(alert: &Value) -> Option<AlertId> {
    let purpose: Purpose = serde_json::from_value(alert["purpose"].clone()).ok()?;
    let news = matches!(
        purpose,
        Purpose::Opened
            | Purpose::Risen
            | Purpose::Expired
            | Purpose::Grown
            | Purpose::Escalated
            | Purpose::Reminder
    );
    alert["alert"].as_str().filter(|_| news)?.parse().ok()
}

/// The message with the links of these alerts, for programs; what people read has them by [`linked_body`], or as their product
/// shows links.
#[must_use]
pub fn with_links(message: &Message, links: &[(AlertId, Links)]) -> Message {
    let mut message = message.clone();
    let one_by_one = match message.data.get_mut("alerts").and_then(Value::as_array_mut) {
        Some(several) => several.iter_mut().collect(),
        None => vec![&mut message.data],
    };
    for alert in one_by_one {
        let id = takeable(alert);
        if let Some((_, links)) = links.iter().find(|(of, _)| Some(*of) == id) {
            alert[LINKS] = json!(links);
        }
    }
    message
}

/// The links of one alert in a message's data.
#[must_use]
pub fn links_of(alert: &Value) -> Option<Links> {
    serde_json::from_value(alert.get(LINKS)?.clone()).ok()
}

/// The text of a message, with its links below what somebody types.
#[must_use]
pub fn linked_body(message: &Message) -> String {
    let mut body = message.body.clone();
    for alert in alerts(&message.data) {
        if let Some((id, links)) = takeable(alert).zip(links_of(alert)) {
            let typed = to_take(id) + "\n";
            body = body.replacen(&typed, &(typed.clone() + &links.lines()), 1);
        }
    }
    if reply_token_of(message).is_some() {
        body = answerable(body, &linkable(message));
    }
    let is_asked = |line: &&str| line.starts_with(TO_CONFIRM) || line.starts_with(TO_ANSWER);
    let typed = message.body.lines().find(is_asked);
    if let Some((typed, link)) = typed.zip(confirmation_of(message)) {
        body = body.replacen(typed, &format!("{typed}\n    on a phone: {link}"), 1);
    }
    body
}

/// Says what a reply does: below the links where there is one alert, and at the end where it does it to several.
fn answerable(body: String, alerts: &[AlertId]) -> String {
    let [alert] = alerts else {
        return body
            + "\nA reply to this mail takes all of them; one that begins with `silence 4h` silences them.\n";
    };
    let typed = to_take(*alert);
    let mut lines: Vec<&str> = Vec::new();
    let mut after_it = false;
    for line in body.lines() {
        if after_it && !line.starts_with("    ") {
            lines.push("    or reply to this mail: that takes it, and what you write is its note;");
            lines.push("    a reply that begins with `silence 4h` silences it instead");
            after_it = false;
        }
        after_it |= line == typed;
        lines.push(line);
    }
    lines.join("\n") + "\n"
}

impl Links {
    /// As they stand in a text, two lines.
    #[must_use]
    pub fn lines(&self) -> String {
        format!("    on a phone: {}\n    silence it: {}\n", self.acknowledge, self.silence)
    }
}

#[cfg(test)]
mod tests {
    use notafter_cert::Time;

    use super::*;
    use crate::model::DeliveryId;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    fn alert(id: u8) -> AlertId {
        AlertId::new(NOW, [id; 10])
    }

    fn links(id: u8) -> Links {
        let at = |does: &str| format!("https://na.example/alert/{id}/{does}");
        Links { acknowledge: at("acknowledge"), silence: at("silence") }
    }

    fn data(id: u8, purpose: &str) -> Value {
        json!({ "alert": alert(id), "purpose": purpose })
    }

    #[test]
    fn links_stand_below_what_somebody_types_and_in_what_programs_read() {
        let body = format!("Take it\n{}\n\nOwner: web\n", to_take(alert(1)));
        let message = Message { subject: "CRITICAL".to_owned(), body, data: data(1, "opened") };
        assert_eq!(linkable(&message), [alert(1)]);
        let linked = with_links(&message, &[(alert(1), links(1))]);
        insta::assert_snapshot!(linked_body(&linked), @r"
        Take it
            notafter alert ack al_01a229f1280071018101010101010101
            on a phone: https://na.example/alert/1/acknowledge
            silence it: https://na.example/alert/1/silence

        Owner: web
        ");
        assert_eq!(linked.body, message.body, "products with links of their own show them in their way");
        assert_eq!(linked.data["links"], json!(links(1)));
        assert_eq!(with_links(&message, &[]), message, "without any it stays as it is");
    }

    /// Whoever reads a mail at 03:00 answers it.
    #[test]
    fn a_mail_that_takes_replies_says_so() {
        let body = format!("Take it\n{}\n\nOwner: web\n", to_take(alert(1)));
        let message = Message { subject: String::new(), body, data: data(1, "opened") };
        let token = Token { delivery: DeliveryId::from_bytes([7; 16]), code: [9; 16] };
        let marked = with_reply_token(&with_links(&message, &[(alert(1), links(1))]), token);
        assert_eq!(reply_token_of(&marked), Some(token.to_string().as_str()));
        insta::assert_snapshot!(linked_body(&marked), @r"
        Take it
            notafter alert ack al_01a229f1280071018101010101010101
            on a phone: https://na.example/alert/1/acknowledge
            silence it: https://na.example/alert/1/silence
            or reply to this mail: that takes it, and what you write is its note;
            a reply that begins with `silence 4h` silences it instead

        Owner: web
        ");
        let several = json!({ "alerts": [data(1, "opened"), data(2, "opened")] });
        let marked = with_reply_token(&Message { data: several, ..message }, token);
        assert!(linked_body(&marked).contains("takes all of them"));
    }

    #[test]
    fn a_test_message_has_its_link_below_what_somebody_types() {
        let body = format!("To prove it, type:\n\n{}\n\nUntil then\n", to_confirm("ZZZZZZ"));
        let data = json!({ "schema": "notafter.path-test/1" });
        let message = Message { subject: "TEST".to_owned(), body, data };
        assert_eq!(linked_body(&message), message.body);
        let linked = with_confirmation(&message, "https://na.example/alert/1/confirm");
        insta::assert_snapshot!(linked_body(&linked), @r"
        To prove it, type:

            notafter alert confirm ZZZZZZ
            on a phone: https://na.example/alert/1/confirm

        Until then
        ");
        assert_eq!(confirmation_of(&linked), Some("https://na.example/alert/1/confirm"));
    }

    /// Of several alerts in one message each has its own, and what is over has none.
    #[test]
    fn what_is_over_or_taken_and_what_is_no_alert_has_no_links() {
        let several = json!({ "alerts": [data(1, "opened"), data(2, "recovered"), data(3, "reminder")] });
        let body = [1, 2, 3].map(|id| to_take(alert(id)) + "\n").concat();
        let message = Message { subject: String::new(), body, data: several };
        assert_eq!(linkable(&message), [alert(1), alert(3)]);
        let linked = with_links(&message, &[(alert(1), links(1)), (alert(3), links(3))]);
        assert_eq!(linked.data["alerts"][0]["links"], json!(links(1)));
        assert_eq!(linked.data["alerts"][1].get("links"), None);
        assert_eq!(linked.data["alerts"][2]["links"], json!(links(3)));
        assert_eq!(linked_body(&linked).matches("on a phone").count(), 2);
        for purpose in ["acknowledged", "recovered", "digest", "test", "of another version"] {
            let message = Message { data: data(1, purpose), ..message.clone() };
            assert_eq!(linkable(&message), [], "{purpose}");
        }
        let test = Message { data: json!({ "schema": "notafter.path-test/1" }), ..message };
        assert_eq!(linkable(&test), []);
    }
}
