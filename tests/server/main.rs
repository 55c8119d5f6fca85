//! The server as its clients see it: real sockets, raw bytes.

mod ends;
mod limits;
mod messages;
mod support;
mod threads;
