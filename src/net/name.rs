//! Names of sockets that are known by their descriptor only.

use super::PeerAddress;
use socket2::{SockAddr, SockRef};
use std::os::fd::{BorrowedFd, RawFd};

/// A socket's own name, or its peer's, as PHP's `stream_socket_get_name` has it. `None` for a descriptor that is
/// closed or no socket, and for a socket without a peer.
pub fn socket_name(descriptor: RawFd, remote: bool) -> Option<String> {
    // SAFETY: the borrow ends with this function. A descriptor that is closed meanwhile makes the system call fail,
    // one that is used again names another socket: nothing is read or written.
    let socket = unsafe { BorrowedFd::borrow_raw(descriptor) };
    let socket = SockRef::from(&socket);
    let address = if remote { socket.peer_addr() } else { socket.local_addr() }.ok()?;
    Some(name(&address).to_string())
}

fn name(address: &SockAddr) -> PeerAddress {
    match address.as_socket() {
        Some(address) => PeerAddress::Tcp(address),
        None => PeerAddress::Unix(address.as_pathname().map(ToOwned::to_owned).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd;

    #[test]
    fn both_ends_are_named_and_nonsense_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let client = TcpStream::connect(&address).unwrap();
        assert_eq!(socket_name(listener.as_raw_fd(), false).as_deref(), Some(address.as_str()));
        assert_eq!(socket_name(listener.as_raw_fd(), true), None);
        assert_eq!(socket_name(client.as_raw_fd(), true), Some(address));
        assert_eq!(socket_name(1_000_000, false), None);
    }
}
