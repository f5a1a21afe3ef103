//! Calls that carry a key.

use notafter_cert::{Fingerprint, Span, Time};
use notafter_store::{ANSWERS_KEPT, Answering, Begun, Call, Change, Scope, Store, StoreError};
use serde_json::json;

use crate::sample;
use crate::stage::{NOW, on_both};

const ALL: Scope = Scope::EVERYTHING;

fn call(caller: &str) -> Call {
    Call { caller: caller.to_owned(), key: "one".to_owned() }
}

async fn apply(store: &Store, at: Time, answering: Answering) -> Result<(), StoreError> {
    store.apply(&ALL, None, at, &sample::person(), &[Change::Answering(answering)]).await
}

#[test]
fn a_call_with_a_key_begins_once_a_day_for_each_caller() {
    on_both("a_call_with_a_key_begins_once_a_day_for_each_caller", |store| async move {
        let asked = Fingerprint::of(b"renew");
        let begin = |caller: &str| Answering::Begin(call(caller), asked);
        let begun = async |at| store.begun(&ALL, &call("ada"), at).await.unwrap();
        assert_eq!(begun(NOW).await, None);
        apply(&store, NOW, begin("ada")).await.unwrap();
        assert_eq!(begun(NOW).await, Some(Begun { asked, answer: None }), "under way");
        let again = apply(&store, NOW, begin("ada")).await.unwrap_err();
        assert!(matches!(again, StoreError::Overtaken(_)), "{again:?}");
        apply(&store, NOW, begin("bob")).await.unwrap();
        let answer = json!({ "said": "done" });
        apply(&store, NOW, Answering::End(call("ada"), answer.clone())).await.unwrap();
        assert_eq!(begun(NOW).await, Some(Begun { asked, answer: Some(answer) }));
        let over = NOW + ANSWERS_KEPT;
        assert_eq!(begun(over).await, None);
        apply(&store, over, begin("ada")).await.unwrap();
        assert_eq!(begun(over).await, Some(Begun { asked, answer: None }), "anew");
        apply(&store, over, Answering::Forget(call("ada"))).await.unwrap();
        assert_eq!(begun(over).await, None);
        apply(&store, over, begin("ada")).await.unwrap();
        assert_eq!(store.cut_answers(&ALL, over + Span::hours(1)).await.unwrap(), 1, "that of bob");
        assert!(begun(over).await.is_some());
        assert_eq!(store.cut_answers(&ALL, over + ANSWERS_KEPT).await.unwrap(), 1);
    });
}
