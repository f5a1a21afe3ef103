//! Other people's APIs: solve, deploy, discover, notify.
