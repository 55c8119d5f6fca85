//! The thread of the status listener.

use super::CONNECTIONS;
use super::board::Board;
use super::service::{Service, SignsOfLife};
use crate::net::{ListenAddress, spawn_without_signals};
use crate::protocol::Settings;
use crate::server::{Driver, ServerConfig, StartError};
use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// What the thread is for.
pub struct StatusConfig {
    /// Where it listens; `None`: it only gives signs of life.
    pub listen: Option<ListenAddress>,
    /// For a service manager that asks for them.
    pub signs_of_life: Option<SignsOfLife>,
}

/// A thread that serves the status listener, until this is dropped.
pub struct Status {
    addresses: Vec<String>,
    /// When it is closed, the thread ends.
    bell: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
    /// The process that started the thread: in a forked child there is none.
    owner: u32,
}

impl Status {
    /// Binds the listener and starts the thread. On an error nothing is left behind.
    pub fn start(config: StatusConfig, board: Arc<Board>) -> Result<Status, StartError> {
        let driver = Driver::start(server_config(config.listen))?;
        let addresses = driver.addresses();
        let (bell, ear) = UnixStream::pair().map_err(StartError::Poll)?;
        let service = Service::new(driver, board, config.signs_of_life, ear).map_err(StartError::Poll)?;
        let thread = spawn_without_signals("ws-status".to_owned(), move || service.run());
        let thread = Some(thread.map_err(StartError::Poll)?);
        Ok(Status { addresses, bell: Some(bell), thread, owner: std::process::id() })
    }

    /// Where it listens, with the real port.
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// Whether other machines may reach it.
    pub fn is_exposed(&self) -> bool {
        self.addresses.iter().any(|address| match ListenAddress::parse(address) {
            Ok(ListenAddress::Tcp { host, .. }) => {
                host.parse().map_or(true, |ip: IpAddr| !ip.to_canonical().is_loopback())
            }
            _ => false,
        })
    }
}

impl Drop for Status {
    fn drop(&mut self) {
        if self.owner != std::process::id() {
            // A forked child has the handle, but not the thread.
            std::mem::forget(self.thread.take());
            return;
        }
        self.bell = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has told its story on stderr; there is nothing to add.
            let _ = thread.join();
        }
    }
}

/// Few connections, small requests, short times: whoever scans it gets an answer and leaves nothing behind.
fn server_config(listen: Option<ListenAddress>) -> ServerConfig {
    ServerConfig {
        listen: listen.into_iter().collect(),
        backlog: 128,
        max_connections: Some(CONNECTIONS),
        protocol: Settings {
            plain_http: true,
            max_handshake_size: 8 << 10,
            max_headers: 64,
            // The page says nothing.
            max_message_size: 128,
            max_frame_size: 128,
            handshake_timeout: Duration::from_secs(3),
            ping_interval: Duration::from_secs(15),
            ping_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(1),
            ..Settings::default()
        },
        send_timeout: Duration::from_secs(5),
        ..ServerConfig::default()
    }
}
