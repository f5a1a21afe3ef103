//! Listening ports that are in no row, and why: a table that leaves something out says so.

use std::net::SocketAddr;

use serde::Serialize;

use super::case::Case;
use super::fact::{Process, Survey};
use super::question::{Way, reachable};

/// A listening port that is in no row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Port {
    /// Where; the unspecified address means every address of its family.
    pub address: SocketAddr,
    /// Who listens; `None` where that may not be seen.
    pub process: Option<Process>,
    /// Whether it was asked for a certificate.
    pub asked: bool,
    /// Why it was not asked, or what it answered instead of a certificate.
    pub why: String,
}

/// The listening ports at which no case was looked for. Those in `mute` were asked, and showed no certificate:
/// why.
#[must_use]
pub fn left_out(survey: &Survey, cases: &[Case], mute: &[(SocketAddr, String)]) -> Vec<Port> {
    let in_a_row = |at: SocketAddr| cases.iter().flat_map(|case| &case.seen).any(|seen| seen.address == at);
    let listeners = survey.listeners.iter().filter(|listener| !in_a_row(reachable(listener.address)));
    listeners
        .map(|listener| {
            let at = reachable(listener.address);
            let answer = mute.iter().find(|(asked, _)| *asked == at);
            Port {
                address: listener.address,
                process: listener.process.clone(),
                asked: answer.is_some(),
                why: match answer {
                    Some((_, why)) => why.clone(),
                    None => why_not(Way::of(survey, listener)),
                },
            }
        })
        .collect()
}

fn why_not(way: Way) -> String {
    match way {
        Way::Unusual => "TLS is not usual there".to_owned(),
        Way::Foreign(protocol) => {
            format!("TLS begins there within {protocol}, which notafter does not speak")
        }
        Way::AtOnce | Way::After(_) | Way::Perhaps => "nobody looked".to_owned(),
    }
}
