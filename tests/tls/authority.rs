//! A certificate authority, made for one test in a folder of its own, and what it issues.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationListParams, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType,
    SerialNumber, date_time_ymd,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use ws_server::net::tls::{HostConfig, Identity, Source, TlsConfig};

static NEXT: AtomicU64 = AtomicU64::new(1);

pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Has the authority's own certificate in `ca.pem`. Removed with the authority.
    pub folder: PathBuf,
}

/// A certificate with its key, in memory and as files.
pub struct Issued {
    pub certificate: Certificate,
    pub key: KeyPair,
    pub serial: Vec<u8>,
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
}

/// When a certificate is valid.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    Now,
    Past,
    Future,
}

impl Authority {
    pub fn new(name: &str) -> Authority {
        let folder = std::env::temp_dir().join(format!(
            "ws-tls-{name}-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        ));
        std::fs::create_dir_all(&folder).unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, format!("{name} authority"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        std::fs::write(folder.join("ca.pem"), certificate.pem()).unwrap();
        Authority { issuer: Issuer::new(params, key), folder }
    }

    /// A server's certificate for one host.
    pub fn identity(&self, host: &str) -> Issued {
        self.issue(host, Validity::Now, &KeyPair::generate().unwrap())
    }

    pub fn issue(&self, host: &str, validity: Validity, key: &KeyPair) -> Issued {
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(host, validity, params, key)
    }

    /// A client's certificate, with names of several kinds.
    pub fn client(&self, name: &str, validity: Validity) -> Issued {
        let mut params = CertificateParams::new(vec![format!("{name}.example.org")]).unwrap();
        params.subject_alt_names.push(SanType::Rfc822Name(format!("{name}@example.org").try_into().unwrap()));
        params.subject_alt_names.push(SanType::IpAddress("192.0.2.7".parse().unwrap()));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(name, validity, params, &KeyPair::generate().unwrap())
    }

    /// A revocation list of these serial numbers.
    pub fn crl(&self, revoked: &[&Issued]) -> String {
        let revoked_certs = revoked
            .iter()
            .map(|issued| RevokedCertParams {
                serial_number: SerialNumber::from_slice(&issued.serial),
                revocation_time: date_time_ymd(2025, 1, 1),
                reason_code: None,
                invalidity_date: None,
            })
            .collect();
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2025, 1, 1),
            next_update: date_time_ymd(2095, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().pem().unwrap()
    }

    fn sign(&self, name: &str, validity: Validity, mut params: CertificateParams, key: &KeyPair) -> Issued {
        params.distinguished_name.push(DnType::CommonName, name);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let serial = (0x1000_0000 + number).to_be_bytes()[4..].to_vec();
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        (params.not_before, params.not_after) = match validity {
            Validity::Now => (date_time_ymd(2025, 1, 1), date_time_ymd(2095, 1, 1)),
            Validity::Past => (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1)),
            Validity::Future => (date_time_ymd(2090, 1, 1), date_time_ymd(2095, 1, 1)),
        };
        let certificate = params.signed_by(key, &self.issuer).unwrap();
        let file = |extension: &str| self.folder.join(format!("{number}.{extension}"));
        let issued = Issued {
            certificate,
            key: KeyPair::from_pem(&key.serialize_pem()).unwrap(),
            serial,
            cert_file: file("pem"),
            key_file: file("key"),
        };
        issued.write(&issued.cert_file, &issued.key_file);
        issued
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Issued {
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    pub fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }

    /// Writes both files, each in one step, as a careful renewal does.
    pub fn write(&self, cert: &Path, key: &Path) {
        for (path, text) in [(key, self.key.serialize_pem()), (cert, self.pem())] {
            let draft = path.with_extension("new");
            std::fs::write(&draft, text).unwrap();
            std::fs::rename(&draft, path).unwrap();
        }
    }

    pub fn host(&self) -> HostConfig {
        HostConfig { identity: Some(self.files()), ..HostConfig::default() }
    }

    pub fn files(&self) -> Identity {
        Identity::Pem {
            cert: Source::File(self.cert_file.clone()),
            key: Some(Source::File(self.key_file.clone())),
        }
    }

    pub fn config(&self) -> TlsConfig {
        // Read from memory: the authority, and its folder, may be gone when the server starts.
        let content = |text: String| Source::Content(text.into_bytes());
        let identity =
            Identity::Pem { cert: content(self.pem()), key: Some(content(self.key.serialize_pem())) };
        let host = HostConfig { identity: Some(identity), ..HostConfig::default() };
        TlsConfig { host, ..TlsConfig::default() }
    }
}
