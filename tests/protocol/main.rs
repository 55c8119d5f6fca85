//! The protocol core against RFC 6455: no sockets, no clock, every test is bytes in and events out.

mod client;
mod closing;
mod decision;
mod deflate;
mod deflate_pairs;
mod deflate_splits;
mod frames;
mod http;
mod limits;
mod liveness;
mod masking;
mod negotiation;
mod peer;
mod reference;
mod request;
mod roles;
mod splits;
mod upgrade;
mod utf8;
