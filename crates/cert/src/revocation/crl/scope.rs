//! Whether a CRL tells of a certificate (RFC 5280 section 6.3.3 steps b and d).

use super::given::unreadable;
use super::{Crl, Reach};
use crate::der::{Element, Fault, Field};
use crate::revocation::{Because, OutOfScope, Reasons};
use crate::x509::extension::{
    BasicConstraints, CrlDistributionPoints, DistributionPoint, DistributionPointName, ExtensionValue,
    IssuingDistributionPoint,
};
use crate::x509::{Anatomy, DistinguishedName, GeneralName, GeneralNames, Rdn};

/// The certificate that is asked about.
pub(super) struct Question<'a> {
    pub(super) issuer: DistinguishedName<'a>,
    is_version_3: bool,
    basic: Option<Field<BasicConstraints<'a>>>,
    /// Its distribution points, where it has any.
    pub(super) points: Vec<Point<'a>>,
}

/// A distribution point of the certificate, or the one that is assumed.
pub(super) struct Point<'a> {
    /// Its names; none where the point has none.
    names: Option<Vec<PointName<'a>>>,
    reasons: Reasons,
    is_for_some_reasons: bool,
    /// Who issues its CRL; the certificate's issuer where this is not there.
    crl_issuer: Option<GeneralNames<'a>>,
}

/// A name of a point: a distinguished name in the form in which names are compared, or any other as it stands.
#[derive(Clone, Debug)]
enum PointName<'a> {
    Directory(Vec<Vec<u8>>),
    Other(GeneralName<'a>),
}

impl<'a> Question<'a> {
    pub(super) fn of(certificate: &Anatomy<'a>) -> Result<Self, Because> {
        let issuer = certificate.issuer.map_err(|fault| unreadable("the certificate's issuer", fault))?;
        let version = certificate.version.map_err(|fault| unreadable("the certificate's version", fault))?;
        let points = certificate.value::<CrlDistributionPoints<'a>>().transpose();
        let points = points
            .and_then(|points| {
                let all = points.map(|points| points.0).unwrap_or_default();
                all.into_iter().map(|point| Point::of(point, &issuer)).collect::<Field<_>>()
            })
            .map_err(|fault| unreadable("the certificate's distribution points", fault))?;
        Ok(Self { issuer, is_version_3: version.is_3(), basic: certificate.value(), points })
    }

    /// The point that is assumed for CRLs that no point names: the certificate's issuer, for every reason.
    pub(super) fn assumed(&self) -> Point<'a> {
        Point {
            names: Some(vec![PointName::Directory(self.issuer.normalized())]),
            reasons: Reasons::ALL,
            is_for_some_reasons: false,
            crl_issuer: None,
        }
    }

    fn is_ca(&self) -> Result<bool, Because> {
        match &self.basic {
            None => Ok(false),
            Some(Ok(basic)) => Ok(basic.ca),
            Some(Err(fault)) => Err(unreadable("the certificate's basic constraints", *fault)),
        }
    }
}

impl<'a> Point<'a> {
    fn of(point: DistributionPoint<'a>, issuer: &DistinguishedName<'a>) -> Field<Self> {
        // Relative to the issuer of the CRL, who is the certificate's where none is named (RFC 5280 section 4.2.1.13).
        let above = point.crl_issuer.and_then(|names| names.iter().find_map(directory)).unwrap_or(*issuer);
        let names = point.name.as_ref().map(|name| names(name, &above)).transpose()?;
        Ok(Self {
            names,
            reasons: point.reasons.map_or(Reasons::ALL, |bits| Reasons::of(&bits)),
            is_for_some_reasons: point.reasons.is_some(),
            crl_issuer: point.crl_issuer,
        })
    }

    /// The names that one of the CRL's must match.
    fn names(&self) -> Vec<PointName<'a>> {
        let of_issuer = || {
            let names = self.crl_issuer.iter().flat_map(GeneralNames::iter);
            names.map(PointName::of).collect()
        };
        self.names.clone().unwrap_or_else(of_issuer)
    }
}

impl<'a> PointName<'a> {
    fn of(name: GeneralName<'a>) -> Self {
        match name {
            GeneralName::Directory(name) => Self::Directory(name.normalized()),
            other => Self::Other(other),
        }
    }

    fn matches(&self, other: &Self) -> bool {
        const fn content<'a>(name: &GeneralName<'a>) -> Option<Element<'a>> {
            match name {
                GeneralName::Other { value, .. } => Some(*value),
                GeneralName::X400(element) | GeneralName::EdiParty(element) => Some(*element),
                _ => None,
            }
        }
        match (self, other) {
            (Self::Directory(one), Self::Directory(other)) => one == other,
            (Self::Other(one), Self::Other(other)) => match (content(one), content(other)) {
                (Some(value), Some(another)) => {
                    one.form() == other.form() && value.content == another.content
                }
                _ => one == other,
            },
            _ => false,
        }
    }
}

const fn directory(name: GeneralName<'_>) -> Option<DistinguishedName<'_>> {
    match name {
        GeneralName::Directory(name) => Some(name),
        _ => None,
    }
}

/// The names of a point; a relative one below this name.
fn names<'a>(name: &DistributionPointName<'a>, above: &DistinguishedName<'a>) -> Field<Vec<PointName<'a>>> {
    match name {
        DistributionPointName::Full(names) => {
            names.check()?;
            Ok(names.iter().map(PointName::of).collect())
        }
        DistributionPointName::Relative(element) => {
            let mut whole = above.normalized();
            whole.push(Rdn::read(*element)?.normalized());
            Ok(vec![PointName::Directory(whole)])
        }
    }
}

/// The reasons that a CRL tells of for this certificate, at this point.
pub(super) fn reasons(
    question: &Question<'_>,
    point: &Point<'_>,
    crl: &Crl<'_>,
    reach: Reach,
) -> Result<Reasons, Because> {
    let value = crl.anatomy.trailer.value::<IssuingDistributionPoint<'_>>();
    let of_crl = value.transpose().and_then(|value| {
        value.as_ref().map_or(Ok(()), ExtensionValue::check)?;
        Ok(value)
    });
    let issuer = crl.issuer()?;
    let is_indirect = of_crl.as_ref().is_ok_and(|value| value.as_ref().is_some_and(|value| value.indirect));
    match &point.crl_issuer {
        None if !issuer.matches(&question.issuer) => return Err(Because::OtherIssuer),
        Some(names) if !names.iter().filter_map(directory).any(|name| name.matches(issuer)) => {
            return Err(Because::OtherIssuer);
        }
        Some(_) if !is_indirect && of_crl.is_ok() => {
            return Err(Because::OutOfScope(OutOfScope::NotIndirect));
        }
        _ => {}
    }
    let of_crl = of_crl.map_err(|fault| unreadable("the CRL's distribution point", fault))?;
    if reach == Reach::Direct {
        direct(point, of_crl.as_ref()).map_err(Because::OutOfScope)?;
    }
    let Some(of_crl) = of_crl else { return Ok(point.reasons) };
    kind(question, &of_crl)?;
    let same_point = match &of_crl.name {
        None => true,
        Some(name) => {
            let of_crl = names(name, issuer)
                .map_err(|fault: Fault| unreadable("the CRL's distribution point", fault))?;
            let of_point = point.names();
            of_crl.iter().any(|name| of_point.iter().any(|other| other.matches(name)))
        }
    };
    if !same_point {
        return Err(Because::OutOfScope(OutOfScope::OtherPoint));
    }
    let some = of_crl.only_some_reasons.map_or(Reasons::ALL, |bits| Reasons::of(&bits));
    Ok(some.and(point.reasons))
}

/// What browsers leave out.
const fn direct(point: &Point<'_>, of_crl: Option<&IssuingDistributionPoint<'_>>) -> Result<(), OutOfScope> {
    match of_crl {
        _ if point.crl_issuer.is_some() => Err(OutOfScope::Indirect),
        _ if point.is_for_some_reasons => Err(OutOfScope::SomeReasons),
        Some(of_crl) if of_crl.indirect => Err(OutOfScope::Indirect),
        Some(of_crl) if of_crl.only_some_reasons.is_some() => Err(OutOfScope::SomeReasons),
        _ => Ok(()),
    }
}

/// Whether the CRL is for such certificates. Only those of version 3 can be told from those of CAs (RFC 5280 section 5.2.5).
fn kind(question: &Question<'_>, of_crl: &IssuingDistributionPoint<'_>) -> Result<(), Because> {
    let out = |why| Err(Because::OutOfScope(why));
    if of_crl.only_attribute_certificates {
        return out(OutOfScope::AttributeCertificates);
    }
    if of_crl.only_user_certificates && (!question.is_version_3 || question.is_ca()?) {
        return out(OutOfScope::UserCertificates);
    }
    if of_crl.only_ca_certificates && !question.is_ca()? {
        return out(OutOfScope::CaCertificates);
    }
    Ok(())
}
