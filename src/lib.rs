//! `ws_server`: the WebSocket push server as a native PHP extension.
//!
//! ```text
//! php  →  server | client  →  net  →  protocol          arrows only go down
//! ```
//!
//! | module | what lives there |
//! |---|---|
//! | [`protocol`] | RFC 6455 and the HTTP upgrade as a sans-I/O state machine for both roles |
//! | [`net`] | addresses, listeners, transports, the outbox, `Link` = transport + protocol + outbox |
//! | [`server`] | configuration, connections, reactor, timers, ingress, driver |
//! | [`client`] | the other end of the control socket; knows nothing of the server's code |
//! | `php` | the PHP module: the only caller of PHP code, the only raw zvals (feature `php`) |

pub mod client;
pub mod net;
pub mod protocol;
pub mod server;

#[cfg(feature = "php")]
mod php;
