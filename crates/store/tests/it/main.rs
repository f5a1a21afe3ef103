//! The store on both databases: what is acknowledged is there, what fails changes nothing.

#[cfg(test)]
mod crash;
#[cfg(test)]
mod entities;
#[cfg(test)]
mod events;
#[cfg(test)]
mod files;
#[cfg(test)]
mod looks;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod retention;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod tasks;
