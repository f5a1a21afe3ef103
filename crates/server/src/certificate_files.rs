//! Certificates in files, under x509-certificate-exporter's names, so that dashboards and alerts made for it go on.

use std::collections::BTreeMap;
use std::path::Path;

use notafter_cert::{Certificate, NameParts};
use notafter_engine::certificate_files::{CertificateFile, known};
use notafter_engine::context::Context;
use notafter_engine::operate::Fault;

use crate::exposition::{Exposition, labels, line};
use crate::shown::seconds;

/// The rule that says that another program's file cannot be read.
const UNREADABLE: &str = "automation.unreadable";

/// Writes the families about files.
///
/// # Errors
/// The store failed.
pub(crate) async fn write(exposition: &mut Exposition, context: &Context) -> Result<(), Fault> {
    let open = context.store.findings_open(&context.scope).await?;
    let unreadable = open.iter().filter(|finding| finding.violation.code == UNREADABLE).count();
    exposition
        .gauge("x509_read_errors", "Indicates the number of read failure(s)")
        .value(f64::from(u32::try_from(unreadable).unwrap_or(u32::MAX)));
    let series = series(&known(context).await?);
    let now = context.clock.now();
    let mut family = |name, help, value: &dyn Fn(&Certificate) -> f64| {
        exposition.gauge(name, help);
        for (labels, certificate) in &series {
            exposition.push(&line(name, labels, value(certificate)));
        }
    };
    family("x509_cert_not_before", "Indicates the certificate's not before timestamp", &|certificate| {
        seconds(certificate.not_before())
    });
    family("x509_cert_not_after", "Indicates the certificate's not after timestamp", &|certificate| {
        seconds(certificate.not_after())
    });
    family("x509_cert_expired", "Indicates if the certificate is expired", &|certificate| {
        f64::from(u8::from(certificate.is_expired(now)))
    });
    Ok(())
}

/// Each certificate of each file by its labels: the same one twice in a file, or in a file that two places name, is one.
fn series(files: &[CertificateFile]) -> BTreeMap<String, Certificate> {
    let mut series = BTreeMap::new();
    for file in files {
        for certificate in &file.certificates {
            series.insert(labelled(&file.path, certificate), certificate.clone());
        }
    }
    series
}

fn labelled(path: &str, certificate: &Certificate) -> String {
    let name = Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned());
    let serial = certificate.serial_decimal();
    let (issuer, subject) = (certificate.issuer_parts(), certificate.subject_parts());
    let mut pairs = vec![
        ("filename", name.as_deref().unwrap_or(path)),
        ("filepath", path),
        ("serial_number", serial.as_str()),
    ];
    pairs.extend(named(ISSUER, &issuer));
    pairs.extend(named(SUBJECT, &subject));
    labels(&pairs)
}

const ISSUER: [&str; 6] = ["issuer_C", "issuer_ST", "issuer_L", "issuer_O", "issuer_OU", "issuer_CN"];
const SUBJECT: [&str; 6] = ["subject_C", "subject_ST", "subject_L", "subject_O", "subject_OU", "subject_CN"];

/// What is empty is left out: to Prometheus, that is the same label.
fn named<'a>(
    labels: [&'static str; 6],
    parts: &'a NameParts,
) -> impl Iterator<Item = (&'static str, &'a str)> {
    let NameParts { country, state, locality, organization, unit, common_name } = parts;
    let parts = [country, state, locality, organization, unit, common_name];
    labels.into_iter().zip(parts).filter_map(|(label, part)| Some((label, part.as_deref()?)))
}

#[cfg(test)]
mod tests {
    use notafter_keys::serving::Pair;

    use super::*;

    /// Prometheus refuses a scrape in which a series is there twice.
    #[test]
    fn a_certificate_is_told_once_for_each_file() {
        let at = notafter_cert::Time::from_unix_seconds(1_796_000_000);
        let pair = Pair::stand_in(&["shop.example".parse().unwrap()], at, at + notafter_cert::Span::days(1));
        let certificate = pair.unwrap().leaf().clone();
        let file = |path: &str| CertificateFile {
            path: path.to_owned(),
            certificates: vec![certificate.clone(), certificate.clone()],
        };
        let series = series(&[file("/etc/ssl/a.pem"), file("/etc/ssl/a.pem"), file("/etc/ssl/\"b\".pem")]);
        let serial = certificate.serial_decimal();
        let labels: Vec<&str> = series.keys().map(String::as_str).collect();
        assert_eq!(labels.len(), 2, "{labels:?}");
        assert!(
            labels[0].starts_with("filename=\"\\\"b\\\".pem\",filepath=\"/etc/ssl/\\\"b\\\".pem\""),
            "{labels:?}"
        );
        assert!(
            labels[1].starts_with(&format!(
                "filename=\"a.pem\",filepath=\"/etc/ssl/a.pem\",serial_number=\"{serial}\",issuer_"
            )),
            "{labels:?}"
        );
    }
}
