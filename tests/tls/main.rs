//! TLS as clients see it. Certificates are made when a test needs them; clients are rustls' own.

mod authority;
mod budget;
mod certificates;
mod clients;
mod hostile;
mod messages;
mod negotiation;
mod offered;
mod options;
mod reload;
#[path = "../server/support.rs"]
#[allow(dead_code)] // the rest of it is for tests/server
mod support;
mod trust;
#[allow(dead_code)]
mod tunnel;
mod wss;
