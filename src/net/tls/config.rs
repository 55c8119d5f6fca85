//! The `tls` option, parsed but not loaded.

use super::Source;
use super::suites::{self, Protocol};
use rustls::SupportedCipherSuite;
use rustls::crypto::SupportedKxGroup;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How `tls://` listeners do TLS. Files are read when the server starts, and again when they change.
#[derive(Debug, Clone)]
pub struct TlsConfig {
    /// For clients that name no host, or one that is not in `sni`.
    pub host: HostConfig,
    /// By host name: exact, or `*.example.org` for one label.
    pub sni: Vec<(String, HostConfig)>,
    /// Secrets of all connections are appended here (SSLKEYLOGFILE format), so that others can decrypt them. The file
    /// is made with, and set to, mode 0600. Default none.
    pub keylog: Option<PathBuf>,
    /// Time from the accept to the end of the TLS handshake; zero means never. Default: TLS has no limit of its own, and
    /// `handshake_timeout` is for both handshakes together.
    pub handshake_timeout: Option<Duration>,
    /// How often the files are looked at. A change is taken up when it has stood for one such interval, so that a
    /// certificate and its key may be written one after the other. Default 2 s.
    pub check_interval: Duration,
}

/// What is particular to one host name.
#[derive(Debug, Clone)]
pub struct HostConfig {
    /// Our certificate; a TLS listener needs one.
    pub identity: Option<Identity>,
    /// For an encrypted key, or PKCS#12.
    pub passphrase: Option<Passphrase>,
    /// PEM bundles of the authorities that clients' certificates come from.
    pub client_ca: Vec<Source>,
    pub verify_client: VerifyClient,
    /// PEM revocation lists. Where there are any, each authority in a client's chain must have one (as with nginx).
    pub crl: Vec<Source>,
    /// Default TLS 1.2 and 1.3.
    pub protocols: Vec<Protocol>,
    /// In order of preference, ours before the client's; empty for rustls' own choice, in the client's order.
    pub ciphers: Vec<SupportedCipherSuite>,
    /// Key exchange groups in order of preference.
    pub groups: Vec<&'static dyn SupportedKxGroup>,
    /// Whether clients may resume a session with a ticket. Default true.
    pub tickets: bool,
}

/// Our certificate chain and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// PEM. `key` absent: it stands in the same file as the certificate.
    Pem {
        cert: Source,
        key: Option<Source>,
    },
    Pkcs12(Source),
}

/// Whether clients show a certificate. One that is shown is always verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VerifyClient {
    #[default]
    None,
    Optional,
    Required,
}

/// Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(pub String);

impl Default for TlsConfig {
    fn default() -> Self {
        TlsConfig {
            host: HostConfig::default(),
            sni: Vec::new(),
            keylog: None,
            handshake_timeout: None,
            check_interval: Duration::from_secs(2),
        }
    }
}

impl Default for HostConfig {
    fn default() -> Self {
        HostConfig {
            identity: None,
            passphrase: None,
            client_ca: Vec::new(),
            verify_client: VerifyClient::None,
            crl: Vec::new(),
            protocols: vec![Protocol::Tls12, Protocol::Tls13],
            ciphers: Vec::new(),
            groups: suites::default_groups(),
            tickets: true,
        }
    }
}

impl TlsConfig {
    /// Every file that is read, but not the key log.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        let hosts = [&self.host].into_iter().chain(self.sni.iter().map(|(_, host)| host));
        hosts.flat_map(HostConfig::sources).filter_map(Source::path)
    }
}

impl HostConfig {
    fn sources(&self) -> impl Iterator<Item = &Source> {
        let identity = match &self.identity {
            Some(Identity::Pem { cert, key }) => [Some(cert), key.as_ref()],
            Some(Identity::Pkcs12(archive)) => [Some(archive), None],
            None => [None, None],
        };
        identity.into_iter().flatten().chain(&self.client_ca).chain(&self.crl)
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}
