//! What the two sides agree on: versions, suites, groups, ALPN, tickets, the key log.

use crate::authority::Authority;
use crate::support::Server;
use crate::trust;
use crate::wss::{connect, dial, serve, trusting};
use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Resumption, Tls12ClientSessionValue,
    Tls13ClientSessionValue,
};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, NamedGroup, SupportedProtocolVersion};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use ws_server::net::tls::{Protocol, TlsConfig, cipher_named, group_named};
use ws_server::protocol::Opcode;

fn offering(provider: CryptoProvider, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(versions)
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(trust::verifier())
        .with_no_client_auth()
}

fn agreed(server: &Server, config: ClientConfig) -> String {
    connect(server, &Arc::new(config), "localhost");
    server.next_with("tls")
}

fn refused(server: &Server, config: ClientConfig) -> String {
    let mut client = dial(server, &Arc::new(config), "localhost");
    client.write_all(b"GET").and_then(|()| client.read(&mut [0; 1]).map(drop)).unwrap_err().to_string()
}

fn tls(change: impl FnOnce(&mut TlsConfig)) -> TlsConfig {
    let mut config = Authority::new("negotiation").identity("localhost").config();
    change(&mut config);
    config
}

#[test]
fn both_versions_are_spoken_and_either_can_be_turned_off() {
    let both = serve(tls(|_| {}));
    let v12 = || offering(aws_lc_rs::default_provider(), &[&rustls::version::TLS12]);
    let v13 = || offering(aws_lc_rs::default_provider(), &[&rustls::version::TLS13]);
    let line = agreed(&both, v12());
    assert!(line.starts_with("tls TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 "), "{line}");
    let line = agreed(&both, v13());
    assert!(line.starts_with("tls TLSv1.3 TLS_AES_256_GCM_SHA384 X25519MLKEM768 sni=localhost "), "{line}");
    let only_13 = serve(tls(|tls| tls.host.protocols = vec![Protocol::Tls13]));
    assert!(refused(&only_13, v12()).contains("ProtocolVersion"));
    let only_12 = serve(tls(|tls| tls.host.protocols = vec![Protocol::Tls12]));
    assert!(refused(&only_12, v13()).contains("ProtocolVersion"));
}

#[test]
fn suites_are_chosen_in_our_order_and_groups_as_told() {
    let named = |name| cipher_named(name).unwrap();
    let server = serve(tls(|tls| {
        tls.host.ciphers =
            ["TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"]
                .map(named)
                .to_vec();
        tls.host.groups = ["P-384", "prime256v1"].map(|name| group_named(name).unwrap()).to_vec();
    }));
    let line = agreed(&server, trust::trusting());
    assert!(line.starts_with("tls TLSv1.3 TLS_CHACHA20_POLY1305_SHA256 P-"), "{line}");
    let line = agreed(&server, offering(aws_lc_rs::default_provider(), &[&rustls::version::TLS12]));
    assert!(line.starts_with("tls TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 P-"), "{line}");
    let mut x25519 = aws_lc_rs::default_provider();
    x25519.kx_groups = vec![aws_lc_rs::kx_group::X25519];
    assert!(refused(&server, offering(x25519, &[&rustls::version::TLS13])).contains("HandshakeFailure"));
}

#[test]
fn http_1_1_is_agreed_on_and_a_client_that_wants_only_http_2_is_refused() {
    let server = serve(tls(|_| {}));
    let offer = |names: &[&str]| {
        let mut config = trust::trusting();
        config.alpn_protocols = names.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    };
    assert!(agreed(&server, offer(&["h2", "http/1.1"])).contains(" alpn=http/1.1 "));
    assert!(agreed(&server, offer(&[])).contains(" alpn=- "));
    assert!(refused(&server, offer(&["h2"])).contains("NoApplicationProtocol"));
}

#[test]
fn a_ticket_resumes_unless_tickets_are_off() {
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        for tickets in [true, false] {
            let server = serve(tls(|tls| tls.host.tickets = tickets));
            let client = Arc::new(offering(aws_lc_rs::default_provider(), &[version]));
            for again in [false, true] {
                connect(&server, &client, "localhost")
                    .echo(Opcode::Text, b"the tickets have come before this");
                let line = server.next_with("tls");
                assert!(line.contains(&format!(" resumed={} ", again && tickets)), "{line}");
            }
        }
    }
}

/// Keeps one ticket for all hosts, as no honest client does.
#[derive(Debug)]
struct OneName(ClientSessionMemoryCache);

impl OneName {
    fn name() -> ServerName<'static> {
        ServerName::try_from("localhost").unwrap()
    }
}

impl ClientSessionStore for OneName {
    fn set_kx_hint(&self, _: ServerName<'static>, group: NamedGroup) {
        self.0.set_kx_hint(OneName::name(), group);
    }

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        self.0.kx_hint(&OneName::name())
    }

    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.0.set_tls12_session(OneName::name(), value);
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.0.tls12_session(&OneName::name())
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        self.0.remove_tls12_session(&OneName::name());
    }

    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.0.insert_tls13_ticket(OneName::name(), value);
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.0.take_tls13_ticket(&OneName::name())
    }
}

/// One host's ticket must not open another's door: that one may ask for other clients.
#[test]
fn a_ticket_of_one_host_is_not_taken_for_another() {
    let authority = Authority::new("tickets");
    let mut config = authority.identity("localhost").config();
    config.sni = vec![("a.example.org".to_owned(), authority.identity("a.example.org").host())];
    let server = serve(config);
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let mut client = offering(aws_lc_rs::default_provider(), &[version]);
        client.resumption = Resumption::store(Arc::new(OneName(ClientSessionMemoryCache::new(8))));
        let client = Arc::new(client);
        for (host, resumed) in
            [("localhost", false), ("a.example.org", false), ("a.example.org", true), ("localhost", false)]
        {
            connect(&server, &client, host).echo(Opcode::Text, b"the tickets have come before this");
            assert!(server.next_with("tls").contains(&format!(" resumed={resumed} ")), "{host}");
        }
    }
}

#[test]
fn the_key_log_has_the_secrets_and_is_for_its_owner_only() {
    let authority = Authority::new("keylog");
    let path = authority.folder.join("keys.log");
    std::fs::write(&path, "# from before\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let server = serve(TlsConfig { keylog: Some(path.clone()), ..authority.identity("localhost").config() });
    connect(&server, &trusting(), "localhost").echo(Opcode::Text, b"x");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# from before\n"));
    for label in ["CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0", "CLIENT_TRAFFIC_SECRET_0"] {
        let line = text.lines().find(|line| line.starts_with(label)).expect(label);
        let words: Vec<&str> = line.split(' ').collect();
        assert!(words.len() == 3 && words[1].len() == 64 && words[2].len() == 96, "{line}");
    }
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}
