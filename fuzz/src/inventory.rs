//! Any inventory file: no panic; what is refused is refused with a line of the file; what is applied reads the same when it
//! is written back, and changes nothing when it is applied again.

use notafter_cert::Time;
use notafter_inventory::code::{Aside, Present, Prune, Write, plan, print, secrets};
use notafter_inventory::model::{BusinessHours, Owner, OwnerId, Random};
use notafter_providers::notify;

const NOW: Time = Time::from_unix_seconds(1_795_000_000);

pub(super) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let kinds = notify::kinds();
    let _ = secrets(text, &kinds);
    let mut count = 0;
    let mut random = || counted(&mut count);
    let lines = text.lines().count().max(1);
    let nothing = Present { owners: vec![default_owner()], ..Present::default() };
    let changes = match plan(text, (&nothing, &kinds), Prune::Written, NOW, &mut random) {
        Ok(changes) => changes,
        Err(mistakes) => {
            let is_there = |line: usize| (1..=lines).contains(&line);
            assert!(mistakes.0.iter().all(|it| it.line.is_none_or(is_there)), "{mistakes:?}");
            return;
        }
    };
    let present = Present { manifest: changes.manifest, ..applied(nothing, changes.writes) };
    let written = print(&present, &kinds, Aside { now: NOW, ownerships: &[] });
    for text in [text, written.as_str()] {
        let again = plan(text, (&present, &kinds), Prune::Written, NOW, &mut random);
        let differences = again.map(|again| again.differences);
        assert!(differences.as_ref().is_ok_and(Vec::is_empty), "{text}\n{differences:?}");
    }
}

fn counted(count: &mut u64) -> Random {
    *count += 1;
    std::array::from_fn(|place| count.to_le_bytes().get(place).copied().unwrap_or_default())
}

/// Every database has it.
fn default_owner() -> Owner {
    Owner {
        id: OwnerId::from_bytes([0xdd; 16]),
        name: "default".to_owned(),
        contacts: Vec::new(),
        owns: Vec::new(),
        hours: BusinessHours::default(),
        acknowledge: None,
    }
}

fn applied(mut present: Present, writes: Vec<Write>) -> Present {
    for write in writes {
        match write {
            Write::PutChannel(channel) => present.channels.push(channel),
            Write::PutOwner(owner) => {
                present.owners.retain(|known| known.id != owner.id);
                present.owners.push(owner);
            }
            Write::PutIssuer(issuer) => present.issuers.push(issuer),
            Write::PutLineage(lineage) => present.lineages.push(*lineage),
            Write::PutCriticality(rule) => present.criticalities.push(rule),
            Write::PutEndpoint(endpoint) => present.endpoints.push(endpoint),
            Write::PutPlace(place) => present.places.push(place),
            // Nothing was there that a file had written.
            removal => panic!("{removal:?}"),
        }
    }
    present
}
