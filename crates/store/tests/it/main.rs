//! The store on both databases: what is acknowledged is there, what fails changes nothing.

#[cfg(test)]
mod access;
mod answers;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod entities;
#[cfg(test)]
mod events;
#[cfg(test)]
mod files;
#[path = "../../../lab/tests/it/left_out.rs"]
mod left_out;
mod links;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod looks;
#[cfg(test)]
mod migrations;
mod ownerships;
#[cfg(test)]
mod past;
mod pings;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod retention;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod stage;
mod status_page;
#[cfg(test)]
mod tasks;
