//! The limit of transactions is a currency with an amount that is not negative.

use super::ask;
use crate::der::{Element, Field, Tag, oid};
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "etsi.qcstatem-qclimitvalue-valid",
        title: "The limit of transactions is a currency with an amount that is not negative.",
        why: "A limit that cannot be read cannot be kept.",
        source: Source::Etsi,
        citation: "ETSI EN 319 412-5 section 4.3.2",
        severity: Severity::Error,
        effective: Effective::from(2017, 11, 1),
        affects_path: false,
        alias: Some("zlint:e_qcstatem_qclimitvalue_valid"),
        hint: "have the CA write the limit with the three letters of the currency",
    },
    applies: |subject| ask::has(subject, oid::QCS_LIMIT_VALUE),
    judge: |subject| {
        ask::statement(subject, oid::QCS_LIMIT_VALUE, |statement| {
            let mut fields = ask::info(statement)?.sequence()?;
            let currency = fields.element()?;
            let amount = fields.expect(Tag::INTEGER, "amount")?.integer()?;
            fields.expect(Tag::INTEGER, "exponent")?.integer()?;
            fields.finish()?;
            if amount.is_negative() {
                return Ok(Verdict::Violated(format!("the amount is {amount}")));
            }
            is_currency(&currency)
        })
    },
};

/// Three letters, or the number of a currency (ISO 4217).
fn is_currency(currency: &Element<'_>) -> Field<Verdict> {
    if currency.tag == Tag::INTEGER {
        let number = currency.small()?;
        return Ok(Verdict::holds((1..=999).contains(&number), || format!("{number} is no currency")));
    }
    let code = currency.must_be(Tag::PRINTABLE_STRING)?.text()?;
    let is_code = code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_alphabetic());
    Ok(Verdict::holds(is_code, || format!("{code:?} is no currency")))
}
