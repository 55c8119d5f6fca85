//! Addresses, listeners, transports and the outbox: everything between the protocol and the kernel.

mod address;

pub use address::{AddressError, ListenAddress, PeerAddress};
