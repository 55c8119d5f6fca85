//! Addresses, listeners, transports and the outbox: everything between the protocol and the kernel.

mod address;
mod buffers;
mod inherited;
mod link;
mod listener;
mod name;
mod outbox;
mod socket;
mod thread;
pub mod tls;
mod transport;

pub use address::{AddressError, ListenAddress, PeerAddress};
pub use buffers::BufferPool;
pub use link::{Decoded, Link, Workspace};
pub use listener::{ListenSettings, Listener};
pub use name::socket_name;
pub use outbox::{Flushed, Outbox, SHARE_FROM, SharedFrame};
pub use socket::Socket;
pub use thread::spawn_without_signals;
pub use transport::{Received, Transport};
