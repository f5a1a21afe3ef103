//! Runs what plans say: tasks, leases, agents.
