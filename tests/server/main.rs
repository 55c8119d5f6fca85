//! The server as its clients see it: real sockets, raw bytes.

mod access;
mod compression;
mod ends;
mod limits;
mod messages;
mod streaming;
mod support;
mod threads;
mod topics;
