//! Every rule of RFC 5280 section 6.3 with staged CRLs, each held as a whole and read in pieces.

use super::{Crl, CrlIssuer, Material, Policy, Reach, Sieve, SievedCrl, Sought, judge};
use crate::der::{Field, Oid, Tag, oid, write};
use crate::revocation::{Because, OutOfScope, Reason, Verdict};
use crate::staged::{
    Authority, Draft, directory, entry, extension, full_name, integer, now, number, reason, sequence, tagged,
    uri,
};
use crate::x509::Anatomy;
use crate::{SignatureFault, Span, Time};

/// A point of a certificate: its fields.
fn points(points: &[Vec<u8>]) -> (Oid<'static>, Vec<u8>) {
    (oid::CRL_DISTRIBUTION_POINTS, sequence(&[&points.concat()]))
}

fn truth(number: u32) -> Vec<u8> {
    write(Tag::context(number), &[&[0xff]])
}

/// ReasonFlags as `[number]`.
fn flags(number: u32, bits: [u8; 2]) -> Vec<u8> {
    write(Tag::context(number), &[&[7], &bits])
}

fn sieve(crl: &[u8], certificate: &Anatomy<'_>) -> SievedCrl {
    let mut sieve = Sieve::new(vec![Sought::of(certificate).unwrap()]);
    crl.chunks(11).for_each(|chunk| sieve.push(chunk).unwrap());
    sieve.finish().unwrap()
}

fn judged_by(certificate: &[u8], crls: &[Vec<u8>], issuers: &[&Authority], policy: &Policy) -> Verdict {
    let certificate = Anatomy::of(certificate);
    let issuers: Vec<_> =
        issuers.iter().map(|issuer| CrlIssuer::certificate(&Anatomy::of(issuer.der())).unwrap()).collect();
    let held: Vec<_> = crls.iter().map(|crl| Crl::of(crl)).collect();
    let sieved: Vec<_> = crls.iter().map(|crl| sieve(crl, &certificate)).collect();
    let sieved: Vec<_> = sieved.iter().map(Crl::sieved).collect();
    let judged = |crls| judge(&certificate, &Material { crls, issuers: &issuers }, now(), policy);
    let verdict = judged(&held);
    assert_eq!(verdict, judged(&sieved), "in pieces");
    verdict
}

fn judged(certificate: &[u8], crls: &[Vec<u8>], issuers: &[&Authority]) -> Verdict {
    judged_by(certificate, crls, issuers, &Policy::default())
}

fn revoked(verdict: &Verdict) -> Option<Option<Reason>> {
    match verdict {
        Verdict::Revoked { reason, .. } => Some(*reason),
        _ => None,
    }
}

#[test]
fn an_entry_revokes_with_all_that_it_says() {
    let ca = Authority::new("CA");
    let since = now() - Span::days(30);
    let invalidity = extension(oid::INVALIDITY_DATE, false, &crate::staged::generalized(since));
    let crl = ca.crl(&Draft::new(&[entry(1, &[reason(1), invalidity]), entry(2, &[])]));
    let expected = Verdict::Revoked {
        at: Some(now() - Span::days(10)),
        reason: Some(Reason::KeyCompromise),
        invalidity: Some(since),
    };
    assert_eq!(judged(&ca.certificate(1, &[]), std::slice::from_ref(&crl), &[&ca]), expected);
    assert_eq!(revoked(&judged(&ca.certificate(2, &[]), std::slice::from_ref(&crl), &[&ca])), Some(None));
    assert_eq!(judged(&ca.certificate(3, &[]), &[crl], &[&ca]), Verdict::Good);
}

#[test]
fn a_hold_revokes_as_long_as_it_lasts() {
    let ca = Authority::new("CA");
    let crl = ca.crl(&Draft::new(&[entry(1, &[reason(6)])]));
    assert_eq!(
        revoked(&judged(&ca.certificate(1, &[]), &[crl], &[&ca])),
        Some(Some(Reason::CertificateHold))
    );
}

#[test]
fn of_two_entries_the_one_that_revokes_counts() {
    let ca = Authority::new("CA");
    for reasons in [[1, 8], [8, 1]] {
        let entries = reasons.map(|code| entry(1, &[reason(code)]));
        let verdict = judged(&ca.certificate(1, &[]), &[ca.crl(&Draft::new(&entries))], &[&ca]);
        assert_eq!(revoked(&verdict), Some(Some(Reason::KeyCompromise)));
    }
}

#[test]
fn what_cannot_be_told_has_its_most_telling_reason() {
    let (ca, other, twin) = (Authority::new("CA"), Authority::new("Other"), Authority::new("CA"));
    let certificate = ca.certificate(1, &[]);
    let good = Draft::new(&[]);
    let strange = extension(oid::SUBJECT_ALT_NAME, true, &sequence(&[]));
    let early = Draft { this_update: now() + Span::minutes(1), ..good.clone() };
    let late = Draft { next_update: Some(now() - Span::seconds(1)), ..good.clone() };
    let table: Vec<(Vec<Vec<u8>>, Because)> = vec![
        (vec![], Because::NoCrl),
        (vec![other.crl(&good)], Because::OtherIssuer),
        (vec![twin.crl(&good)], Because::Signature(SignatureFault::Wrong)),
        (vec![ca.crl(&early)], Because::NotYet(early.this_update)),
        (vec![ca.crl(&late)], Because::Stale(now() - Span::seconds(1))),
        (vec![other.crl(&good), ca.crl(&late)], Because::Stale(now() - Span::seconds(1))),
        (
            vec![ca.crl(&good.clone().with(strange.clone()))],
            Because::CriticalExtension("subjectAltName".to_owned()),
        ),
        (
            vec![ca.crl(&Draft::new(&[entry(1, &[reason(1)]), entry(9, &[strange])]))],
            Because::CriticalExtension("subjectAltName".to_owned()),
        ),
        (
            vec![ca.crl(&good.clone().at(&[&truth(5)]))],
            Because::OutOfScope(OutOfScope::AttributeCertificates),
        ),
        (vec![ca.crl(&good.clone().at(&[&truth(2)]))], Because::OutOfScope(OutOfScope::CaCertificates)),
    ];
    for (crls, because) in table {
        assert_eq!(judged(&certificate, &crls, &[&ca, &other]), Verdict::Unknown(because));
    }
    assert_eq!(judged(&certificate, &[ca.crl(&good)], &[&other]), Verdict::Unknown(Because::SignerUnknown));
    let of_ca = ca.crl(&good.at(&[&truth(1)]));
    let basic = (oid::BASIC_CONSTRAINTS, sequence(&[&write(Tag::BOOLEAN, &[&[0xff]])]));
    let sub = ca.certificate(1, &[basic]);
    assert_eq!(
        judged(&sub, std::slice::from_ref(&of_ca), &[&ca]),
        Verdict::Unknown(Because::OutOfScope(OutOfScope::UserCertificates))
    );
    assert_eq!(judged(&certificate, &[of_ca], &[&ca]), Verdict::Good);
}

/// Whichever came first in the list was believed, and hid that a newer one revokes.
#[test]
fn of_two_current_crls_the_newer_counts_in_either_order() {
    let ca = Authority::new("CA");
    let certificate = ca.certificate(1, &[]);
    let old = |entries: &[Vec<u8>]| Draft { this_update: now() - Span::days(2), ..Draft::new(entries) };
    let listed = [entry(1, &[reason(6)])];
    let both_orders = |one: Draft, other: Draft| {
        let crls = [ca.crl(&one), ca.crl(&other)];
        let turned = [crls[1].clone(), crls[0].clone()];
        let verdict = judged(&certificate, &crls, &[&ca]);
        assert_eq!(verdict, judged(&certificate, &turned, &[&ca]));
        verdict
    };
    assert!(both_orders(old(&[]), Draft::new(&listed)).is_revoked());
    assert!(both_orders(old(&listed), Draft::new(&[])).is_good(), "the hold is over");
    // Of one instant, by number.
    let numbered = |entries: &[Vec<u8>], own| Draft::new(entries).with(number(own));
    assert!(both_orders(numbered(&[], 1), numbered(&listed, 2)).is_revoked());
    assert!(both_orders(numbered(&listed, 1), numbered(&[], 2)).is_good());
    // Of two scopes, the one that revokes.
    let shard = |entries: &[Vec<u8>]| old(entries).at(&[&truth(1)]);
    assert!(both_orders(Draft::new(&[]), shard(&listed)).is_revoked());
    // One that is newer and not the CA's hides nothing.
    let forged = Authority::new("CA").crl(&Draft::new(&[]));
    let crls = [forged, ca.crl(&old(&listed))];
    assert!(judged(&certificate, &crls, &[&ca]).is_revoked());
    // A newer one that has ended is the newer one all the same.
    let ended = Draft { next_update: Some(now() - Span::hours(1)), ..Draft::new(&listed) };
    assert!(matches!(both_orders(old(&[]), ended), Verdict::Unknown(Because::ListedBefore { .. })));
}

/// It was said to be out of date, and nothing more.
#[test]
fn what_an_ended_crl_lists_is_told() {
    let ca = Authority::new("CA");
    let ended = Draft { next_update: Some(now() - Span::hours(1)), ..Draft::new(&[entry(1, &[])]) };
    let told = |serial| match judged(&ca.certificate(serial, &[]), &[ca.crl(&ended)], &[&ca]) {
        Verdict::Unknown(because) => because.to_string(),
        other => panic!("{other:?}"),
    };
    insta::assert_snapshot!(told(1), @"it is out of date: nextUpdate was 2026-06-01 11:00 UTC; it lists the certificate as revoked since 2026-05-22T12:00:00Z");
    insta::assert_snapshot!(told(2), @"it is out of date: nextUpdate was 2026-06-01 11:00 UTC");
}

/// It vanished with all that it said, under profiles that hold CRLs to lints.
#[test]
fn a_crl_that_breaks_a_rule_revokes_and_proves_nobody_good() {
    let ca = Authority::new("CA");
    let der = ca.crl(&Draft::new(&[entry(1, &[])]));
    let crls = [Crl::of(&der).breaking(Some("a.rule"))];
    let issuers = [CrlIssuer::certificate(&Anatomy::of(ca.der())).unwrap()];
    let material = Material { crls: &crls, issuers: &issuers };
    let verdict = |serial| {
        let certificate = ca.certificate(serial, &[]);
        judge(&Anatomy::of(&certificate), &material, now(), &Policy::default())
    };
    assert!(verdict(1).is_revoked());
    let Verdict::Unknown(because) = verdict(2) else { panic!("good") };
    insta::assert_snapshot!(because, @"the CRL breaks the rule a.rule");
}

/// Points are for the certificate's maker to choose: each CRL is opened once, however many there are.
#[test]
fn a_certificate_with_many_points_is_judged_as_one_with_one() {
    let ca = Authority::new("CA");
    let all: Vec<Vec<u8>> = (0..500).map(|_| sequence(&[&full_name(&[uri("http://a.example/")])])).collect();
    let certificate = ca.certificate(1, &[points(&all)]);
    let crls = [ca.crl(&Draft::new(&[])), ca.crl(&Draft::new(&[entry(2, &[])]))];
    assert!(judged(&certificate, &crls, &[&ca]).is_good());
}

#[test]
fn a_second_key_of_the_issuer_may_sign() {
    let (old, new) = (Authority::new("CA"), Authority::new("ca"));
    let crl = new.crl(&Draft::new(&[entry(1, &[])]));
    assert!(judged(&old.certificate(1, &[]), std::slice::from_ref(&crl), &[&old, &new]).is_revoked());
    assert!(judged(&old.certificate(2, &[]), &[crl], &[&old, &new]).is_good());
}

#[test]
fn tolerance_and_age_are_those_of_whoever_asks() {
    let ca = Authority::new("CA");
    let (certificate, policy) = (ca.certificate(1, &[]), Policy::default());
    let late = Draft { next_update: Some(now() - Span::minutes(3)), ..Draft::new(&[]) };
    let tolerant = Policy { tolerance: Span::minutes(5), ..policy };
    assert!(judged_by(&certificate, &[ca.crl(&late)], &[&ca], &tolerant).is_good());
    let endless = Draft { next_update: None, this_update: now() - Span::days(30), ..Draft::new(&[]) };
    let verdict = judged_by(&certificate, &[ca.crl(&endless)], &[&ca], &policy);
    assert_eq!(verdict, Verdict::Unknown(Because::Undated(now() - Span::days(30))), "good for ever, once");
    let new = Draft { next_update: None, this_update: now() - Span::hours(23), ..Draft::new(&[]) };
    assert!(judged_by(&certificate, &[ca.crl(&new)], &[&ca], &policy).is_good());
    let strict = Policy { max_age: Some(Span::days(7)), ..policy };
    let verdict = judged_by(&certificate, &[ca.crl(&endless)], &[&ca], &strict);
    assert_eq!(verdict, Verdict::Unknown(Because::TooOld(now() - Span::days(30))));
}

#[test]
fn an_indirect_crl_tells_of_whom_its_entries_name() {
    let (one, two, teller) = (Authority::new("One"), Authority::new("Two"), Authority::new("Teller"));
    let named =
        |ca: &Authority| extension(oid::CERTIFICATE_ISSUER, true, &sequence(&[&directory(&ca.name())]));
    let entries = [
        entry(1, &[]),
        entry(2, &[named(&one)]),
        entry(3, &[]),
        entry(4, &[named(&two), reason(5)]),
        entry(5, &[]),
    ];
    let crl = teller.crl(&Draft::new(&entries).at(&[&truth(4)]));
    let point = points(&[sequence(&[&tagged(2, &[&directory(&teller.name())])])]);
    let authorities = [&one, &two, &teller];
    for (ca, on_it) in [(&one, vec![2, 3]), (&two, vec![4, 5])] {
        for serial in 1..=6 {
            let certificate = ca.certificate(serial, std::slice::from_ref(&point));
            let verdict = judged(&certificate, std::slice::from_ref(&crl), &authorities);
            let expected = if on_it.contains(&serial) { verdict.is_revoked() } else { verdict.is_good() };
            assert!(expected, "{serial}: {verdict:?}");
        }
    }
    // Its own certificates need not name it; those of others must.
    assert!(judged(&teller.certificate(1, &[]), std::slice::from_ref(&crl), &authorities).is_revoked());
    let unnamed = judged(&one.certificate(2, &[]), std::slice::from_ref(&crl), &authorities);
    assert_eq!(unnamed, Verdict::Unknown(Because::OtherIssuer));
    // Without the mark it tells of nobody else, and must not name others.
    let certificate = one.certificate(2, std::slice::from_ref(&point));
    let direct = teller.crl(&Draft::new(&[]));
    let verdict = judged(&certificate, &[direct], &authorities);
    assert_eq!(verdict, Verdict::Unknown(Because::OutOfScope(OutOfScope::NotIndirect)));
    let unmarked = teller.crl(&Draft::new(&entries));
    let verdict = judged(&teller.certificate(1, &[]), &[unmarked], &authorities);
    assert!(matches!(verdict, Verdict::Unknown(Because::Unreadable { .. })), "{verdict:?}");
    let policy = Policy { reach: Reach::Direct, ..Policy::default() };
    let verdict = judged_by(&certificate, &[crl], &authorities, &policy);
    assert_eq!(verdict, Verdict::Unknown(Because::OutOfScope(OutOfScope::Indirect)));
}

#[test]
fn crls_for_some_reasons_must_tell_of_all_together() {
    let ca = Authority::new("CA");
    let (some, others) = ([0b0110_0000, 0], [0b0001_1111, 0x80]);
    let first = ca.crl(&Draft::new(&[]).at(&[&flags(3, some)]));
    let second = ca.crl(&Draft::new(&[entry(2, &[reason(4)])]).at(&[&flags(3, others)]));
    let certificate = ca.certificate(1, &[]);
    match judged(&certificate, std::slice::from_ref(&first), &[&ca]) {
        Verdict::Unknown(Because::ReasonsLeft(left)) => assert_eq!(
            left.to_string(),
            "affiliationChanged, superseded, cessationOfOperation, certificateHold, privilegeWithdrawn, aACompromise"
        ),
        other => panic!("{other:?}"),
    }
    let both = [first, second];
    assert!(judged(&certificate, &both, &[&ca]).is_good());
    assert_eq!(revoked(&judged(&ca.certificate(2, &[]), &both, &[&ca])), Some(Some(Reason::Superseded)));
    // A point that is for some reasons makes of a whole CRL one for some.
    let name = full_name(&[uri("http://a.example/1.crl")]);
    let point = points(&[sequence(&[&name, &flags(1, some)])]);
    let whole = ca.crl(&Draft::new(&[]).at(&[&name]));
    let verdict = judged(&ca.certificate(1, &[point]), &[whole], &[&ca]);
    assert!(matches!(verdict, Verdict::Unknown(Because::ReasonsLeft(_))), "{verdict:?}");
}

#[test]
fn points_are_matched_by_any_of_their_names() {
    let ca = Authority::new("CA");
    let (here, there) = (uri("http://a.example/1.crl"), uri("http://a.example/2.crl"));
    let attribute =
        sequence(&[&write(Tag::OID, &[oid::COMMON_NAME.content()]), &write(Tag::UTF8_STRING, &[b"P 1"])]);
    let below = tagged(0, &[&tagged(1, &[&attribute])]);
    // The same name in full, and in other letters.
    let other = sequence(&[
        &write(Tag::OID, &[oid::COMMON_NAME.content()]),
        &write(Tag::PRINTABLE_STRING, &[b"p  1"]),
    ]);
    let name = ca.name();
    let rdns = crate::der::Reader::new(&name).element().unwrap().content;
    let whole = full_name(&[directory(&sequence(&[rdns, &write(Tag::SET, &[&other])]))]);
    let table = [
        (full_name(std::slice::from_ref(&here)), full_name(&[there.clone(), here.clone()]), true),
        (full_name(&[there]), full_name(&[here]), false),
        (below.clone(), whole.clone(), true),
        (whole, below, true),
    ];
    for (of_certificate, of_crl, same) in table {
        let certificate = ca.certificate(1, &[points(&[sequence(&[&of_certificate])])]);
        let verdict = judged(&certificate, &[ca.crl(&Draft::new(&[]).at(&[&of_crl]))], &[&ca]);
        let expected =
            if same { Verdict::Good } else { Verdict::Unknown(Because::OutOfScope(OutOfScope::OtherPoint)) };
        assert_eq!(verdict, expected);
    }
}

/// A delta since a base of number 3.
fn delta(own: u8, entries: &[Vec<u8>]) -> Draft {
    Draft::new(entries).with(number(own)).with(extension(oid::DELTA_CRL_INDICATOR, true, &integer(3)))
}

#[test]
fn a_delta_changes_its_base_and_no_other() {
    let ca = Authority::new("CA");
    let judged = |serial: u8, crls: &[Draft]| {
        let crls: Vec<_> = crls.iter().map(|draft| ca.crl(draft)).collect();
        judged(&ca.certificate(serial, &[]), &crls, &[&ca])
    };
    let base = |own: u8| Draft::new(&[entry(1, &[reason(6)]), entry(2, &[reason(1)])]).with(number(own));
    let changes = delta(5, &[entry(1, &[reason(8)]), entry(3, &[reason(4)])]);
    let both = [base(3), changes.clone()];
    assert!(judged(1, &both).is_good(), "the hold is over");
    assert_eq!(revoked(&judged(2, &both)), Some(Some(Reason::KeyCompromise)));
    assert_eq!(revoked(&judged(3, &both)), Some(Some(Reason::Superseded)));
    assert!(judged(4, &both).is_good());
    assert!(judged(1, &[base(4), changes.clone()]).is_good(), "a base that is newer than it must be");
    // Of several deltas, the newest; of another scope, older than its base, or from before it: none.
    let newest = delta(6, &[entry(1, &[reason(6)])]);
    assert!(judged(1, &[base(3), newest, changes.clone()]).is_revoked());
    for useless in [
        [base(2), changes.clone()],
        [base(5), changes.clone()],
        [base(6), changes.clone()],
        [base(3), changes.clone().at(&[&truth(1)])],
        [base(3), Draft { next_update: Some(now() - Span::days(1)), ..changes.clone() }],
    ] {
        assert!(judged(1, &useless).is_revoked(), "the delta is not of this base");
        assert!(judged(3, &useless).is_good());
    }
    // A base that is out of date lives on with a current delta, and a delta alone says nothing.
    let old = |draft: Draft| Draft { next_update: Some(now() - Span::hours(1)), ..draft };
    assert!(judged(4, &[old(base(3)), changes.clone()]).is_good());
    assert!(matches!(judged(4, &[old(base(3))]), Verdict::Unknown(Because::Stale(_))));
    assert_eq!(judged(4, &[changes]), Verdict::Unknown(Because::DeltaAlone));
}

#[test]
fn a_delta_of_another_key_changes_nothing() {
    let (ca, twin) = (Authority::new("CA"), Authority::new("CA"));
    let base = ca.crl(&Draft::new(&[entry(1, &[reason(6)])]).with(number(3)));
    let forged = twin.crl(&delta(5, &[entry(1, &[reason(8)])]));
    assert!(judged(&ca.certificate(1, &[]), &[base, forged], &[&ca, &twin]).is_revoked());
}

#[test]
fn of_who_was_not_looked_for_nothing_is_said() {
    let ca = Authority::new("CA");
    let (asked, other) = (ca.certificate(1, &[]), ca.certificate(2, &[]));
    let sieved = sieve(&ca.crl(&Draft::new(&[entry(1, &[])])), &Anatomy::of(&asked));
    assert_eq!(sieved.entries, 1);
    let issuers = [CrlIssuer::certificate(&Anatomy::of(ca.der())).unwrap()];
    let crls = [Crl::sieved(&sieved)];
    let material = Material { crls: &crls, issuers: &issuers };
    let verdict = |der: &[u8], at: Time| judge(&Anatomy::of(der), &material, at, &Policy::default());
    assert!(verdict(&asked, now()).is_revoked());
    assert_eq!(verdict(&other, now()), Verdict::Unknown(Because::NotSought));
}

/// Each certificate below a CRL that is not held needed a look of its own.
#[test]
fn whoever_is_not_on_a_remembered_crl_is_good_without_another_look() {
    let ca = Authority::new("CA");
    let asked = ca.certificate(1, &[]);
    let crl = ca.crl(&Draft::new(&[entry(1, &[]), entry(2, &[])]));
    let remembered = |most: usize| {
        let mut sieve = Sieve::new(vec![Sought::of(&Anatomy::of(&asked)).unwrap()]).remembering(most);
        sieve.push(&crl).unwrap();
        sieve.finish().unwrap()
    };
    let absent = |sieved: &SievedCrl, serial: u8| {
        let certificate = ca.certificate(serial, &[]);
        let anatomy = Anatomy::of(&certificate);
        let absent = sieved.of_absent(Sought::of(&anatomy).unwrap())?;
        let issuers = [CrlIssuer::certificate(&Anatomy::of(ca.der())).unwrap()];
        let material = Material { crls: &[Crl::sieved(&absent)], issuers: &issuers };
        Some(judge(&anatomy, &material, now(), &Policy::default()))
    };
    assert_eq!(absent(&remembered(2), 3), Some(Verdict::Good));
    assert_eq!(absent(&remembered(2), 2), None, "it is on it, and what it says was not looked for");
    assert_eq!(absent(&remembered(1), 3), None, "there are more than are remembered");
    assert_eq!(absent(&sieve(&crl, &Anatomy::of(&asked)), 3), None, "nothing was remembered");
}

/// Two hundred thousand entries go by, and a few kilobytes are held.
#[test]
fn a_large_crl_is_never_held() {
    let ca = Authority::new("CA");
    let crl = ca.crl(&Draft::new(&vec![entry(1, &[reason(1)]); 200_000]));
    let (mut stream, mut entries, mut most) = (crate::x509::CrlStream::new(), 0, 0);
    for chunk in crl.chunks(4096) {
        stream.push(chunk);
        most = most.max(stream.held());
        while let Some(piece) = stream.piece().unwrap() {
            entries += usize::from(matches!(piece, crate::x509::CrlPiece::Entry(Ok(_))));
        }
    }
    assert_eq!(entries, 200_000);
    assert!(most < 2 * 4096, "{most}");
    let certificate = ca.certificate(9, &[]);
    let mut sieve = Sieve::new(vec![Sought::of(&Anatomy::of(&certificate)).unwrap()]);
    crl.chunks(4096).for_each(|chunk| sieve.push(chunk).unwrap());
    let sieved = sieve.finish().unwrap();
    let issuers = [CrlIssuer::certificate(&Anatomy::of(ca.der())).unwrap()];
    let material = Material { crls: &[Crl::sieved(&sieved)], issuers: &issuers };
    assert!(judge(&Anatomy::of(&certificate), &material, now(), &Policy::default()).is_good());
}

fn drained(stream: &mut crate::x509::CrlStream) -> Field<()> {
    while stream.piece()?.is_some() {}
    Ok(())
}

/// What followed a CRL was held to its last octet, and so was a header that is one huge element.
#[test]
fn what_is_no_part_of_a_crl_is_never_held() {
    let ca = Authority::new("CA");
    let crl = ca.crl(&Draft::new(&[entry(1, &[])]));
    let followed = [&crl[..], &[0; 200_000]].concat();
    let name = sequence(&[&write(Tag::UTF8_STRING, &[&[b'n'; 200_000]])]);
    let headed = sequence(&[&sequence(&[&integer(1), &name])]);
    for octets in [followed, headed] {
        let mut stream = crate::x509::CrlStream::new();
        let mut most = 0;
        let fault = octets.chunks(4096).find_map(|chunk| {
            stream.push(chunk);
            most = most.max(stream.held());
            drained(&mut stream).err()
        });
        assert!(fault.is_some() && most <= 2 * 4096, "{fault:?} {most}");
    }
}

#[test]
fn a_crl_in_pieces_that_is_none_is_told_where() {
    let ca = Authority::new("CA");
    let crl = ca.crl(&Draft::new(&[entry(1, &[])]));
    let read = |octets: &[u8]| {
        let mut sieve = Sieve::new(Vec::new());
        octets.chunks(3).try_for_each(|chunk| sieve.push(chunk)).and_then(|()| sieve.finish()).map(|_| ())
    };
    assert_eq!(read(&crl), Ok(()));
    assert_eq!(read(&[]).unwrap_err().to_string(), "byte 0: CertificateList is missing");
    assert_eq!(
        read(&[&crl[..], &[0]].concat()).unwrap_err().to_string(),
        format!("byte {}: 1 bytes too many", crl.len())
    );
    let cut = read(&crl[..crl.len() - 4]).unwrap_err();
    assert!(cut.to_string().contains("cut short"), "{cut}");
    assert_eq!(read(b"\x04\x01\x00").unwrap_err().to_string(), "byte 0: OCTET STRING where SEQUENCE must be");
    let huge =
        [0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x30, 0x84, 0x7f, 0xff, 0xff, 0, 0x30, 0x84, 0x7f, 0xff, 0, 0];
    assert!(read(&huge).is_err());
}
