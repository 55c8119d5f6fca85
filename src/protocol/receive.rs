//! From bytes to events, once a connection is open.
