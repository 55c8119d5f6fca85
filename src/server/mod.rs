//! The server: configuration, connections, the reactor and its driver. Never calls PHP.
#![forbid(unsafe_code)]

mod config;
mod driver;
mod event;
mod key;
mod options;

pub use config::{FifoConfig, FifoFraming, Keepalive, ServerConfig, SlowClient, TcpConfig};
pub use driver::{Driver, Sent, StartError};
pub use event::{Event, Peer, SourceId};
pub use key::{ConnKey, MAX_SLOTS};
pub use options::{ConfigError, LogTarget, OptionValue, ServerOptions};
