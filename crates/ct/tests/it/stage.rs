//! A CA that submits precertificates, and logs that sign: the bytes are put together here by the RFC, and not by the crate.

use notafter_cert::x509::Anatomy;
use notafter_cert::{Certificate, Span, Time, base64};
use notafter_ct::LogList;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair,
    PublicKeyData, SerialNumber, SigningKey,
};

pub(crate) type Ca = CertifiedIssuer<'static, KeyPair>;

pub(crate) fn start() -> Time {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn millis(time: Time) -> u64 {
    u64::try_from(time.as_micros() / 1000).unwrap()
}

pub(crate) fn ca(name: &str) -> Ca {
    CertifiedIssuer::self_signed(ca_params(name), KeyPair::generate().unwrap()).unwrap()
}

pub(crate) fn ca_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.use_authority_key_identifier_extension = true;
    params
}

/// What a subscriber's certificate has in it beside what logs need.
pub(crate) struct Order {
    pub(crate) params: CertificateParams,
    pub(crate) key: KeyPair,
    /// What stands behind the extension that is cut out.
    pub(crate) after: Vec<CustomExtension>,
}

impl Order {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(vec!["shop.example".to_owned()]).unwrap();
        params.use_authority_key_identifier_extension = true;
        Self::of(params)
    }

    pub(crate) fn of(mut params: CertificateParams) -> Self {
        params.serial_number = Some(SerialNumber::from_slice(&[0x51; 16]));
        params.not_before = start().calendar().unwrap();
        params.not_after = (start() + Span::days(90)).calendar().unwrap();
        Self { params, key: KeyPair::generate().unwrap(), after: Vec::new() }
    }

    /// Signs it with this extension before those that stand behind.
    pub(crate) fn signed(&self, ca: &Ca, extension: Option<CustomExtension>) -> Vec<u8> {
        let mut params = self.params.clone();
        params.custom_extensions = extension.into_iter().chain(self.after.clone()).collect();
        params.signed_by(&self.key, ca).unwrap().der().to_vec()
    }

    /// What logs sign of it: the signed part of a certificate that has neither poison nor promises.
    pub(crate) fn tbs(&self, ca: &Ca) -> Vec<u8> {
        tbs(&self.signed(ca, None))
    }

    /// The certificate with these promises in it.
    pub(crate) fn finished(&self, ca: &Ca, scts: &[Vec<u8>]) -> Certificate {
        Certificate::parse(&self.signed(ca, Some(sct_extension(scts)))).unwrap()
    }

    pub(crate) fn precert_entry(&self, ca: &Ca) -> Vec<u8> {
        precert_entry(ca, &self.tbs(ca))
    }
}

pub(crate) fn tbs(der: &[u8]) -> Vec<u8> {
    Anatomy::of(der).tbs.unwrap().whole.to_vec()
}

pub(crate) fn poison() -> CustomExtension {
    let mut poison = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 11129, 2, 4, 3], vec![5, 0]);
    poison.set_criticality(true);
    poison
}

pub(crate) fn sct_extension(scts: &[Vec<u8>]) -> CustomExtension {
    let list = sct_list(scts);
    let length = u16::try_from(list.len()).unwrap().to_be_bytes();
    let octets = [&[4, 0x82][..], &length, &list].concat();
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2], octets)
}

pub(crate) fn sct_list(scts: &[Vec<u8>]) -> Vec<u8> {
    vector(&scts.iter().flat_map(|sct| vector(sct)).collect::<Vec<u8>>())
}

fn vector(part: &[u8]) -> Vec<u8> {
    [&u16::try_from(part.len()).unwrap().to_be_bytes()[..], part].concat()
}

fn long_vector(part: &[u8]) -> Vec<u8> {
    [&u32::try_from(part.len()).unwrap().to_be_bytes()[1..], part].concat()
}

pub(crate) fn key_hash(ca: &Ca) -> Vec<u8> {
    sha256(&ca.key().subject_public_key_info())
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    notafter_cert::Fingerprint::of(bytes).as_bytes().to_vec()
}

pub(crate) fn x509_entry(der: &[u8]) -> Vec<u8> {
    [&[0, 0][..], &long_vector(der)].concat()
}

pub(crate) fn precert_entry(ca: &Ca, tbs: &[u8]) -> Vec<u8> {
    [&[0, 1][..], &key_hash(ca), &long_vector(tbs)].concat()
}

/// A log that signs whatever it is asked to.
pub(crate) struct TestLog {
    pub(crate) operator: &'static str,
    pub(crate) is_tiled: bool,
    key: KeyPair,
}

impl TestLog {
    pub(crate) fn new(operator: &'static str) -> Self {
        Self { operator, is_tiled: false, key: KeyPair::generate().unwrap() }
    }

    pub(crate) fn rsa(operator: &'static str) -> Self {
        let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
        Self { operator, is_tiled: true, key }
    }

    pub(crate) fn spki(&self) -> Vec<u8> {
        self.key.subject_public_key_info()
    }

    /// A promise of this entry, given at an instant.
    pub(crate) fn promise(&self, time: Time, entry: &[u8]) -> Vec<u8> {
        let is_rsa = self.key.algorithm() == &rcgen::PKCS_RSA_SHA256;
        let extensions = if self.is_tiled { vector(&[0, 0, 5, 0, 0, 0, 1, 2]) } else { vector(&[]) };
        let timestamp = millis(time).to_be_bytes();
        let signed = [&[0, 0][..], &timestamp, entry, &extensions].concat();
        let signature = vector(&self.key.sign(&signed).unwrap());
        let algorithm = if is_rsa { [4, 1] } else { [4, 3] };
        let id = sha256(&self.spki());
        [&[0][..], &id, &timestamp, &extensions, &algorithm, &signature].concat()
    }

    fn entry(&self) -> String {
        let (key, id) = (base64::encode(&self.spki()), base64::encode(&sha256(&self.spki())));
        let urls = match self.is_tiled {
            true => r#""submission_url": "https://s.example/", "monitoring_url": "https://m.example/""#,
            false => r#""url": "https://log.example/""#,
        };
        format!(
            r#"{{"description": "{} log", "key": "{key}", "log_id": "{id}", "mmd": 86400, {urls},
                 "state": {{"usable": {{"timestamp": "2026-01-01T00:00:00Z"}}}}}}"#,
            self.operator
        )
    }
}

/// A list of these logs, made on the first day.
pub(crate) fn list_text(logs: &[&TestLog]) -> String {
    let operator = |log: &&TestLog| {
        let kind = if log.is_tiled { "tiled_logs" } else { "logs" };
        format!(r#"{{"name": "{}", "{kind}": [{}]}}"#, log.operator, log.entry())
    };
    let operators: Vec<String> = logs.iter().map(operator).collect();
    let made = start();
    format!(r#"{{"version": "1", "log_list_timestamp": "{made}", "operators": [{}]}}"#, operators.join(", "))
}

pub(crate) fn list(logs: &[&TestLog]) -> LogList {
    LogList::read(list_text(logs).as_bytes()).unwrap()
}

pub(crate) fn certificate(ca: &Ca) -> Certificate {
    Certificate::parse(ca.der()).unwrap()
}
