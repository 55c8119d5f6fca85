//! Everything that new connections need, loaded: a rustls configuration for each host.

use super::keylog::KeyLogFile;
use super::source::Stamp;
use super::{HostConfig, TlsConfig, TlsError, certificate, clients, suites};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{NoServerSessionStorage, ServerConfig};
use rustls::sign::SingleCertAndKey;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// The only protocol that is spoken behind TLS (RFC 7301 §6).
const ALPN: &[u8] = b"http/1.1";

/// A configuration whose files have been read and found good. Connections keep the one that they began with.
#[derive(Debug)]
pub struct TlsContext {
    fallback: Arc<ServerConfig>,
    /// By name, in lower case; `*.example.org` for one label.
    hosts: HashMap<String, Arc<ServerConfig>>,
    handshake_timeout: Option<Duration>,
    pub(super) stamps: Vec<Stamp>,
}

impl TlsContext {
    /// Reads every file. An error names the option, the file and what is wrong with it.
    pub fn load(config: &TlsConfig) -> Result<TlsContext, TlsError> {
        // Before they are read: a change in between is then seen as one.
        let stamps = config.files().map(Stamp::of).collect();
        let keylog = config.keylog.as_deref().map(KeyLogFile::open).transpose()?.map(Arc::new);
        let fallback = build(&config.host, "tls", keylog.as_ref())?;
        let mut hosts = HashMap::new();
        for (name, host) in &config.sni {
            let name = normal(name);
            let built = build(host, &format!("tls.sni.{name}"), keylog.as_ref())?;
            hosts.insert(name, built);
        }
        Ok(TlsContext { fallback, hosts, handshake_timeout: config.handshake_timeout, stamps })
    }

    /// The configuration for the host that a client names.
    pub(super) fn choose(&self, sni: Option<&str>) -> &Arc<ServerConfig> {
        let Some(name) = sni.filter(|_| !self.hosts.is_empty()).map(normal) else { return &self.fallback };
        let wildcard = || name.split_once('.').and_then(|(_, parent)| self.hosts.get(&format!("*.{parent}")));
        self.hosts.get(&name).or_else(wildcard).unwrap_or(&self.fallback)
    }

    pub(super) fn handshake_timeout(&self) -> Option<Duration> {
        self.handshake_timeout
    }
}

fn normal(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

fn build(
    config: &HostConfig,
    prefix: &str,
    keylog: Option<&Arc<KeyLogFile>>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(CryptoProvider {
        cipher_suites: suites::with_unnamed_versions(&config.ciphers),
        kx_groups: config.groups.clone(),
        ..aws_lc_rs::default_provider()
    });
    let identity = certificate::load(config, prefix, &provider)?;
    let verifier = clients::verifier(config, prefix, &provider)?;
    let versions: Vec<_> = config.protocols.iter().map(|protocol| protocol.version()).collect();
    let mut server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions)
        .map_err(|error| TlsError::new(format!("{prefix}.protocols"), format!("cannot be used: {error}")))?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity)));
    server.alpn_protocols = vec![ALPN.to_vec()];
    server.ignore_client_order = !config.ciphers.is_empty();
    // Tickets cost us no memory; a store of sessions would. Each host has keys of its own, and a reload new ones: a
    // ticket must not carry a client past another host's authorities, or past a newer revocation list.
    server.session_storage = Arc::new(NoServerSessionStorage {});
    if config.tickets {
        server.ticketer = aws_lc_rs::Ticketer::new().map_err(|error| {
            TlsError::new(format!("{prefix}.tickets"), format!("cannot be used: {error}"))
        })?;
    } else {
        server.send_tls13_tickets = 0;
    }
    if let Some(keylog) = keylog {
        server.key_log = Arc::clone(keylog) as Arc<dyn rustls::KeyLog>;
    }
    Ok(Arc::new(server))
}
