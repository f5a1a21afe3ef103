//! Any list in any format: no panic, nothing that a terminal obeys in what is told, and whatever is made of it is an inventory
//! file.

use notafter_cert::Time;
use notafter_inventory::code::{Present, Prune, plan};
use notafter_inventory::lists::{ALL, Converted, LeftOut, NotKept};
use notafter_inventory::model::{BusinessHours, Owner, OwnerId};
use notafter_providers::notify;

const NOW: Time = Time::from_unix_seconds(1_795_000_000);

pub(super) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let lines = text.split(['\n', '\r']).count().max(1);
    for format in ALL {
        match format.convert(text) {
            Ok(converted) => holds(&converted, lines),
            Err(error) => assert!(!error.to_string().contains(char::is_control), "{error:?}"),
        }
    }
}

fn holds(converted: &Converted, lines: usize) {
    let is_there = |line: usize| (1..=lines + 1).contains(&line);
    for LeftOut { line, what, why } in &converted.left_out {
        assert!(
            is_there(*line) && ![what, why].iter().any(|it| it.contains(char::is_control)),
            "{what:?} {why:?}"
        );
    }
    for NotKept { what, lines } in &converted.not_kept {
        assert!(lines.iter().all(|line| is_there(*line)) && !what.contains(char::is_control), "{what:?}");
    }
    let owner = |name: &str, number: u64| Owner {
        id: OwnerId::from_bytes(u128::from(number).to_be_bytes()),
        name: name.to_owned(),
        contacts: Vec::new(),
        owns: Vec::new(),
        hours: BusinessHours::default(),
        acknowledge: None,
    };
    let named = converted.owners.iter().filter(|name| *name != "default").zip(1..);
    let owners = named.map(|(name, number)| owner(name, number)).chain([owner("default", 0)]).collect();
    let present = Present { owners, ..Present::default() };
    let mut count = 0_u64;
    let mut random = || {
        count += 1;
        std::array::from_fn(|place| count.to_le_bytes().get(place).copied().unwrap_or_default())
    };
    let planned = plan(&converted.toml, (&present, &notify::kinds()), Prune::Nothing, NOW, &mut random);
    let differences = planned.map(|changes| changes.differences.len());
    assert_eq!(differences, Ok(converted.endpoints), "{}", converted.toml);
}
