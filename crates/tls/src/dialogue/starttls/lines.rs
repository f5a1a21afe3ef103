//! Line-wise protocols: collects what arrived until a line is whole.

use super::super::BUDGET;

/// Bytes received and not yet taken as lines.
#[derive(Default)]
pub(super) struct Lines {
    pending: Vec<u8>,
    seen: usize,
}

/// The longest words of a peer that are told.
const LONGEST: usize = 80;

/// What the peer said, in quotes, with control characters written out.
pub(super) fn said(line: &str) -> String {
    let words: String = line.chars().take(LONGEST).collect();
    format!("{words:?}")
}

/// The peer sent more than a dialogue may take.
pub(super) struct OverBudget;

impl Lines {
    pub(super) fn push(&mut self, received: &[u8]) -> Result<(), OverBudget> {
        self.seen += received.len();
        if self.seen > BUDGET {
            return Err(OverBudget);
        }
        self.pending.extend_from_slice(received);
        Ok(())
    }

    /// The next whole line without its line end.
    pub(super) fn next(&mut self) -> Option<String> {
        let end = self.pending.iter().position(|byte| *byte == b'\n')?;
        let line: Vec<u8> = self.pending.drain(..=end).collect();
        Some(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    /// Whether bytes are left that belong to no line yet.
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }
}
