use super::super::{Outcome, Verdict, of_ocsp};
use crate::der::{Tag, oid, write};
use crate::staged::{Authority, generalized, integer, now, sequence, tagged};
use crate::x509::ocsp::BasicResponse;
use crate::{Span, Time};

fn said(this_update: Time, produced_at: Time) -> Outcome {
    let ca = Authority::new("CA");
    let algorithm = sequence(&[&write(Tag::OID, &[oid::SHA1.content()])]);
    let hash = write(Tag::OCTET_STRING, &[&[0; 20]]);
    let id = sequence(&[&algorithm, &hash, &hash, &integer(1)]);
    let single = sequence(&[&id, &write(Tag::context(0), &[]), &generalized(this_update)]);
    let tbs = sequence(&[&tagged(1, &[&ca.name()]), &generalized(produced_at), &sequence(&[&single])]);
    let basic = ca.sign(&tbs, &[]);
    let lint = of_ocsp().find(|lint| lint.meta.id == "ocsp.this-update-not-after-produced-at").unwrap();
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
