//! The only outgoing sockets.
