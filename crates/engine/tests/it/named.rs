//! Endpoints by the names that messages give them.

use notafter_engine::context::Context;
use notafter_engine::operate::{self, Fault};
use notafter_inventory::model::Actor;
use serde_json::{Value, json};

use crate::stage::Stage;

async fn operate(context: &Context, name: &str, args: Value) -> Result<Value, Fault> {
    operate::call(context, &Actor::Person("ada".to_owned()), name, args).await
}

/// An endpoint to which a server name of its own is sent was known by its identifier alone: the target that every message
/// shows was refused.
#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_with_a_server_name_of_its_own_is_known_by_its_target() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let endpoint = |port: u16, sni: &str| {
        format!("[[endpoint]]\ntarget = \"127.0.0.1:{port}\"\nsni = \"{sni}.example\"\n")
    };
    let text = [endpoint(1, "one"), endpoint(2, "two"), endpoint(2, "three")].concat();
    let args = json!({ "file": { "text": text, "prune": "written" }, "secrets": {} });
    operate(context, "inventory.apply", args).await.unwrap();
    let silence = async |subject: &str| {
        let args = json!({
            "code": null, "subject": subject, "owner": null, "until": null, "for_how_long": 3_600_000_000_u64, "why": "x",
        });
        operate(context, "alert.silence", args).await
    };
    for known in ["127.0.0.1:1", "127.0.0.1:1 (one.example)", "127.0.0.1:2 (two.example)"] {
        silence(known).await.unwrap();
        operate(context, "endpoint.check", json!({ "endpoint": known })).await.unwrap();
        operate(context, "why", json!({ "host": known, "at": null })).await.unwrap();
    }
    let listing = operate(context, "alert.list", json!({ "all": false })).await.unwrap().to_string();
    for shown in ["127.0.0.1:1 (one.example)", "127.0.0.1:2 (two.example)"] {
        assert!(listing.contains(shown), "{shown} is told from what else is at its address: {listing}");
    }
    let fault = silence("127.0.0.1:2").await.unwrap_err();
    assert!(fault.what.contains("2 endpoints"), "{fault:?}");
    assert!(
        fault.hint.contains("127.0.0.1:2 (two.example)") && fault.hint.contains("(three.example)"),
        "{fault:?}"
    );
    let both = operate(context, "why", json!({ "host": "127.0.0.1:2", "at": null })).await.unwrap();
    assert_eq!(both["host"], "127.0.0.1:2");
    assert_eq!(silence("127.0.0.1:2 (one.example)").await.unwrap_err().code, "alert.unknown-name");
}
