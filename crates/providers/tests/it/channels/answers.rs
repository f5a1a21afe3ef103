//! What each product answers when it does not take a message, in its own words, and what becomes of the message: tried
//! again, or refused with what to mend.

use std::fmt::Write;

use notafter_cert::{Retry, Trouble};
use notafter_lab::http_sink::{HttpSink, Reply};

use super::messages::critical;
use super::products;
use crate::notify::{any, now};

type Answer = (u16, Option<&'static str>, &'static str);

/// Status, `Retry-After` and body, in the order of the products.
const ANSWERS: [(&str, &[Answer]); 7] = [
    ("ntfy", NTFY),
    ("slack", SLACK),
    ("teams", TEAMS),
    ("discord", DISCORD),
    ("pagerduty", PAGERDUTY),
    ("opsgenie", OPSGENIE),
    ("alertmanager", ALERTMANAGER),
];

/// ntfy, `server/errors.go`.
const NTFY: &[Answer] = &[
    (
        401,
        None,
        r#"{"code":40101,"http":401,"error":"unauthorized","link":"https://ntfy.sh/docs/publish/#authentication"}"#,
    ),
    (
        403,
        None,
        r#"{"code":40301,"http":403,"error":"forbidden","link":"https://ntfy.sh/docs/publish/#authentication"}"#,
    ),
    (404, None, r#"{"code":40401,"http":404,"error":"page not found"}"#),
    (
        429,
        None,
        r#"{"code":42901,"http":429,"error":"limit reached: too many requests","link":"https://ntfy.sh/docs/publish/#limitations"}"#,
    ),
    (500, None, r#"{"code":50001,"http":500,"error":"internal server error"}"#),
];

/// Slack, "Sending messages using incoming webhooks", handling errors: one word.
const SLACK: &[Answer] = &[
    (400, None, "invalid_payload"),
    (400, None, "invalid_blocks"),
    (403, None, "action_prohibited"),
    (403, None, "invalid_token"),
    (404, None, "channel_not_found"),
    (404, None, "no_service"),
    (410, None, "channel_is_archived"),
    (429, Some("30"), "rate_limited"),
    (500, None, "rollup_error"),
];

/// Teams' workflows answer as Azure Logic Apps do.
const TEAMS: &[Answer] = &[
    (
        400,
        None,
        r#"{"error":{"code":"TriggerInputSchemaMismatch","message":"The input body for trigger 'manual' of type 'Request' did not match its schema definition."}}"#,
    ),
    (
        400,
        None,
        r#"{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"Could not execute workflow '1' trigger 'manual' with state 'Disabled': trigger is not enabled."}}"#,
    ),
    (
        401,
        None,
        r#"{"error":{"code":"DirectApiAuthorizationRequired","message":"The request must be authenticated only by Shared Access scheme."}}"#,
    ),
    (404, None, r#"{"error":{"code":"WorkflowNotFound","message":"The workflow '1' could not be found."}}"#),
    (
        429,
        Some("12"),
        r#"{"error":{"code":"RequestRateTooLarge","message":"The rate of requests is too large."}}"#,
    ),
    (
        502,
        None,
        r#"{"error":{"code":"NoResponse","message":"The server did not receive a response from an upstream server."}}"#,
    ),
];

/// Discord, "Opcodes and Status Codes", "Rate Limits".
const DISCORD: &[Answer] = &[
    (
        400,
        None,
        r#"{"message":"Invalid Form Body","code":50035,"errors":{"embeds":{"0":{"title":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH","message":"Must be 256 or fewer in length."}]}}}}}"#,
    ),
    (401, None, r#"{"message":"Invalid Webhook Token","code":50027}"#),
    (404, None, r#"{"message":"Unknown Webhook","code":10015}"#),
    (429, Some("65"), r#"{"message":"You are being rate limited.","retry_after":64.57,"global":false}"#),
    // Where something on the way took the header away.
    (429, None, r#"{"message":"You are being rate limited.","retry_after":64.57,"global":false}"#),
    (503, None, ""),
];

/// PagerDuty, "Events API v2 Overview", response codes.
const PAGERDUTY: &[Answer] = &[
    (
        400,
        None,
        r#"{"status":"invalid event","message":"Event object is invalid","errors":["Length of 'routing_key' is incorrect (should be 32 characters)"]}"#,
    ),
    (403, None, "Forbidden"),
    (
        429,
        None,
        r#"{"status":"throttle exceeded","message":"Requests for this service are arriving too quickly. Please retry later."}"#,
    ),
    (502, None, "<html><head><title>502 Bad Gateway</title></head></html>"),
];

/// Opsgenie, "Alert API" and "Response"; Jira Service Management answers alike.
const OPSGENIE: &[Answer] = &[
    (401, None, r#"{"message":"Could not authenticate","took":0.0,"requestId":"c2f6"}"#),
    (
        403,
        None,
        r#"{"message":"You are not authorized to create alerts with this key","took":0.0,"requestId":"c2f7"}"#,
    ),
    (404, None, r#"{"message":"No handler found for POST /v2/alert","took":0.0,"requestId":"c2f8"}"#),
    (
        422,
        None,
        r#"{"message":"Request body is not processable. Please check the errors.","errors":{"responders":"team web does not exist"},"took":0.0,"requestId":"c2f9"}"#,
    ),
    (429, None, r#"{"message":"You are making too many requests!","took":0.0,"requestId":"c2fa"}"#),
    (503, None, r#"{"message":"Service Unavailable","took":0.0,"requestId":"c2fb"}"#),
];

/// Alertmanager's API v2, and the proxy that may stand before it.
const ALERTMANAGER: &[Answer] = &[
    (400, None, r#""start time must be before end time""#),
    (401, None, "Unauthorized"),
    (404, None, "404 page not found"),
    (500, None, r#""the server is not ready""#),
    (503, Some("10"), "Service Unavailable"),
];

#[tokio::test]
async fn what_products_answer_in_their_own_words() {
    let mut told = String::new();
    for (kind, answers) in ANSWERS {
        let product = products::all().into_iter().find(|product| product.kind == kind).unwrap();
        writeln!(told, "{kind}").unwrap();
        for (status, retry_after, body) in answers {
            let sink = HttpSink::start(any(), None).await.unwrap();
            let headers = retry_after.map(|value| ("retry-after".to_owned(), value.to_owned()));
            let headers = headers.into_iter().collect();
            sink.reply(Reply::Answer { status: *status, headers, body: (*body).to_owned() });
            let error = product.send(&sink, &critical()).await.unwrap_err();
            let becomes = match (error.retry(), error.until()) {
                (Retry::Never, _) => format!("refused; hint: {}", error.hint()),
                (_, Some(until)) => format!("again, not before {} s", until.since(now()).as_seconds()),
                (_, None) => "again".to_owned(),
            };
            writeln!(told, "  {error}\n    {becomes}").unwrap();
        }
    }
    insta::assert_snapshot!("answers", told);
    assert_eq!(
        ANSWERS.map(|(kind, _)| kind).to_vec(),
        products::all().iter().map(|one| one.kind).collect::<Vec<_>>()
    );
}
