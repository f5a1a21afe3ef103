//! A message for programs: a CloudEvents 1.0 event in JSON.

use notafter_inventory::model::{Delivery, Purpose};
use notafter_inventory::plan::alert::linked_body;
use serde_json::{Value, json};

use super::{NotifyError, Outgoing};

/// CloudEvents 1.0, structured JSON (sections 3.1 and 3.2 of its JSON format).
pub(super) fn bytes(outgoing: &Outgoing<'_>) -> Result<Vec<u8>, NotifyError> {
    let delivery = outgoing.delivery;
    let mut data = json!({
        "text": delivery.message.subject,
        "body": linked_body(&delivery.message),
        "to": delivery.to,
        "details": delivery.message.data,
    });
    if let Some(code) = &delivery.code {
        data["code"] = json!(code);
    }
    let mut event = json!({
        "specversion": "1.0",
        "id": delivery.id,
        "source": outgoing.source,
        "type": event_type(delivery),
        "time": delivery.created_at,
        "datacontenttype": "application/json",
        "data": data,
    });
    if let Some(subject) = delivery.message.data.get("root").and_then(Value::as_str) {
        event["subject"] = json!(subject);
    }
    serde_json::to_vec(&event).map_err(|error| NotifyError::Settings(error.to_string()))
}

fn event_type(delivery: &Delivery) -> &'static str {
    match delivery.purpose {
        Purpose::Opened => "notafter.alert.opened.v1",
        Purpose::Risen => "notafter.alert.risen.v1",
        Purpose::Expired => "notafter.alert.expired.v1",
        Purpose::Grown => "notafter.alert.grown.v1",
        Purpose::Escalated => "notafter.alert.escalated.v1",
        Purpose::Reminder => "notafter.alert.reminded.v1",
        Purpose::Acknowledged => "notafter.alert.acknowledged.v1",
        Purpose::Recovered => "notafter.alert.recovered.v1",
        Purpose::Digest => "notafter.digest.written.v1",
        Purpose::Test => "notafter.path.tested.v1",
        Purpose::Ownership => "notafter.owner.asked.v1",
    }
}
