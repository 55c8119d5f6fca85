//! The server: configuration, connections, the reactor and its driver. Never calls PHP.
//!
//! | module | noun |
//! |---|---|
//! | `driver` | [`Driver`]: which thread serves the sockets |
//! | `event`, `key` | [`Event`]: what happened; [`ConnKey`]: to whom |
//! | `access` | who may connect, how often, and from which pages |
//! | `topics` | subscriptions |
//! | `config`, `options` | [`ServerConfig`] with its defaults, and how options are read into it |
//! | `reactor` | the sockets of one thread |
//! | `connections`, `timers` | the reactor's slab and its deadlines |
//! | `shared` | what two threads know about a connection |
//! | `ingress` | the FIFO, and control connections |
//! | `loads` | connections of each listener |
//! | `pid_file` | the pid file and its lock |
//! | `lines` | line mode |
//! | `stats`, `counters`, `durations` | what is counted; for another thread; how long things took |
//! | `status` | [`Status`]: metrics, health and a page, by a thread of their own |
//! | `descriptors` | the descriptor limit |

#![forbid(unsafe_code)]

mod access;
mod config;
mod connections;
mod counters;
mod descriptors;
mod driver;
mod durations;
mod event;
mod ingress;
mod key;
mod lines;
mod loads;
mod options;
mod pid_file;
mod reactor;
mod shared;
mod stats;
mod status;
mod timers;
mod topics;

pub use access::{
    AccessRules, ClientAddress, Origins, TokenAlgorithm, TokenCookies, TokenRules, TokenSecret,
    client_address,
};
pub use config::{FifoConfig, FifoFraming, Keepalive, ServerConfig, SlowClient, TcpConfig};
pub use counters::Counters;
pub use descriptors::DescriptorLimit;
pub use driver::{Driver, Sent, StartError};
pub use durations::{BOUNDS, Durations};
pub use event::{Event, Peer, SourceId};
pub use key::{ConnKey, MAX_SLOTS};
pub use lines::Lines;
pub use options::{ConfigError, LogTarget, OptionReader, OptionValue, ServerOptions};
pub use pid_file::PidFileError;
pub use stats::{ConnectionStats, Stats};
pub use status::{
    Board, CallbackTimes, Health, Heartbeat, LogRing, PhpMemory, SignsOfLife, Snapshot, Status, StatusConfig,
};
