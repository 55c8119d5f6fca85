//! The other end of the control protocol: for programs that push through a running server.
//!
//! | file | noun |
//! |---|---|
//! | `client` | [`ControlClient`]: what can be asked of a server |
//! | `message` | [`ControlMessage`]: one that is sent in pieces |
//! | `connection` | a connection: frames out, answers in, the server's pings answered |
//! | `kept` | connections that wait for the next call |
//! | `socket`, `deadline` | the socket, which never waits longer than a call may |
//! | `failure` | [`ControlFailure`]: what went wrong, and what became of the message |

mod client;
mod connection;
mod deadline;
mod failure;
mod kept;
mod message;
mod socket;

pub use client::{ControlClient, ControlSettings};
pub use failure::{ControlFailure, Fate, Problem};
pub use message::ControlMessage;
