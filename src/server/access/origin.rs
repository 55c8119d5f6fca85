//! Which pages may open a connection.

use crate::protocol::Request;

/// The `Origin` policy. RFC 6455 §10.2: "Servers that are not intended to process input from any web page but
/// only for certain sites SHOULD verify the |Origin| field is an origin they expect."
///
/// A client that sends no `Origin` is no browser, and is let in: what the check prevents is that a foreign page
/// uses a visitor's cookies, and browsers always say which page it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origins {
    #[default]
    Any,
    /// The page's host and port are those of the request.
    Same,
    /// One of these, as browsers write them: `https://example.com`, `http://localhost:8000`.
    Listed(Vec<String>),
}

impl Origins {
    pub fn admit(&self, request: &Request) -> bool {
        let Some(origin) = request.origin() else { return true };
        match self {
            Origins::Any => true,
            Origins::Same => is_same(origin, request.host()),
            Origins::Listed(list) => list.iter().any(|listed| listed.eq_ignore_ascii_case(origin)),
        }
    }

    /// An entry of the list, as it is compared; `None` if it can't be an origin.
    pub fn normalise(entry: &str) -> Option<String> {
        if entry == "null" {
            return Some(entry.to_owned());
        }
        let (scheme, authority) = entry.strip_suffix('/').unwrap_or(entry).split_once("://")?;
        let plain =
            !scheme.is_empty() && !authority.is_empty() && !authority.contains(['/', '?', '#', '@', ' ']);
        plain.then(|| format!("{scheme}://{authority}"))
    }
}

/// Whether an origin's host and port are those of a `Host` header. The scheme is not compared: TLS may end at a
/// proxy, which we can't see.
fn is_same(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let default_port = match scheme.to_ascii_lowercase().as_str() {
        "http" => "80",
        "https" => "443",
        _ => return false,
    };
    let (origin_name, origin_port) = split_port(authority);
    let (host_name, host_port) = split_port(host);
    origin_name.eq_ignore_ascii_case(host_name)
        && origin_port.unwrap_or(default_port) == host_port.unwrap_or(default_port)
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        // In "[::1]" the last colon is the address's.
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_means_host_and_port() {
        for (origin, host, same) in [
            ("http://example.com", "example.com", true),
            ("https://example.com", "example.com", true),
            ("https://example.com", "example.com:443", true),
            ("http://example.com:80", "EXAMPLE.com", true),
            ("http://localhost:8000", "localhost:8000", true),
            ("http://[::1]:8000", "[::1]:8000", true),
            ("http://[::1]", "[::1]", true),
            ("http://localhost:8000", "localhost:8001", false),
            ("http://example.com", "example.com:443", false),
            ("http://evil.com", "example.com", false),
            ("http://example.com.evil.com", "example.com", false),
            ("null", "example.com", false),
            ("file://", "example.com", false),
        ] {
            assert_eq!(is_same(origin, host), same, "{origin} {host}");
        }
    }

    #[test]
    fn entries_are_origins() {
        assert_eq!(Origins::normalise("https://a.example/").as_deref(), Some("https://a.example"));
        for wrong in ["a.example", "https://", "https://a/b", "://a", "https://u@a"] {
            assert_eq!(Origins::normalise(wrong), None, "{wrong}");
        }
    }
}
