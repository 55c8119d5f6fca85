//! What options come to: the way back from a configuration to values.

use super::{LogTarget, OptionValue, ServerOptions};
use crate::server::{FifoFraming, Keepalive, Origins, SlowClient};
use std::time::Duration;

impl ServerOptions {
    /// The value of an option, as it can be given; `None` for a name that there is not, or whose value is nothing but
    /// what was given.
    pub fn value(&self, name: &str) -> Option<OptionValue> {
        let config = &self.config;
        let (protocol, access) = (&config.protocol, &config.access);
        Some(match name {
            "listen" => strings(config.listen.iter().map(ToString::to_string)),
            "backlog" => count(config.backlog),
            "reuse_port" => OptionValue::Bool(config.reuse_port),
            "max_connections" => optional(config.max_connections, |most| count(most as u64)),
            "fifo" => optional(config.fifo.as_ref(), |fifo| text(fifo.path.display())),
            "fifo_mode" => count(config.fifo.as_ref().map_or(0o660, |fifo| fifo.mode)),
            "fifo_framing" => {
                let framing = config.fifo.as_ref().map_or(FifoFraming::Auto, |fifo| fifo.framing);
                text(match framing {
                    FifoFraming::Auto => "auto",
                    FifoFraming::Raw => "raw",
                    FifoFraming::Line => "line",
                })
            }
            "control" => strings(config.control.iter().map(ToString::to_string)),
            "domains" => strings(config.domains.iter().cloned()),
            "pid" => optional(config.pid.as_ref(), |path| text(path.display())),
            "io_threads" => count(config.io_threads as u64),
            "tick_interval" => seconds(config.tick_interval),
            "max_message_size" => count(protocol.max_message_size),
            "max_frame_size" => count(protocol.max_frame_size),
            "max_handshake_size" => count(protocol.max_handshake_size as u64),
            "max_buffered" => count(config.max_buffered as u64),
            "slow_client" => text(match config.slow_client {
                SlowClient::Close => "close",
                SlowClient::Drop => "drop",
            }),
            "send_timeout" => seconds(config.send_timeout),
            "handshake_timeout" => seconds(protocol.handshake_timeout),
            "ping_interval" => seconds(protocol.ping_interval),
            "ping_timeout" => seconds(protocol.ping_timeout),
            "idle_timeout" => seconds(protocol.idle_timeout),
            "close_timeout" => seconds(protocol.close_timeout),
            "subprotocols" => strings(protocol.subprotocols.iter().cloned()),
            "server_header" => optional(protocol.server_header.as_ref(), text),
            "buffer_messages" => OptionValue::Bool(protocol.buffer_messages),
            "max_out_frame" => count(config.max_out_frame as u64),
            "origins" => match &access.origins {
                Origins::Any => text("any"),
                Origins::Same => text("same"),
                Origins::Listed(list) => strings(list.iter().cloned()),
            },
            "allow" => strings(access.allow.iter().map(ToString::to_string)),
            "deny" => strings(access.deny.iter().map(ToString::to_string)),
            "trusted_proxies" => strings(access.trusted_proxies.iter().map(ToString::to_string)),
            "max_connections_per_ip" => count(access.max_connections_per_ip),
            "handshake_rate_per_ip" => OptionValue::Float(access.handshake_rate_per_ip),
            "message_rate" => OptionValue::Float(access.message_rate),
            "metrics" => optional(config.metrics.as_ref(), text),
            "stall_after" => seconds(config.stall_after),
            "tcp" => OptionValue::Map(vec![
                ("nodelay".to_owned(), OptionValue::Bool(config.tcp.nodelay)),
                ("keepalive".to_owned(), optional(config.tcp.keepalive.as_ref(), keepalive)),
                ("recv_buffer".to_owned(), optional(config.tcp.recv_buffer, |size| count(size as u64))),
                ("send_buffer".to_owned(), optional(config.tcp.send_buffer, |size| count(size as u64))),
            ]),
            "log" => optional(self.log.as_ref(), |target| match target {
                LogTarget::Stderr => text("stderr"),
                LogTarget::Stdout => text("stdout"),
                LogTarget::File(path) => text(path.display()),
            }),
            "log_level" => text(match self.log_level {
                log::LevelFilter::Error => "error",
                log::LevelFilter::Warn => "warning",
                log::LevelFilter::Info => "info",
                _ => "debug",
            }),
            "slow_callback" => seconds(self.slow_callback),
            _ => return None,
        })
    }
}

fn text(text: impl ToString) -> OptionValue {
    OptionValue::Str(text.to_string())
}

fn count(value: impl Into<u64>) -> OptionValue {
    OptionValue::Int(i64::try_from(value.into()).unwrap_or(i64::MAX))
}

fn seconds(value: Duration) -> OptionValue {
    OptionValue::Float(value.as_secs_f64())
}

fn strings(values: impl Iterator<Item = String>) -> OptionValue {
    OptionValue::List(values.map(OptionValue::Str).collect())
}

fn optional<T>(value: Option<T>, write: impl FnOnce(T) -> OptionValue) -> OptionValue {
    value.map_or(OptionValue::Null, write)
}

fn keepalive(keepalive: &Keepalive) -> OptionValue {
    OptionValue::Map(vec![
        ("time".to_owned(), seconds(keepalive.time)),
        ("interval".to_owned(), optional(keepalive.interval, seconds)),
        ("retries".to_owned(), optional(keepalive.retries, count)),
    ])
}
