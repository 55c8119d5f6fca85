//! Options as PHP gives them, read into a [`ServerConfig`]: unknown names and wrong types are errors that
//! name the option; nothing is silently ignored.

use super::{FifoConfig, FifoFraming, Keepalive, ServerConfig, SlowClient};
use crate::net::ListenAddress;
use std::path::PathBuf;
use std::time::Duration;

/// A value without its language: what PHP's bool, int, float, string and array come to.
#[derive(Debug, Clone, PartialEq)]
pub enum OptionValue {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    List(Vec<OptionValue>),
    Map(Vec<(String, OptionValue)>),
}

/// An option that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("option \"{option}\" {problem}")]
pub struct ConfigError {
    pub option: String,
    pub problem: String,
}

/// A configuration, and those options that belong to the layer above.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    pub config: ServerConfig,
    /// Where log lines go; `None` for nowhere. Default stderr.
    pub log: Option<LogTarget>,
    /// PSR-3 level from which on lines are written. Default info.
    pub log_level: log::LevelFilter,
    pub pid: Option<PathBuf>,
    /// A callback that took longer is logged. Default 1 s; zero never.
    pub slow_callback: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogTarget {
    Stderr,
    Stdout,
    File(PathBuf),
}
