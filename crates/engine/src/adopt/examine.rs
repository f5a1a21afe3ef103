//! A survey, and a look at everything that it says is served.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use futures_util::stream::{self, StreamExt};
use notafter_cert::Span;
use notafter_inventory::adopt::fact::{Survey, Unseen};
use notafter_inventory::adopt::{
    Case, Port, Question, Remembered, Seen, cases, left_out, questions, remember, tell_servers_apart,
};
use notafter_net::Eye;
use notafter_tls::Target;
use notafter_tls::observation::Observation;

/// How long a program that may speak TLS, or anything else, is given to answer.
const GUESS_WITHIN: Span = Span::seconds(1);

/// What is there and what is served.
#[derive(Clone, Debug)]
pub struct Examined {
    /// One per certificate: those that somebody keeps, those that a server reads, the others, and those that were
    /// only seen on the wire.
    pub cases: Vec<Case>,
    /// What could not be seen, on the machine and on the wire.
    pub unseen: Vec<Unseen>,
    /// Listening ports that belong to no case.
    pub ports: Vec<Port>,
}

/// Looks at every address of everything that the survey says is served, at most `parallel` at once. What is on record of
/// the certificates (`remembered`) tells the earlier ones.
pub async fn examine(survey: &Survey, remembered: &[Remembered], eye: &dyn Eye, parallel: usize) -> Examined {
    let mut cases = cases(survey);
    remember(&mut cases, remembered);
    let asked = questions(survey, &cases);
    let mut unseen = survey.unseen.clone();
    let answers: Vec<Answer> =
        stream::iter(asked).map(|question| answer(question, eye)).buffered(parallel.max(1)).collect().await;
    let mut strangers: BTreeMap<SocketAddr, Seen> = BTreeMap::new();
    let mut mute = Vec::new();
    for answer in answers {
        if let Some(why) = answer.unresolved {
            unseen.push(Unseen { what: answer.question.target.to_string(), why });
        }
        mute.extend(answer.silent.iter().map(|at| (*at, format!("no TLS within {GUESS_WITHIN}"))));
        for observation in &answer.observations {
            let seen = Seen::of(&answer.question.target, observation);
            let case = answer.question.case.or_else(|| holder(&cases, &seen));
            match case.and_then(|number| cases.get_mut(number)) {
                Some(case) => keep(&mut case.seen, seen),
                None if seen.leaf.is_ok() => drop(strangers.insert(seen.address, seen)),
                None => mute.extend(seen.leaf.err().map(|why| (seen.address, why))),
            }
        }
    }
    cases.extend(strangers.into_values().filter_map(|seen| Case::on_the_wire(survey, seen)));
    tell_servers_apart(&mut cases);
    let ports = left_out(survey, &cases, &mute);
    Examined { cases, unseen, ports }
}

struct Answer {
    question: Question,
    observations: Vec<Observation>,
    /// Where a guess was not answered in its time.
    silent: Vec<SocketAddr>,
    unresolved: Option<String>,
}

async fn answer(question: Question, eye: &dyn Eye) -> Answer {
    let target: &Target = &question.target;
    let (addresses, unresolved) = match question.at {
        Some(address) => (vec![address], None),
        None => match eye.resolve(target).await {
            Ok(found) => (found.addresses, None),
            Err(error) => (vec![], Some(error.to_string())),
        },
    };
    let mut observations = Vec::with_capacity(addresses.len());
    let mut silent = Vec::new();
    for address in addresses {
        let look = eye.look(target, address);
        // Dropped, the look ends with its connection.
        match question.guessed {
            true => match tokio::time::timeout(GUESS_WITHIN.to_std(), look).await {
                Ok(observation) => observations.push(observation),
                Err(_) => silent.push(address),
            },
            false => observations.push(look.await),
        }
    }
    Answer { question, observations, silent, unresolved }
}

/// The case whose certificate that is, or was: its renewer had it before.
fn holder(cases: &[Case], seen: &Seen) -> Option<usize> {
    let leaf = seen.leaf.as_ref().ok()?;
    let is =
        |case: &Case| case.newest.as_ref().is_some_and(|newest| newest.fingerprint() == leaf.fingerprint());
    cases.iter().position(is).or_else(|| cases.iter().position(|case| case.had(leaf)))
}

/// Two names of one address that serve the same are one line, the name that resolves last.
fn keep(seen: &mut Vec<Seen>, new: Seen) {
    let same = |old: &&mut Seen| old.address == new.address && old.fingerprint() == new.fingerprint();
    match seen.iter_mut().find(same) {
        Some(old) if old.target == new.target => {}
        Some(old) if matches!(old.target.host, notafter_cert::Identifier::Ip(_)) => *old = new,
        _ => seen.push(new),
    }
}
