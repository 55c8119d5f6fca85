//! A client's address behind trusted proxies: `Forwarded` (RFC 7239) and `X-Forwarded-For`.

use super::AccessRules;
use crate::net::PeerAddress;
use crate::protocol::Request;
use std::net::{IpAddr, SocketAddr};

/// The address of a client, as far as it can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress {
    /// `None` for a client on a Unix socket that no trusted proxy speaks for.
    pub ip: Option<IpAddr>,
    /// 0 where a proxy did not tell.
    pub port: u16,
}

/// The client's address: the peer's, unless the peer is a trusted proxy (for a Unix socket: if any proxy is
/// trusted, since only local programs connect there). Then the rightmost address that is not a trusted
/// proxy's: everything left of it was written by somebody we have no reason to believe.
pub fn client_address(request: &Request, peer: &PeerAddress, rules: &AccessRules) -> ClientAddress {
    let direct = ClientAddress { ip: peer.ip().map(|ip| ip.to_canonical()), port: peer.port() };
    let trusted = match direct.ip {
        Some(ip) => rules.trusts(ip),
        None => !rules.trusted_proxies.is_empty(),
    };
    if !trusted {
        return direct;
    }
    let mut client = direct;
    for hop in hops(request).into_iter().rev() {
        let Some(address) = hop else { break }; // "unknown", "_hidden" or nonsense: nothing left of it counts
        client = address;
        if !address.ip.is_some_and(|ip| rules.trusts(ip)) {
            break;
        }
    }
    client
}

/// The hops that proxies have noted, the oldest first. `Forwarded` wins where both are there: a proxy that
/// writes the standard header is the one to believe.
fn hops(request: &Request) -> Vec<Option<ClientAddress>> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let forwarded: Vec<String> = request.header_values("Forwarded").map(text).collect();
    if !forwarded.is_empty() {
        let elements = forwarded.iter().flat_map(|value| value.split(','));
        return elements.map(|element| forwarded_for(element).and_then(parse)).collect();
    }
    let chain: Vec<String> = request.header_values("X-Forwarded-For").map(text).collect();
    chain.iter().flat_map(|value| value.split(',')).map(|element| parse(element.trim())).collect()
}

/// The `for` parameter of one element (RFC 7239 §4).
fn forwarded_for(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
    })
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn parse(node: &str) -> Option<ClientAddress> {
    if let Ok(address) = node.parse::<SocketAddr>() {
        return Some(ClientAddress { ip: Some(address.ip().to_canonical()), port: address.port() });
    }
    let ip: IpAddr = node.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
    Some(ClientAddress { ip: Some(ip.to_canonical()), port: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Connection, Event, Settings, Timestamp};
    use std::sync::Arc;

    fn request(headers: &str) -> Box<Request> {
        let head = format!(
            "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        );
        let mut connection: Connection<Vec<u8>> =
            Connection::server(Arc::new(Settings::default()), Timestamp(0));
        match connection.receive(&mut head.as_bytes(), Timestamp(0), &mut Vec::new()) {
            Some(Event::Request(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    fn client(peer: &str, headers: &str) -> String {
        let trusted_proxies = ["10.0.0.0/8", "2001:db8::/32"].map(|net| net.parse().unwrap()).to_vec();
        let rules = AccessRules { trusted_proxies, ..AccessRules::default() };
        let peer = PeerAddress::Tcp(peer.parse().unwrap());
        let ClientAddress { ip, port } = client_address(&request(headers), &peer, &rules);
        format!("{} {port}", ip.unwrap())
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(client("192.0.2.1:5", "X-Forwarded-For: 198.51.100.1\r\n"), "192.0.2.1 5");
        assert_eq!(client("10.0.0.1:5", "X-Forwarded-For: 198.51.100.1\r\n"), "198.51.100.1 0");
        assert_eq!(client("10.0.0.1:5", ""), "10.0.0.1 5");
    }

    #[test]
    fn what_a_client_wrote_itself_is_not_believed() {
        let spoofed = "X-Forwarded-For: 127.0.0.1, 198.51.100.1, 10.9.9.9\r\n";
        assert_eq!(client("10.0.0.1:5", spoofed), "198.51.100.1 0");
        let repeated = "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-For: 198.51.100.1\r\n";
        assert_eq!(client("10.0.0.1:5", repeated), "198.51.100.1 0");
        assert_eq!(client("10.0.0.1:5", "X-Forwarded-For: 127.0.0.1, nonsense\r\n"), "10.0.0.1 5");
    }

    #[test]
    fn the_standard_header_is_read_as_its_rfc_has_it() {
        let forwarded = "Forwarded: for=192.0.2.60;proto=http;by=203.0.113.43\r\n";
        assert_eq!(client("10.0.0.1:5", forwarded), "192.0.2.60 0");
        let forwarded = "Forwarded: For=\"[2001:dead:cafe::17]:4711\"\r\nX-Forwarded-For: 1.2.3.4\r\n";
        assert_eq!(client("10.0.0.1:5", forwarded), "2001:dead:cafe::17 4711");
        assert_eq!(client("10.0.0.1:5", "Forwarded: for=_hidden\r\n"), "10.0.0.1 5");
    }
}
