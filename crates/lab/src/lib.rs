//! Staged peers: for tests, demo and drills.
