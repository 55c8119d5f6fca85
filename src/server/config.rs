//! The configuration of a server: every option with its default, parsed once.

use super::AccessRules;
use crate::net::ListenAddress;
use crate::net::tls::TlsConfig;
use crate::protocol::{self, ControlSecret};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What a server does, decided before it starts. Sizes are bytes; a zero `Duration` means never, a zero count
/// no limit. The defaults are those of the options' table in the stub.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Where to listen from the start; several are allowed, and none. Default `tcp://127.0.0.1:8080`.
    pub listen: Vec<ListenAddress>,
    /// Length of the queue of connections that the kernel holds for us. Default 4096.
    pub backlog: u32,
    /// Share the port with other processes (`SO_REUSEPORT`). Default false.
    pub reuse_port: bool,
    /// `None`: as many as the descriptor limit allows, which is raised to the hard limit first.
    pub max_connections: Option<usize>,
    pub fifo: Option<FifoConfig>,
    /// Where other programs push through the server, by the control protocol: `tcp` and `unix` addresses. Default none.
    pub control: Vec<ListenAddress>,
    /// What they have to know to do so over TCP. Default none, which is for loopback addresses.
    pub control_secret: Option<Arc<ControlSecret>>,
    /// Public names of the listeners, in the order of `listen`; not more than these. Default none.
    pub domains: Vec<String>,
    /// A file for the process id, locked while the server runs. Default none.
    pub pid: Option<PathBuf>,
    /// Longest pause between two turns of the loop. Default 0.2 s.
    pub tick_interval: Duration,
    /// Handshake, size limits and protocol timers of every connection.
    pub protocol: protocol::Settings,
    /// Bytes that may wait for a connection to take them. Default 1 MiB.
    pub max_buffered: usize,
    pub slow_client: SlowClient,
    /// A client that takes nothing of what waits for it for so long is closed. Default 30 s.
    pub send_timeout: Duration,
    /// Frames longer than this are sent in fragments; 0 (default) never.
    pub max_out_frame: usize,
    pub tcp: TcpConfig,
    /// For `tls://` listeners, which need it.
    pub tls: Option<TlsConfig>,
    /// Who may connect, how often, and from which pages.
    pub access: AccessRules,
    /// Where metrics, health and the status page are; `None` (default): nowhere.
    pub metrics: Option<ListenAddress>,
    /// The loop is unhealthy when it has not turned for so long. Default 10 s.
    pub stall_after: Duration,
    /// Threads that serve the sockets while PHP runs callbacks; 0 (default): PHP's thread serves them.
    pub io_threads: usize,
    /// The application wants every raw read before it is processed (`ws_server_read`). Default false.
    pub raw_reads: bool,
    /// The reactor accepts valid upgrade requests by itself. Default false: the application decides.
    pub auto_accept: bool,
}

/// What happens to a client that has more than `max_buffered` bytes waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlowClient {
    /// It is closed with 1013.
    Close,
    /// The newest message is dropped, and counted.
    Drop,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FifoConfig {
    pub path: PathBuf,
    /// Permission bits. Default 0660.
    pub mode: u32,
    pub framing: FifoFraming,
}

/// How bytes from the FIFO become messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FifoFraming {
    /// Each complete JSON document or line is one message, the rest as it came.
    Auto,
    /// What one read brings.
    Raw,
    /// Each line.
    Line,
}

#[derive(Debug, Clone)]
pub struct TcpConfig {
    /// Default true.
    pub nodelay: bool,
    pub keepalive: Option<Keepalive>,
    /// `SO_RCVBUF`, `SO_SNDBUF`; `None` leaves the kernel's choice.
    pub recv_buffer: Option<usize>,
    pub send_buffer: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Keepalive {
    pub time: Duration,
    pub interval: Option<Duration>,
    pub retries: Option<u32>,
}

impl Default for TcpConfig {
    fn default() -> Self {
        TcpConfig { nodelay: true, keepalive: None, recv_buffer: None, send_buffer: None }
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        ServerConfig {
            listen: vec![ListenAddress::Tcp { host: "127.0.0.1".to_owned(), port: 8080 }],
            backlog: 4096,
            reuse_port: false,
            max_connections: None,
            fifo: None,
            control: Vec::new(),
            control_secret: None,
            domains: Vec::new(),
            pid: None,
            tick_interval: Duration::from_millis(200),
            protocol: protocol::Settings::default(),
            max_buffered: 1 << 20,
            slow_client: SlowClient::Close,
            send_timeout: Duration::from_secs(30),
            max_out_frame: 0,
            tcp: TcpConfig::default(),
            tls: None,
            access: AccessRules::default(),
            metrics: None,
            stall_after: Duration::from_secs(10),
            io_threads: 0,
            raw_reads: false,
            auto_accept: false,
        }
    }
}
