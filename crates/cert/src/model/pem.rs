//! PEM (RFC 7468), as people's files really are: text around the blocks, CR LF, indentation, a byte-order mark, headers
//! inside, lines of any length.

use super::certificate::ParseError;
use crate::{Retry, Trouble, base64};

/// One block between `-----BEGIN` and `-----END`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it says it is: `CERTIFICATE`, `PRIVATE KEY`, ...
    pub label: String,
    /// The bytes inside.
    pub der: Vec<u8>,
}

/// The labels under which certificates are found (RFC 7468 section 5, and OpenSSL's own two).
pub const CERTIFICATE_LABELS: [&str; 3] = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];

/// A file that is not a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// There is no certificate in it.
    #[error("no certificate found: {0}")]
    Empty(&'static str),
    /// A block whose content is not base64, or that does not end.
    #[error("certificate {0} is damaged: its block does not end, or is not base64")]
    Damaged(usize),
    /// A block whose content is no certificate.
    #[error("certificate {0} cannot be read: {1}")]
    NoCertificate(usize, ParseError),
}

impl Trouble for ChainError {
    fn code(&self) -> &'static str {
        "cert.no-chain"
    }

    fn hint(&self) -> String {
        "give a PEM file with `-----BEGIN CERTIFICATE-----` blocks, the server's certificate first".to_owned()
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

/// Every block that can be read, in order. Damaged blocks are left out; [`scan`] tells about them.
#[must_use]
pub fn blocks(text: &[u8]) -> Vec<Block> {
    scan(text).into_iter().filter_map(Result::ok).collect()
}

/// Every block in order; the label alone where it does not end or is not base64.
#[must_use]
pub fn scan(text: &[u8]) -> Vec<Result<Block, String>> {
    // `cat` of files without a last newline leaves two armour lines in one.
    let text = String::from_utf8_lossy(text).replace("----------BEGIN ", "-----\n-----BEGIN ");
    let mut found = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.split(['\n', '\r']).map(str::trim) {
        if let Some(label) = armour(line, "BEGIN ") {
            found.extend(open.take().map(|(label, _)| Err(label)));
            open = Some((label.to_owned(), String::new()));
        } else if let Some(label) = armour(line, "END ") {
            if let Some((begun, body)) = open.take() {
                found.push(close(begun, label, &body));
            }
        } else if let Some((_, body)) = &mut open {
            // RFC 1421 headers (`Proc-Type: 4,ENCRYPTED`) carry a colon, which base64 does not know.
            if !line.contains(':') {
                body.extend(line.split_whitespace());
            }
        }
    }
    found.extend(open.map(|(label, _)| Err(label)));
    found
}

fn armour<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let start = line.find("-----")?;
    let inner = line[start..].trim_start_matches('-').strip_prefix(word)?;
    let label = inner.strip_suffix("-----")?;
    (!label.contains("-----")).then_some(label)
}

fn close(begun: String, ended: &str, body: &str) -> Result<Block, String> {
    match base64::decode(body) {
        Some(der) if begun == ended && !der.is_empty() => Ok(Block { label: begun, der }),
        _ => Err(begun),
    }
}

/// One block: 64 letters to the line, as RFC 7468 section 2 asks of writers.
#[must_use]
pub fn write(label: &str, der: &[u8]) -> String {
    let body = base64::encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in body.as_bytes().chunks(64) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push('\n');
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

/// The certificates of a file, in its order, as DER.
///
/// # Errors
/// When there is none, or one is damaged.
pub fn chain_from(text: &[u8]) -> Result<Vec<Vec<u8>>, ChainError> {
    let mut chain = Vec::new();
    for block in scan(text) {
        match block {
            Ok(block) if CERTIFICATE_LABELS.contains(&block.label.as_str()) => chain.push(block.der),
            Err(label) if CERTIFICATE_LABELS.contains(&label.as_str()) => {
                return Err(ChainError::Damaged(chain.len() + 1));
            }
            _ => {}
        }
    }
    match chain.is_empty() {
        true if text.is_empty() => Err(ChainError::Empty("the file is empty")),
        true => Err(ChainError::Empty("there is no CERTIFICATE block")),
        false => Ok(chain),
    }
}

/// A chain as one PEM text, in the order given.
#[must_use]
pub fn chain_to(chain: &[Vec<u8>]) -> String {
    chain.iter().map(|der| write("CERTIFICATE", der)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let chain = vec![vec![7; 200], vec![1], vec![0xff; 48]];
        assert_eq!(chain_from(chain_to(&chain).as_bytes()).unwrap(), chain);
        assert!(chain_to(&chain).lines().all(|line| line.len() <= 64));
    }

    #[test]
    fn files_of_people_are_read() {
        let block = write("CERTIFICATE", &[5; 90]);
        let headers = block.replacen("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: X,00\n\n", 1);
        let table = [
            ("carriage returns", block.replace('\n', "\r\n")),
            ("old Macintosh", block.replace('\n', "\r")),
            ("indented", block.lines().map(|line| format!("    {line}  \n")).collect()),
            (
                "text around",
                format!("Bag Attributes\n  localKeyID: 01\nsubject=CN = x\n{block}trailing words"),
            ),
            ("no last newline", block.trim_end().to_owned()),
            ("byte-order mark", format!("\u{feff}{block}")),
            ("one long line", {
                let body: String = block.lines().filter(|line| !line.contains('-')).collect();
                format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----")
            }),
            ("headers", headers),
        ];
        for (what, text) in table {
            assert_eq!(chain_from(text.as_bytes()).unwrap(), [vec![5; 90]], "{what}");
        }
    }

    #[test]
    fn files_joined_without_a_newline_are_two_blocks() {
        let block = write("CERTIFICATE", &[5; 90]);
        let joined = [block.trim_end(), block.trim_end()].concat();
        assert_eq!(chain_from(joined.as_bytes()).unwrap().len(), 2);
    }

    #[test]
    fn damage_is_told_and_never_skipped() {
        let good = write("CERTIFICATE", &[5; 90]);
        let cut = &good[..good.len() - 20];
        assert_eq!(chain_from(format!("{good}{cut}").as_bytes()), Err(ChainError::Damaged(2)));
        assert_eq!(chain_from(format!("{cut}\n{good}").as_bytes()), Err(ChainError::Damaged(1)));
        assert_eq!(chain_from(good.replace("BQUF", "B*UF").as_bytes()), Err(ChainError::Damaged(1)));
        assert!(matches!(chain_from(b""), Err(ChainError::Empty(_))));
        assert!(matches!(chain_from(write("PRIVATE KEY", &[1]).as_bytes()), Err(ChainError::Empty(_))));
    }

    #[test]
    fn labels_must_agree() {
        let text = write("CERTIFICATE", &[1]).replace("END CERTIFICATE", "END PRIVATE KEY");
        assert!(blocks(text.as_bytes()).is_empty());
    }
}
