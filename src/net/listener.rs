//! Listening sockets: TCP, Unix, and those that were handed to us.

use super::inherited;
use super::tls::{Keyring, TlsStream};
use super::{ListenAddress, PeerAddress, Socket as Stream, Transport};
use mio::event::Source;
use mio::net::{TcpListener, UnixListener};
use mio::{Interest, Registry, Token};
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A listening socket. A Unix socket's file is removed when its listener is dropped.
#[derive(Debug)]
pub struct Listener {
    socket: ListeningSocket,
    /// The Unix socket's file, where we made it.
    made: Option<MadeFile>,
    /// Clients speak TLS.
    keyring: Option<Arc<Keyring>>,
}

#[derive(Debug)]
enum ListeningSocket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

#[derive(Debug)]
struct MadeFile {
    path: PathBuf,
    /// Tells whether the file is still ours, or that of a server that came after us.
    inode: u64,
    /// The process that made it: a forked child must not remove it.
    owner: u32,
}

/// How to listen.
#[derive(Debug, Clone, Copy)]
pub struct ListenSettings {
    pub backlog: u32,
    pub reuse_port: bool,
    /// Permission bits of a Unix socket's file.
    pub unix_mode: u32,
}

impl Listener {
    /// Opens what an address stands for: more than one socket for a name with several addresses, or `systemd`.
    pub fn open(address: &ListenAddress, settings: ListenSettings) -> io::Result<Vec<Listener>> {
        match address {
            ListenAddress::Tcp { host, port } => bind_tcp(host, *port, settings),
            ListenAddress::Unix(path) => Ok(vec![bind_unix(path, settings)?]),
            ListenAddress::Fd(fd) => Ok(vec![adopt(inherited::take(*fd)?)?]),
            ListenAddress::Systemd => inherited::from_systemd()?.into_iter().map(adopt).collect(),
            ListenAddress::Tls(address) => Listener::open(address, settings),
        }
    }

    /// Has every client from now on speak TLS.
    pub fn secure(mut self, keyring: Arc<Keyring>) -> Listener {
        self.keyring = Some(keyring);
        self
    }

    /// The next connection with its remote and local address; `WouldBlock` where there is none.
    pub fn accept(&self) -> io::Result<(Transport, PeerAddress, PeerAddress)> {
        match &self.socket {
            ListeningSocket::Tcp(listener) => {
                let (stream, remote) = listener.accept()?;
                let local = stream.local_addr()?;
                let transport = self.transport(Stream::Tcp(stream));
                Ok((transport, PeerAddress::Tcp(remote), PeerAddress::Tcp(local)))
            }
            ListeningSocket::Unix(listener) => {
                let (stream, remote) = listener.accept()?;
                let path = |address: &std::os::unix::net::SocketAddr| {
                    PeerAddress::Unix(address.as_pathname().map(Path::to_owned).unwrap_or_default())
                };
                let (remote, local) = (path(&remote), path(&stream.local_addr()?));
                Ok((self.transport(Stream::Unix(stream)), remote, local))
            }
        }
    }

    fn transport(&self, stream: Stream) -> Transport {
        match &self.keyring {
            None => Transport::Plain(stream),
            Some(keyring) => Transport::Tls(Box::new(TlsStream::new(stream, keyring))),
        }
    }

    /// The address with its real port.
    pub fn address(&self) -> io::Result<ListenAddress> {
        let address = match &self.socket {
            ListeningSocket::Tcp(listener) => {
                let address = listener.local_addr()?;
                ListenAddress::Tcp { host: address.ip().to_string(), port: address.port() }
            }
            ListeningSocket::Unix(listener) => {
                let address = listener.local_addr()?;
                ListenAddress::Unix(address.as_pathname().map(Path::to_owned).unwrap_or_default())
            }
        };
        Ok(if self.keyring.is_some() { ListenAddress::Tls(Box::new(address)) } else { address })
    }

    /// The descriptor, for somebody who only wants to know whether it is ready.
    pub fn descriptor(&self) -> RawFd {
        match &self.socket {
            ListeningSocket::Tcp(listener) => listener.as_raw_fd(),
            ListeningSocket::Unix(listener) => listener.as_raw_fd(),
        }
    }

    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.source().register(registry, token, Interest::READABLE)
    }

    fn source(&mut self) -> &mut dyn Source {
        match &mut self.socket {
            ListeningSocket::Tcp(listener) => listener,
            ListeningSocket::Unix(listener) => listener,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(made) = &self.made
            && made.owner == std::process::id()
            && std::fs::symlink_metadata(&made.path).is_ok_and(|metadata| metadata.ino() == made.inode)
        {
            let _ = std::fs::remove_file(&made.path);
        }
    }
}

fn bind_tcp(host: &str, port: u16, settings: ListenSettings) -> io::Result<Vec<Listener>> {
    let addresses = ListenAddress::resolve(host, port)?;
    let mut listeners: Vec<Listener> = Vec::new();
    let mut first_error = None;
    for address in addresses {
        // Port 0 with several addresses: all of them get the port that the first one got.
        let port = match listeners.first().map(Listener::address) {
            Some(Ok(ListenAddress::Tcp { port, .. })) => port,
            _ => address.port(),
        };
        match bind_address(SocketAddr::new(address.ip(), port), settings) {
            Ok(listener) => listeners.push(listener),
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    // "localhost" is served if one of its addresses is: a machine without IPv6 still lists ::1. A port that
    // is taken on one address is an error though: clients would reach somebody else.
    match first_error {
        Some(error) if listeners.is_empty() || error.kind() == io::ErrorKind::AddrInUse => Err(error),
        None if listeners.is_empty() => {
            Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"))
        }
        _ => Ok(listeners),
    }
}

fn bind_address(address: SocketAddr, settings: ListenSettings) -> io::Result<Listener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // One address, one family: "tcp://[::]:80" beside "tcp://0.0.0.0:80" must not collide.
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    if settings.reuse_port {
        socket.set_reuse_port(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(settings.backlog).unwrap_or(i32::MAX))?;
    Ok(Listener {
        socket: ListeningSocket::Tcp(TcpListener::from_std(socket.into())),
        made: None,
        keyring: None,
    })
}

fn bind_unix(path: &Path, settings: ListenSettings) -> io::Result<Listener> {
    remove_stale(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&socket2::SockAddr::unix(path)?)?;
    // The mode is set before anyone can connect: a connect before `listen` is refused.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(settings.unix_mode))?;
    socket.listen(i32::try_from(settings.backlog).unwrap_or(i32::MAX))?;
    let listener = UnixListener::from_std(OwnedFd::from(socket).into());
    let made = MadeFile {
        path: path.to_owned(),
        inode: std::fs::symlink_metadata(path)?.ino(),
        owner: std::process::id(),
    };
    Ok(Listener { socket: ListeningSocket::Unix(listener), made: Some(made), keyring: None })
}

/// Removes a socket file that nobody serves; anything else in the way stays and is an error.
fn remove_stale(path: &Path) -> io::Result<()> {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if !metadata.file_type().is_socket() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "exists and is not a socket"));
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path),
        Err(error) => Err(error),
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
    }
}

/// Makes a listener of a descriptor that somebody else has bound.
fn adopt(fd: OwnedFd) -> io::Result<Listener> {
    let socket = Socket::from(fd);
    if !socket.is_listener()? {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the descriptor is not a listening socket"));
    }
    socket.set_nonblocking(true)?;
    let family = socket.domain()?;
    let socket = if family == Domain::UNIX {
        ListeningSocket::Unix(UnixListener::from_std(OwnedFd::from(socket).into()))
    } else {
        ListeningSocket::Tcp(TcpListener::from_std(socket.into()))
    };
    Ok(Listener { socket, made: None, keyring: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: ListenSettings = ListenSettings { backlog: 16, reuse_port: false, unix_mode: 0o660 };

    fn open(uri: &str) -> io::Result<Vec<Listener>> {
        Listener::open(&ListenAddress::parse(uri).unwrap(), SETTINGS)
    }

    #[test]
    fn port_0_is_replaced_by_a_real_one() {
        let listeners = open("tcp://127.0.0.1:0").unwrap();
        let ListenAddress::Tcp { host, port } = listeners[0].address().unwrap() else { panic!("not TCP") };
        assert_eq!(host, "127.0.0.1");
        assert_ne!(port, 0);
    }

    #[test]
    fn a_busy_port_is_an_error() {
        let first = open("tcp://127.0.0.1:0").unwrap();
        let address = first[0].address().unwrap().to_string();
        assert_eq!(open(&address).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn a_stale_unix_socket_is_replaced_and_a_served_one_is_not() {
        let folder = std::env::temp_dir().join(format!("ws-listener-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.sock");
        let uri = format!("unix://{}", path.display());

        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let served = open(&uri).expect("a stale socket is replaced");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
        assert_eq!(open(&uri).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(served);
        assert!(!path.exists(), "the file goes with its listener");

        std::fs::write(&path, "keep me").unwrap();
        assert_eq!(open(&uri).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"keep me");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
