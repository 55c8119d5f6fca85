//! The server as its clients see it: real sockets, raw bytes.

#[path = "../tls/authority.rs"]
#[allow(dead_code)] // the rest of it is for tests/tls
mod authority;
#[path = "../tls/trust.rs"]
mod trust;
#[path = "../tls/tunnel.rs"]
mod tunnel;

mod access;
mod compression;
mod control;
mod counting;
mod ends;
mod http;
mod limits;
mod messages;
mod pid;
mod status;
mod streaming;
mod support;
mod threads;
mod tokens;
mod topics;
