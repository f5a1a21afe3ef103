//! What inputs are made of: the seeds of a target and, where somebody has the suites, whatever is of its kind in them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use notafter_cert::lint::About;
use notafter_cert::pem;
use serde_json::Value;

const ARCHIVES: [&str; 3] = ["zlint-testdata.tar.xz", "nist-pkits.tar.xz", "boringssl-parse-crl.tar.xz"];
const LIMBO: &str = "limbo.json.xz";

/// What is in other people's suites, each thing once.
#[derive(Default)]
pub struct Suites {
    certificates: BTreeSet<Vec<u8>>,
    crls: BTreeSet<Vec<u8>>,
    /// As the target `chain` takes them.
    chains: BTreeSet<Vec<u8>>,
}

/// Every input that is known for a target.
///
/// # Errors
/// The folder of seeds cannot be read.
pub fn known(target: &str, seeds: &Path, suites: &Suites) -> io::Result<Vec<Vec<u8>>> {
    let files = fs::read_dir(seeds.join(target))?.map(|file| fs::read(file?.path()));
    let seeds: BTreeSet<Vec<u8>> = files.collect::<io::Result<_>>()?;
    Ok(seeds.into_iter().chain(suites.of(target).cloned()).collect())
}

impl Suites {
    /// Reads the suites in a folder.
    ///
    /// # Errors
    /// One of them is not there or cannot be unpacked.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let mut suites = Self::default();
        for name in ARCHIVES {
            let archive = unpacked(&folder.join(name))?;
            for entry in tar::Archive::new(&archive[..]).entries()? {
                let mut file = Vec::new();
                entry?.read_to_end(&mut file)?;
                suites.take(&file);
            }
        }
        let suite: Value = serde_json::from_slice(&unpacked(&folder.join(LIMBO))?)?;
        for case in suite["testcases"].as_array().into_iter().flatten() {
            suites.take_case(case);
        }
        Ok(suites)
    }

    /// What is of a target's kind.
    pub fn of(&self, target: &str) -> impl Iterator<Item = &Vec<u8>> {
        let (several, chains) = match target {
            "certificate" | "lint" => ([Some(&self.certificates), None], None),
            "anatomy" | "container" => ([Some(&self.certificates), Some(&self.crls)], None),
            "crl" => ([Some(&self.crls), None], None),
            "chain" => ([None, None], Some(&self.chains)),
            _ => ([None, None], None),
        };
        several.into_iter().chain([chains]).flatten().flatten()
    }

    fn take(&mut self, file: &[u8]) {
        let blocks = pem::blocks(file);
        match About::of(file).filter(|_| blocks.is_empty()) {
            Some(About::Certificate) => self.certificates.insert(file.to_vec()),
            Some(About::Crl) => self.crls.insert(file.to_vec()),
            _ => false,
        };
        for block in blocks {
            match &block.label[..] {
                "X509 CRL" | "CRL" => self.crls.insert(block.der),
                "CERTIFICATE" => self.certificates.insert(block.der),
                _ => false,
            };
        }
    }

    fn take_case(&mut self, case: &Value) {
        let texts = |name: &str| -> Vec<Vec<u8>> {
            let list = case[name]
                .as_array()
                .into_iter()
                .flatten()
                .chain(case[name].is_string().then_some(&case[name]));
            let blocks = list.filter_map(Value::as_str).flat_map(|text| pem::blocks(text.as_bytes()));
            blocks.map(|block| block.der).collect()
        };
        let chain =
            [texts("peer_certificate"), texts("untrusted_intermediates"), texts("trusted_certs")].concat();
        self.crls.extend(texts("crls"));
        let part = |der: &Vec<u8>| Some([&u16::try_from(der.len()).ok()?.to_be_bytes()[..], der].concat());
        if let Some(parts) = chain.iter().map(part).collect::<Option<Vec<_>>>() {
            self.chains.insert(parts.concat());
        }
        self.certificates.extend(chain);
    }
}

fn unpacked(file: &Path) -> io::Result<Vec<u8>> {
    let packed = fs::read(file)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))?;
    let mut octets = Vec::new();
    lzma_rust2::XzReader::new(&packed[..], true).read_to_end(&mut octets)?;
    Ok(octets)
}
