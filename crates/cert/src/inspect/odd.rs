//! What is not as it should be: what cannot be read, what DER forbids, what rules forbid, what has ended.

use serde::Serialize;

use super::{Context, Object};
use crate::der::{Fault, audit};
use crate::lint::{self, Meta, Outcome, Severity, Subject, Verdict};
use crate::weak_key::{self, Given, Key, Numbers};
use crate::x509::extension::Extension;
use crate::x509::ocsp::BasicResponse;
use crate::x509::{CrlAnatomy, SubjectPublicKeyInfo};

/// Everything odd about something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Oddities {
    /// What is wrong.
    pub errors: Vec<Odd>,
    /// How many rules of the kind SHOULD are broken beside.
    pub warnings: usize,
    /// How many things are worth knowing beside.
    pub notices: usize,
    /// How many rules could not be judged.
    pub undecided: usize,
}

/// One thing that is odd.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Odd {
    /// Whose rule says so: a lint, `der`, `field`, `dates`, `key`, `pem`.
    pub rule: String,
    /// What it is.
    pub text: String,
    /// Where, in bytes from the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<usize>,
    /// What can be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<&'static str>,
}

impl Oddities {
    /// Whether nothing is.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.errors.is_empty() && self.warnings == 0 && self.notices == 0
    }

    pub(super) fn add(&mut self, rule: &str, text: impl Into<String>, at: Option<usize>) {
        self.errors.push(Odd { rule: rule.to_owned(), text: text.into(), at, hint: None });
    }

    /// Fields that could not be read.
    pub(super) fn faults(&mut self, faults: Vec<(&'static str, Fault)>) {
        for (field, fault) in faults {
            self.add("field", format!("{field}: {}", fault.what), Some(fault.at));
        }
    }

    /// Values of extensions that could not be read, or say what their definition does not allow.
    pub(super) fn extensions<'a>(&mut self, extensions: impl Iterator<Item = &'a Extension<'a>>) {
        for (extension, fault) in extensions.filter_map(|one| one.fault().map(|fault| (one, fault))) {
            self.add("field", format!("{}: {}", extension.kind.shown(), fault.what), Some(fault.at));
        }
    }

    /// What DER forbids. What is told of already is not told again.
    pub(super) fn audit(&mut self, der: &[u8]) {
        for fault in audit::audit(der) {
            let is_told = self.errors.iter().any(|odd| odd.at == Some(fault.at));
            if !is_told {
                self.add("der", fault.what.to_string(), Some(fault.at));
            }
        }
    }

    /// What is wrong with the PEM block.
    pub(super) fn damage(&mut self, object: &Object) {
        if let Some(damage) = &object.damage {
            self.add("pem", format!("the block cannot be read: {damage}"), None);
        }
    }

    pub(super) fn lints(&mut self, subject: &Subject<'_>) {
        lint::all().for_each(|lint| self.outcome(&lint.meta, lint.run(subject)));
    }

    pub(super) fn crl_lints(&mut self, crl: &CrlAnatomy<'_>) {
        lint::of_crls().for_each(|lint| self.outcome(&lint.meta, lint.run(crl)));
    }

    pub(super) fn ocsp_lints(&mut self, response: &BasicResponse<'_>) {
        lint::of_ocsp().for_each(|lint| self.outcome(&lint.meta, lint.run(response)));
    }

    fn outcome(&mut self, meta: &Meta, outcome: Outcome) {
        let found = match outcome {
            Outcome::Judged(Verdict::Violated(found)) => found,
            Outcome::Judged(Verdict::Unknown(_)) => {
                self.undecided += 1;
                return;
            }
            _ => return,
        };
        match meta.severity {
            Severity::Warning => self.warnings += 1,
            Severity::Notice => self.notices += 1,
            Severity::Error => {
                let text = format!("{}: {found} ({})", meta.title.trim_end_matches('.'), meta.citation);
                self.errors.push(Odd { rule: meta.id.to_owned(), text, at: None, hint: Some(meta.hint) });
            }
        }
    }

    /// Weaknesses of a key that take calculating.
    pub(super) fn weak_key(&mut self, info: &SubjectPublicKeyInfo<'_>, context: &Context<'_>) {
        let Some(Ok((modulus, exponent))) = info.rsa().filter(|_| context.calculates) else { return };
        let numbers = Numbers::Rsa { modulus: modulus.magnitude(), exponent: exponent.magnitude() };
        let key = Key { numbers, spki: info.element.whole };
        for judged in weak_key::judge(&key, &Given::default()) {
            if let weak_key::Verdict::Weak(_) = judged.verdict {
                let check = judged.check;
                let text = format!("{} ({})", check.title, check.source);
                self.errors.push(Odd {
                    rule: format!("weak-key.{}", check.id),
                    text,
                    at: None,
                    hint: Some(check.hint),
                });
            }
        }
    }
}
