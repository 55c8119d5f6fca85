//! How clients' certificates are verified.

use super::{HostConfig, Source, TlsError, VerifyClient, certificate};
use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use std::sync::Arc;

/// A verifier for what a host asks of its clients.
pub fn verifier(
    config: &HostConfig,
    prefix: &str,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let (ca_option, crl_option) = (format!("{prefix}.client_ca"), format!("{prefix}.crl"));
    if config.verify_client == VerifyClient::None {
        return Ok(WebPkiClientVerifier::no_client_auth());
    }
    if config.client_ca.is_empty() {
        return Err(TlsError::new(
            ca_option,
            format!("is needed where {prefix}.verify_client is not \"none\""),
        ));
    }
    let mut roots = RootCertStore::empty();
    for source in &config.client_ca {
        for certificate in certificate::read_chain(&source.read(&ca_option)?, source, &ca_option)? {
            roots.add(certificate).map_err(|error| {
                TlsError::of(&*ca_option, source, &format!("a certificate can't be read: {error}"))
            })?;
        }
    }
    let roots = Arc::new(roots);
    let mut lists = Vec::new();
    for source in &config.crl {
        let read = read_lists(&source.read(&crl_option)?, source, &crl_option)?;
        // Only what they are built into parses them; one file at a time, so that the bad one is known.
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(provider));
        builder.with_crls(read.iter().cloned()).build().map_err(|error| {
            TlsError::of(&*crl_option, source, &format!("the revocation list can't be read: {error}"))
        })?;
        lists.extend(read);
    }
    let mut builder =
        WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider)).with_crls(lists);
    if config.verify_client == VerifyClient::Optional {
        builder = builder.allow_unauthenticated();
    }
    // What was read above is fine.
    builder.build().map_err(|error| TlsError::new(ca_option, format!("cannot be used: {error}")))
}

/// Every revocation list of a PEM file.
fn read_lists(
    text: &[u8],
    source: &Source,
    option: &str,
) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
    let lists: Vec<_> = CertificateRevocationListDer::pem_slice_iter(text)
        .collect::<Result<_, _>>()
        .map_err(|error| TlsError::of(option, source, &format!("it is not PEM: {error}")))?;
    if lists.is_empty() {
        return Err(TlsError::of(option, source, "there is no revocation list (X509 CRL) in it"));
    }
    Ok(lists)
}
