//! Deadlines of a connection: handshake, ping, idle, close.
