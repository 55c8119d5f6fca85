//! Addresses that are let in, kept out, or believed as proxies.

use super::{Origins, TokenRules};
use ipnet::IpNet;
use std::net::IpAddr;

/// What the application has decided about access. Addresses are compared in their canonical form: an IPv4
/// address that came in over an IPv6 socket is an IPv4 address.
#[derive(Debug, Clone, Default)]
pub struct AccessRules {
    /// Pages that may connect. Default any.
    pub origins: Origins,
    /// If it is not empty only these are let in.
    pub allow: Vec<IpNet>,
    /// These are not, whatever `allow` says.
    pub deny: Vec<IpNet>,
    /// Peers whose `Forwarded` and `X-Forwarded-For` headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Connections that one address may have; 0 (default): no limit.
    pub max_connections_per_ip: u32,
    /// Handshakes a second that one address may make, with as many at once; 0 (default): no limit.
    pub handshake_rate_per_ip: f64,
    /// Messages a second that one connection may send, with as many at once; 0 (default): no limit. Over it the
    /// connection is closed with 1008.
    pub message_rate: f64,
    /// Who wants to connect must show a token. Default: nobody must.
    pub tokens: Option<TokenRules>,
}

impl AccessRules {
    /// Whether this address may connect.
    pub fn admits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let within = |nets: &[IpNet]| nets.iter().any(|net| net.contains(&address));
        !within(&self.deny) && (self.allow.is_empty() || within(&self.allow))
    }

    /// Whether what this peer says about its own client is believed.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_proxies.iter().any(|net| net.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(allow: &[&str], deny: &[&str]) -> AccessRules {
        let nets = |list: &[&str]| list.iter().map(|net| net.parse().unwrap()).collect();
        AccessRules { allow: nets(allow), deny: nets(deny), ..AccessRules::default() }
    }

    fn admits(rules: &AccessRules, address: &str) -> bool {
        rules.admits(address.parse().unwrap())
    }

    #[test]
    fn deny_wins_over_allow_and_an_empty_allow_admits_all() {
        assert!(admits(&rules(&[], &[]), "192.0.2.1"));
        let rules = rules(&["10.0.0.0/8", "2001:db8::/32"], &["10.1.0.0/16"]);
        assert!(admits(&rules, "10.2.3.4"));
        assert!(!admits(&rules, "10.1.3.4"));
        assert!(!admits(&rules, "192.0.2.1"));
        assert!(admits(&rules, "2001:db8::1") && !admits(&rules, "2001:db9::1"));
    }

    #[test]
    fn an_ipv4_address_over_ipv6_is_an_ipv4_address() {
        assert!(!admits(&rules(&[], &["192.0.2.0/24"]), "::ffff:192.0.2.7"));
    }
}
