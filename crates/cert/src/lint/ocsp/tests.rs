use super::super::{Outcome, Verdict, of_ocsp};
use crate::der::{Tag, oid, write};
use crate::staged::{Authority, generalized, integer, now, sequence, tagged};
use crate::x509::ocsp::BasicResponse;
use crate::{Span, Time};

fn said(this_update: Time, produced_at: Time) -> Outcome {
    judged("ocsp.this-update-not-after-produced-at", this_update, None, produced_at)
}

fn judged(lint_id: &str, this_update: Time, next_update: Option<Time>, produced_at: Time) -> Outcome {
    let ca = Authority::new("CA");
    let algorithm = sequence(&[&write(Tag::OID, &[oid::SHA1.content()])]);
    let hash = write(Tag::OCTET_STRING, &[&[0; 20]]);
    let id = sequence(&[&algorithm, &hash, &hash, &integer(1)]);
    let next = next_update.map(|next| tagged(0, &[&generalized(next)])).unwrap_or_default();
    let single = sequence(&[&id, &write(Tag::context(0), &[]), &generalized(this_update), &next]);
    let tbs = sequence(&[&tagged(1, &[&ca.name()]), &generalized(produced_at), &sequence(&[&single])]);
    let basic = ca.sign(&tbs, &[]);
    let lint = of_ocsp().find(|lint| lint.meta.id == lint_id).unwrap();
    lint.run(&BasicResponse::of(&basic, 0))
}

#[test]
fn nothing_is_known_before_it_is_signed() {
    assert_eq!(said(now(), now()), Outcome::Judged(Verdict::Pass));
    let found = "known at 2026-06-01T12:00:01Z, signed at 2026-06-01T12:00:00Z".to_owned();
    assert_eq!(said(now() + Span::seconds(1), now()), Outcome::Judged(Verdict::Violated(found)));
    let old: Time = "2013-05-31T00:00:00Z".parse().unwrap();
    assert_eq!(said(old, old), Outcome::NotEffective);
}

#[test]
fn an_answer_is_good_for_hours_to_days() {
    let said = |span: Option<Span>| {
        let next = span.map(|span| now() + span);
        match judged("ocsp.cab-validity-interval", now(), next, now()) {
            Outcome::Judged(Verdict::Violated(found)) => found,
            other => format!("{other:?}"),
        }
    };
    let pass = "Judged(Pass)";
    let table = [
        (None, "it has no nextUpdate"),
        (Some(Span::hours(8)), pass),
        (Some(Span::days(10)), pass),
        (Some(Span::hours(7)), "the next one is there after 7 h"),
        (Some(Span::days(11)), "the next one is there after 11 d"),
    ];
    for (span, expected) in table {
        assert_eq!(said(span), expected);
    }
}

#[test]
fn a_signature_over_sha_256_is_good() {
    let said = judged("ocsp.cab-sha1-signature", now(), None, now());
    assert_eq!(said, Outcome::Judged(Verdict::Pass));
}
