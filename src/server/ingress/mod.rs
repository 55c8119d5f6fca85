//! Ways into the server beside the clients' sockets.

mod fifo;
mod framing;

pub use fifo::Fifo;
