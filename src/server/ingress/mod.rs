//! Ways into the server beside the clients' sockets.

mod control;
mod fifo;
mod framing;

pub use control::ControlConnection;
pub use fifo::Fifo;
