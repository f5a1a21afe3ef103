//! Endpoints by hand: look at one now.

use notafter_cert::Time;
use notafter_inventory::code::Kind;
use notafter_inventory::model::{Actor, Endpoint, EndpointId, Subject};
use notafter_store::Change;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Fault, Operation, near, operation};
use crate::context::Context;
use crate::tasks::scan;

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[operation!("endpoint.check", check)];

/// Which endpoint.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct At {
    /// Its target as it is written, or `ep_...`.
    pub endpoint: String,
}

/// A look that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The endpoint.
    pub id: EndpointId,
    /// Where it is.
    pub target: String,
    /// The look began after this instant once the endpoint was looked at later.
    pub asked_at: Time,
}

/// Asks for a look now. Whoever runs the tasks looks within seconds, whatever the next look was planned for.
///
/// # Errors
/// There is no such endpoint, or the store failed.
pub async fn check(context: &Context, actor: &Actor, At { endpoint: written }: At) -> Result<Asked, Fault> {
    let Endpoint { id, target, .. } = find(context, &written).await?;
    let asked_at = context.clock.now();
    let changes = [
        Change::Event {
            kind: "notafter.endpoint.check-asked.v1".to_owned(),
            subject: Subject::Endpoint(id),
            data: json!({ "target": target }),
        },
        Change::Schedule { task: scan::KIND, subject: scan::subject(id), due_at: asked_at },
    ];
    context.apply(None, actor, &changes).await?;
    Ok(Asked { id, target: target.to_string(), asked_at })
}

async fn find(context: &Context, written: &str) -> Result<Endpoint, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let found = match (written.parse::<EndpointId>(), written.parse()) {
        (Ok(id), _) => store.endpoint(scope, id).await?,
        (Err(_), Ok(target)) => store.endpoint_at(scope, &target).await?,
        (Err(_), Err(_)) => None,
    };
    match found {
        Some(endpoint) => Ok(endpoint),
        None => {
            let hint = near::hint(context, Kind::Endpoint, written).await;
            Err(Fault::new("inventory.no-such-thing", format!("there is no endpoint {written:?}"), hint))
        }
    }
}
