//! Our certificate chain with its key, loaded and checked.

use super::{HostConfig, Identity, Source, TlsError, key, pkcs12};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Loads what a host shows to its clients. `prefix` is the name of the option that the host's keys belong to.
pub fn load(config: &HostConfig, prefix: &str, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let option = |name: &str| format!("{prefix}.{name}");
    let (passphrase, passphrase_option) = (config.passphrase.as_ref(), option("passphrase"));
    let (chain, key, cert_option, cert_source, key_option, key_source) = match &config.identity {
        None => return Err(TlsError::new(option("cert"), "is needed for TLS: give cert and key, or pkcs12")),
        Some(Identity::Pem { cert, key }) => {
            let cert_option = option("cert");
            let text = cert.read(&cert_option)?;
            let chain = read_chain(&text, cert, &cert_option)?;
            let (key_option, key_source) = match key {
                Some(key) => (option("key"), key),
                None => (cert_option.clone(), cert),
            };
            let key_text = key_source.read(&key_option)?;
            let key = key::read(&key_text, key_source, passphrase, &key_option, &passphrase_option)?;
            (chain, key, cert_option, cert, key_option, key_source)
        }
        Some(Identity::Pkcs12(archive)) => {
            let option = option("pkcs12");
            let bytes = archive.read(&option)?;
            let (chain, key) = pkcs12::read(&bytes, archive, passphrase, &option, &passphrase_option)?;
            (chain, key, option.clone(), archive, option, archive)
        }
    };
    check_dates(&chain[0], cert_source, &cert_option)?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| {
        let problem = match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                format!("the key does not match the certificate ({cert_source})")
            }
            error => format!("the key can't be used: {error}"),
        };
        TlsError::of(key_option, key_source, &problem)
    })
}

/// Every certificate of a PEM file.
pub(super) fn read_chain(
    text: &[u8],
    source: &Source,
    option: &str,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(text)
        .collect::<Result<_, _>>()
        .map_err(|error| TlsError::of(option, source, &format!("it is not PEM: {error}")))?;
    if chain.is_empty() {
        return Err(TlsError::of(option, source, "there is no certificate in it"));
    }
    Ok(chain)
}

fn check_dates(certificate: &CertificateDer<'_>, source: &Source, option: &str) -> Result<(), TlsError> {
    let (_, parsed) = X509Certificate::from_der(certificate)
        .map_err(|error| TlsError::of(option, source, &format!("the certificate can't be read: {error}")))?;
    let (validity, now) = (parsed.validity(), x509_parser::time::ASN1Time::now());
    if now > validity.not_after {
        return Err(TlsError::of(
            option,
            source,
            &format!("the certificate expired on {}", validity.not_after),
        ));
    }
    if now < validity.not_before {
        let problem = format!("the certificate is not yet valid: its time begins on {}", validity.not_before);
        return Err(TlsError::of(option, source, &problem));
    }
    Ok(())
}
