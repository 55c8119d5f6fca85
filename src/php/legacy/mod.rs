//! The legacy face: what an application sees that was written for `push_server` (`server.php`).
//!
//! It owns global functions named `ws_server_*` and shares `$connections`, `$sockets` and `$server` with them.

mod callbacks;
mod closing;
mod face;
mod handshake;
mod mirror;
mod pausing;
mod raw_bytes;
mod sockets;

pub use face::LegacyFace;
pub use mirror::State;
