//! Addresses: what a listener URI says, and how a peer is named.

use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::fd::RawFd;
use std::path::PathBuf;

/// Where to listen: `tcp://HOST:PORT`, `tls://HOST:PORT`, `unix:///PATH`, `fd://N` or `systemd` (all that systemd
/// passed on). `tls+unix://`, `tls+fd://` and `tls+systemd` are the others with TLS; without `tls+` they are plain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenAddress {
    Tcp {
        host: String,
        port: u16,
    },
    Unix(PathBuf),
    Fd(RawFd),
    Systemd,
    /// TLS over one of the others.
    Tls(Box<ListenAddress>),
}

/// A listener URI that can't be used; the message says what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{uri}\": {problem}")]
pub struct AddressError {
    pub uri: String,
    pub problem: &'static str,
}

impl ListenAddress {
    /// Parses a URI. A port is needed (0 picks a free one), a host is too: `tcp://0.0.0.0:8080` says "all".
    pub fn parse(uri: &str) -> Result<ListenAddress, AddressError> {
        let error = |problem| AddressError { uri: uri.to_owned(), problem };
        match uri {
            "systemd" => return Ok(ListenAddress::Systemd),
            "tls+systemd" => return Ok(ListenAddress::Tls(Box::new(ListenAddress::Systemd))),
            _ => {}
        }
        let Some((scheme, rest)) = uri.split_once("://") else {
            return Err(error(
                "an address has the form tcp://HOST:PORT, tls://HOST:PORT, unix:///PATH, fd://N or systemd",
            ));
        };
        let (scheme, tls) = match scheme {
            "tls" => ("tcp", true),
            "tls+unix" => ("unix", true),
            "tls+fd" => ("fd", true),
            plain => (plain, false),
        };
        let address = match scheme {
            "tcp" => parse_tcp(rest).map_err(error),
            "unix" if rest.is_empty() => Err(error("the path is missing")),
            "unix" => Ok(ListenAddress::Unix(PathBuf::from(rest))),
            "fd" => rest
                .parse()
                .ok()
                .filter(|fd: &RawFd| *fd >= 0)
                .map(ListenAddress::Fd)
                .ok_or_else(|| error("a descriptor is a number")),
            _ => Err(error("the scheme must be tcp, tls, unix or fd")),
        }?;
        Ok(if tls { ListenAddress::Tls(Box::new(address)) } else { address })
    }

    /// Clients speak TLS there.
    pub fn is_tls(&self) -> bool {
        matches!(self, ListenAddress::Tls(_))
    }

    /// Whether only programs on this machine can come that way, as far as the address itself tells: `localhost` is
    /// believed, other names are not looked up.
    pub fn is_local(&self) -> bool {
        match self {
            ListenAddress::Tcp { host, .. } => {
                let ip = host.parse::<IpAddr>();
                ip.map_or(host == "localhost", |ip| ip.to_canonical().is_loopback())
            }
            ListenAddress::Unix(_) => true,
            ListenAddress::Tls(address) => address.is_local(),
            ListenAddress::Fd(_) | ListenAddress::Systemd => false,
        }
    }

    /// The socket addresses that a `tcp` address stands for; a name may have several.
    pub fn resolve(host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        Ok((host, port).to_socket_addrs()?.collect())
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenAddress::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            ListenAddress::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
            ListenAddress::Unix(path) => write!(f, "unix://{}", path.display()),
            ListenAddress::Fd(fd) => write!(f, "fd://{fd}"),
            ListenAddress::Systemd => f.write_str("systemd"),
            // "tcp://…" becomes "tls://…", "unix://…" becomes "tls+unix://…".
            ListenAddress::Tls(address) => match (&**address, address.to_string()) {
                (ListenAddress::Tcp { .. }, uri) => write!(f, "{}", uri.replacen("tcp://", "tls://", 1)),
                (_, uri) => write!(f, "tls+{uri}"),
            },
        }
    }
}

fn parse_tcp(rest: &str) -> Result<ListenAddress, &'static str> {
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = rest.rsplit_once(':').ok_or("the port is missing")?;
    let port = port.parse().map_err(|_| "the port must be a number from 0 to 65535")?;
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.strip_suffix(']').ok_or("a bracket is missing")?,
        None if host.contains(':') => return Err("an IPv6 address stands in brackets"),
        None => host,
    };
    if host.is_empty() {
        return Err("the host is missing");
    }
    Ok(ListenAddress::Tcp { host: host.to_owned(), port })
}

/// One end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerAddress {
    Tcp(SocketAddr),
    /// A Unix socket: its path, empty for an unnamed one (as a client's end is).
    Unix(PathBuf),
}

impl PeerAddress {
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            PeerAddress::Tcp(addr) => Some(addr.ip()),
            PeerAddress::Unix(_) => None,
        }
    }

    /// 0 for a Unix socket.
    pub fn port(&self) -> u16 {
        match self {
            PeerAddress::Tcp(addr) => addr.port(),
            PeerAddress::Unix(_) => 0,
        }
    }
}

impl fmt::Display for PeerAddress {
    /// As PHP's `stream_socket_get_name` has it: `127.0.0.1:37814`, `[::1]:37814`, or the path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PeerAddress::Tcp(addr) => write!(f, "{addr}"),
            PeerAddress::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_read_and_written_the_same() {
        for uri in [
            "tcp://127.0.0.1:8080",
            "tcp://[::1]:0",
            "tcp://localhost:1",
            "unix:///run/x.sock",
            "fd://3",
            "systemd",
            "tls://[::1]:443",
            "tls+unix:///run/x.sock",
            "tls+fd://3",
            "tls+systemd",
        ] {
            assert_eq!(ListenAddress::parse(uri).unwrap().to_string(), uri);
        }
    }

    #[test]
    fn loopback_and_unix_addresses_are_local() {
        for uri in ["tcp://127.0.0.1:1", "tcp://127.1.2.3:1", "tcp://[::1]:1", "tcp://[::ffff:127.0.0.1]:1"] {
            assert!(ListenAddress::parse(uri).unwrap().is_local(), "{uri}");
        }
        for uri in ["tcp://localhost:1", "unix:///run/x.sock", "tls://[::1]:1"] {
            assert!(ListenAddress::parse(uri).unwrap().is_local(), "{uri}");
        }
        for uri in
            ["tcp://0.0.0.0:1", "tcp://[::]:1", "tcp://128.0.0.1:1", "tcp://localhost.example:1", "fd://3"]
        {
            assert!(!ListenAddress::parse(uri).unwrap().is_local(), "{uri}");
        }
    }

    #[test]
    fn a_bad_uri_is_named_with_its_problem() {
        for (uri, problem) in [
            ("127.0.0.1:80", "form"),
            ("tcp://127.0.0.1", "port is missing"),
            ("tcp://:80", "host is missing"),
            ("tcp://h:65536", "0 to 65535"),
            ("tcp://::1:80", "brackets"),
            ("tcp://[::1:80", "bracket"),
            ("unix://", "path is missing"),
            ("fd://x", "number"),
            ("fd://-1", "number"),
            ("http://h:1", "scheme"),
        ] {
            let error = ListenAddress::parse(uri).unwrap_err().to_string();
            assert!(error.contains(problem) && error.contains(uri), "{error}");
        }
    }
}
