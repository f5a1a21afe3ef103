//! PEM (RFC 7468), as people's files really are: text around the blocks, CR LF, indentation, a byte-order mark, headers
//! inside, lines of any length.

use super::certificate::ParseError;
use crate::{Retry, Trouble, base64};

/// What every block begins with.
pub(crate) const BEGIN: &str = "-----BEGIN ";

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
    let told = |Piece { label, content, .. }| match content {
        Ok(der) => Ok(Block { label, der }),
        Err(_) => Err(label),
    };
    pieces(text).into_iter().map(told).collect()
}

/// A block as it stands in a text, whether it can be read or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it says it is.
    pub label: String,
    /// The line in which it begins, from one.
    pub line: usize,
    /// Its headers (RFC 1421 section 4.6), in the order name and value.
    pub headers: Vec<(String, String)>,
    /// The bytes inside.
    pub content: Result<Vec<u8>, Damage>,
}

/// Why there are no bytes in a block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The text, or the next block, comes before its end.
    #[error("it does not end")]
    Open,
    /// Its end is that of another.
    #[error("it ends as {0:?}")]
    EndsAs(String),
    /// The content is not base64.
    #[error("it is not base64")]
    NotBase64,
    /// There is none.
    #[error("it is empty")]
    Empty,
}

/// Every block in order, with what is wrong with it where it cannot be read.
#[must_use]
pub fn pieces(text: &[u8]) -> Vec<Piece> {
    let text = String::from_utf8_lossy(text).replace("\r\n", "\n");
    let mut found = Vec::new();
    let mut open: Option<Open> = None;
    for (line, number) in text.split(['\n', '\r']).zip(1..) {
        // `cat` of files without a last newline leaves two armour lines in one.
        for part in line.replace("----------BEGIN ", "-----\n-----BEGIN ").split('\n').map(str::trim) {
            if let Some(label) = armour(part, "BEGIN ") {
                found.extend(open.take().map(|begun| begun.close(Some(Damage::Open))));
                open = Some(Open::new(label, number));
            } else if let Some(label) = armour(part, "END ") {
                found.extend(open.take().map(|begun| begun.end(label)));
            } else if let Some(begun) = &mut open {
                begun.take(part);
            }
        }
    }
    found.extend(open.map(|begun| begun.close(Some(Damage::Open))));
    found
}

/// A block whose end was not met yet.
struct Open {
    label: String,
    line: usize,
    headers: Vec<(String, String)>,
    body: String,
}

impl Open {
    fn new(label: &str, line: usize) -> Self {
        Self { label: label.to_owned(), line, headers: Vec::new(), body: String::new() }
    }

    fn take(&mut self, line: &str) {
        // RFC 1421 headers (`Proc-Type: 4,ENCRYPTED`) carry a colon, which base64 does not know.
        match line.split_once(':') {
            Some((name, value)) => {
                self.headers.push((name.trim_end().to_owned(), value.trim_start().to_owned()));
            }
            None => self.body.extend(line.split_whitespace()),
        }
    }

    fn end(self, label: &str) -> Piece {
        let other = (self.label != label).then(|| Damage::EndsAs(label.to_owned()));
        self.close(other)
    }

    fn close(self, damage: Option<Damage>) -> Piece {
        let content = match damage {
            Some(damage) => Err(damage),
            None => match base64::decode(&self.body) {
                Some(der) if der.is_empty() => Err(Damage::Empty),
                decoded => decoded.ok_or(Damage::NotBase64),
            },
        };
        Piece { label: self.label, line: self.line, headers: self.headers, content }
    }
}

/// The label of a line that begins or ends a block, whatever stands before and behind; a line that is commented out does
/// neither.
fn armour<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let start = line.find("-----").filter(|_| !line.starts_with('#'))?;
    let inner = line[start..].trim_start_matches('-').strip_prefix(word)?;
    inner.split_once("-----").map(|(label, _)| label)
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
            ("something behind the end", block.replace("END CERTIFICATE-----", "END CERTIFICATE-----:")),
            ("a comment that looks like a block", format!("#-----BEGIN X-----\n{block}#-----END X-----\n")),
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
    fn blocks_are_told_with_their_line_their_headers_and_their_damage() {
        let block = write("RSA PRIVATE KEY", &[5; 90]);
        let sealed = block.replacen("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: X,00\n\n", 1);
        let text = format!(
            "words\r\n{}{}{block}-----BEGIN X-----\nA\n-----END X-----\n-----BEGIN Y-----\n-----END Y-----\n-----BEGIN Z-----\n-----END Q-----\n{}",
            sealed.trim_end(),
            sealed.replace('\n', "\r\n"),
            &block[..60],
        );
        let told: Vec<String> = pieces(text.as_bytes())
            .into_iter()
            .map(|piece| {
                let what = piece
                    .content
                    .map_or_else(|damage| damage.to_string(), |der| format!("{} bytes", der.len()));
                format!("line {}: {}, {} headers, {what}", piece.line, piece.label, piece.headers.len())
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        line 2: RSA PRIVATE KEY, 2 headers, 90 bytes
        line 8: RSA PRIVATE KEY, 2 headers, 90 bytes
        line 15: RSA PRIVATE KEY, 0 headers, 90 bytes
        line 19: X, 0 headers, it is not base64
        line 22: Y, 0 headers, it is empty
        line 24: Z, 0 headers, it ends as "Q"
        line 26: RSA PRIVATE KEY, 0 headers, it does not end
        "#);
    }

    #[test]
    fn labels_must_agree() {
        let text = write("CERTIFICATE", &[1]).replace("END CERTIFICATE", "END PRIVATE KEY");
        assert!(blocks(text.as_bytes()).is_empty());
    }
}
