//! Options as PHP gives them, read into a [`ServerConfig`]: unknown names and wrong types are errors that
//! name the option; nothing is silently ignored.

mod compression;
mod control;
mod current;
mod tls;
mod tokens;
mod value;

use super::{FifoConfig, FifoFraming, Keepalive, Origins, ServerConfig, SlowClient};
use crate::net::ListenAddress;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use value::Reader;
pub use value::{OptionValue, Reader as OptionReader};

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
    /// A callback that took longer is logged. Default 1 s; zero never.
    pub slow_callback: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogTarget {
    Stderr,
    Stdout,
    File(PathBuf),
}

impl Default for ServerOptions {
    fn default() -> Self {
        ServerOptions {
            config: ServerConfig::default(),
            log: Some(LogTarget::Stderr),
            log_level: log::LevelFilter::Info,
            slow_callback: Duration::from_secs(1),
        }
    }
}

/// Parts of the FIFO's configuration, which come as three options.
struct FifoOptions {
    path: Option<PathBuf>,
    mode: u32,
    framing: FifoFraming,
}

impl ServerOptions {
    /// Reads options in the order in which they were given; a later one of the same name wins.
    pub fn parse(options: Vec<(String, OptionValue)>) -> Result<ServerOptions, ConfigError> {
        let mut parsed = ServerOptions::default();
        let mut fifo = FifoOptions { path: None, mode: 0o660, framing: FifoFraming::Auto };
        for (name, value) in options {
            parsed.set(&Reader::new(&name, &value), &mut fifo)?;
        }
        tls::check(&parsed.config)?;
        control::check(&parsed.config)?;
        parsed.config.fifo =
            fifo.path.map(|path| FifoConfig { path, mode: fifo.mode, framing: fifo.framing });
        Ok(parsed)
    }

    fn set(&mut self, option: &Reader<'_>, fifo: &mut FifoOptions) -> Result<(), ConfigError> {
        let config = &mut self.config;
        let protocol = &mut config.protocol;
        match option.name() {
            "listen" => config.listen = addresses(option)?,
            "backlog" => config.backlog = option.count()?.clamp(1, u64::from(u32::MAX)) as u32,
            "reuse_port" => config.reuse_port = option.bool()?,
            "max_connections" => config.max_connections = option.optional(Reader::positive)?,
            "fifo" => fifo.path = option.optional(Reader::path)?,
            "fifo_mode" => fifo.mode = option.mode()?,
            "fifo_framing" => {
                fifo.framing = option.one_of(&[
                    ("auto", FifoFraming::Auto),
                    ("raw", FifoFraming::Raw),
                    ("line", FifoFraming::Line),
                ])?;
            }
            "control" => config.control = control::addresses(option)?,
            "control_secret" => config.control_secret = option.optional(control::secret)?.map(Arc::new),
            "domains" => config.domains = control::domains(option)?,
            "pid" => config.pid = option.optional(Reader::path)?,
            "io_threads" => config.io_threads = option.io_threads()?,
            "tick_interval" => config.tick_interval = option.positive_seconds()?,
            "max_message_size" => protocol.max_message_size = option.size()?,
            "max_frame_size" => protocol.max_frame_size = option.size()?,
            "max_handshake_size" => protocol.max_handshake_size = option.size()? as usize,
            "max_buffered" => config.max_buffered = option.size()? as usize,
            "slow_client" => {
                config.slow_client =
                    option.one_of(&[("close", SlowClient::Close), ("drop", SlowClient::Drop)])?;
            }
            "send_timeout" => config.send_timeout = option.seconds()?,
            "handshake_timeout" => protocol.handshake_timeout = option.seconds()?,
            "ping_interval" => protocol.ping_interval = option.seconds()?,
            "ping_timeout" => protocol.ping_timeout = option.seconds()?,
            "idle_timeout" => protocol.idle_timeout = option.seconds()?,
            "close_timeout" => protocol.close_timeout = option.seconds()?,
            "subprotocols" => protocol.subprotocols = option.strings()?,
            "server_header" => protocol.server_header = option.optional(Reader::header_value)?,
            "buffer_messages" => protocol.buffer_messages = option.bool()?,
            "max_out_frame" => config.max_out_frame = option.count()? as usize,
            "origins" => config.access.origins = origins(option)?,
            "allow" => config.access.allow = option.nets()?,
            "deny" => config.access.deny = option.nets()?,
            "trusted_proxies" => config.access.trusted_proxies = option.nets()?,
            "max_connections_per_ip" => {
                config.access.max_connections_per_ip = option.count()?.min(u64::from(u32::MAX)) as u32;
            }
            "handshake_rate_per_ip" => config.access.handshake_rate_per_ip = option.rate()?,
            "message_rate" => config.access.message_rate = option.rate()?,
            "tokens" => config.access.tokens = option.optional(tokens::read)?,
            "metrics" => config.metrics = option.optional(status_address)?,
            "stall_after" => config.stall_after = option.positive_seconds()?,
            "compression" => protocol.compression = compression::read(option)?,
            "tcp" => set_tcp(config, option)?,
            "tls" => config.tls = option.optional(tls::read)?,
            "log" => self.log = option.optional(log_target)?,
            "log_level" => self.log_level = log_level(option)?,
            "slow_callback" => self.slow_callback = option.seconds()?,
            _ => return Err(option.error("is unknown")),
        }
        Ok(())
    }
}

fn addresses(option: &Reader<'_>) -> Result<Vec<ListenAddress>, ConfigError> {
    let uris = option.strings()?;
    uris.iter()
        .map(|uri| ListenAddress::parse(uri).map_err(|error| option.error(&format!("is wrong: {error}"))))
        .collect()
}

/// There is no TLS on it, and nobody hands it over.
fn status_address(option: &Reader<'_>) -> Result<ListenAddress, ConfigError> {
    match ListenAddress::parse(option.string()?) {
        Ok(address @ (ListenAddress::Tcp { .. } | ListenAddress::Unix(_))) => Ok(address),
        Ok(_) => Err(option.error("must be a tcp:// or unix:// address")),
        Err(error) => Err(option.error(&format!("is wrong: {error}"))),
    }
}

fn origins(option: &Reader<'_>) -> Result<Origins, ConfigError> {
    let entries = option.strings()?;
    match entries.as_slice() {
        [word] if word == "any" => return Ok(Origins::Any),
        [word] if word == "same" => return Ok(Origins::Same),
        _ => {}
    }
    let wrong = |entry: &String| {
        option.error(&format!("is wrong: \"{entry}\" is no origin like https://example.com"))
    };
    let normalised = entries.iter().map(|entry| Origins::normalise(entry).ok_or_else(|| wrong(entry)));
    normalised.collect::<Result<_, _>>().map(Origins::Listed)
}

fn set_tcp(config: &mut ServerConfig, option: &Reader<'_>) -> Result<(), ConfigError> {
    for (name, value) in option.map()? {
        let option = Reader::new(&name, value);
        match name.rsplit('.').next().unwrap_or_default() {
            "nodelay" => config.tcp.nodelay = option.bool()?,
            "recv_buffer" => config.tcp.recv_buffer = option.optional(Reader::positive)?,
            "send_buffer" => config.tcp.send_buffer = option.optional(Reader::positive)?,
            "keepalive" => config.tcp.keepalive = option.optional(keepalive)?,
            _ => return Err(option.error("is unknown")),
        }
    }
    Ok(())
}

fn keepalive(option: &Reader<'_>) -> Result<Keepalive, ConfigError> {
    let mut keepalive = Keepalive { time: Duration::from_secs(7200), interval: None, retries: None };
    for (name, value) in option.map()? {
        let option = Reader::new(&name, value);
        match name.rsplit('.').next().unwrap_or_default() {
            "time" => keepalive.time = option.positive_seconds()?,
            "interval" => keepalive.interval = Some(option.positive_seconds()?),
            "retries" => keepalive.retries = Some(option.positive()?.min(127) as u32),
            _ => return Err(option.error("is unknown")),
        }
    }
    Ok(keepalive)
}

fn log_target(option: &Reader<'_>) -> Result<LogTarget, ConfigError> {
    Ok(match option.string()? {
        "stderr" => LogTarget::Stderr,
        "stdout" => LogTarget::Stdout,
        _ => LogTarget::File(option.path()?),
    })
}

/// PSR-3's eight levels on the five of the `log` crate.
fn log_level(option: &Reader<'_>) -> Result<log::LevelFilter, ConfigError> {
    use log::LevelFilter::{Debug, Error, Info, Warn};
    option.one_of(&[
        ("debug", Debug),
        ("info", Info),
        ("notice", Info),
        ("warning", Warn),
        ("error", Error),
        ("critical", Error),
        ("alert", Error),
        ("emergency", Error),
    ])
}

#[cfg(test)]
mod tests;
