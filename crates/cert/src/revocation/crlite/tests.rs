//! With a filter of our own making.

use std::io::Cursor;

use clubcard::builder::{ApproximateRibbon, ClubcardBuilder, ExactRibbon};
use clubcard_crlite::builder::CRLiteBuilderItem;
use clubcard_crlite::{CRLiteClubcard, CRLiteCoverage, CRLiteQuery, Encoding, IssuerSpkiHash};

use super::{Filter, Logged};
use crate::Span;
use crate::der::{Tag, oid, write};
use crate::revocation::{Because, Source, Verdict};
use crate::staged::Authority;
use crate::x509::Anatomy;

const LOG: [u8; 32] = [3; 32];
const PROMISED: u64 = 1_780_000_000_000;

/// A filter that knows serial numbers 0 to 255 of one issuer, of which the first ten are revoked.
fn filter(issuer: [u8; 32], encoding: Encoding) -> Vec<u8> {
    let item = |serial: u8| match serial {
        0..10 => CRLiteBuilderItem::revoked(IssuerSpkiHash(issuer), vec![serial]),
        _ => CRLiteBuilderItem::not_revoked(IssuerSpkiHash(issuer), vec![serial]),
    };
    let mut builder = ClubcardBuilder::new();
    let mut approximate = builder.new_approx_builder(&issuer);
    (0..10).for_each(|serial| approximate.insert(item(serial)));
    approximate.set_universe_size(256);
    builder.collect_approx_ribbons(vec![ApproximateRibbon::from(approximate)]);
    let mut exact = builder.new_exact_builder(&issuer);
    (0..=255).for_each(|serial| exact.insert(item(serial)));
    builder.collect_exact_ribbons(vec![ExactRibbon::from(exact)]);
    let logs = serde_json::json!([{
        "LogID": crate::base64::encode(&LOG),
        "MaxTimestamp": PROMISED + 86_400_000,
        "MinTimestamp": PROMISED - 86_400_000,
        "MMD": 3600,
        "MinEntry": 0,
    }]);
    let coverage = CRLiteCoverage::from_mozilla_ct_logs_json(Cursor::new(logs.to_string()));
    let card = builder.build::<CRLiteQuery<'_>>(coverage, ());
    CRLiteClubcard::from(card).to_bytes(encoding).unwrap()
}

#[test]
fn a_filter_answers_for_whom_it_covers() {
    for encoding in [Encoding::V3, Encoding::V4] {
        let filter = Filter::read(&filter([9; 32], encoding)).unwrap();
        let promise = Logged { log: LOG, millis: PROMISED };
        let revoked = Verdict::Revoked { at: None, reason: None, invalidity: None };
        for serial in 0..=255 {
            let expected = if serial < 10 { revoked.clone() } else { Verdict::Good };
            assert_eq!(filter.ask(&[9; 32], &[serial], &[promise]), expected, "{serial}");
        }
        let late = Logged { millis: PROMISED + 100 * 86_400_000, ..promise };
        let elsewhere = Logged { log: [4; 32], ..promise };
        let not_covered = Verdict::Unknown(Because::NotCovered);
        assert_eq!(filter.ask(&[9; 32], &[1], &[late, elsewhere]), not_covered);
        assert_eq!(filter.ask(&[9; 32], &[1], &[late, promise]), revoked);
        assert_eq!(filter.ask(&[8; 32], &[1], &[promise]), Verdict::Unknown(Because::NotEnrolled));
        assert!(filter.covers_until().is_some_and(|until| until.to_string().starts_with("2026-05-29")));
    }
}

/// A promise as RFC 6962 section 3.2 has it, without a signature that anybody would look at.
fn promises() -> Vec<u8> {
    let sct = [&[0][..], &LOG, &PROMISED.to_be_bytes(), &[0, 0, 4, 3, 0, 0]].concat();
    let length = |octets: &[u8]| u16::try_from(octets.len()).unwrap().to_be_bytes();
    let list = [&length(&sct)[..], &sct].concat();
    write(Tag::OCTET_STRING, &[&length(&list), &list])
}

#[test]
fn a_certificate_is_asked_about_by_its_own_promises() {
    let ca = Authority::new("CA");
    let key = Anatomy::of(ca.der()).key.unwrap();
    let spki = <[u8; 32]>::try_from(
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, key.element.whole).as_ref(),
    );
    let filter = Filter::read(&filter(spki.unwrap(), Encoding::V3)).unwrap();
    let with = [(oid::SCT_LIST, promises())];
    let judged = |der: &[u8], more: &[Logged]| filter.judge(&Anatomy::of(der), &key, more);
    assert!(judged(&ca.certificate(5, &with), &[]).is_revoked());
    assert!(judged(&ca.certificate(50, &with), &[]).is_good());
    let bare = ca.certificate(5, &[]);
    assert_eq!(judged(&bare, &[]), Verdict::Unknown(Because::NotCovered));
    assert!(judged(&bare, &[Logged { log: LOG, millis: PROMISED }]).is_revoked());
}

/// A filter of years ago said of everything that it was good.
#[test]
fn an_old_filter_knows_what_was_revoked_and_no_longer_what_was_not() {
    let ca = Authority::new("CA");
    let key = Anatomy::of(ca.der()).key.unwrap();
    let spki = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, key.element.whole);
    let filter = Filter::read(&filter(spki.as_ref().try_into().unwrap(), Encoding::V3)).unwrap();
    let until = filter.covers_until().unwrap();
    let said = |serial: u8, later: Span| {
        let certificate = ca.certificate(serial, &[(oid::SCT_LIST, promises())]);
        filter.testify("filter", &Anatomy::of(&certificate), &key, until + later)
    };
    let good = said(50, Span::days(10));
    assert_eq!((good.source, good.verdict), (Source::Crlite("filter".to_owned()), Verdict::Good));
    assert_eq!((good.this_update, good.next_update), (Some(until), None));
    assert_eq!(said(50, Span::days(11)).verdict, Verdict::Unknown(Because::TooOld(until)));
    assert!(said(5, Span::days(400)).verdict.is_revoked());
}

#[test]
fn what_is_no_filter_is_refused_and_never_panics() {
    assert_eq!(
        Filter::read(&[]).unwrap_err().to_string(),
        "no CRLite filter: failed to deserialize clubcard: not enough bytes for Encoding"
    );
    assert_eq!(
        Filter::read(&[2, 0]).unwrap_err().to_string(),
        "no CRLite filter: unsupported clubcard version (2)"
    );
    let promise = Logged { log: LOG, millis: PROMISED };
    for encoding in [Encoding::V3, Encoding::V4] {
        let whole = filter([9; 32], encoding);
        for place in 0..whole.len() {
            for bit in [1, 0x80] {
                let mut changed = whole.clone();
                changed[place] ^= bit;
                if let Ok(filter) = Filter::read(&changed) {
                    let _ = filter.ask(&[9; 32], &[1], &[promise]);
                }
            }
            let _ = Filter::read(&whole[..place]).map(|filter| filter.ask(&[9; 32], &[1], &[promise]));
        }
    }
}
