//! Requests and responses of OCSP taken apart (RFC 6960 section 4).

use super::extension::{ExtensionValue, Extensions, ReasonCode};
use super::{AlgorithmIdentifier, DistinguishedName, GeneralName};
use crate::der::{Bits, Element, Fault, Field, Integer, Moment, Oid, Reader, Tag, oid};

/// A request's fields, each by itself.
#[derive(Clone, Debug)]
pub struct OcspRequestAnatomy<'a> {
    /// The octets.
    pub der: &'a [u8],
    /// `tbsRequest`.
    pub tbs: Field<Element<'a>>,
    /// `version`: 0 is version 1, the only one.
    pub version: Field<i64>,
    /// `requestorName`, where it is there.
    pub requestor: Option<Field<GeneralName<'a>>>,
    /// `requestList`.
    pub requests: Field<Vec<Field<SingleRequest<'a>>>>,
    /// `requestExtensions`, where they are there.
    pub extensions: Option<Field<Extensions<'a>>>,
    /// `optionalSignature`, where it is there.
    pub signature: Option<Field<Element<'a>>>,
    /// What should not be there.
    pub surplus: Vec<Fault>,
}

/// A question about one certificate.
#[derive(Clone, Debug)]
pub struct SingleRequest<'a> {
    /// `reqCert`.
    pub certificate: CertId<'a>,
    /// `singleRequestExtensions`, where they are there.
    pub extensions: Option<Field<Extensions<'a>>>,
}

/// Which certificate: by hashes of its issuer, and its serial number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertId<'a> {
    /// `hashAlgorithm`.
    pub algorithm: AlgorithmIdentifier<'a>,
    /// `issuerNameHash`: of the issuer's name, as the certificate has it.
    pub name_hash: &'a [u8],
    /// `issuerKeyHash`: of the bits of the issuer's key, without what is around them.
    pub key_hash: &'a [u8],
    /// `serialNumber`.
    pub serial: Integer<'a>,
    /// The whole SEQUENCE.
    pub element: Element<'a>,
}

/// A response's fields, each by itself.
#[derive(Clone, Debug)]
pub struct OcspResponseAnatomy<'a> {
    /// The octets.
    pub der: &'a [u8],
    /// `responseStatus`.
    pub status: Field<OcspStatus>,
    /// `responseType`, where `responseBytes` are there.
    pub kind: Option<Field<Oid<'a>>>,
    /// The response inside, where it is of the basic kind.
    pub basic: Option<BasicResponse<'a>>,
    /// What should not be there.
    pub surplus: Vec<Fault>,
}

/// `OCSPResponseStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OcspStatus {
    /// There is an answer.
    Successful,
    /// The request could not be read.
    MalformedRequest,
    /// Something is broken at the responder.
    InternalError,
    /// It has no time now.
    TryLater,
    /// The request must be signed.
    SigRequired,
    /// It does not answer this client, or about this certificate.
    Unauthorized,
    /// A number that has no meaning.
    Other(i64),
}

impl OcspStatus {
    /// Of a number.
    #[must_use]
    pub const fn of(number: i64) -> Self {
        match number {
            0 => Self::Successful,
            1 => Self::MalformedRequest,
            2 => Self::InternalError,
            3 => Self::TryLater,
            5 => Self::SigRequired,
            6 => Self::Unauthorized,
            other => Self::Other(other),
        }
    }

    /// Its name in RFC 6960.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Successful => "successful",
            Self::MalformedRequest => "malformedRequest",
            Self::InternalError => "internalError",
            Self::TryLater => "tryLater",
            Self::SigRequired => "sigRequired",
            Self::Unauthorized => "unauthorized",
            Self::Other(_) => "a status that has no name",
        }
    }
}

/// `BasicOCSPResponse`.
#[derive(Clone, Debug)]
pub struct BasicResponse<'a> {
    /// The octets of the signed structure.
    pub der: &'a [u8],
    /// `tbsResponseData`, the part that is signed.
    pub tbs: Field<Element<'a>>,
    /// `version`: 0 is version 1, the only one.
    pub version: Field<i64>,
    /// `responderID`.
    pub responder: Field<ResponderId<'a>>,
    /// `producedAt`: when it was signed.
    pub produced_at: Field<Moment<'a>>,
    /// `responses`.
    pub responses: Field<Vec<Field<SingleResponse<'a>>>>,
    /// `responseExtensions`, where they are there.
    pub extensions: Option<Field<Extensions<'a>>>,
    /// `signatureAlgorithm`.
    pub signature_algorithm: Field<AlgorithmIdentifier<'a>>,
    /// `signature`.
    pub signature: Field<Bits<'a>>,
    /// `certs`: certificates, for `Anatomy::of`; none where there are none.
    pub certificates: Field<Vec<&'a [u8]>>,
    /// What should not be there.
    pub surplus: Vec<Fault>,
}

/// Who signed a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResponderId<'a> {
    /// By the subject of its certificate.
    Name(DistinguishedName<'a>),
    /// By the SHA-1 of the bits of its key.
    Key(&'a [u8]),
}

/// An answer about one certificate.
#[derive(Clone, Debug)]
pub struct SingleResponse<'a> {
    /// `certID`.
    pub certificate: CertId<'a>,
    /// `certStatus`.
    pub status: Field<CertStatus<'a>>,
    /// `thisUpdate`: when that was known to be right.
    pub this_update: Field<Moment<'a>>,
    /// `nextUpdate`, where it is there: when there will be a newer answer.
    pub next_update: Option<Field<Moment<'a>>>,
    /// `singleExtensions`, where they are there.
    pub extensions: Option<Field<Extensions<'a>>>,
    /// Where it lies in the document.
    pub at: usize,
}

/// What a responder says of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertStatus<'a> {
    /// It is not revoked.
    Good,
    /// It is.
    Revoked {
        /// `revocationTime`.
        at: Moment<'a>,
        /// `revocationReason`, where it is given.
        reason: Option<ReasonCode>,
    },
    /// The responder does not know it.
    Unknown,
}

impl<'a> OcspRequestAnatomy<'a> {
    /// Takes octets apart. Never fails.
    #[must_use]
    pub fn of(der: &'a [u8]) -> Self {
        let mut document = Reader::new(der);
        let request = document.expect(Tag::SEQUENCE, "OCSPRequest");
        let mut outer = request.map_or(Reader::new(&[]), |request| request.children());
        let tbs = outer.expect(Tag::SEQUENCE, "tbsRequest");
        let signature = outer.optional_context(0).transpose();
        let mut fields = tbs.map_or(Reader::new(&[]), |tbs| tbs.children());
        let version = version(&mut fields);
        let requestor = fields.optional_context(1).transpose();
        let requests = fields.expect(Tag::SEQUENCE, "requestList");
        let extensions = extensions(&mut fields, 2);
        let ends = [request.map(|_| ()), document.finish(), outer.finish(), fields.finish()];
        Self {
            der,
            tbs,
            version,
            requestor: requestor.map(|found| GeneralName::read(found?.inner()?)),
            requests: requests
                .and_then(|list| Ok(list.children().all()?.into_iter().map(SingleRequest::read).collect())),
            extensions,
            signature: signature.map(|found| found?.inner()),
            surplus: ends.into_iter().filter_map(Result::err).collect(),
        }
    }

    /// The value of the first extension of a kind, where it is there.
    #[must_use]
    pub fn value<T: ExtensionValue<'a>>(&self) -> Option<Field<T>> {
        self.extensions.as_ref()?.as_ref().ok()?.value()
    }
}

impl<'a> SingleRequest<'a> {
    fn read(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let certificate = CertId::read(fields.expect(Tag::SEQUENCE, "reqCert")?)?;
        let extensions = extensions(&mut fields, 0);
        fields.finish()?;
        Ok(Self { certificate, extensions })
    }
}

impl<'a> CertId<'a> {
    /// Of a SEQUENCE.
    ///
    /// # Errors
    /// When it is not an algorithm, two hashes and a number.
    pub fn read(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let algorithm = AlgorithmIdentifier::read(fields.expect(Tag::SEQUENCE, "hashAlgorithm")?)?;
        let name_hash = fields.expect(Tag::OCTET_STRING, "issuerNameHash")?.content;
        let key_hash = fields.expect(Tag::OCTET_STRING, "issuerKeyHash")?.content;
        let serial = fields.expect(Tag::INTEGER, "serialNumber")?.integer()?;
        fields.finish()?;
        Ok(Self { algorithm, name_hash, key_hash, serial, element })
    }
}

impl<'a> OcspResponseAnatomy<'a> {
    /// Takes octets apart. Never fails.
    #[must_use]
    pub fn of(der: &'a [u8]) -> Self {
        let mut document = Reader::new(der);
        let response = document.expect(Tag::SEQUENCE, "OCSPResponse");
        let mut outer = response.map_or(Reader::new(&[]), |response| response.children());
        let status = outer.expect(Tag::ENUMERATED, "responseStatus").and_then(|element| element.small());
        let bytes = outer.optional_context(0).transpose();
        let (kind, basic) = match bytes.map(|found| response_bytes(found?)) {
            Some(Ok((kind, value))) if kind == oid::OCSP_BASIC => {
                (Some(Ok(kind)), Some(BasicResponse::of(value.content, value.content_at())))
            }
            Some(other) => (Some(other.map(|(kind, _)| kind)), None),
            None => (None, None),
        };
        let ends = [response.map(|_| ()), document.finish(), outer.finish()];
        let surplus = ends.into_iter().filter_map(Result::err).collect();
        Self { der, status: status.map(OcspStatus::of), kind, basic, surplus }
    }

    /// What could not be read, in the order of the fields.
    #[must_use]
    pub fn faults(&self) -> Vec<(&'static str, Fault)> {
        let kind = self.kind.as_ref().and_then(|kind| of("responseBytes", kind));
        let basic = self.basic.iter().flat_map(BasicResponse::faults);
        let surplus = self.surplus.iter().map(|fault| ("the response", *fault));
        of("responseStatus", &self.status).into_iter().chain(kind).chain(basic).chain(surplus).collect()
    }
}

impl<'a> BasicResponse<'a> {
    /// Takes octets apart that lie at this offset in the document. Never fails.
    #[must_use]
    pub fn of(der: &'a [u8], at: usize) -> Self {
        let mut document = Reader::nested(der, at);
        let response = document.expect(Tag::SEQUENCE, "BasicOCSPResponse");
        let mut outer = response.map_or(Reader::nested(&[], at), |response| response.children());
        let tbs = outer.expect(Tag::SEQUENCE, "tbsResponseData");
        let algorithm = outer.expect(Tag::SEQUENCE, "signatureAlgorithm");
        let signature = outer.expect(Tag::BIT_STRING, "signature");
        let certificates =
            outer.optional_context(0).and_then(|found| found.map_or(Ok(Vec::new()), certificates));
        let mut fields = tbs.map_or(Reader::nested(&[], at), |tbs| tbs.children());
        let version = version(&mut fields);
        let responder = fields.element().and_then(ResponderId::read);
        let produced_at =
            fields.expect(Tag::GENERALIZED_TIME, "producedAt").and_then(|element| element.moment());
        let responses = fields.expect(Tag::SEQUENCE, "responses");
        let extensions = extensions(&mut fields, 1);
        let ends = [response.map(|_| ()), document.finish(), outer.finish(), fields.finish()];
        Self {
            der,
            tbs,
            version,
            responder,
            produced_at,
            responses: responses
                .and_then(|list| Ok(list.children().all()?.into_iter().map(SingleResponse::read).collect())),
            extensions,
            signature_algorithm: algorithm.and_then(AlgorithmIdentifier::read),
            signature: signature.and_then(|element| element.bits()),
            certificates,
            surplus: ends.into_iter().filter_map(Result::err).collect(),
        }
    }

    /// The answers that could be read.
    pub fn responses(&self) -> impl Iterator<Item = &SingleResponse<'a>> {
        self.responses.iter().flatten().flatten()
    }

    /// The value of the first extension of a kind, where it is there.
    #[must_use]
    pub fn value<T: ExtensionValue<'a>>(&self) -> Option<Field<T>> {
        self.extensions.as_ref()?.as_ref().ok()?.value()
    }

    fn faults(&self) -> impl Iterator<Item = (&'static str, Fault)> {
        let fields = [
            of("tbsResponseData", &self.tbs),
            of("version", &self.version),
            of("responderID", &self.responder),
            of("producedAt", &self.produced_at),
            of("responses", &self.responses),
            self.extensions.as_ref().and_then(|extensions| of("responseExtensions", extensions)),
            of("signatureAlgorithm", &self.signature_algorithm),
            of("signature", &self.signature),
            of("certs", &self.certificates),
        ];
        let single = self.responses.iter().flatten().flat_map(|response| match response {
            Ok(response) => response.faults(),
            Err(fault) => vec![("responses", *fault)],
        });
        let surplus = self.surplus.iter().map(|fault| ("the response", *fault));
        fields.into_iter().flatten().chain(single).chain(surplus)
    }
}

impl<'a> ResponderId<'a> {
    fn read(choice: Element<'a>) -> Field<Self> {
        match choice.tag {
            tag if tag == Tag::context_constructed(1) => {
                DistinguishedName::read(choice.inner()?).map(Self::Name)
            }
            tag if tag == Tag::context_constructed(2) => {
                Ok(Self::Key(choice.inner()?.must_be(Tag::OCTET_STRING)?.content))
            }
            _ => Err(choice.fault("not a ResponderID")),
        }
    }
}

impl<'a> SingleResponse<'a> {
    fn read(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let certificate = CertId::read(fields.expect(Tag::SEQUENCE, "certID")?)?;
        let status = fields.element().and_then(CertStatus::read);
        let this_update =
            fields.expect(Tag::GENERALIZED_TIME, "thisUpdate").and_then(|element| element.moment());
        let next_update = fields.optional_context(0).transpose();
        let extensions = extensions(&mut fields, 1);
        fields.finish()?;
        Ok(Self {
            certificate,
            status,
            this_update,
            next_update: next_update.map(|found| found?.inner()?.must_be(Tag::GENERALIZED_TIME)?.moment()),
            extensions,
            at: element.at,
        })
    }

    fn faults(&self) -> Vec<(&'static str, Fault)> {
        let fields = [
            of("certStatus", &self.status),
            of("thisUpdate", &self.this_update),
            self.next_update.as_ref().and_then(|next| of("nextUpdate", next)),
            self.extensions.as_ref().and_then(|extensions| of("singleExtensions", extensions)),
        ];
        fields.into_iter().flatten().collect()
    }
}

impl<'a> CertStatus<'a> {
    fn read(choice: Element<'a>) -> Field<Self> {
        match choice.tag {
            tag if tag == Tag::context(0) && choice.content.is_empty() => Ok(Self::Good),
            tag if tag == Tag::context_constructed(1) => {
                let mut fields = choice.children();
                let at = fields.expect(Tag::GENERALIZED_TIME, "revocationTime")?.moment()?;
                let reason = fields.optional_context(0)?;
                fields.finish()?;
                let reason = reason.map(|element| ReasonCode::of(element.inner()?)).transpose()?;
                Ok(Self::Revoked { at, reason })
            }
            tag if tag == Tag::context(2) && choice.content.is_empty() => Ok(Self::Unknown),
            _ => Err(choice.fault("not a CertStatus")),
        }
    }
}

fn of<T>(name: &'static str, field: &Field<T>) -> Option<(&'static str, Fault)> {
    field.as_ref().err().map(|fault| (name, *fault))
}

fn version(fields: &mut Reader<'_>) -> Field<i64> {
    let found = fields.optional_context(0)?;
    found.map_or(Ok(0), |element| element.inner()?.must_be(Tag::INTEGER)?.small())
}

fn extensions<'a>(fields: &mut Reader<'a>, number: u32) -> Option<Field<Extensions<'a>>> {
    let found = fields.optional_context(number).transpose()?;
    Some(found.and_then(|element| Extensions::read(element.inner()?)))
}

/// `responseType`, and the OCTET STRING `response`.
fn response_bytes(element: Element<'_>) -> Field<(Oid<'_>, Element<'_>)> {
    let mut fields = element.inner()?.sequence()?;
    let kind = fields.expect(Tag::OID, "responseType")?.oid()?;
    let value = fields.expect(Tag::OCTET_STRING, "response")?;
    fields.finish()?;
    Ok((kind, value))
}

fn certificates(element: Element<'_>) -> Field<Vec<&[u8]>> {
    let list = element.inner()?.sequence()?.all()?;
    Ok(list.into_iter().map(|certificate| certificate.whole).collect())
}
