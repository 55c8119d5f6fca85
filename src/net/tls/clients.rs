//! How clients' certificates are verified.

use super::{HostConfig, TlsError, VerifyClient, certificate};
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
    let mut lists = Vec::new();
    for source in &config.crl {
        let before = lists.len();
        for list in CertificateRevocationListDer::pem_slice_iter(&source.read(&crl_option)?) {
            lists.push(
                list.map_err(|error| TlsError::of(&*crl_option, source, &format!("it is not PEM: {error}")))?,
            );
        }
        if lists.len() == before {
            return Err(TlsError::of(crl_option, source, "there is no revocation list (X509 CRL) in it"));
        }
    }
    let mut builder =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).with_crls(lists);
    if config.verify_client == VerifyClient::Optional {
        builder = builder.allow_unauthenticated();
    }
    // What was read above is fine; what is left to go wrong is a list that can't be parsed.
    builder.build().map_err(|error| TlsError::new(crl_option, format!("cannot be used: {error}")))
}
