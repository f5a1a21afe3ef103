//! HTTP faces: metrics, probe, health.
