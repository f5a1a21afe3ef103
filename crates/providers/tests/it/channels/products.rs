//! Products as their channels meet them, in the words of their own documentation.

use serde_json::{Value, json};

/// A product as its channel meets it.
pub(super) struct Product {
    pub(super) kind: &'static str,
    /// Settings; `SINK` stands for where it is.
    pub(super) settings: Value,
    /// The value of the secret that is an address itself.
    pub(super) address: Option<&'static str>,
    /// Where the message goes.
    pub(super) path: &'static str,
    /// Status, header fields and body of an acceptance.
    pub(super) answer: (u16, Option<(&'static str, &'static str)>, &'static str),
    pub(super) receipt: &'static str,
    pub(super) authorization: Option<&'static str>,
}

pub(super) fn all() -> Vec<Product> {
    vec![ntfy(), slack(), teams(), discord(), pagerduty(), opsgenie(), alertmanager()]
}

fn plain() -> Product {
    Product {
        kind: "",
        settings: json!({}),
        address: None,
        path: "",
        answer: (200, None, ""),
        receipt: "",
        authorization: None,
    }
}

fn ntfy() -> Product {
    Product {
        kind: "ntfy",
        settings: json!({ "url": "SINK/up/certs", "token": "env:T", "tags": ["tls"], "click": "https://wiki.example" }),
        path: "/up/",
        answer: (200, None, r#"{"id":"sPs71M8A1T","time":1796000000,"event":"message","topic":"certs"}"#),
        receipt: "200 message sPs71M8A1T",
        authorization: Some("Bearer s3cret-value"),
        ..plain()
    }
}

fn slack() -> Product {
    Product {
        kind: "slack",
        settings: json!({ "url": "env:U" }),
        address: Some("SINK/services/T0/B0/hidden"),
        path: "/services/T0/B0/hidden",
        answer: (200, None, "ok"),
        receipt: "200 ok",
        ..plain()
    }
}

fn teams() -> Product {
    Product {
        kind: "teams",
        settings: json!({ "url": "env:U" }),
        address: Some("SINK/workflows/1/invoke?api-version=1&sig=hidden"),
        path: "/workflows/1/invoke?api-version=1&sig=hidden",
        answer: (202, Some(("x-ms-workflow-run-id", "0858")), ""),
        receipt: "202 run 0858",
        ..plain()
    }
}

fn discord() -> Product {
    Product {
        kind: "discord",
        settings: json!({ "url": "env:U" }),
        address: Some("SINK/api/webhooks/1/hidden"),
        path: "/api/webhooks/1/hidden?wait=true",
        answer: (200, None, r#"{"id":"1185","type":0,"content":""}"#),
        receipt: "200 message 1185",
        ..plain()
    }
}

fn pagerduty() -> Product {
    Product {
        kind: "pagerduty",
        settings: json!({ "url": "SINK/v2/enqueue", "routing_key": "env:K", "link": "https://wiki.example" }),
        path: "/v2/enqueue",
        answer: (202, None, r#"{"status":"success","message":"Event processed","dedup_key":"al_1"}"#),
        receipt: "taken as al_1",
        ..plain()
    }
}

fn opsgenie() -> Product {
    Product {
        kind: "opsgenie",
        settings: json!({ "url": "SINK/v2/alerts", "api_key": "env:K", "teams": ["web"], "tags": ["tls"] }),
        path: "/v2/alerts",
        answer: (202, None, r#"{"result":"Request will be processed","took":0.3,"requestId":"43a29c5c"}"#),
        receipt: "taken as 43a29c5c",
        authorization: Some("GenieKey s3cret-value"),
        ..plain()
    }
}

fn alertmanager() -> Product {
    Product {
        kind: "alertmanager",
        settings: json!({
            "urls": ["SINK/am/"], "token": "env:T", "labels": { "team": "web" }, "link": "https://wiki.example",
        }),
        path: "/am/api/v2/alerts",
        answer: (200, None, ""),
        receipt: "200 from 1 of 1",
        authorization: Some("Bearer s3cret-value"),
        ..plain()
    }
}
